/* From the object's lock to a whole object, or to what the remote has in its place. */
#include "cache/read/identity.h"
#include "fetch/disk.h"
#include "fetch/health.h"
#include "fetch/known.h"
#include "fetch/object_parts.h"
#include "fetch/replay.h"
#include "fetch/space.h"
#include "fetch/valid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define SETTLE_MS 3000 /* as long as a client of a shared file system may show old attributes */

/* The ttl counts from the question: an agent that was stopped meanwhile knows what was true then.
 */
static uint64_t expiry_since(const struct object *o, int64_t asked)
{
	uint64_t ttl = o->remote->profile->ttl;
	int64_t age = layout_now(&o->agent->layout) - asked;

	return agent_expiry(age <= 0 ? ttl : (uint64_t)age < ttl ? ttl - (uint64_t)age : 0);
}

/* Its tier was lost: who waits begins anew, in another one. */
void object_move(struct object *o)
{
	struct agent *a = o->agent;
	const struct replay_entry *e = replay_find(o->rel);
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
	object_forget(o);
	DL_FOREACH_SAFE (waiters, w, after) {
		DL_DELETE(waiters, w);
		w->object = NULL;
		object_open(a, e ? e->rel : o->rel, w);
	}
}

/* What it shows, to whoever asks by whichever name. */
static void show(struct object *o, struct object_info *info, struct meta *meta)
{
	const struct replay_entry *e = replay_find(o->rel);

	if (e) {
		info->mtime = e->info.mtime;
		replay_describe(o->agent, e, &o->facts);
		meta->dev = identity_dev_of_rel(e->rel);
		return;
	}
	lookup_settle(o->agent, o->remote, o->rel, o->key, info);
	object_describe(o->remote, o->rel, info, &o->facts);
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

	show(o, &info, &meta);
	snprintf(meta.etag, sizeof meta.etag, "%s", r->info.etag);
	snprintf(meta.digest, sizeof meta.digest, "%s", r->digest);
	snprintf(meta.checksum, sizeof meta.checksum, "%s", r->checksum);
	if (strlen(r->info.version) <= META_VERSION_MAX)
		memcpy(meta.version, r->info.version, strlen(r->info.version) + 1);
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
		object_move(o);
		return;
	}
	if (err) {
		disk_release(o->tier, temp);
		object_fail(o, -EIO, "the downloaded object could not be finished in the cache");
		return;
	}
	known_forget(a, o->rel); /* of an older one, perhaps */
	counters_of(a, o->rel)->fills++;
	counters_of(a, o->rel)->filled_bytes += info.size;
	if (!temp->kept) {
		object_answer(o, &o->facts, o->tier, temp, -1);
		disk_release(o->tier, temp);
		object_forget(o);
		return;
	}
	o->size = info.size;
	o->validated = meta.validated;
	o->expiry = expiry_since(o, r->confirmed);
	object_give_name(o, &o->shared, o->tier);
	if (o->remote->profile->copy && o->tier == a) {
		object_bring_filled(o, &meta, &st);
		return;
	}
	object_note_valid(o, &st, meta.etag);
	o->state = OBJECT_COMMITTING;
	object_answer(o, &o->facts, o->tier, temp, -1);
}

struct directory_waiter {
	struct waiter waiter;
	struct object *object;
};

static void on_directory(struct waiter *w, const struct answer *a)
{
	struct directory_waiter *d = (struct directory_waiter *)w;
	struct object *o = d->object;
	struct answer copy = *a;

	free(d);
	if (copy.error) {
		object_fail(o, copy.error, copy.message);
		return;
	}
	object_answer(o, &copy, NULL, NULL, -1);
	object_forget(o);
}

static void absent(struct object *o, const char *message)
{
	struct directory_waiter *d;

	validity_drop(valid_of(o->agent, o->remote->profile), o->hash);
	if (o->old.fd >= 0)
		object_drop(o, o->agent);
	if (o->agent->local)
		object_drop(o, o->agent->local);
	if (o->remote->profile->pinned)
		agent_tell(o->agent, o->waiters ? o->waiters->run : 0, "%s", message);
	if (!remote_lists(o->remote)) {
		known_put(o->agent, o->remote, o->rel, &(struct answer){.error = -ENOENT});
		object_fail(o, -ENOENT, message);
		return;
	}
	d = calloc(1, sizeof *d);
	if (!d) {
		object_fail(o, -ENOMEM, "out of memory");
		return;
	}
	d->object = o;
	d->waiter.answer = on_directory;
	known_ask(o->agent, o->remote, o->rel, o->key, KNOWN_DIRECTORY, &d->waiter);
}

static void on_explained(void *arg, const char *message)
{
	object_fail(arg, -ESTALE, message);
}

static void on_filled(void *arg, const struct fill_result *r)
{
	struct object *o = arg;
	struct answer dir = {.fd = -1, .message = ""};

	o->fill = NULL;
	if (r->unreachable && object_answer_stale(o, r->message))
		return;
	if (replay_find(o->rel) &&
	        (r->error == -ESTALE || r->error == -ENOENT || r->error == -EISDIR)) {
		replay_explain(o->agent, replay_find(o->rel), on_explained, o);
		return;
	}
	if (r->error == -EISDIR) {
		object_describe_dir(o->rel, &dir);
		known_put(o->agent, o->remote, o->rel, &dir);
		object_answer(o, &dir, NULL, NULL, -1);
		object_forget(o);
	} else if (r->error == -ENOENT) {
		absent(o, r->message);
	} else if (r->error) {
		object_fail(o, r->error, r->message);
	} else if (r->unchanged) {
		counters_of(o->agent, o->rel)->revalidated++;
		disk_validated(o->old.tier, o->old.fd, o->rel, &o->old.st, &o->old.meta,
		        r->confirmed / 1000);
		object_answer_old(o, expiry_since(o, r->confirmed));
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
	        .want = replay_find(o->rel),
	        .keep = o->keep,
	        .patient = o->old.fd < 0 && !o->ahead,
	        .ahead = o->ahead,
	};
	char err[STORE_ERROR_MAX];
	int error;

	o->state = OBJECT_FILLING;
	o->fill = fill_start(o->tier, o->remote, &options, on_filled, o, &error, err);
	if (!o->fill)
		object_fail(o, error, err);
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
		object_use_old(o, &now);
		if (now.expiry)
			object_answer_old(o, now.expiry);
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

void object_take_turn(struct object *o)
{
	struct turn_owner owner = {.look = published_meanwhile, .ours = on_turn, .arg = o};

	/* What is not kept is nobody else's. */
	o->turn = o->keep ? turn_new(o->tier, o->rel, o->hash, &owner) : NULL;
	if (o->turn)
		turn_ask(o->turn);
	else
		start_fill(o);
}
