/*
 * Group commit: sealed objects get their names under data/.
 *
 * On a local disk one syncfs, at most once a second, stands before any number of renames, so that
 * after a power cut no name leads to bytes that were not written; readers have their descriptors
 * long before. A worker does it. On a network file system each object was stored by its fill
 * (temp_store), and gets its name at once.
 */
#ifndef LARDER_FETCH_COMMIT_H
#define LARDER_FETCH_COMMIT_H

#include "cache/temp.h"
#include "fetch/agent.h"
#include "fetch/space.h"

#define COMMIT_PERIOD_MS 1000

struct commit_item {
	struct temp temp;
	const char *rel;   /* of the owner */
	int64_t validated; /* temp_publish */
	int error;         /* the outcome: 0 or -errno … */
	int64_t replaced;  /* … and temp_publish's */
	void (*done)(struct commit_item *item);
	struct commit_item *prev, *next;
};

struct commit *commit_new(struct agent *a);
void commit_free(struct commit *c);

/* The cache was gone and is back: a round that may hang for ever keeps no later one waiting. The
 * one to go on with. */
struct commit *commit_renew(struct commit *c);

/* Queues a sealed object. `done` is called later, with the temporary file released. */
void commit_add(struct commit *c, struct commit_item *item);

/* Somebody waits for room: what is queued gets its place at once. */
void commit_hurry(struct commit *c);

/* Whether anything is not in its place yet. */
bool commit_busy(const struct commit *c);

#endif
