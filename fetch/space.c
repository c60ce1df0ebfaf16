/*
 * Claims: granted in turn, as far as what is reserved goes. For the rest there are three things to
 * do or wait for, in this order (space_round.c): ask what others leave, evict, and let what is on
 * its way become something that can be evicted.
 */
#include "fetch/space.h"
#include "fetch/health.h"
#include "fetch/space_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

static struct usage_amount plus(struct usage_amount a, struct usage_amount b)
{
	return (struct usage_amount){a.bytes + b.bytes, a.files + b.files};
}

static struct usage_amount minus(struct usage_amount a, struct usage_amount b)
{
	return (struct usage_amount){a.bytes - b.bytes, a.files - b.files};
}

static struct usage_amount object(uint64_t size)
{
	return (struct usage_amount){usage_charge(size), 1};
}

static bool is_nothing(struct usage_amount a)
{
	return !a.bytes && !a.files;
}

struct usage_amount space_filling(const struct space *s)
{
	return plus(s->sealed, s->claimed);
}

struct usage_amount space_held(const struct space *s)
{
	return plus(s->round.used, minus(s->net, s->told));
}

static bool fits(const struct space *s, struct usage_amount more)
{
	struct usage_amount all = plus(plus(minus(s->net, s->told), space_filling(s)), more);

	return is_nothing(more) ||
	       (all.bytes <= s->reserved.bytes && all.files <= s->reserved.files);
}

static void answer(struct space *s, struct space_claim *c, bool granted)
{
	DL_DELETE(s->waiting, c);
	c->waiting = false;
	c->granted = granted;
	c->refused = !granted;
	if (granted)
		s->claimed = plus(s->claimed, c->amount);
	c->answer(c);
}

/* Who has waited for too long, wherever in the queue. One at a time: an answer changes the queue.
 */
static struct space_claim *find_impatient(const struct space *s)
{
	uint64_t now = uv_now(s->agent->loop);
	struct space_claim *c;

	DL_FOREACH (s->waiting, c) {
		if (!is_nothing(c->amount) && now - c->since >= SPACE_PATIENCE_MS)
			return c;
	}
	return NULL;
}

void space_serve(struct space *s)
{
	struct space_claim *c;

	while ((c = find_impatient(s)))
		answer(s, c, false);
	/* While others are asked, what was reserved may be about to be given back. */
	while ((c = s->waiting) && (!s->asking || is_nothing(c->amount))) {
		bool granted = fits(s, c->amount);

		if (!granted && !space_is_hopeless(s, c)) {
			space_make_room(s);
			break;
		}
		if (!granted && s->agent->layout.writable)
			health_failed(s->agent,
			        s->round.disk ? "has no room" : "is full, and nothing can go",
			        -ENOSPC);
		answer(s, c, granted);
	}
	space_arm(s);
}

static void on_kick(uv_timer_t *timer)
{
	struct space *s = timer->data;

	space_serve(s);
	/* Nobody waits: the marks are looked at all the same. */
	if (!s->waiting)
		space_make_room(s);
}

void space_changed(struct space *s)
{
	s->exhausted = false;
	s->current = false;
	/* Later: many are published together, and one look sees them all. */
	uv_timer_start(&s->kick, on_kick, 0, 0);
}

static void claim(struct space *s, struct space_claim *c, struct usage_amount amount)
{
	c->amount = amount;
	c->refused = c->waiting = false;
	c->since = s->used_at = uv_now(s->agent->loop);
	c->granted = is_nothing(amount) || (!s->asking && !s->waiting && fits(s, amount));
	if (c->granted) {
		s->claimed = plus(s->claimed, amount);
		return;
	}
	if (!s->waiting)
		s->current = false;
	c->waiting = true;
	DL_APPEND(s->waiting, c);
	uv_timer_start(&s->kick, on_kick, 0, 0);
}

void space_claim(struct space *s, struct space_claim *c, uint64_t size)
{
	claim(s, c, object(size));
}

void space_claim_none(struct space *s, struct space_claim *c)
{
	claim(s, c, (struct usage_amount){0});
}

void space_claim_more(
        struct space *s, struct space_claim *c, struct space_claim *more, uint64_t size)
{
	more->held = c->amount;
	claim(s, more, (struct usage_amount){usage_charge(size), 0});
}

void space_join(struct space_claim *c, struct space_claim *more)
{
	c->amount = plus(c->amount, more->amount);
	more->amount = (struct usage_amount){0};
	more->granted = false;
}

void space_queue(struct space *s, struct space_claim *c)
{
	*c = (struct space_claim){.answer = c->answer,
	        .since = uv_now(s->agent->loop),
	        .granted = !s->waiting,
	        .waiting = s->waiting != NULL};
	if (c->waiting)
		DL_APPEND(s->waiting, c);
}

void space_cancel(struct space *s, struct space_claim *c)
{
	if (c->waiting)
		DL_DELETE(s->waiting, c);
	if (c->granted)
		s->claimed = minus(s->claimed, c->amount);
	/* Whoever waits for this one to become something that can be evicted has waited in vain. */
	if ((c->waiting || (c->granted && !is_nothing(c->amount))) && s->waiting)
		space_changed(s);
	c->granted = c->waiting = c->refused = false;
}

void space_sealed(struct space *s, uint64_t size)
{
	s->sealed = plus(s->sealed, object(size));
}

void space_published(struct space *s, uint64_t size, bool kept)
{
	s->sealed = minus(s->sealed, object(size));
	if (kept) {
		s->net = plus(s->net, object(size));
		s->added = plus(s->added, object(size));
	}
	space_changed(s);
}

void space_removed(struct space *s, uint64_t bytes, uint64_t files)
{
	if (!s || (!bytes && !files))
		return;
	s->net = minus(s->net, (struct usage_amount){(int64_t)bytes, (int64_t)files});
	space_changed(s);
}

bool space_waiting(const struct space *s)
{
	return s->waiting && !is_nothing(s->waiting->amount);
}

uint64_t space_used(const struct space *s)
{
	int64_t bytes = space_held(s).bytes + s->sealed.bytes;

	return bytes > 0 ? (uint64_t)bytes : 0;
}

struct space *space_new(struct agent *a)
{
	struct space *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->agent = a;
	uv_timer_init(a->loop, &s->kick);
	uv_timer_init(a->loop, &s->tick);
	s->kick.data = s->tick.data = s;
	s->handles = 2;
	space_round_init(s);
	return s;
}

void space_unref(struct space *s)
{
	if (s->closing && !s->handles && !s->asking && !s->evicting)
		free(s);
}

static void on_closed(uv_handle_t *h)
{
	struct space *s = h->data;

	s->handles--;
	space_unref(s);
}

void space_free(struct space *s)
{
	s->closing = true;
	if (s->evicting)
		s->evicting = evict_cancel(s->agent, &s->job);
	uv_close((uv_handle_t *)&s->kick, on_closed);
	uv_close((uv_handle_t *)&s->tick, on_closed);
}
