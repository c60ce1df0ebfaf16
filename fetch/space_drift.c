#include "fetch/space_drift.h"

#define DRIFT_SHARE 100 /* of what is held, by which numbers may be wrong */

static struct usage_amount plus(struct usage_amount a, struct usage_amount b)
{
	return (struct usage_amount){a.bytes + b.bytes, a.files + b.files};
}

static struct usage_amount minus(struct usage_amount a, struct usage_amount b)
{
	return (struct usage_amount){a.bytes - b.bytes, a.files - b.files};
}

static struct usage_amount positive(struct usage_amount a)
{
	return (struct usage_amount){a.bytes > 0 ? a.bytes : 0, a.files > 0 ? a.files : 0};
}

void drift_note(struct drift *d, const struct usage_round *r, uint64_t now)
{
	struct drift_past last = {r->used, r->growth, r->net, r->added};

	if (d->past_at && now - d->past_at < DRIFT_LAG_MS)
		return;
	d->then = d->past_at ? d->past : last;
	d->past = last;
	d->past_at = now;
}

/* What others have added since `then`, and the index may not know of. */
static struct usage_amount others_added(const struct drift *d, const struct usage_round *r)
{
	return positive(minus(minus(r->growth, d->then.growth), minus(r->added, d->then.added)));
}

/* What they have removed, which the index may know of before it is told, or after. */
static struct usage_amount others_removed(const struct drift *d, const struct usage_round *r)
{
	struct usage_amount change =
	        minus(minus(r->used, d->then.used), minus(r->net, d->then.net));

	return positive(minus(others_added(d, r), change));
}

/* What is noted too much, beyond any doubt; below zero: too little. */
static int64_t gap_of(int64_t held, int64_t found, int64_t doubt, int64_t limit)
{
	int64_t most = held > found ? held : found, gap = held - found;

	doubt += (most < limit ? most : limit) / DRIFT_SHARE;
	return gap > doubt ? gap - doubt : gap < -doubt ? gap + doubt : 0;
}

/* What of a difference is still there. */
static int64_t rest_of(int64_t before, int64_t gap)
{
	if ((before > 0) != (gap > 0) || !gap)
		return 0;
	return (before > 0) == (before < gap) ? before : gap;
}

static void watch(
        struct drift *d, struct usage_amount gap, const struct usage_round *r, uint64_t now)
{
	bool anew = !d->since || d->base_seq != r->base_seq;

	d->gap = anew ? gap
	              : (struct usage_amount){
	                        rest_of(d->gap.bytes, gap.bytes), rest_of(d->gap.files, gap.files)};
	d->base_seq = r->base_seq;
	if (!d->gap.bytes && !d->gap.files && !r->stale)
		d->since = 0;
	else if (anew)
		d->since = now;
	else
		d->moves = now - d->since >= DRIFT_LAG_MS;
}

void drift_compare(struct drift *d, const struct usage_round *r, const struct drift_sample *s)
{
	struct usage_amount more = plus(others_added(d, r), positive(s->late)), doubt;

	if (r->unknown) {
		d->counts = true;
		d->counted = plus(s->found, more);
		d->growth = r->growth;
		return;
	}
	doubt = plus(more, others_removed(d, r));
	watch(d,
	        (struct usage_amount){
	                gap_of(s->held.bytes, s->found.bytes, doubt.bytes, s->limit.bytes),
	                gap_of(s->held.files, s->found.files, doubt.files, s->limit.files)},
	        r, s->now);
}

bool drift_settle(struct drift *d, struct usage *u, const struct usage_round *r)
{
	bool counts = d->counts && r->unknown, moves = d->moves && !r->unknown;

	if (d->moves)
		d->since = 0;
	d->counts = d->moves = false;
	/* Somebody else may have counted, or put the base right. */
	if (counts)
		return usage_counted(u, d->counted, d->growth) == 0;
	return moves && usage_move(u, d->gap, d->base_seq) == 0;
}
