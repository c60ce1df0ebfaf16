/*
 * What evict.c (the loop's side), evict_round.c (what goes) and evict_walk.c (what is there) share.
 *
 * All that touches the disk is done by one worker at a time: the fields of the worker are used by
 * the loop only while `working` is false.
 */
#ifndef LARDER_FETCH_EVICT_PARTS_H
#define LARDER_FETCH_EVICT_PARTS_H

#include "cache/index.h"
#include "cache/journals.h"
#include "cache/pins.h"
#include "fetch/evict.h"
#include "fetch/evict_lock.h"

#include <dirent.h>

#define EVICT_PRIORITY 50 /* of a profile that says nothing */

enum evict_order { EVICT_LRU, EVICT_FIFO, EVICT_LFU, EVICT_RANDOM, EVICT_NONE };

struct evict_walk {
	char **folders; /* rels that are still to be read; "" is data/ */
	size_t n, room;
	DIR *dir; /* of `folder`, which is being read; or NULL */
	char *folder;
	uint64_t started; /* ms, journals_now */
	bool urgent;      /* nothing is known before it ends */
	uint64_t found;   /* objects */
};

struct evict {
	struct agent *agent;
	struct index *index;
	struct journals *journals;
	enum evict_order order;
	atomic_bool stop;

	/* The loop's. */
	void (*task)(struct evict *e); /* at work, or the last one */
	struct evict_job *jobs;        /* the first is at work, or waits for another host's round */
	uv_work_t work;
	uv_timer_t timer;
	bool working, closing, closed;
	bool dirty;      /* there are lines to write */
	bool over_quota; /* a profile may be */
	bool wants_walk;
	bool knows;            /* see evict_knows */
	uint64_t refreshed_at; /* uv_now */
	uint64_t began_at;     /* uv_now; of the task at work */

	/* The worker's. */
	enum journals_state state;
	struct evict_walk *walk; /* under way, or NULL */
	struct pins pins;
	struct locks locks;
	struct evict_lock lock;
	struct evict_result kept_house; /* by quota and retention, in the last refresh */
	bool damaged;                   /* something did not fit the disk: walk */
	struct index_total went[INDEX_PROFILES_MAX]; /* by the task at work */
	_Atomic uint64_t oldest[INDEX_PROFILES_MAX]; /* ms */
};

/* --- evict_round.c --- */

/* Runs a job. result.error is -EAGAIN while another host evicts. */
void evict_run(struct evict *e, struct evict_job *j);

/* Quota and retention. -EAGAIN likewise. */
int evict_keep_house(struct evict *e);

/* Bytes; 0: none. Any thread. */
uint64_t evict_quota(const struct evict *e, uint16_t profile);

/* Notes the last use of the oldest object of each profile. */
void evict_find_oldest(struct evict *e);

/* --- evict_walk.c --- */

struct evict_walk *evict_walk_new(struct evict *e, bool urgent);
void evict_walk_free(struct evict_walk *w);

/* A piece of the work: at most so many entries. True when all is done. */
bool evict_walk_slice(struct evict *e, size_t entries);

/* Whether the last walk of the cache, by anybody, was long ago; and one has been made. */
bool evict_walk_is_due(struct evict *e);
void evict_walk_done(struct evict *e);

/* What is known of one object is brought into line with the disk. `rel` need not be there. */
void evict_look(struct evict *e, const char *rel);

#endif
