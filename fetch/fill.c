/*
 * The fill of one object over HTTP.
 *
 *	FIRST ── head of the first answer ──> PARTS ── all bytes here ──> CHECKING ──> done
 *	  ^                                     │
 *	  └── it changed, or has another way ───┘   at most FILL_RESTARTS times
 *	      to be read (whole, unnamed)
 *
 * Invariants: every byte below `parts[i].at` of a part is in the file; the parts' ranges and those
 * from `next` on are disjoint and cover what is missing; `done` counts bytes in the file. In
 * CHECKING no transfer is left. A fill in FIRST has claimed nothing, but waits behind those that
 * wait for room; in PARTS it has claimed its size if that is known and the object is kept, and
 * sends no further part before the grant. What has no strong ETag is `single`: one request from the
 * first byte on, whatever failed before. A folder's copy (fill_work.c) goes the same way on
 *workers, looking in FIRST and copying in PARTS.
 *
 * Longer than most: the handlers of one part's transfer are the transitions of the whole fill.
 */
#include "fetch/disk.h"
#include "fetch/fill_parts.h"
#include "fetch/health.h"
#include "fetch/space.h"
#include "fetch/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILL_RESTARTS  5
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 10000
#define WATCH_MS       250 /* between two looks at the progress */
#define STEP_MIN       (64 << 10)

static const struct transfer_handler part_handler;

static void schedule(struct fill *f);

static void unref(struct fill *f)
{
	if (--f->handles == 0)
		free(f);
}

static void on_watch_closed(uv_handle_t *h)
{
	unref(h->data);
}

static void on_part_closed(uv_handle_t *h)
{
	struct fill_part *p = h->data;

	unref(p->fill);
}

static void give_back(struct fill *f)
{
	space_cancel(f->agent->space, &f->claim);
	space_cancel(f->agent->space, &f->more);
}

/* Ends everything but the memory, which libuv still looks at. */
static void dispose(struct fill *f)
{
	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		transfer_cancel(f->parts[i].transfer);
		f->parts[i].transfer = NULL;
		digest_stream_release(&f->parts[i].stream);
		fill_drop(&f->parts[i]);
		uv_timer_stop(&f->parts[i].timer);
		uv_close((uv_handle_t *)&f->parts[i].timer, on_part_closed);
	}
	uv_timer_stop(&f->watch);
	uv_close((uv_handle_t *)&f->watch, on_watch_closed);
	give_back(f);
	fill_flush_end(f);
	disk_release(f->agent, &f->temp);
	free(f->rel);
	free(f->key);
}

void fill_finish(struct fill *f, int error)
{
	struct fill_result r = {
	        .error = error,
	        .unreachable = error && f->unreachable,
	        .unchanged = f->unchanged,
	        .confirmed = f->confirmed,
	        .info = f->info,
	        .temp = &f->temp,
	        .digest = f->digest_text,
	        .message = f->message,
	};

	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		transfer_cancel(f->parts[i].transfer);
		f->parts[i].transfer = NULL;
	}
	if (r.unreachable)
		remote_failed(f->remote, f->unconnected, f->since);
	else if (!f->remote->ops->request)
		remote_answered(f->remote);
	if (!f->remote->ops->request)
		counters_of(f->agent, f->rel)->received_bytes += f->copied;
	f->done_cb(f->arg, &r);
	dispose(f);
}

void fill_cancel(struct fill *f)
{
	/* A worker still has it: it is disposed of when that comes back. */
	f->cancelled = true;
	give_back(f);
	uv_timer_stop(&f->watch);
	if (f->working && f->state < FILL_CHECKING)
		f->working = !crew_give_up(&f->job);
	if (!f->working)
		dispose(f);
}

void fill_progress(const struct fill *f, uint64_t *done, uint64_t *total)
{
	*done = f->remote->ops->request ? f->done : f->copied;
	*total = f->sized ? f->info.size : 0;
}

static int fail(struct fill *f, int error, const char *message)
{
	snprintf(f->message, sizeof f->message, "%s", message);
	return error;
}

/* Room was granted: the disk must have it too. */
static int take_room(struct fill *f)
{
	int err = f->temp.kept && f->sized ? disk_reserve(f->agent, &f->temp, f->info.size) : 0;

	if (!err)
		return 0;
	fill_unkeep(f, err);
	return -ERESTART;
}

/* By which the claim of what has no known size grows. */
static uint64_t step_of(const struct fill *f)
{
	uint64_t step = f->agent->config->cache.size / USAGE_SHARE;

	if (step < STEP_MIN)
		step = STEP_MIN;
	return step < f->agent->config->cache.part_size ? step : f->agent->config->cache.part_size;
}

static void claim_room(struct fill *f)
{
	space_cancel(f->agent->space, &f->claim);
	if (f->temp.kept)
		space_claim(f->agent->space, &f->claim, f->sized ? f->info.size : step_of(f));
	else
		space_claim_none(f->agent->space, &f->claim);
}

/* Whether n more bytes of a part have to wait for room. Of an object of known size, one part may
 * come before the grant: it told the size. */
static bool lacks_room(struct fill *f, const struct fill_part *p, size_t n)
{
	uint64_t end = p->at + n, step = step_of(f);

	if (!f->temp.kept || f->more.waiting)
		return f->more.waiting;
	if (f->sized || f->claim.waiting)
		return f->claim.waiting && (!f->sized || end > f->agent->config->cache.part_size);
	if (end <= (uint64_t)f->claim.amount.bytes)
		return false;
	space_claim_more(f->agent->space, &f->claim, &f->more, n > step ? n : step);
	if (f->more.granted)
		space_join(&f->claim, &f->more);
	return f->more.waiting;
}

/* The first answer: size, generation and the file. */
static int take_first_head(struct fill *f, struct fill_part *p, const struct response *r)
{
	int err;

	if (r->encoded)
		return fail(f, -EPROTO,
		        "the server compressed the object; its bytes cannot be ranged or counted");
	if (r->status == 206 && (!r->has_range || r->first != 0))
		return fail(
		        f, -EPROTO, "the server answered with another range than was asked for");
	f->info = r->info;
	f->sized = r->status == 206 || r->content_length != UINT64_MAX;
	if (!f->sized && !r->chunked)
		return fail(f, -EPROTO,
		        "the server says neither how long the object is nor where it ends; a part "
		        "of it could pass for the whole");
	if (r->status == 206)
		f->info.size = r->total;
	else
		f->info.size = f->sized ? r->content_length : 0;
	/* Only a strong ETag can hold several ranges together. */
	if (r->status == 206 && !r->info.etag[0] && r->last + 1 < r->total) {
		f->single = true;
		return -ERESTART;
	}
	f->single = r->status == 200 || !r->info.etag[0];
	p->end = r->status == 206 ? r->last + 1 : f->sized ? f->info.size : UINT64_MAX;
	f->next = r->status == 206 ? p->end : UINT64_MAX;
	err = disk_create(f->agent, &f->temp, f->hash, f->info.size,
	        f->keep && f->info.size <= f->agent->config->cache.size);
	if (err)
		return fail(
		        f, err, "no temporary file could be made for it, in the cache or in /tmp");
	if (f->temp.why)
		fill_unkeep(f, f->temp.why);
	f->state = FILL_PARTS;
	claim_room(f);
	return f->claim.granted ? take_room(f) : 0;
}

void fill_unkeep(struct fill *f, int error)
{
	health_failed(f->agent, "cannot be written to", error);
	space_full(f->agent->space, error);
	watch_hurry(f->agent);
	f->keep = false;
}

static int on_head(void *arg, const struct response *r)
{
	struct fill_part *p = arg;
	struct fill *f = p->fill;

	if (r->status == 304) {
		f->unchanged = f->state == FILL_FIRST && f->known_etag[0];
		f->confirmed = p->asked;
		return f->unchanged
		               ? 0
		               : fail(f, -EPROTO,
		                         "the server answered 304 to an unconditional request");
	}
	if (f->state == FILL_FIRST) {
		f->confirmed = p->asked;
		return take_first_head(f, p, r);
	}
	/* It does ranges no more; what cannot be pieced together comes whole. */
	if (r->status == 200) {
		f->single = true;
		return -ERESTART;
	}
	if (r->status != 206 || !r->has_range || r->first != p->at || r->last + 1 != p->end)
		return fail(
		        f, -EPROTO, "the server answered with another range than was asked for");
	if (r->total != f->info.size || strcmp(r->info.etag, f->info.etag) != 0)
		return -ESTALE;
	if (p->asked > f->confirmed)
		f->confirmed = p->asked;
	return 0;
}

/* What the disk did not take. */
static int unwritten(struct fill *f, int err)
{
	if (f->temp.kept) {
		fill_unkeep(f, err);
		return -ERESTART;
	}
	/* It may have been given up by the cache; there are other disks. */
	if (!f->moved) {
		f->moved = true;
		return -ERESTART;
	}
	return fail(f, err, strerror(-err));
}

static int on_data(void *arg, const void *data, size_t n)
{
	struct fill_part *p = arg;
	struct fill *f = p->fill;
	int err;

	if (n > p->end - p->at)
		return fail(f, -EPROTO, "the server sent more bytes than it said");
	if (!f->sized && p->at + n > f->agent->config->cache.size)
		return fail(f, -EFBIG, "an answer without a length grew larger than the cache");
	if (lacks_room(f, p, n))
		return TRANSFER_HOLD;
	if (f->temp.kept)
		digest_feed(&f->digest, &p->stream, p->at, data, n);
	err = fill_write(p, data, n);
	if (err)
		return unwritten(f, err);
	counters_of(f->agent, f->rel)->received_bytes += n;
	if (p->at > p->reached) {
		p->reached = p->at;
		p->progressed = true;
	}
	return 0;
}

/* Sends the request of a part. */
static void send_part(struct fill_part *p)
{
	struct fill *f = p->fill;
	bool first = f->state == FILL_FIRST;
	struct store_args args = {
	        .op = STORE_GET,
	        .key = f->key,
	        .ranged = !f->single,
	        .first = p->at,
	        .last = p->end - 1,
	        .if_match = first ? NULL : f->info.etag,
	        .if_none_match = first && f->known_etag[0] ? f->known_etag : NULL,
	};

	p->asked = layout_now(&f->agent->layout);
	p->transfer = transfer_start(f->agent->transfers, f->remote, &args, &part_handler, p);
	if (!p->transfer) {
		snprintf(f->message, sizeof f->message, "out of memory");
		fill_fail_later(f, -ENOMEM);
	}
}

static void on_retry(uv_timer_t *timer)
{
	struct fill_part *p = timer->data;

	send_part(p);
}

/* Gives up what has come of it. No part is busy then. */
static void rewind_fill(struct fill *f)
{
	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		transfer_cancel(f->parts[i].transfer);
		f->parts[i].transfer = NULL;
		digest_stream_release(&f->parts[i].stream);
		fill_drop(&f->parts[i]);
		uv_timer_stop(&f->parts[i].timer);
		f->parts[i].busy = false;
	}
	give_back(f);
	fill_flush_end(f);
	disk_release(f->agent, &f->temp);
	digest_begin(&f->digest, f->agent->config->cache.part_size);
	f->state = FILL_FIRST;
	f->done = 0;
	f->sized = false;
	memset(&f->info, 0, sizeof f->info);
}

void fill_restart(struct fill *f)
{
	rewind_fill(f);
	schedule(f);
}

/* 100 ms, 200 ms, … with a random half, so that clients which failed together do not come back
 * together. */
static uint64_t backoff(unsigned failures)
{
	uint64_t ms = BACKOFF_MIN_MS;

	while (--failures && ms < BACKOFF_MAX_MS)
		ms *= 2;
	return ms / 2 + (uint64_t)random() % (ms / 2 + 1);
}

static void part_failed(struct fill_part *p, const struct transfer_result *result)
{
	struct fill *f = p->fill;
	unsigned tries = f->patient ? (unsigned)f->agent->config->cache.retries : 0;
	uint64_t pause;

	if (result->message[0])
		snprintf(f->message, sizeof f->message, "%s", result->message);
	if (result->error == -ESTALE || result->error == -ERESTART) {
		if (f->restarts++ < FILL_RESTARTS) {
			fill_restart(f);
			return;
		}
		snprintf(f->message, sizeof f->message,
		        "it changed again and again while it was read");
	}
	/* What may go away by itself is an outage: a stale copy is better than an error. */
	f->unreachable = result->unreachable || result->retry;
	f->unconnected = result->unconnected;
	if (result->again && !f->corrected) {
		f->corrected = true;
		send_part(p);
		return;
	}
	if (p->progressed)
		p->failures = 0;
	p->progressed = false;
	/* A server that wants to be left alone for longer than anybody waits has failed. */
	if (!result->retry || ++p->failures > tries ||
	        result->retry_after * 1000ULL >= f->agent->config->cache.stall_timeout) {
		fill_finish(f, result->error == -ESTALE || result->error == -ERESTART
		                       ? -EIO
		                       : result->error);
		return;
	}
	/* What cannot be ranged starts from its beginning, as the first request that it is. */
	if (f->single && f->state == FILL_PARTS) {
		rewind_fill(f);
		p->at = 0;
		p->busy = true;
	}
	pause = backoff(p->failures);
	if (result->retry_after * 1000ULL > pause)
		pause = result->retry_after * 1000ULL;
	uv_timer_start(&p->timer, on_retry, pause, 0);
}

static void on_done(void *arg, const struct transfer_result *result, const struct response *r)
{
	struct fill_part *p = arg;
	struct fill *f = p->fill;
	struct transfer_result cut = {
	        .error = -EIO, .retry = true, .message = "the server ended its answer early"};
	struct transfer_result shorter = {.error = -ESTALE};
	struct transfer_result lost = {.message = ""};

	p->transfer = NULL;
	if (f->unchanged && !result->error) {
		fill_finish(f, 0);
		return;
	}
	if (r->status == 416 && f->state == FILL_FIRST && !f->single) {
		/* There is no range of nothing, and some stores do not say that it is nothing; a
		 * plain request has its ETag and time. */
		f->single = true;
		send_part(p);
		return;
	}
	if (r->status == 416 && f->state == FILL_PARTS) {
		part_failed(p, &shorter);
		return;
	}
	if (result->error) {
		part_failed(p, result);
		return;
	}
	if (!f->sized) {
		f->sized = true;
		f->info.size = p->end = p->at;
	}
	if (p->at != p->end) {
		part_failed(p, &cut);
		return;
	}
	lost.error = fill_settle(p);
	if (lost.error) {
		lost.error = unwritten(f, lost.error);
		part_failed(p, &lost);
		return;
	}
	digest_flush(&f->digest, &p->stream);
	p->busy = false;
	schedule(f);
}

static const struct transfer_handler part_handler = {
        .on_head = on_head, .on_data = on_data, .on_done = on_done};

/* Starts what can be started; goes on to the check when all is here. */
static void schedule(struct fill *f)
{
	uint64_t part_size = f->agent->config->cache.part_size;
	unsigned most = (unsigned)f->agent->config->cache.object_connections, busy = 0;

	if (f->state == FILL_FIRST && !f->claim.granted && !f->claim.waiting)
		space_queue(f->agent->space, &f->claim);
	if (most > FILL_PARTS_MAX)
		most = FILL_PARTS_MAX;
	for (unsigned i = 0; i < most; i++) {
		struct fill_part *p = &f->parts[i];

		if (!p->busy && f->state == FILL_FIRST && i == 0 && f->claim.granted) {
			p->at = p->reached = 0;
			p->end = part_size;
			p->failures = 0;
			p->busy = true;
			send_part(p);
		} else if (!p->busy && f->state == FILL_PARTS && f->claim.granted &&
		           f->next < f->info.size) {
			p->at = f->next;
			p->end =
			        f->info.size - p->at > part_size ? p->at + part_size : f->info.size;
			p->reached = p->at;
			p->failures = 0;
			f->next = p->end;
			p->busy = true;
			send_part(p);
		}
		busy += p->busy;
	}
	if (busy == 0 && f->state == FILL_PARTS && f->claim.granted && f->done == f->info.size)
		fill_check(f);
}

static void resume(struct fill *f)
{
	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		if (f->parts[i].transfer)
			transfer_resume(f->parts[i].transfer);
	}
}

/* There is no room in the cache, and will be none soon: it goes on with the bytes that it has, but
 * without a name; or anew, if the disk has no room either. */
static void refused(struct fill *f)
{
	f->keep = false;
	give_back(f);
	disk_unkeep(f->agent, &f->temp);
	/* Elsewhere what has no name may not be opened again. */
	if (!f->agent->layout.network && temp_fits(&f->agent->layout, f->info.size)) {
		space_claim_none(f->agent->space, &f->claim);
		resume(f);
		schedule(f);
	} else {
		fill_restart(f);
	}
}

static void on_space(struct space_claim *claim)
{
	struct fill *f = (struct fill *)((char *)claim - offsetof(struct fill, claim));

	if (!f->remote->ops->request) {
		f->keep &= !claim->refused;
		fill_copy(f);
	} else if (claim->refused) {
		refused(f);
	} else if (f->state == FILL_PARTS && take_room(f)) {
		fill_restart(f);
	} else {
		resume(f);
		schedule(f);
	}
}

static void on_more(struct space_claim *more)
{
	struct fill *f = (struct fill *)((char *)more - offsetof(struct fill, more));

	if (more->refused) {
		refused(f);
		return;
	}
	space_join(&f->claim, more);
	resume(f);
}

static void on_failed(uv_timer_t *timer)
{
	struct fill *f = timer->data;

	fill_finish(f, f->later_error);
}

void fill_fail_later(struct fill *f, int error)
{
	f->later_error = error;
	uv_timer_start(&f->watch, on_failed, 0, 0);
}

/* It waits for its turn, which is no failure of the remote. */
static bool is_held_up(const struct fill *f)
{
	bool queued = false;

	if (f->claim.waiting || f->more.waiting)
		return true;
	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		const struct transfer *t = f->parts[i].transfer;

		if (t && !transfer_is_queued(t))
			return false;
		queued |= t != NULL;
	}
	return queued;
}

static void on_watch(uv_timer_t *timer)
{
	struct fill *f = timer->data;
	uint64_t done, total, stall = f->agent->config->cache.stall_timeout;
	uint64_t enough = f->agent->config->cache.min_rate * stall / 1000 + 1;
	char message[STORE_ERROR_MAX];

	fill_progress(f, &done, &total);
	if (done)
		fill_flush(f);
	/* A byte now and then, which would hold a reader for ever, is no progress. Less than
	 * before: it began anew. */
	if (done < f->watched || done - f->watched >= enough || f->state == FILL_CHECKING ||
	        is_held_up(f) || fill_waits_for_crew(f)) {
		f->last_progress = uv_now(f->agent->loop);
		f->watched = done;
	}
	if (uv_now(f->agent->loop) - f->last_progress < stall || f->cancelled)
		return;
	if (f->working) {
		snprintf(message, sizeof message,
		        "no progress for %llu s (stall_timeout); its file system hangs",
		        (unsigned long long)stall / 1000);
		fill_give_up(f, message);
		return;
	}
	snprintf(f->message, sizeof f->message,
	        "%llu bytes in %llu s (stall_timeout, min_rate); the remote or the network between "
	        "hangs",
	        (unsigned long long)(done - f->watched), (unsigned long long)stall / 1000);
	f->unreachable = true;
	fill_finish(f, -EIO);
}

static void init_handles(struct fill *f)
{
	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		f->parts[i].fill = f;
		uv_timer_init(f->agent->loop, &f->parts[i].timer);
		f->parts[i].timer.data = &f->parts[i];
	}
	uv_timer_init(f->agent->loop, &f->watch);
	f->watch.data = f;
	f->handles = FILL_PARTS_MAX + 1;
	uv_timer_start(&f->watch, on_watch, WATCH_MS, WATCH_MS);
}

struct fill *fill_start(struct agent *a, struct remote *r, const struct fill_options *o,
        fill_done *done, void *arg, int *error, char err[static STORE_ERROR_MAX])
{
	struct fill *f = calloc(1, sizeof *f);

	*error = -ENOMEM;
	snprintf(err, STORE_ERROR_MAX, "out of memory");
	if (!f)
		return NULL;
	f->agent = a;
	f->remote = r;
	f->done_cb = done;
	f->arg = arg;
	f->temp.fd = -1;
	f->claim.answer = on_space;
	f->more.answer = on_more;
	f->rel = strdup(o->rel);
	f->key = strdup(o->key);
	f->hash = hash64(HASH_OBJECT, o->rel, strlen(o->rel));
	f->keep = o->keep;
	f->patient = o->patient;
	digest_begin(&f->digest, a->config->cache.part_size);
	snprintf(f->known_etag, sizeof f->known_etag, "%s", o->known_etag ? o->known_etag : "");
	f->last_progress = uv_now(a->loop);
	f->since = boottime_ms();
	if (!f->rel || !f->key) {
		free(f->rel);
		free(f->key);
		free(f);
		return NULL;
	}
	*error = 0;
	err[0] = 0;
	init_handles(f);
	if (r->ops->request)
		schedule(f);
	else
		fill_copy(f);
	return f;
}
