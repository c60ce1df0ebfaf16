/*
 * Whose turn it is to be sent, and how fast bytes are taken (flow.h has the rules).
 *
 *	QUEUED ── a connection is free, of all and of its remote ──> RUNNING <─> LIMITED
 *
 * A remote that answered with Retry-After is left alone until then, by all who would ask it; where
 *that is longer than anybody waits, they fail at once.
 *
 * Those that somebody waits for go first, in the order in which they came, but none waits for
 *another remote's connections. LIMITED is paused by libcurl while a bandwidth is used up: its bytes
 *stay in the socket, which slows down the sender.
 */
#include "cache/read/validity.h"
#include "fetch/transfer_parts.h"

#include <errno.h>
#include <stdio.h>
#include <utlist.h>

static void on_pump(uv_timer_t *timer);
static void on_drip(uv_timer_t *timer);

void turns_init(struct transfers *ts)
{
	uv_timer_init(ts->loop, &ts->pump);
	uv_timer_init(ts->loop, &ts->drip);
	ts->pump.data = ts->drip.data = ts;
}

void turns_end(struct transfers *ts)
{
	uv_timer_stop(&ts->pump);
	uv_timer_stop(&ts->drip);
}

void turns_give(struct transfers *ts)
{
	if (ts->queued && ts->running < ts->most)
		uv_timer_start(&ts->pump, on_pump, 0, 0);
}

static bool may_begin(struct transfer *t)
{
	struct transfers *ts = t->owner;
	struct remote *r = t->remote;
	uint64_t now = uv_now(ts->loop), rests = width_rests(&r->width, now);
	unsigned width = width_of(&r->width, now);

	if (rests && rests < ts->stall_ms)
		return false;

	if (r->running >= width)
		return false;
	return !t->ahead || (flow_has_room_ahead(ts->most, ts->running, ts->ahead) &&
	                            flow_has_room_ahead(width, r->running, r->ahead));
}

static struct transfer *next_of(struct transfers *ts, bool ahead)
{
	struct transfer *t;

	DL_FOREACH (ts->queued, t) {
		if (t->ahead == ahead && may_begin(t))
			return t;
	}
	return NULL;
}

/* Comes back when the first of the remotes has rested. */
static void wait_for_rest(struct transfers *ts)
{
	uint64_t first = UINT64_MAX, rests;
	struct transfer *t;

	DL_FOREACH (ts->queued, t) {
		rests = width_rests(&t->remote->width, uv_now(ts->loop));
		if (rests && rests < first)
			first = rests;
	}
	if (first != UINT64_MAX)
		uv_timer_start(&ts->pump, on_pump, first, 0);
}

static void on_pump(uv_timer_t *timer)
{
	struct transfers *ts = timer->data;
	struct transfer *t;

	while (ts->running < ts->most && ((t = next_of(ts, false)) || (t = next_of(ts, true))))
		transfer_launch(t);
	if (!uv_is_active((uv_handle_t *)timer))
		wait_for_rest(ts);
}

void turn_began(struct transfer *t)
{
	struct transfers *ts = t->owner;

	DL_DELETE(ts->queued, t);
	DL_APPEND(ts->all, t);
	t->running = true;
	t->sent = uv_now(ts->loop);
	ts->running++;
	ts->ahead += t->ahead;
	t->remote->running++;
	t->remote->ahead += t->ahead;
}

void turn_ended(struct transfer *t)
{
	struct transfers *ts = t->owner;

	DL_DELETE(ts->all, t);
	ts->running--;
	ts->ahead -= t->ahead;
	t->remote->running--;
	t->remote->ahead -= t->ahead;
	turns_give(ts);
}

void transfer_set_ahead(struct transfer *t, bool ahead)
{
	struct transfers *ts = t->owner;

	if (t->running && t->ahead != ahead) {
		ts->ahead += ahead ? 1 : -1U;
		t->remote->ahead += ahead ? 1 : -1U;
	}
	t->ahead = ahead;
	turns_give(ts);
}

bool turn_rests(struct transfer *t, struct transfer_result *out)
{
	uint64_t rests = width_rests(&t->remote->width, uv_now(t->owner->loop));

	if (rests)
		snprintf(out->message, sizeof out->message,
		        "the server asked for a rest (Retry-After), of which %llu s are left",
		        (unsigned long long)(rests + 999) / 1000);
	out->error = rests ? -EIO : 0;
	out->unreachable = rests != 0;
	return rests;
}

bool transfer_is_queued(const struct transfer *t)
{
	return !t->running || t->limited;
}

uint64_t transfer_age(const struct transfer *t)
{
	return uv_now(t->owner->loop) - t->sent;
}

void turn_refused(struct transfer *t)
{
	struct remote *r = t->remote;
	uint64_t now = uv_now(t->owner->loop);

	width_rest(&r->width, t->response.retry_after, now);
	r->rests_until = boottime_ms() + width_rests(&r->width, now);
	width_refused(&r->width, r->running, t->sent, now);
}

static uint64_t wait_of(struct transfer *t)
{
	uint64_t now = uv_now(t->owner->loop), all = bucket_wait(&t->owner->bucket, now);
	uint64_t own = bucket_wait(&t->remote->bucket, now);

	return all > own ? all : own;
}

bool turn_may_take(struct transfer *t)
{
	uint64_t wait = wait_of(t);
	uv_timer_t *drip = &t->owner->drip;

	t->limited = wait != 0;
	if (t->limited && (!uv_is_active((uv_handle_t *)drip) || uv_timer_get_due_in(drip) > wait))
		uv_timer_start(drip, on_drip, wait, 0);
	return !t->limited;
}

void turn_took(struct transfer *t, size_t n)
{
	uint64_t now = uv_now(t->owner->loop);

	bucket_take(&t->owner->bucket, n, now);
	bucket_take(&t->remote->bucket, n, now);
}

/* The first of them that may go on; it goes to the end of the line. */
static struct transfer *next_limited(struct transfers *ts, bool ahead, uint64_t *wait)
{
	struct transfer *t;

	DL_FOREACH (ts->all, t) {
		uint64_t own = t->limited && t->ahead == ahead ? wait_of(t) : UINT64_MAX;

		if (own == 0)
			return t;
		if (own < *wait)
			*wait = own;
	}
	return NULL;
}

static void on_drip(uv_timer_t *timer)
{
	struct transfers *ts = timer->data;
	uint64_t wait = UINT64_MAX;
	struct transfer *t;

	while ((t = next_limited(ts, false, &wait)) || (t = next_limited(ts, true, &wait))) {
		t->limited = false;
		DL_DELETE(ts->all, t);
		DL_APPEND(ts->all, t);
		if (!t->held)
			curl_easy_pause(t->easy, CURLPAUSE_CONT);
	}
	if (wait != UINT64_MAX)
		uv_timer_start(&ts->drip, on_drip, wait, 0);
}
