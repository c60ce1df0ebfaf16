#include "fetch/space.h"
#include "fetch/evict.h"

#include <stddef.h>
#include <stdlib.h>
#include <utlist.h>

struct space {
	struct agent *agent;
	uint64_t used;    /* bytes of objects under data/, as of the last round and since */
	uint64_t sealed;  /* bytes of whole objects that have no name yet: they count, but cannot be
	                     evicted */
	uint64_t claimed; /* bytes of claims that are granted */
	struct space_claim *waiting;
	struct evict_job job;
	uv_timer_t kick;
	bool running, counting, closing, closed;
	bool exhausted; /* the last round found nothing to evict, and nothing has changed since */
	uint64_t published; /* bytes that got their names since the round began, which may have
	                       missed them */
};

/* A round that leaves `target` bytes; UINT64_MAX only counts. */
static void start_round(struct space *s, uint64_t target)
{
	struct evict_goal goal = {.bytes = s->used > target ? s->used - target : 0};

	s->published = 0;
	s->counting = target == UINT64_MAX;
	s->running = true;
	evict_round(s->agent, &s->job, &goal);
}

static bool fits(const struct space *s, uint64_t bytes)
{
	return !bytes || s->used + s->sealed + s->claimed + bytes <= s->agent->config->cache.size;
}

/* What eviction has to leave so that all that waits and all that is on its way fits. */
static uint64_t wanted_level(const struct space *s)
{
	uint64_t size = s->agent->config->cache.size, low = size / 100 * SPACE_LOW_PERCENT;
	uint64_t want = s->claimed + s->sealed;
	const struct space_claim *c;

	DL_FOREACH (s->waiting, c) {
		want += c->bytes;
	}
	if (want >= size)
		return 0;
	return size - want < low ? size - want : low;
}

/*
 * Grants what fits, in turn. For the rest older objects go; and where there are none, it waits for
 * those that are on their way to become whole: then they can be evicted. Only if nothing is on its
 * way either, more is granted than there is room for.
 */
static void serve(struct space *s)
{
	struct space_claim *c;

	while ((c = s->waiting) && !s->running) {
		bool alone = s->exhausted && !s->claimed && !s->sealed;

		if (!fits(s, c->bytes) && !alone) {
			if (!s->exhausted)
				start_round(s, wanted_level(s));
			return;
		}
		DL_DELETE(s->waiting, c);
		c->waiting = false;
		c->granted = true;
		s->claimed += c->bytes;
		c->granted_cb(c);
	}
}

static void after_round(struct evict_job *job)
{
	struct space *s = (struct space *)((char *)job - offsetof(struct space, job));

	s->running = false;
	if (s->closing) {
		if (s->closed)
			free(s);
		return;
	}
	s->used = job->result.left_bytes + s->published;
	s->exhausted = !s->counting && !job->result.files;
	serve(s);
}

static void on_kick(uv_timer_t *timer)
{
	serve(timer->data);
}

struct space *space_new(struct agent *a)
{
	struct space *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->agent = a;
	uv_timer_init(a->loop, &s->kick);
	s->kick.data = s;
	s->job.done = after_round;
	if (a->layout.writable)
		start_round(s, UINT64_MAX);
	return s;
}

static void on_closed(uv_handle_t *h)
{
	struct space *s = h->data;

	s->closed = true;
	if (!s->running)
		free(s);
}

void space_free(struct space *s)
{
	s->closing = true;
	if (s->running)
		s->running = evict_cancel(s->agent, &s->job);
	uv_close((uv_handle_t *)&s->kick, on_closed);
}

void space_claim(struct space *s, struct space_claim *c, uint64_t bytes)
{
	c->bytes = bytes;
	c->waiting = false;
	c->granted = !bytes || (!s->running && !s->waiting && fits(s, bytes));
	if (c->granted) {
		s->claimed += bytes;
		return;
	}
	c->waiting = true;
	DL_APPEND(s->waiting, c);
	if (!s->running && !s->exhausted)
		start_round(s, wanted_level(s));
}

void space_queue(struct space *s, struct space_claim *c)
{
	c->bytes = 0;
	c->granted = !s->waiting;
	c->waiting = !c->granted;
	if (c->waiting)
		DL_APPEND(s->waiting, c);
}

void space_cancel(struct space *s, struct space_claim *c)
{
	if (c->waiting)
		DL_DELETE(s->waiting, c);
	if (c->granted)
		s->claimed -= c->bytes;
	/* Whoever waits for this one to become something that can be evicted has waited in vain. */
	if ((c->waiting || (c->granted && c->bytes)) && s->waiting) {
		s->exhausted = false;
		uv_timer_start(&s->kick, on_kick, 0, 0);
	}
	c->granted = c->waiting = false;
}

void space_sealed(struct space *s, uint64_t bytes)
{
	s->sealed += bytes;
}

void space_published(struct space *s, uint64_t bytes, bool kept)
{
	s->sealed -= bytes;
	if (kept) {
		s->used += bytes;
		s->published += bytes;
	}
	s->exhausted = false;
	/* Later: many are published together, and a round sees them all. */
	uv_timer_start(&s->kick, on_kick, 0, 0);
}

uint64_t space_used(const struct space *s)
{
	return s->used + s->sealed;
}
