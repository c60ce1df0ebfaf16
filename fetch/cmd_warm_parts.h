/*
 * What cmd_warm_work.c (threads that ask) and cmd_warm_queue.c (what is left to ask for) share. For
 * these two alone.
 */
#ifndef LARDER_FETCH_CMD_WARM_PARTS_H
#define LARDER_FETCH_CMD_WARM_PARTS_H

#include "fetch/cmd_warm.h"

#include <pthread.h>

struct warm_name {
	const struct profile *profile;
	struct warm_name *next;
	bool given; /* an argument: an object, perhaps */
	char rel[];
};

struct warm_listing;

struct warm {
	const struct config *config;
	struct client client;
	struct layout layout;
	warm_report *report;
	void *arg;
	int fd;
	unsigned n_threads;
	pthread_t *threads;
	pthread_mutex_t lock; /* of all that follows, and of calls of report */
	pthread_cond_t more;
	struct warm_name *names;       /* to be listed */
	struct warm_listing *listings; /* with entries left */
	unsigned n_listings;
	unsigned listing; /* threads that ask for a folder */
	unsigned busy;    /* threads that ask for anything */
	unsigned running; /* threads */
	bool broken;      /* there is no agent: nothing more is tried */
	struct warm_counts counts;
};

enum warm_kind { WARM_NOTHING, WARM_FOLDER, WARM_OBJECT };

struct warm_job {
	enum warm_kind kind;
	const struct profile *profile;
	bool given;
	uint64_t size; /* of an OBJECT, as it was listed */
	char rel[KEY_REL_MAX];
	char text[WIRE_TEXT_MAX + 1];
};

/* All of these with the lock held. */

int warm_queue_add(struct warm *w, const struct profile *p, const char *rel, bool given);

/* What to do next, waiting for it if need be; NOTHING when everything is done. */
void warm_queue_take(struct warm *w, struct warm_job *j);

/* The agent has written the listing of that folder: what it holds becomes known. 0 or -errno. */
int warm_queue_listing(struct warm *w, const struct profile *p, const char *rel);

void warm_queue_clear(struct warm *w);

#endif
