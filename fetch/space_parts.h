/* The inside of space, shared by space.c (claims) and space_round.c (what is asked of the disk). */
#ifndef LARDER_FETCH_SPACE_PARTS_H
#define LARDER_FETCH_SPACE_PARTS_H

#include "fetch/evict.h"
#include "fetch/space.h"
#include "fetch/space_drift.h"

/*
 * Invariant: net - told + sealed + claimed <= reserved, in bytes and in files: what this agent has
 * added since it wrote its record, and what is on its way, was reserved then.
 */
struct space {
	struct agent *agent;
	struct usage_amount net;     /* what this agent has added less removed */
	struct usage_amount added;   /* what it has added */
	struct usage_amount sealed;  /* whole objects without a name yet */
	struct usage_amount claimed; /* granted */
	struct space_claim *waiting;
	uv_timer_t kick; /* serves, once the loop has nothing else to do */
	uv_timer_t tick; /* asks again, and refuses who has waited for too long */

	/* The record of usage: the worker's while `asking`. */
	struct usage usage;
	bool opened;
	struct usage_round question;
	struct drift drift;
	uv_work_t work;

	struct usage_round round;     /* the last answer */
	struct usage_amount told;     /* net in it */
	struct usage_amount reserved; /* in it */
	struct usage_amount ceiling;  /* what the disk turned out to have room for */
	uint64_t counted_at, used_at; /* uv_now; used_at: of the last claim */
	uint64_t full_at;             /* when the ceiling was met; 0: there is none */
	bool sync, syncing; /* what was removed may still take room until the disk is synced */
	bool asking, left, leaving;
	bool current; /* the last answer is about who waits now */

	struct evict_job job;
	bool evicting;
	bool exhausted;            /* the last round freed nothing, and nothing has changed since */
	struct usage_amount known; /* of `added`, what the index had when the last eviction began */
	struct usage_amount trash; /* has been evicted, and goes when its grace is over */

	bool closing;
	unsigned handles; /* of libuv, that are not closed */
};

/* What is on its way. */
struct usage_amount space_filling(const struct space *s);

/* What everybody holds, as far as known. */
struct usage_amount space_held(const struct space *s);

/* Grants and refuses; for the rest, sees to it that there will be room. */
void space_serve(struct space *s);

/* Asks the other agents' records, on a worker. */
void space_ask(struct space *s);

/* Sees to room for the first that waits, for which there is none at the moment. */
void space_make_room(struct space *s);

/* Nothing that this agent could do or wait for makes room for `c`. */
bool space_is_hopeless(const struct space *s, const struct space_claim *c);

/* Something has: the old answers hold no more. */
void space_changed(struct space *s);

/* Starts the timer for what comes next. */
void space_arm(struct space *s);

void space_round_init(struct space *s);

/* A last user of `s` has gone. */
void space_unref(struct space *s);

#endif
