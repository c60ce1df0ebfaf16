/*
 * One object while it is being opened.
 *
 *	            fresh in the cache ──────────────────────────────> answered, forgotten
 *	new ──────> LOCKING ──> FILLING ──> COMMITTING ──────────────> forgotten
 *	  (another     │           │            └ answered; later ones get the same file
 *	  agent fills) │           └ error, unchanged, not kept ─────> answered, forgotten
 *	               └ it appeared meanwhile ──────────────────────> answered, forgotten
 *
 * With mode = copy, what would be answered from the shared cache is first brought to the local
 * tier: BRINGING, then COMMITTING there. What was just filled is meanwhile committed to the shared
 * cache too; what cannot be brought is answered from there.
 *
 * Invariants: an object in the table has waiters unless it is COMMITTING, or FILLING for those who
 * left a moment ago; its turn (turn.h) is held from the end of LOCKING until it is forgotten.
 *
 * This file has the table and what is asked of it; object_fill.c goes from LOCKING to a whole
 * object, and object_kept.c serves what is in a tier, brings it to another one and gives names.
 */
#include "cache/read/hash.h"
#include "fetch/disk.h"
#include "fetch/evict.h"
#include "fetch/known.h"
#include "fetch/object_parts.h"
#include "fetch/offline.h"
#include "fetch/replay.h"
#include "fetch/tier.h"
#include "fetch/valid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define ORPHAN_MS                                                                                  \
	10000 /* a fill that nobody waits for any more goes on for so long: who was interrupted    \
	         often comes back */

static void on_closed(uv_handle_t *h)
{
	struct object *o = h->data;

	remote_drop(o->remote);
	free(o->rel);
	free(o);
}

/* At the end of everything but the names that it is given. */
void object_forget(struct object *o)
{
	if (o->shared.open || o->local.open) {
		o->state = OBJECT_COMMITTING;
		return;
	}
	if (!o->left)
		HASH_DEL(o->agent->objects, o);
	if (o->turn)
		turn_drop(o->turn);
	o->turn = NULL;
	lookup_release(&o->old);
	uv_timer_stop(&o->timer);
	uv_close((uv_handle_t *)&o->timer, on_closed);
}

/* The same answer for everybody, each with a descriptor of its own. */
void object_answer(
        struct object *o, struct answer *a, struct agent *tier, const struct temp *temp, int fd)
{
	struct waiter *w, *next;

	DL_FOREACH_SAFE (o->waiters, w, next) {
		DL_DELETE(o->waiters, w);
		w->object = NULL;
		a->fd = -1;
		if (!a->error && a->type == WIRE_FILE && !w->ahead)
			a->fd = temp ? disk_open_temp(tier, temp)
			             : disk_open_again(tier, o->rel, fd);
		if (!a->error && a->type == WIRE_FILE && a->fd < 0 && !w->ahead) {
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
	case -ENETUNREACH:
	case -ESTALE:
		return error;
	default:
		return -EIO;
	}
}

void object_fail(struct object *o, int error, const char *message)
{
	struct answer a = {.error = disk_error(error), .fd = -1, .message = message};
	char url[KEY_MAX + CONFIG_PATH_MAX];
	uint64_t run = o->waiters ? o->waiters->run : 0;

	if (error != -ENOENT && error != -ENOTDIR && !o->ahead) {
		remote_url(o->remote, o->key, url, sizeof url);
		/* Some stores begin with it themselves. */
		agent_tell(o->agent, run, "%s%s%s (%s)",
		        strncmp(message, url, strlen(url)) ? url : "",
		        strncmp(message, url, strlen(url)) ? ": " : "", message, strerror(-error));
		counters_of(o->agent, o->rel)->errors++;
	}
	object_answer(o, &a, NULL, NULL, -1);
	object_forget(o);
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
	o->tier = tier_home(a);
	o->remote = r;
	remote_hold(r);
	snprintf(o->key, sizeof o->key, "%s", key);
	o->hash = hash64(HASH_OBJECT, rel, strlen(rel));
	o->old = *old;
	o->keep = !lookup_matches(r->profile->bypass, key);
	o->started = uv_now(a->loop);
	uv_timer_init(a->loop, &o->timer);
	o->timer.data = o;
	HASH_ADD_KEYPTR(hh, a->objects, o->rel, strlen(o->rel), o);
	return o;
}

static void join(struct object *o, struct waiter *w)
{
	if (o->ahead && !w->ahead) {
		o->ahead = false;
		if (o->fill)
			fill_hurry(o->fill, o->old.fd < 0);
	}
	DL_APPEND(o->waiters, w);
	w->object = o;
}

void object_open_remote(
        struct agent *a, struct remote *r, const char *rel, const char *key, struct waiter *w)
{
	struct answer known = {.fd = -1, .message = ""};
	struct cached old;
	struct object *o;

	lookup_object(a, r, rel, &old);
	if (old.fresh && !object_wants_copy(r, &old)) {
		known.hit = true;
		lookup_describe(&old, &known);
		known.fd = old.fd;
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
	o->ahead = w->ahead;
	join(o, w);
	if (old.fresh) {
		object_answer_old(o, old.expiry);
		return;
	}
	if (!remote_is_up(r) && object_answer_stale(o, remote_why(r)))
		return;
	if (remote_is_gone(r))
		object_fail(o, -EIO, remote_why(r));
	else
		object_take_turn(o);
}

/* Of an object that is getting its names: the local one if there will be one. */
static int open_sealed(const struct object *o)
{
	const struct naming *n = o->local.tier ? &o->local : &o->shared;
	int fd = n->open ? disk_open_temp(n->tier, &n->item.temp) : -ENOENT;

	return fd >= 0 ? fd : disk_open_data(n->tier, o->rel);
}

bool object_join(struct agent *a, const char *rel, struct waiter *w)
{
	struct object *o;

	HASH_FIND_STR(a->objects, rel, o);
	if (!o)
		return false;
	if (o->state == OBJECT_COMMITTING) {
		struct answer ans = o->facts;

		ans.hit = true;
		ans.fd = open_sealed(o);
		ans.error = ans.fd < 0 ? ans.fd : 0;
		if (o->ahead)
			validity_used(valid_of(a, o->remote->profile), o->hash);
		w->answer(w, &ans);
		return true;
	}
	/* Who is offline does not wait for what others have asked a remote for. */
	if (is_offline(o->remote, w))
		return false;
	join(o, w);
	return true;
}

void object_open(struct agent *a, const char *rel, struct waiter *w)
{
	struct lookup l;

	if (replay_on())
		object_tell_unrecorded(a, rel, w);
	else if (object_join(a, rel, w))
		return;
	if (!lookup_begin(a, rel, w, object_open, &l))
		return;
	if (replay_on())
		object_open_recorded(a, &l, replay_find(rel), w);
	else if (is_offline(l.remote, w))
		offline_open(a, &l, rel, w);
	else
		object_open_remote(a, l.remote, rel, l.key, w);
}

void object_stat(struct agent *a, const char *rel, struct waiter *w)
{
	struct answer ans = {.fd = -1, .message = ""};
	struct cached cached;
	struct lookup l;
	struct object *o;
	bool servable;

	counters_of(a, rel)->stats++;
	HASH_FIND_STR(a->objects, rel, o);
	if (o && o->state == OBJECT_COMMITTING) {
		ans = o->facts;
		ans.fd = -1;
		ans.hit = true;
		w->answer(w, &ans);
		return;
	}
	if (!lookup_begin(a, rel, w, object_stat, &l))
		return;
	if (replay_on()) {
		replay_describe(a, replay_find(rel), &ans);
		ans.hit = w->offline && object_is_recorded(a, l.remote, replay_find(rel));
		w->answer(w, &ans);
		return;
	}
	if (is_offline(l.remote, w)) {
		offline_stat(a, &l, rel, w);
		return;
	}
	lookup_object(a, l.remote, rel, &cached);
	servable = lookup_servable(l.remote, &cached);
	if (cached.fresh || (servable && !remote_is_up(l.remote)))
		lookup_describe(&cached, &ans);
	lookup_release(&cached);
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
	object_forget(o);
}

void object_cancel(struct waiter *w)
{
	struct object *o = w->object;

	if (!o)
		return;
	DL_DELETE(o->waiters, w);
	w->object = NULL;
	if (o->waiters || o->state >= OBJECT_BRINGING)
		return;
	if (o->state == OBJECT_FILLING && !o->fill)
		return; /* asking whether it is a directory; ends by itself */
	if (o->fill)
		uv_timer_start(&o->timer, on_orphan, o->ahead ? 0 : ORPHAN_MS, 0);
	else
		object_forget(o);
}

/* In one tier; *st is the file's. In a group's cache, another member's time cannot be set. */
static bool was_used(struct agent *tier, const char *rel, struct stat *st)
{
	bool noted, there = disk_used(tier, rel, st, &noted);

	if (there)
		evict_used(tier, rel, (uint64_t)st->st_size, !noted);
	return there;
}

void objects_move(struct agent *a)
{
	struct object *o, *next;

	HASH_ITER (hh, a->objects, o, next) {
		bool asking =
		        o->state == OBJECT_FILLING && !o->fill; /* whether it is a directory */

		if ((o->tier == a || o->old.tier == a) && !asking)
			object_move(o);
	}
}

void object_used(struct agent *a, const char *rel)
{
	const struct profile *p = config_settings_of(a->config, rel);
	struct validity_table *table = p ? valid_of(a, p) : a->validity;
	uint64_t hash = hash64(HASH_OBJECT, rel, strlen(rel));
	struct stat st;
	/* What is read from a copy is in use in the shared cache too. */
	bool used = was_used(a, rel, &st);

	if (a->local && ((p && p->copy) || tier_home(a) == a->local))
		used = was_used(a->local, rel, &st);
	/* An immutable object may not be in the table yet: then it is noted there, so that the next
	 * minute's opens need not tell of it again. */
	if (used)
		counters_used(a, rel, (uint64_t)st.st_size);
	if (used && !validity_used(table, hash))
		validity_put(table, hash, &st, 0, 0);
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

bool objects_now(struct agent *a, const char *rel, struct object_now *out)
{
	static const char *const states[] = {[OBJECT_LOCKING] = "elsewhere",
	        [OBJECT_FILLING] = "filling",
	        [OBJECT_BRINGING] = "copying",
	        [OBJECT_COMMITTING] = "here"};
	struct object *o;

	*out = (struct object_now){.state = "asking"};
	HASH_FIND_STR(a->objects, rel, o);
	if (!o)
		return false;
	out->state = states[o->state];
	out->age_ms = uv_now(a->loop) - o->started;
	if (o->fill)
		fill_progress(o->fill, &out->done, &out->total);
	return true;
}

bool object_is_open(const struct agent *a, const char *rel)
{
	const struct object *o;

	HASH_FIND_STR(a->objects, rel, o);
	return o != NULL;
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
		if (o->bring)
			bring_cancel(o->bring);
		o->bring = NULL;
		if (o->fill)
			fill_cancel(o->fill);
		o->fill = NULL;
		object_fail(o, -EIO, "the agent was told to stop");
	}
}
