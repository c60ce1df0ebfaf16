/*
 * What the records of usage say that the cache holds, put right by what the index has found:
 *somebody removed files by hand, an agent crashed, a record was lost.
 *
 * The two are never of the same moment. Others add and remove meanwhile, tell of it a little later,
 * and their journals lag behind. So a difference counts only beyond all that others have done in
 *the last DRIFT_LAG_MS; and only as far as it has been there for so long, while nobody else put the
 *base right. Then the base moves by the difference: what others do at that moment stays counted.
 *
 *	drift_note (each answer of a round) … drift_compare (each eviction) … drift_settle
 *
 * drift_settle is for the worker that has asked for a round; all else is for the loop, and not
 *while such a worker runs.
 */
#ifndef LARDER_FETCH_SPACE_DRIFT_H
#define LARDER_FETCH_SPACE_DRIFT_H

#include "cache/usage.h"

#define DRIFT_LAG_MS 30000 /* by which journals of others lag behind at most */

/* What a round told, and what this agent had done by then. */
struct drift_past {
	struct usage_amount used, growth; /* of everybody */
	struct usage_amount net, added;   /* of this agent, in them */
};

struct drift {
	struct drift_past past; /* at past_at … */
	struct drift_past then; /* … and DRIFT_LAG_MS or more before, if there was a round */
	uint64_t past_at;

	uint64_t since;    /* when the difference was seen first; 0: there is none */
	uint64_t base_seq; /* of the base, then */
	struct usage_amount
	        gap; /* the least that was seen since; below zero: too little is noted */
	bool moves;  /* the base is to move by it */
	bool counts; /* nothing is known: `counted` is what is held … */
	struct usage_amount counted;
	struct usage_amount growth; /* … when a round told of this growth */
};

/* What the records say is `held`, and what the index found. */
struct drift_sample {
	struct usage_amount held, found;
	struct usage_amount late; /* this agent added, and the index may not know of */
	struct usage_amount limit;
	uint64_t now; /* ms; not 0 */
};

void drift_note(struct drift *d, const struct usage_round *r, uint64_t now);

void drift_compare(struct drift *d, const struct usage_round *r, const struct drift_sample *s);

/* There is a difference, that may go away. */
static inline bool drift_is_watched(const struct drift *d)
{
	return d->since != 0;
}

/* The next round should be asked for soon: it settles something. */
static inline bool drift_is_found(const struct drift *d)
{
	return d->moves || d->counts;
}

/* Puts right what was found, if it is still so after the round `r`. True if that has changed what a
 * round says. Blocks. */
bool drift_settle(struct drift *d, struct usage *u, const struct usage_round *r);

#endif
