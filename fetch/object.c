/*
 * One object while it is being opened.
 *
 *	            fresh in the cache ──────────────────────────────> answered, forgotten
 *	new ──────> LOCKING ──> FILLING ──> COMMITTING ──────────────> forgotten
 *	  (another     │           │            └ answered; later ones get the same file
 *	  agent fills) │           └ error, unchanged, not kept ─────> answered, forgotten
 *	               └ it appeared meanwhile ──────────────────────> answered, forgotten
 *
 * Invariants: an object in the table has waiters unless it is COMMITTING, or FILLING for those who
 *left a moment ago; `locked` is true from the end of LOCKING until it is forgotten, except where
 * locks are not to be had or nothing will be kept.
 */
#include "fetch/object.h"
#include "cache/listing_build.h"
#include "cache/meta.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/trash.h"
#include "fetch/commit.h"
#include "fetch/evict.h"
#include "fetch/fill.h"
#include "fetch/known.h"
#include "fetch/list.h"
#include "fetch/lookup.h"
#include "fetch/space.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

#define LOCK_POLL_MS 50
#define LOCK_PATIENCE_MS                                                                           \
	10000          /* a holder whose file does not grow for so long is not waited for          \
	                */
#define SETTLE_MS 3000 /* as long as a client of a shared file system may show old attributes */
#define ORPHAN_MS                                                                                  \
	10000 /* a fill that nobody waits for any more goes on for so long: who was interrupted    \
	         often comes back */

enum object_state { OBJECT_LOCKING, OBJECT_FILLING, OBJECT_COMMITTING };

struct object {
	struct agent *agent;
	struct remote *remote;
	char *rel;
	char key[KEY_MAX + 1];
	uint64_t hash;
	enum object_state state;
	bool keep, locked;
	struct waiter *waiters;
	struct fill *fill;
	struct cached old;   /* a copy that is not fresh; fd is -1 if there is none */
	struct answer facts; /* in COMMITTING */
	uint64_t size;
	struct commit_item item;
	uv_timer_t timer; /* of LOCKING */
	uint64_t started, grown_at, grown_to, settling_since;
	UT_hash_handle hh;
};

static void on_closed(uv_handle_t *h)
{
	struct object *o = h->data;

	free(o->rel);
	free(o);
}

static void forget(struct object *o)
{
	HASH_DEL(o->agent->objects, o);
	if (o->locked)
		lock_drop(&o->agent->locks, o->hash);
	if (o->old.fd >= 0)
		close(o->old.fd);
	uv_timer_stop(&o->timer);
	uv_close((uv_handle_t *)&o->timer, on_closed);
}

/* One more open of a cached file: by its number, or without /proc by its name, if that is still the
 * same file. A descriptor or -errno. */
static int open_again(const struct object *o, int fd)
{
	char path[LAYOUT_PATH_MAX];
	struct stat old, new;
	int again;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	if (again >= 0 || errno != ENOENT)
		return again >= 0 ? again : -errno;
	if (layout_data(&o->agent->layout, path, o->rel) != 0)
		return -EIO;
	again = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (again >= 0 && fstat(fd, &old) == 0 && fstat(again, &new) == 0 &&
	        old.st_ino == new.st_ino && old.st_dev == new.st_dev)
		return again;
	if (again >= 0)
		close(again);
	return -EIO;
}

/* The same answer for everybody, each with a descriptor of its own. */
static void answer_all(struct object *o, struct answer *a, const struct temp *temp, int fd)
{
	struct waiter *w, *next;

	DL_FOREACH_SAFE (o->waiters, w, next) {
		DL_DELETE(o->waiters, w);
		w->object = NULL;
		a->fd = -1;
		if (!a->error && a->type == WIRE_FILE)
			a->fd = temp ? temp_open(temp) : open_again(o, fd);
		if (!a->error && a->type == WIRE_FILE && a->fd < 0) {
			a->error = a->fd == -ENOENT ? -EIO : a->fd; /* the object is there */
			a->message = "the whole object could not be opened";
		}
		w->answer(w, a);
	}
}

/* What a program can make sense of: a disk's errors. The message has the rest. */
static int disk_error(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
	case -EACCES:
	case -ENOMEM:
	case -ENOSPC:
	case -ENAMETOOLONG:
		return error;
	default:
		return -EIO;
	}
}

static void answer_error(struct object *o, int error, const char *message)
{
	struct answer a = {.error = disk_error(error), .fd = -1, .message = message};
	char url[KEY_MAX + CONFIG_PATH_MAX];
	uint64_t run = o->waiters ? o->waiters->run : 0;

	if (error != -ENOENT && error != -ENOTDIR) {
		remote_url(o->remote, o->key, url, sizeof url);
		agent_tell(o->agent, run, "%s: %s (%s)", url, message, strerror(-error));
		o->agent->counters.errors++;
	}
	answer_all(o, &a, NULL, -1);
	forget(o);
}

static void answer_old(struct object *o, uint64_t expiry)
{
	struct answer a = {.hit = true, .message = ""};
	uint64_t etag = hash64(HASH_ETAG, o->old.meta.etag, strlen(o->old.meta.etag));

	lookup_describe(&o->old, &a);
	validity_put(o->agent->validity, o->hash, &o->old.st, expiry, etag);
	answer_all(o, &a, NULL, o->old.fd);
	forget(o);
}

/* The remote cannot be reached: the copy that we have, if it is not too old. */
static bool answer_stale(struct object *o, const char *message)
{
	char url[KEY_MAX + CONFIG_PATH_MAX];

	if (!lookup_servable(o->remote, &o->old))
		return false;
	remote_url(o->remote, o->key, url, sizeof url);
	agent_tell(o->agent, o->waiters ? o->waiters->run : 0,
	        "%s: served from the cache, unchecked: %s", url, message);
	o->agent->counters.stale++;
	answer_old(o, agent_expiry(STALE_RECHECK_MS));
	return true;
}

static void on_committed(struct commit_item *item)
{
	struct object *o = (struct object *)((char *)item - offsetof(struct object, item));

	space_published(o->agent->space, o->size, !item->error);
	if (item->error)
		agent_log(o->agent, "%s: not kept: %s", o->rel, strerror(-item->error));
	else
		evict_added(o->agent, o->rel, o->size);
	forget(o);
}

/* A whole object has come: what it shows is settled, then everybody gets it, then it gets its name.
 */
static void filled(struct object *o, const struct fill_result *r)
{
	struct agent *a = o->agent;
	struct meta meta = {.validated = time(NULL), .dev = o->remote->profile->dev};
	struct object_info info = r->info;
	struct stat st;
	int err;

	lookup_settle(a, o->remote, o->rel, o->key, &info);
	object_describe(o->remote, o->rel, &info, &o->facts);
	snprintf(meta.etag, sizeof meta.etag, "%s", r->info.etag);
	snprintf(meta.digest, sizeof meta.digest, "%s", r->digest);
	meta.ino = o->facts.ino;
	o->item.temp = *r->temp;
	r->temp->fd = -1;
	r->temp->kept = false;
	err = temp_seal(&o->item.temp, &a->layout, &meta, info.mtime, o->facts.executable, &st);
	if (err && o->item.temp.kept) {
		agent_log(a, "%s: not kept: %s", o->rel, strerror(-err));
		temp_unkeep(&o->item.temp);
		err = temp_seal(
		        &o->item.temp, &a->layout, &meta, info.mtime, o->facts.executable, &st);
	}
	if (!err && (uint64_t)st.st_size != info.size)
		err = -EIO;
	if (err) {
		temp_release(&o->item.temp);
		answer_error(o, -EIO, "the downloaded object could not be finished in the cache");
		return;
	}
	known_forget(a, o->rel); /* of an older one, perhaps */
	a->counters.fills++;
	a->counters.filled_bytes += info.size;
	if (!o->item.temp.kept) {
		answer_all(o, &o->facts, &o->item.temp, -1);
		temp_release(&o->item.temp);
		forget(o);
		return;
	}
	validity_put(a->validity, o->hash, &st, agent_expiry(o->remote->profile->ttl),
	        hash64(HASH_ETAG, meta.etag, strlen(meta.etag)));
	o->size = info.size;
	space_sealed(a->space, o->size);
	o->state = OBJECT_COMMITTING;
	answer_all(o, &o->facts, &o->item.temp, -1);
	o->item.rel = o->rel;
	o->item.done = on_committed;
	commit_add(a->commit, &o->item);
}

/* No object of that name: a directory, perhaps. */
static void on_directory(struct waiter *w, const struct answer *a);

struct directory_waiter {
	struct waiter waiter;
	struct object *object;
};

static void absent(struct object *o, const char *message)
{
	struct directory_waiter *d;

	validity_drop(o->agent->validity, o->hash);
	if (o->old.fd >= 0)
		trash_put(&o->agent->layout, o->rel);
	evict_removed(o->agent, o->rel);
	if (!o->remote->ops->lists) {
		known_put(o->agent, o->remote, o->rel, &(struct answer){.error = -ENOENT});
		answer_error(o, -ENOENT, message);
		return;
	}
	d = calloc(1, sizeof *d);
	if (!d) {
		answer_error(o, -ENOMEM, "out of memory");
		return;
	}
	d->object = o;
	d->waiter.answer = on_directory;
	known_ask(o->agent, o->remote, o->rel, o->key, KNOWN_DIRECTORY, &d->waiter);
}

static void on_directory(struct waiter *w, const struct answer *a)
{
	struct directory_waiter *d = (struct directory_waiter *)w;
	struct object *o = d->object;
	struct answer copy = *a;

	free(d);
	if (copy.error) {
		answer_error(o, copy.error, copy.message);
		return;
	}
	answer_all(o, &copy, NULL, -1);
	forget(o);
}

static void on_filled(void *arg, const struct fill_result *r)
{
	struct object *o = arg;
	struct answer dir = {.fd = -1, .message = ""};

	o->fill = NULL;
	if (r->unreachable && answer_stale(o, r->message))
		return;
	if (r->error == -EISDIR) {
		object_describe_dir(o->rel, &dir);
		known_put(o->agent, o->remote, o->rel, &dir);
		answer_all(o, &dir, NULL, -1);
		forget(o);
	} else if (r->error == -ENOENT) {
		absent(o, r->message);
	} else if (r->error) {
		answer_error(o, r->error, r->message);
	} else if (r->unchanged) {
		o->agent->counters.revalidated++;
		meta_validated(o->old.fd, time(NULL));
		answer_old(o, agent_expiry(o->remote->profile->ttl));
	} else {
		filled(o, r);
	}
}

static void start_fill(struct object *o)
{
	struct fill_options options = {
	        .rel = o->rel,
	        .key = o->key,
	        .known_etag = o->old.fd >= 0 ? o->old.meta.etag : NULL,
	        .keep = o->keep,
	        .patient = o->old.fd < 0,
	};
	char err[STORE_ERROR_MAX];
	int error;

	o->state = OBJECT_FILLING;
	o->fill = fill_start(o->agent, o->remote, &options, on_filled, o, &error, err);
	if (!o->fill)
		answer_error(o, error, err);
}

static void try_lock(struct object *o);
static void on_timer(uv_timer_t *timer);

/* What another agent has published since we looked: everybody was answered with it, or it will be
 * looked at again in a moment. */
static bool published_meanwhile(struct object *o)
{
	struct cached now;

	lookup_cached(o->agent, o->remote, o->rel, &now);
	if (now.fresh || (now.fd >= 0 && (o->old.fd < 0 || now.st.st_ino != o->old.st.st_ino))) {
		if (o->old.fd >= 0)
			close(o->old.fd);
		o->old = now;
		answer_old(o, agent_expiry(o->remote->profile->ttl));
		return true;
	}
	if (now.fd >= 0)
		close(now.fd);
	if (!now.settling)
		return false;
	if (!o->settling_since)
		o->settling_since = uv_now(o->agent->loop);
	if (uv_now(o->agent->loop) - o->settling_since > SETTLE_MS)
		return false;
	uv_timer_start(&o->timer, on_timer, LOCK_POLL_MS, 0);
	return true;
}

static void on_timer(uv_timer_t *timer)
{
	struct object *o = timer->data;

	if (!published_meanwhile(o))
		try_lock(o);
}

static void try_lock(struct object *o)
{
	int err = o->keep ? lock_try(&o->agent->locks, o->hash) : 0;
	uint64_t size = 0, now = uv_now(o->agent->loop);

	if (err == -EAGAIN) {
		size = lookup_fill_mark(o->agent, o->hash);
		if (size != o->grown_to)
			o->grown_at = now;
		o->grown_to = size;
		if (now - o->grown_at < LOCK_PATIENCE_MS) {
			uv_timer_start(&o->timer, on_timer, LOCK_POLL_MS, 0);
			return;
		}
		agent_log(o->agent, "%s: its lock is held, but nothing happens; filling without it",
		        o->rel);
	}
	o->locked = o->keep && err == 0;
	/* Its last holder may have published between our look and our lock. */
	if (!o->locked || !published_meanwhile(o))
		start_fill(o);
}

static struct object *object_new(struct agent *a, struct remote *r, const char *rel,
        const char *key, const struct cached *old)
{
	struct object *o = calloc(1, sizeof *o);

	if (!o || !(o->rel = strdup(rel))) {
		free(o);
		return NULL;
	}
	o->agent = a;
	o->remote = r;
	snprintf(o->key, sizeof o->key, "%s", key);
	o->hash = hash64(HASH_OBJECT, rel, strlen(rel));
	o->old = *old;
	o->keep = !lookup_matches(r->profile->bypass, key);
	o->started = o->grown_at = uv_now(a->loop);
	uv_timer_init(a->loop, &o->timer);
	o->timer.data = o;
	HASH_ADD_KEYPTR(hh, a->objects, o->rel, strlen(o->rel), o);
	return o;
}

static void join(struct object *o, struct waiter *w)
{
	DL_APPEND(o->waiters, w);
	w->object = o;
}

static void open_remote(
        struct agent *a, struct remote *r, const char *rel, const char *key, struct waiter *w)
{
	struct answer known = {.fd = -1, .message = ""};
	struct cached old;
	struct object *o;

	lookup_cached(a, r, rel, &old);
	if (old.fresh) {
		known.hit = true;
		lookup_describe(&old, &known);
		known.fd = old.fd;
		a->counters.hits++;
		w->answer(w, &known);
		return;
	}
	if (old.fd < 0 && known_find(a, rel, &known) == 0 &&
	        (known.error || known.type == WIRE_DIR)) {
		w->answer(w, &known);
		return;
	}
	o = object_new(a, r, rel, key, &old);
	if (!o) {
		known = (struct answer){.error = -ENOMEM, .fd = -1, .message = "out of memory"};
		w->answer(w, &known);
		return;
	}
	join(o, w);
	if (!remote_is_up(r) && answer_stale(o, "the remote could not be reached a moment ago"))
		return;
	if (remote_is_gone(r))
		answer_error(o, -EIO,
		        "the remote could not be reached a moment ago; it is tried again soon");
	else
		try_lock(o);
}

void object_open(struct agent *a, const char *rel, struct waiter *w)
{
	struct lookup l;
	struct object *o;

	a->counters.opens++;
	HASH_FIND_STR(a->objects, rel, o);
	if (o && o->state == OBJECT_COMMITTING) {
		struct answer ans = o->facts;

		ans.hit = true;
		ans.fd = temp_open(&o->item.temp);
		if (ans.fd < 0)
			ans.fd = lookup_open_data(a, rel);
		ans.error = ans.fd < 0 ? ans.fd : 0;
		w->answer(w, &ans);
		return;
	}
	if (o) {
		join(o, w);
		return;
	}
	if (lookup_begin(a, rel, w, object_open, &l))
		open_remote(a, l.remote, rel, l.key, w);
}

void object_stat(struct agent *a, const char *rel, struct waiter *w)
{
	struct answer ans = {.fd = -1, .message = ""};
	struct cached cached;
	struct lookup l;
	struct object *o;
	bool servable;

	a->counters.stats++;
	HASH_FIND_STR(a->objects, rel, o);
	if (o && o->state == OBJECT_COMMITTING) {
		ans = o->facts;
		ans.fd = -1;
		w->answer(w, &ans);
		return;
	}
	if (!lookup_begin(a, rel, w, object_stat, &l))
		return;
	lookup_cached(a, l.remote, rel, &cached);
	servable = lookup_servable(l.remote, &cached);
	if (cached.fresh || (servable && !remote_is_up(l.remote)))
		lookup_describe(&cached, &ans);
	if (cached.fd >= 0)
		close(cached.fd);
	if (ans.type != WIRE_FILE && l.listed)
		object_describe(l.remote, rel, &l.info, &ans);
	if (ans.type == WIRE_FILE || known_find(a, rel, &ans) == 0)
		w->answer(w, &ans);
	else
		known_ask(a, l.remote, rel, l.key, servable ? KNOWN_CHECK : KNOWN_NAME, w);
}

static void on_orphan(uv_timer_t *timer)
{
	struct object *o = timer->data;

	if (o->waiters || !o->fill)
		return;
	fill_cancel(o->fill);
	forget(o);
}

void object_cancel(struct waiter *w)
{
	struct object *o = w->object;

	if (!o)
		return;
	DL_DELETE(o->waiters, w);
	w->object = NULL;
	if (o->waiters || o->state == OBJECT_COMMITTING)
		return;
	if (o->state == OBJECT_FILLING && !o->fill)
		return; /* asking whether it is a directory; ends by itself */
	if (o->fill)
		uv_timer_start(&o->timer, on_orphan, ORPHAN_MS, 0);
	else
		forget(o);
}

void object_used(struct agent *a, const char *rel)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
	uint64_t hash = hash64(HASH_OBJECT, rel, strlen(rel));
	char path[LAYOUT_PATH_MAX];
	struct stat st;

	if (layout_data(&a->layout, path, rel) != 0 ||
	        utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	/* An immutable object may not be in the table yet: then it is noted there, so that the next
	 * minute's opens need not tell of it again. */
	if (!validity_used(a->validity, hash) && lstat(path, &st) == 0)
		validity_put(a->validity, hash, &st, 0, 0);
	evict_used(a, rel);
}

void objects_progress(struct agent *a, object_progress_cb *cb, void *arg)
{
	struct object *o, *next;
	uint64_t done, total;

	HASH_ITER (hh, a->objects, o, next) {
		struct waiter *w;

		if (!o->fill)
			continue;
		fill_progress(o->fill, &done, &total);
		DL_FOREACH (o->waiters, w) {
			cb(arg, o->key, o->remote, w->run, done, total,
			        uv_now(a->loop) - o->started);
		}
	}
}

unsigned objects_count(const struct agent *a)
{
	return HASH_COUNT(a->objects);
}

void objects_free(struct agent *a)
{
	struct object *o, *next;

	HASH_ITER (hh, a->objects, o, next) {
		if (o->state == OBJECT_COMMITTING || (o->state == OBJECT_FILLING && !o->fill))
			continue;
		if (o->fill)
			fill_cancel(o->fill);
		o->fill = NULL;
		answer_error(o, -EIO, "the agent was told to stop");
	}
}
