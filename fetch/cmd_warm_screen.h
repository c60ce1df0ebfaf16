/*
 * What `larder warm` shows while it works: a bar where stderr is a terminal, and what failed.
 */
#ifndef LARDER_FETCH_CMD_WARM_SCREEN_H
#define LARDER_FETCH_CMD_WARM_SCREEN_H

#include "fetch/cmd_progress.h"
#include "fetch/cmd_warm.h"

#include <pthread.h>

struct screen {
	struct warm *warm;
	struct progress fills; /* that are under way, from the agent's events */
	int events;            /* -1 if there are none */
	bool bar;
	pthread_mutex_t lock; /* of stderr and `drawn` */
	bool drawn;
	uint64_t begun, last_ms, last_bytes;
	double speed; /* bytes a second, smoothed */
};

/* A warm_report: `arg` is the screen. */
void screen_failure(void *arg, const char *url, const char *text);

/* Until everything is done. */
void screen_watch(struct screen *s);

#endif
