/*
 * The size of the cache: who wants to add bytes claims them first, and waits while older objects
 * make room.
 *
 * The plain bound of [cache] size over the data of this cache, least recently used first (by access
 * time, which the agent sets itself when an object is used). The folder is walked once at the start
 * and again for each round of eviction, by a worker.
 */
#ifndef LARDER_FETCH_SPACE_H
#define LARDER_FETCH_SPACE_H

#include "fetch/agent.h"

#define SPACE_LOW_PERCENT 90 /* a round frees down to this share of the size */

struct space_claim {
	void (*granted_cb)(struct space_claim *c);
	uint64_t bytes;
	bool granted, waiting;
	struct space_claim *prev, *next;
};

struct space *space_new(struct agent *a);
void space_free(struct space *s);

/*
 * Claims bytes. c->granted at once, or c->granted_cb later, when they fit. No claim waits for ever:
 * each that was granted ends, and what it became can be evicted. Nothing but the part that tells
 * the size is written before the grant.
 */
void space_claim(struct space *s, struct space_claim *c, uint64_t bytes);

/* A claim of nothing yet, behind those that wait: who begins a download while others wait for room
 * would add to what nobody has counted. Granted at once where none waits. */
void space_queue(struct space *s, struct space_claim *c);

/* An object of so many bytes is whole, and will get its name; then it has got it, or (not kept) it
 * was given up. */
void space_sealed(struct space *s, uint64_t bytes);
void space_published(struct space *s, uint64_t bytes, bool kept);

/* The claim is given back. */
void space_cancel(struct space *s, struct space_claim *c);

/* Bytes in the cache as far as known. */
uint64_t space_used(const struct space *s);

#endif
