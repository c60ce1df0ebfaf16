/*
 * A round of eviction, shared by evict_round.c (what goes) and evict_batch.c (in which order).
 */
#ifndef LARDER_FETCH_EVICT_BATCH_H
#define LARDER_FETCH_EVICT_BATCH_H

#include "fetch/evict_parts.h"

#define BATCH 16384 /* candidates that are chosen together */

struct candidate {
	uint64_t key, hash;
	uint64_t priority;
};

/* What a profile's settings say. */
struct evict_rule {
	uint64_t priority, quota, retention;
	bool never;
};

struct round {
	struct evict *e;
	struct evict_job *job;
	const struct evict_rule *rules; /* by number of profile */
	unsigned n_rules;
	enum evict_order order;
	int profile;              /* alone; -1: all */
	uint64_t before;          /* last used before this time; UINT64_MAX: whenever */
	uint64_t seed;            /* of the random order */
	uint64_t now;             /* ms, when it began */
	struct candidate last;    /* of the batch before */
	bool first;               /* there is no last one */
	char folder[KEY_REL_MAX]; /* from which something went last; "": none */
	bool choosing;            /* a batch */
	size_t n;
	struct candidate heap[BATCH];
};

/*
 * Chooses the next candidates: the first BATCH of the index in the order of the round, behind those
 * of the batch before. False if there are none.
 */
bool batch_fill(struct round *r);

/* The first one of them, while r->n. */
struct candidate batch_pop(struct round *r);

/* One that was taken out, and has a later place now: in this batch, unless that is for a later one.
 */
void batch_put_back(struct round *r, const struct index_entry *e);

#endif
