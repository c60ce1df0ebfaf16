/*
 * Counters on the disk, for counters.c alone.
 *
 *	larder counters 1
 *	<profile>~<id> hits=3 misses=1 …
 *
 * A line a profile; names that are not known are left out, and so are lines that are not whole. A
 * file is written beside and renamed.
 */
#ifndef LARDER_FETCH_COUNTERS_FILE_H
#define LARDER_FETCH_COUNTERS_FILE_H

#include "fetch/agent.h"
#include "fetch/counters.h"

/* A worker's errand: reading or writing this agent's own file. One at a time. */
struct counters_job {
	void (*done)(struct counters_job *job);
	void *arg;
	bool busy;
	const struct layout *layout;
	uv_loop_t *loop;
	char *text; /* that was read, or is to be written */
	char name[LAYOUT_PATH_MAX];
	uv_work_t work;
};

void counters_file_init(struct counters_job *job, const struct agent *a,
        void (*done)(struct counters_job *), void *arg);
void counters_file_release(struct counters_job *job);

/* Reads the file; in `done`, counters_file_take has its lines. */
void counters_file_load(struct counters_job *job);
void counters_file_take(struct counters_job *job, counters_cb *cb, void *arg);

/* Writes what the agent has counted. */
void counters_file_write(struct counters_job *job, const struct agent *a);

/* The files of others; blocks. */
void counters_file_others(const struct counters_job *job, counters_cb *cb, void *arg);

#endif
