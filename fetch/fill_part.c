/*
 * The transfer of one part of a fill: what its head, its bytes and its end mean for the whole. In
 * FIRST there is one part, whose head tells size and generation (fill.c has the states).
 */
#include "fetch/disk.h"
#include "fetch/fill_parts.h"
#include "fetch/lookup.h"
#include "fetch/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILL_RESTARTS  5
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 10000

static const struct transfer_handler part_handler;

static int fail(struct fill *f, int error, const char *message)
{
	snprintf(f->message, sizeof f->message, "%s", message);
	return error;
}

/* The size of one that is chunked is checked at its end. */
static bool is_wanted(const struct fill *f)
{
	return replay_same(
	        f->want, f->info.etag, f->sized ? f->info.size : f->want->info.size, f->info.mtime);
}

/* The first answer: size, generation and the file. */
static int take_first_head(struct fill *f, struct fill_part *p, const struct response *r)
{
	int err;

	if (r->status == 206 && (!r->has_range || r->first != 0))
		return fail(
		        f, -EPROTO, "the server answered with another range than was asked for");
	f->info = r->info;
	f->sized = r->status != 200 || r->content_length != UINT64_MAX;
	if (!f->sized && !r->chunked)
		return fail(f, -EPROTO,
		        "the server says neither how long the object is nor where it ends; a part "
		        "of it could pass for the whole");
	if (r->status != 200)
		f->info.size = r->total;
	else
		f->info.size = f->sized ? r->content_length : 0;
	if (f->want && !is_wanted(f))
		return -ESTALE;
	/* Only a strong ETag can hold several ranges together. */
	if (r->status == 206 && !r->info.etag[0] && r->last + 1 < r->total) {
		f->single = true;
		return -ERESTART;
	}
	f->single = r->status != 206 || !r->info.etag[0];
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
	fill_expect(f, f->single || p->end == f->info.size);
	fill_expect_part(p, r);
	fill_claim_room(f);
	return f->claim.granted ? fill_take_room(f) : 0;
}

/* Whether an answer is of another generation than the first one was. */
static bool is_another(const struct fill *f, const struct response *r)
{
	const char *was = f->info.version, *is = r->info.version;

	return r->total != f->info.size || strcmp(r->info.etag, f->info.etag) != 0 ||
	       (*was && *is && strcmp(was, is) != 0);
}

static int on_head(void *arg, const struct response *r)
{
	struct fill_part *p = arg;
	struct fill *f = p->fill;

	pace_answered(&f->pace, transfer_age(p->transfer));
	if (r->status == 304) {
		f->unchanged = f->state == FILL_FIRST && f->known_etag[0];
		f->confirmed = p->asked;
		return f->unchanged
		               ? 0
		               : fail(f, -EPROTO,
		                         "the server answered 304 to an unconditional request");
	}
	if (r->encoded)
		return fail(f, -EPROTO,
		        "the server compressed the object; its bytes cannot be ranged or counted");
	if (f->state == FILL_FIRST) {
		f->confirmed = p->asked;
		/* A server that knows no conditions says by the ETag that nothing has changed. */
		f->unchanged = f->known_etag[0] && strcmp(r->info.etag, f->known_etag) == 0;
		return f->unchanged ? -EALREADY : take_first_head(f, p, r);
	}
	/* It does ranges no more; what cannot be pieced together comes whole. */
	if (r->status == 200) {
		f->single = true;
		return -ERESTART;
	}
	if (r->status != 206 || !r->has_range || r->first != p->at || r->last + 1 != p->end)
		return fail(
		        f, -EPROTO, "the server answered with another range than was asked for");
	if (is_another(f, r))
		return -ESTALE;
	if (p->asked > f->confirmed)
		f->confirmed = p->asked;
	fill_expect_part(p, r);
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
	if (fill_lacks_room(f, p, n))
		return TRANSFER_HOLD;
	if (fill_wants_digest(p))
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
void fill_send_part(struct fill_part *p)
{
	struct fill *f = p->fill;
	bool first = f->state == FILL_FIRST;
	struct store_args args = {
	        .op = STORE_GET,
	        .key = f->key,
	        .ranged = !f->single,
	        .first = p->at,
	        .last = p->end - 1,
	        .version = !first && f->remote->ops->by_version && f->info.version[0]
	                           ? f->info.version
	                           : NULL,
	        .if_match = !first    ? f->info.etag
	                    : f->want ? f->want->info.etag
	                              : NULL,
	        .if_none_match = first && f->known_etag[0] ? f->known_etag : NULL,
	};

	p->asked = layout_now(&f->agent->layout);
	p->transfer = transfer_start(f->agent->transfers, f->remote, &args, &part_handler, p);
	if (p->transfer)
		transfer_set_ahead(p->transfer, f->ahead);
	if (!p->transfer) {
		snprintf(f->message, sizeof f->message, "out of memory");
		fill_fail_later(f, -ENOMEM);
	}
}

static void on_retry(uv_timer_t *timer)
{
	struct fill_part *p = timer->data;

	fill_send_part(p);
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
	if (f->want && result->error == -ESTALE) {
		fill_finish(f, -ESTALE);
		return;
	}
	if (result->error == -ESTALE || result->error == -ERESTART) {
		if (f->restarts++ < FILL_RESTARTS) {
			/* Ranges that never are of the same one, as those of mirrors with ETags of
			 * their own: at last it comes in one piece. */
			if (f->restarts == FILL_RESTARTS)
				f->single = true;
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
		fill_send_part(p);
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
		fill_rewind(f);
		p->at = 0;
		p->busy = true;
	}
	pause = backoff(p->failures);
	if (result->retry_after * 1000ULL > pause)
		pause = result->retry_after * 1000ULL;
	uv_timer_start(&p->timer, on_retry, pause, 0);
}

/*
 * There is no range of nothing: an answer of 416 that says so is that of an empty object, `whole`.
 * Its ETag and time, which such an answer seldom has, are those of the listing. False where it may
 * be another version than the one that is wanted or listed, or a directory; a plain request will
 * tell.
 */
static bool is_nothing(const struct fill *f, const struct response *r, struct response *whole)
{
	struct object_info listed;
	bool is_listed;

	if (r->total || f->want || f->remote->profile->pinned)
		return false;
	is_listed = lookup_listed(f->agent, f->rel, &listed);
	if (!is_listed && f->remote->ops->marks_dirs)
		return false;
	*whole = *r;
	whole->info.size = 0;
	if (r->info.etag[0] || !is_listed)
		return true;
	memcpy(whole->info.etag, listed.etag, sizeof listed.etag);
	whole->info.mtime = listed.mtime;
	return listed.size == 0;
}

static void answered_nothing(struct fill_part *p, const struct response *r)
{
	struct fill *f = p->fill;
	struct transfer_result failed = {.message = ""};
	struct response whole;

	if (!is_nothing(f, r, &whole)) {
		f->single = true;
		fill_send_part(p);
		return;
	}
	f->confirmed = p->asked;
	failed.error = take_first_head(f, p, &whole);
	if (failed.error) {
		part_failed(p, &failed);
		return;
	}
	p->busy = false;
	fill_schedule(f);
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
	if (f->unchanged && (!result->error || result->error == -EALREADY)) {
		fill_finish(f, 0);
		return;
	}
	if (r->status == 416 && f->state == FILL_FIRST && !f->single) {
		answered_nothing(p, r);
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
		if (f->want && !is_wanted(f)) {
			part_failed(p, &shorter);
			return;
		}
		digest_sized(&f->digest, p->at, false);
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
	if (!fill_part_is_right(p))
		return;
	digest_flush(&f->digest, &p->stream);
	p->busy = false;
	fill_schedule(f);
}

static const struct transfer_handler part_handler = {
        .on_head = on_head, .on_data = on_data, .on_done = on_done};
