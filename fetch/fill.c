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
 * CHECKING no transfer of a part is left, and what the store says of the bytes may still be asked
 *for. A fill in FIRST has claimed nothing, but waits behind those that wait for room; in PARTS it
 *has claimed its size if that is known and the object is kept, and sends no further part before the
 *grant. What has no strong ETag is `single`: one request from the first byte on, whatever failed
 *before. A folder's copy (fill_work.c) goes the same way on workers, looking in FIRST and copying
 *in PARTS.
 *
 * The transfers of parts, whose handlers are most of the transitions, are in fill_part.c; the room
 * that is claimed is in fill_room.c.
 */
#include "fetch/disk.h"
#include "fetch/fill_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCH_MS 250 /* between two looks at the progress */

static void unref(struct fill *f)
{
	if (--f->handles)
		return;
	remote_drop(f->remote);
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

/* Ends everything but the memory, which libuv still looks at. */
static void dispose(struct fill *f)
{
	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		transfer_cancel(f->parts[i].transfer);
		f->parts[i].transfer = NULL;
		fill_drop(&f->parts[i]);
		uv_timer_stop(&f->parts[i].timer);
		uv_close((uv_handle_t *)&f->parts[i].timer, on_part_closed);
	}
	uv_timer_stop(&f->watch);
	uv_close((uv_handle_t *)&f->watch, on_watch_closed);
	transfer_cancel(f->asking);
	fill_give_back(f);
	fill_follow_end(f);
	fill_flush_end(f);
	digest_end(&f->digest);
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
	        .checksum = f->checksum_text,
	        .message = f->message,
	};

	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		transfer_cancel(f->parts[i].transfer);
		f->parts[i].transfer = NULL;
	}
	if (r.unreachable)
		remote_failed(f->remote, f->unconnected, f->since, f->message);
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
	fill_give_back(f);
	uv_timer_stop(&f->watch);
	if (f->working && f->state < FILL_CHECKING)
		f->working = !crew_give_up(&f->job);
	if (!f->working)
		dispose(f);
}

void fill_hurry(struct fill *f, bool patient)
{
	f->ahead = false;
	f->patient = patient;
	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		if (f->parts[i].transfer)
			transfer_set_ahead(f->parts[i].transfer, false);
	}
}

void fill_progress(const struct fill *f, uint64_t *done, uint64_t *total)
{
	*done = f->remote->ops->request ? f->done : f->copied;
	*total = f->sized ? f->info.size : 0;
}

/* Gives up what has come of it. No part is busy then. */
void fill_rewind(struct fill *f)
{
	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		transfer_cancel(f->parts[i].transfer);
		f->parts[i].transfer = NULL;
		f->parts[i].stream = (struct digest_stream){0};
		fill_drop(&f->parts[i]);
		uv_timer_stop(&f->parts[i].timer);
		f->parts[i].busy = false;
	}
	transfer_cancel(f->asking);
	f->asking = NULL;
	fill_follow_end(f);
	fill_give_back(f);
	fill_flush_end(f);
	disk_release(f->agent, &f->temp);
	digest_end(&f->digest);
	digest_begin(&f->digest, DIGEST_ALL);
	f->state = FILL_FIRST;
	f->done = f->vouched = 0;
	fill_begin_pace(f);
	f->sized = false;
	memset(&f->info, 0, sizeof f->info);
}

void fill_restart(struct fill *f)
{
	fill_rewind(f);
	fill_schedule(f);
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
	if (f->state == FILL_PARTS &&
	        pace_look(&f->pace, f->done, !fill_is_at_pace(f), uv_now(f->agent->loop)))
		fill_schedule(f);
	if (f->state == FILL_PARTS)
		fill_follow(f);
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
	fill_room_init(f);
	f->rel = strdup(o->rel);
	f->key = strdup(o->key);
	f->hash = hash64(HASH_OBJECT, o->rel, strlen(o->rel));
	f->want = o->want;
	f->keep = o->keep;
	f->patient = o->patient;
	f->ahead = o->ahead;
	digest_begin(&f->digest, DIGEST_ALL);
	snprintf(f->known_etag, sizeof f->known_etag, "%s", o->known_etag ? o->known_etag : "");
	fill_begin_pace(f);
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
	remote_hold(r);
	init_handles(f);
	if (r->ops->request)
		fill_schedule(f);
	else
		fill_copy(f);
	return f;
}
