/*
 * One's turn to fill an object, among all agents of the cache.
 *
 *	turn_new → turn_ask ─┬─> look … ─> ours() ─> … ─> turn_drop
 *	                     └─> look: somebody else has published it ─> turn_drop, by the owner
 *
 *	ASKING ── the lock is ours, or there are none ──────> look, then ours()
 *	  ^  └ another agent has it ─> WAITING ── look every TURN_POLL_MS ─┐
 *	  └────────────────────────────────────────────────────────────────┘
 *	WAITING, or ASKING a server that does not answer: for TURN_PATIENCE_MS without growth of the
 *	holder's temporary file; then ours(), without the lock.
 *
 * On a network file system a worker asks, since a server in its grace period, or one that has
 * gone, keeps who asks for a lock for minutes; at most TURN_ASKING_MAX workers at once, so that
 * others are left. Loop thread only.
 */
#ifndef LARDER_FETCH_TURN_H
#define LARDER_FETCH_TURN_H

#include "fetch/agent.h"

#define TURN_POLL_MS        50
#define TURN_POLL_SHARED_MS 200 /* each look is several round trips where others share it */
#define TURN_MARK_MS        500 /* between two looks at how far the holder is */
#define TURN_PATIENCE_MS    10000
#define TURN_ASKING_MAX     2

struct turn;

enum turn_look {
	TURN_NOTHING, /* nobody has published it */
	TURN_AGAIN,   /* somebody has, and it will be seen in a moment */
	TURN_OVER,    /* it was published, and nothing is to be filled: the turn may be gone */
};

struct turn_owner {
	enum turn_look (*look)(void *arg);
	void (*ours)(void *arg); /* called once */
	void *arg;
};

/* `rel` lives as long as the turn. NULL: out of memory. */
struct turn *turn_new(
        struct agent *a, const char *rel, uint64_t hash, const struct turn_owner *owner);

/* May call the owner before it returns. */
void turn_ask(struct turn *t);

/* Whether another agent had it. */
bool turn_waited(const struct turn *t);

/* Gives the lock back, and ends the turn in any state. */
void turn_drop(struct turn *t);

#endif
