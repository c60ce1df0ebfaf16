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
 *left a moment ago; its turn (turn.h) is held from the end of LOCKING until it is forgotten.
 */
#include "fetch/object.h"
#include "cache/beneath.h"
#include "cache/listing_build.h"
#include "cache/meta.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "fetch/bring.h"
#include "fetch/commit.h"
#include "fetch/disk.h"
#include "fetch/evict.h"
#include "fetch/fill.h"
#include "fetch/health.h"
#include "fetch/known.h"
#include "fetch/list.h"
#include "fetch/lookup.h"
#include "fetch/space.h"
#include "fetch/tier.h"
#include "fetch/turn.h"
#include "fetch/valid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utlist.h>

#define SETTLE_MS 3000 /* as long as a client of a shared file system may show old attributes */
#define ORPHAN_MS                                                                                  \
	10000 /* a fill that nobody waits for any more goes on for so long: who was interrupted    \
	         often comes back */

enum object_state { OBJECT_LOCKING, OBJECT_FILLING, OBJECT_BRINGING, OBJECT_COMMITTING };

/* A sealed file that gets its name in a tier. */
struct naming {
	struct commit_item item;
	struct object *object;
	struct agent *tier;
	bool open;
};

struct object {
	struct agent *agent;
	struct remote *remote;
	char *rel;
	char key[KEY_MAX + 1];
	uint64_t hash;
	enum object_state state;
	bool keep;
	struct turn *turn;  /* NULL where it is not kept */
	bool left;          /* not in the table: its tier was lost, and it waits for its names */
	struct agent *tier; /* where it is filled */
	struct waiter *waiters;
	struct fill *fill;
	struct bring *bring;
	struct cached old;   /* a copy, not fresh or not local; fd is -1 if there is none */
	struct answer facts; /* in COMMITTING */
	uint64_t size, expiry;
	int64_t validated; /* when the remote had it so */
	struct naming shared, local;
	uv_timer_t timer; /* of LOCKING */
	uint64_t started, settling_since;
	UT_hash_handle hh;
};

static void on_closed(uv_handle_t *h)
{
	struct object *o = h->data;

	free(o->rel);
	free(o);
}

/* At the end of everything but the names that it is given. */
static void forget(struct object *o)
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
static void answer_all(
        struct object *o, struct answer *a, struct agent *tier, const struct temp *temp, int fd)
{
	struct waiter *w, *next;

	DL_FOREACH_SAFE (o->waiters, w, next) {
		DL_DELETE(o->waiters, w);
		w->object = NULL;
		a->fd = -1;
		if (!a->error && a->type == WIRE_FILE)
			a->fd = temp ? disk_open_temp(tier, temp)
			             : disk_open_again(tier, o->rel, fd);
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
		counters_of(o->agent, o->rel)->errors++;
	}
	answer_all(o, &a, NULL, NULL, -1);
	forget(o);
}

static uint64_t etag_hash(const char *etag)
{
	return hash64(HASH_ETAG, etag, strlen(etag));
}

/* From the tier where it lies. */
static void serve_old(struct object *o)
{
	struct answer a = {.hit = !o->shared.open, .message = ""};

	lookup_describe(&o->old, &a);
	validity_put(valid_of(o->agent, o->remote->profile), o->hash, &o->old.st, o->expiry,
	        etag_hash(o->old.meta.etag));
	o->facts = a;
	answer_all(o, &a, o->old.tier, NULL, o->old.fd);
	forget(o);
}

static void use_old(struct object *o, const struct cached *c)
{
	lookup_release(&o->old);
	o->old = *c;
}

static void name_failed(struct agent *tier, int error)
{
	health_failed(tier, "an object does not get its name there", error);
	space_full(tier->space, error);
}

static void on_named(struct commit_item *item)
{
	struct naming *n = (struct naming *)((char *)item - offsetof(struct naming, item));
	struct object *o = n->object;

	n->open = false;
	space_published(n->tier->space, o->size, !item->error);
	if (!item->error && item->replaced)
		space_removed(n->tier->space, (uint64_t)item->replaced, 1);
	/* A folder has the name, or somebody published a newer one. */
	if (item->error == -EISDIR || item->error == -ENOTDIR || item->error == -EEXIST)
		agent_log(o->agent, "%s: not kept: %s", o->rel, strerror(-item->error));
	else if (item->error)
		name_failed(n->tier, item->error);
	else
		health_works(n->tier);
	if (!item->error)
		evict_added(n->tier, o->rel, o->size);
	if (o->state == OBJECT_COMMITTING)
		forget(o);
}

/* The sealed file gets its name in a tier. */
static void give_name(struct object *o, struct naming *n, struct agent *tier)
{
	n->object = o;
	n->tier = tier;
	n->open = true;
	n->item.rel = o->rel;
	n->item.validated = o->validated;
	n->item.done = on_named;
	space_sealed(tier->space, o->size);
	commit_add(tier->commit, &n->item);
}

static void take_turn(struct object *o);
static void drop(struct object *o, struct agent *tier);

static void on_brought(void *arg, const struct bring_result *r)
{
	struct object *o = arg;

	o->bring = NULL;
	if (r->error == -EBADMSG && !o->shared.open) {
		agent_log(o->agent, "%s: damaged in %s; it is downloaded again", o->rel,
		        o->old.tier->layout.location);
		drop(o, o->old.tier);
		lookup_release(&o->old);
		validity_drop(valid_of(o->agent, o->remote->profile), o->hash);
		if (o->turn)
			turn_drop(o->turn);
		take_turn(o);
		return;
	}
	if (r->error) {
		agent_log(o->agent, "%s: not brought to %s: %s; served from %s", o->rel,
		        o->agent->local->layout.location, strerror(-r->error),
		        o->old.tier->layout.location);
		serve_old(o);
		return;
	}
	lookup_describe(&o->old, &o->facts);
	o->facts.hit = !o->shared.open;
	o->size = (uint64_t)o->old.st.st_size;
	o->validated = r->validated;
	o->local.item.temp = *r->temp;
	r->temp->fd = -1;
	r->temp->kept = false;
	validity_put(valid_of(o->agent, o->remote->profile), o->hash, &r->st, o->expiry,
	        etag_hash(o->old.meta.etag));
	o->state = OBJECT_COMMITTING;
	answer_all(o, &o->facts, o->agent->local, &o->local.item.temp, -1);
	give_name(o, &o->local, o->agent->local);
}

/* A copy in the shared cache, for programs that want it in the local tier. The local one may be of
 * the same generation after all. */
static void bring_old(struct object *o)
{
	struct cached local;

	lookup_cached(o->agent->local, o->remote, o->rel, &local);
	if (lookup_same(&local, &o->old)) {
		use_old(o, &local);
		serve_old(o);
		return;
	}
	lookup_release(&local);
	o->state = OBJECT_BRINGING;
	o->bring = bring_start(
	        o->agent, o->rel, o->old.fd, (uint64_t)o->old.st.st_size, on_brought, o);
	if (!o->bring)
		serve_old(o);
}

static bool is_to_be_brought(const struct remote *r, const struct cached *c)
{
	return r->profile->copy && c->tier->local;
}

static void answer_old(struct object *o, uint64_t expiry)
{
	o->expiry = expiry;
	if (is_to_be_brought(o->remote, &o->old))
		bring_old(o);
	else
		serve_old(o);
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
	counters_of(o->agent, o->rel)->stale++;
	answer_old(o, agent_expiry(STALE_RECHECK_MS));
	return true;
}

/* What was filled into the shared cache, but is to be opened in the local tier. */
static void bring_filled(struct object *o, const struct meta *meta, const struct stat *st)
{
	struct cached filled = {.tier = o->agent, .st = *st, .meta = *meta};

	filled.fd = disk_open_temp(o->tier, &o->shared.item.temp);
	if (filled.fd < 0) {
		answer_all(o, &o->facts, o->tier, &o->shared.item.temp, -1);
		forget(o);
		return;
	}
	use_old(o, &filled);
	bring_old(o);
}

/* The ttl counts from the question: an agent that was stopped meanwhile knows what was true then.
 */
static uint64_t expiry_since(const struct object *o, int64_t asked)
{
	uint64_t ttl = o->remote->profile->ttl;
	int64_t age = layout_now(&o->agent->layout) - asked;

	return agent_expiry(age <= 0 ? ttl : (uint64_t)age < ttl ? ttl - (uint64_t)age : 0);
}

/* Its tier was lost: who waits begins anew, in another one. */
static void move(struct object *o)
{
	struct agent *a = o->agent;
	struct waiter *w, *after, *waiters = o->waiters;

	o->waiters = NULL;
	HASH_DEL(a->objects, o);
	o->left = true;
	if (o->fill)
		fill_cancel(o->fill);
	if (o->bring)
		bring_cancel(o->bring);
	o->fill = NULL;
	o->bring = NULL;
	forget(o);
	DL_FOREACH_SAFE (waiters, w, after) {
		DL_DELETE(waiters, w);
		w->object = NULL;
		object_open(a, o->rel, w);
	}
}

/* A whole object has come: what it shows is settled, then everybody gets it, then it gets its name.
 */
static void filled(struct object *o, const struct fill_result *r)
{
	struct agent *a = o->agent;
	struct meta meta = {.validated = r->confirmed / 1000, .dev = o->remote->profile->dev};
	struct object_info info = r->info;
	struct temp *temp = &o->shared.item.temp;
	struct stat st;
	int err;

	lookup_settle(a, o->remote, o->rel, o->key, &info);
	object_describe(o->remote, o->rel, &info, &o->facts);
	snprintf(meta.etag, sizeof meta.etag, "%s", r->info.etag);
	snprintf(meta.digest, sizeof meta.digest, "%s", r->digest);
	meta.ino = o->facts.ino;
	*temp = *r->temp;
	r->temp->fd = -1;
	r->temp->kept = false;
	err = disk_seal(o->tier, temp, &meta, info.mtime, o->facts.executable, &st);
	if (err && temp->kept) {
		health_failed(o->tier, "an object cannot be finished there", err);
		space_full(o->tier->space, err);
		disk_unkeep(o->tier, temp);
		err = disk_seal(o->tier, temp, &meta, info.mtime, o->facts.executable, &st);
	}
	if (!err && (uint64_t)st.st_size != info.size)
		err = -EIO;
	if (err && o->tier->away) {
		disk_release(o->tier, temp);
		move(o);
		return;
	}
	if (err) {
		disk_release(o->tier, temp);
		answer_error(o, -EIO, "the downloaded object could not be finished in the cache");
		return;
	}
	known_forget(a, o->rel); /* of an older one, perhaps */
	counters_of(a, o->rel)->fills++;
	counters_of(a, o->rel)->filled_bytes += info.size;
	if (!temp->kept) {
		answer_all(o, &o->facts, o->tier, temp, -1);
		disk_release(o->tier, temp);
		forget(o);
		return;
	}
	o->size = info.size;
	o->validated = meta.validated;
	o->expiry = expiry_since(o, r->confirmed);
	give_name(o, &o->shared, o->tier);
	if (o->remote->profile->copy && o->tier == a) {
		bring_filled(o, &meta, &st);
		return;
	}
	validity_put(
	        valid_of(a, o->remote->profile), o->hash, &st, o->expiry, etag_hash(meta.etag));
	o->state = OBJECT_COMMITTING;
	answer_all(o, &o->facts, o->tier, temp, -1);
}

/* No object of that name: a directory, perhaps. */
static void on_directory(struct waiter *w, const struct answer *a);

struct directory_waiter {
	struct waiter waiter;
	struct object *object;
};

/* The copy in a tier goes. */
static void drop(struct object *o, struct agent *tier)
{
	if (disk_trash(tier, o->rel) != 0)
		return;
	evict_removed(tier, o->rel);
	if (!tier->layout.grace && o->old.fd >= 0)
		space_removed(tier->space, (uint64_t)usage_charge((uint64_t)o->old.st.st_size), 1);
}

static void absent(struct object *o, const char *message)
{
	struct directory_waiter *d;

	validity_drop(valid_of(o->agent, o->remote->profile), o->hash);
	if (o->old.fd >= 0)
		drop(o, o->agent);
	if (o->agent->local)
		drop(o, o->agent->local);
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
	answer_all(o, &copy, NULL, NULL, -1);
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
		answer_all(o, &dir, NULL, NULL, -1);
		forget(o);
	} else if (r->error == -ENOENT) {
		absent(o, r->message);
	} else if (r->error) {
		answer_error(o, r->error, r->message);
	} else if (r->unchanged) {
		counters_of(o->agent, o->rel)->revalidated++;
		disk_validated(o->old.tier, o->old.fd, o->rel, &o->old.st, &o->old.meta,
		        r->confirmed / 1000);
		answer_old(o, expiry_since(o, r->confirmed));
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
	o->fill = fill_start(o->tier, o->remote, &options, on_filled, o, &error, err);
	if (!o->fill)
		answer_error(o, error, err);
}

/*
 * What another agent has published since we looked: everybody is answered with it, for what is
 * left of its ttl. One that was there for longer, and only this host did not see it, is what is
 * asked about now.
 */
static enum turn_look published_meanwhile(void *arg)
{
	struct object *o = arg;
	struct cached now;

	if (!o->keep)
		return TURN_NOTHING;
	lookup_cached_anew(o->tier, o->remote, o->rel, &now);
	if (now.fresh || (now.fd >= 0 && (o->old.fd < 0 || now.st.st_ino != o->old.st.st_ino))) {
		use_old(o, &now);
		if (now.expiry)
			answer_old(o, now.expiry);
		return now.expiry ? TURN_OVER : TURN_NOTHING;
	}
	lookup_release(&now);
	if (!now.settling)
		return TURN_NOTHING;
	if (!o->settling_since)
		o->settling_since = uv_now(o->agent->loop);
	return uv_now(o->agent->loop) - o->settling_since > SETTLE_MS ? TURN_NOTHING : TURN_AGAIN;
}

static void on_turn(void *arg)
{
	start_fill(arg);
}

static void take_turn(struct object *o)
{
	struct turn_owner owner = {.look = published_meanwhile, .ours = on_turn, .arg = o};

	/* What is not kept is nobody else's. */
	o->turn = o->keep ? turn_new(o->tier, o->rel, o->hash, &owner) : NULL;
	if (o->turn)
		turn_ask(o->turn);
	else
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
	o->tier = tier_home(a);
	o->remote = r;
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
	DL_APPEND(o->waiters, w);
	w->object = o;
}

static void open_remote(
        struct agent *a, struct remote *r, const char *rel, const char *key, struct waiter *w)
{
	struct answer known = {.fd = -1, .message = ""};
	struct cached old;
	struct object *o;

	lookup_object(a, r, rel, &old);
	if (old.fresh && !is_to_be_brought(r, &old)) {
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
	join(o, w);
	if (old.fresh) {
		answer_old(o, old.expiry);
		return;
	}
	if (!remote_is_up(r) && answer_stale(o, "the remote could not be reached a moment ago"))
		return;
	if (remote_is_gone(r))
		answer_error(o, -EIO,
		        "the remote could not be reached a moment ago; it is tried again soon");
	else
		take_turn(o);
}

/* Of an object that is getting its names: the local one if there will be one. */
static int open_sealed(const struct object *o)
{
	const struct naming *n = o->local.tier ? &o->local : &o->shared;
	int fd = n->open ? disk_open_temp(n->tier, &n->item.temp) : -ENOENT;

	return fd >= 0 ? fd : disk_open_data(n->tier, o->rel);
}

void object_open(struct agent *a, const char *rel, struct waiter *w)
{
	struct lookup l;
	struct object *o;

	HASH_FIND_STR(a->objects, rel, o);
	if (o && o->state == OBJECT_COMMITTING) {
		struct answer ans = o->facts;

		ans.hit = true;
		ans.fd = open_sealed(o);
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

	counters_of(a, rel)->stats++;
	HASH_FIND_STR(a->objects, rel, o);
	if (o && o->state == OBJECT_COMMITTING) {
		ans = o->facts;
		ans.fd = -1;
		w->answer(w, &ans);
		return;
	}
	if (!lookup_begin(a, rel, w, object_stat, &l))
		return;
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
	forget(o);
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
		uv_timer_start(&o->timer, on_orphan, ORPHAN_MS, 0);
	else
		forget(o);
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
			move(o);
	}
}

void object_used(struct agent *a, const char *rel)
{
	const struct profile *p = config_profile_of(a->config, rel);
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
		answer_error(o, -EIO, "the agent was told to stop");
	}
}
