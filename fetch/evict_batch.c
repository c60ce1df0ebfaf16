/*
 * The order of a round. A heap has the last of the chosen on top while a batch is chosen, so that a
 * better one takes its place, and the first while it is worked off.
 */
#include "fetch/evict_batch.h"

#include <stdlib.h>

static bool is_before(const struct candidate *a, const struct candidate *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->key != b->key ? a->key < b->key : a->hash < b->hash;
}

static uint64_t key_of(const struct round *r, const struct index_entry *e)
{
	if (r->job->selects)
		return (uint64_t)e->journal << 48 | e->place; /* as they stand in the journals */
	switch (r->order) {
	case EVICT_FIFO:
		return e->added;
	case EVICT_LFU:
		return (uint64_t)e->count << 48 | (e->used & ((1ULL << 48) - 1));
	case EVICT_RANDOM:
		return (e->hash ^ r->seed) * 0x9e3779b97f4a7c15;
	default:
		return e->used;
	}
}

/* The heap has the last of its candidates on top while a batch is chosen, and the first while it is
 * worked off. */
static bool is_above(const struct round *r, size_t a, size_t b)
{
	return r->choosing ? is_before(&r->heap[b], &r->heap[a])
	                   : is_before(&r->heap[a], &r->heap[b]);
}

static void swap(struct round *r, size_t a, size_t b)
{
	struct candidate c = r->heap[a];

	r->heap[a] = r->heap[b];
	r->heap[b] = c;
}

static void sift_down(struct round *r)
{
	size_t i = 0, child;

	while ((child = 2 * i + 1) < r->n) {
		if (child + 1 < r->n && is_above(r, child + 1, child))
			child++;
		if (!is_above(r, child, i))
			return;
		swap(r, child, i);
		i = child;
	}
}

static void push(struct round *r, const struct candidate *c)
{
	r->heap[r->n++] = *c;
	for (size_t i = r->n - 1; i && is_above(r, i, (i - 1) / 2); i = (i - 1) / 2)
		swap(r, i, (i - 1) / 2);
}

struct candidate batch_pop(struct round *r)
{
	struct candidate c = r->heap[0];

	r->heap[0] = r->heap[--r->n];
	sift_down(r);
	return c;
}

static struct candidate candidate_of(const struct round *r, const struct index_entry *e)
{
	struct candidate c = {.key = key_of(r, e), .hash = e->hash};

	if (e->profile < r->n_rules && !r->job->selects)
		c.priority = r->rules[e->profile].priority;
	return c;
}

static bool choose(struct index_entry *e, bool made, void *arg)
{
	struct round *r = arg;
	struct candidate c = candidate_of(r, e);
	bool kept = e->pinned;

	(void)made;
	if (e->gone || e->used >= r->before || (r->profile >= 0 && e->profile != r->profile))
		return true;
	if (e->profile < r->n_rules)
		kept |= r->rules[e->profile].never;
	if (kept && !r->job->selection.even_kept)
		return true;
	if (!r->first && !is_before(&r->last, &c))
		return true;
	if (r->n < BATCH) {
		push(r, &c);
	} else if (is_before(&c, &r->heap[0])) {
		r->heap[0] = c;
		sift_down(r);
	}
	return true;
}

static int in_order(const void *a, const void *b)
{
	return is_before(a, b) ? -1 : is_before(b, a);
}

bool batch_fill(struct round *r)
{
	r->n = 0;
	r->choosing = true;
	for (unsigned i = 0; i < INDEX_PARTS && !r->e->stop; i++)
		index_each(r->e->index, i, choose, r);
	if (r->n)
		r->last = r->heap[0];
	r->first = r->choosing = false;
	qsort(r->heap, r->n, sizeof r->heap[0], in_order);
	return r->n && !r->e->stop;
}

void batch_put_back(struct round *r, const struct index_entry *e)
{
	struct candidate c = candidate_of(r, e);

	if (!is_before(&r->last, &c))
		push(r, &c);
}
