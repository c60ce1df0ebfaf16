/* An object of which a tier has a copy: it is served, brought to the local tier first where
 * programs want it there, or given up; and a sealed file gets its name. */
#include "cache/read/hash.h"
#include "fetch/disk.h"
#include "fetch/evict.h"
#include "fetch/health.h"
#include "fetch/object_parts.h"
#include "fetch/space.h"
#include "fetch/valid.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

uint64_t object_etag_hash(const char *etag)
{
	return hash64(HASH_ETAG, etag, strlen(etag));
}

void object_note_valid(struct object *o, const struct stat *st, const char *etag)
{
	struct validity_table *t = valid_of(o->agent, o->remote->profile);

	validity_put(t, o->hash, st, o->expiry, object_etag_hash(etag));
	/* Then its first open tells of itself. */
	if (o->ahead)
		validity_unused(t, o->hash);
}

/* From the tier where it lies. */
static void serve_old(struct object *o)
{
	struct answer a = {.hit = !o->shared.open, .message = ""};

	lookup_describe(&o->old, &a);
	object_note_valid(o, &o->old.st, o->old.meta.etag);
	o->facts = a;
	object_answer(o, &a, o->old.tier, NULL, o->old.fd);
	object_forget(o);
}

void object_use_old(struct object *o, const struct cached *c)
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
		object_forget(o);
}

/* The sealed file gets its name in a tier. */
void object_give_name(struct object *o, struct naming *n, struct agent *tier)
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

/* The copy in a tier goes. */
void object_drop(struct object *o, struct agent *tier)
{
	if (disk_trash(tier, o->rel) != 0)
		return;
	evict_removed(tier, o->rel);
	if (!tier->layout.grace && o->old.fd >= 0)
		space_removed(tier->space, (uint64_t)usage_charge((uint64_t)o->old.st.st_size), 1);
}

static void on_brought(void *arg, const struct bring_result *r)
{
	struct object *o = arg;

	o->bring = NULL;
	if (r->error == -EBADMSG && !o->shared.open) {
		agent_log(o->agent, "%s: damaged in %s; it is downloaded again", o->rel,
		        o->old.tier->layout.location);
		object_drop(o, o->old.tier);
		lookup_release(&o->old);
		validity_drop(valid_of(o->agent, o->remote->profile), o->hash);
		if (o->turn)
			turn_drop(o->turn);
		object_take_turn(o);
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
	object_note_valid(o, &r->st, o->old.meta.etag);
	o->state = OBJECT_COMMITTING;
	object_answer(o, &o->facts, o->agent->local, &o->local.item.temp, -1);
	object_give_name(o, &o->local, o->agent->local);
}

/* A copy in the shared cache, for programs that want it in the local tier. The local one may be of
 * the same generation after all. */
static void bring_old(struct object *o)
{
	struct cached local;

	lookup_cached(o->agent->local, o->remote, o->rel, &local);
	if (lookup_same(&local, &o->old)) {
		object_use_old(o, &local);
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

bool object_wants_copy(const struct remote *r, const struct cached *c)
{
	return r->profile->copy && c->tier->local;
}

void object_answer_old(struct object *o, uint64_t expiry)
{
	o->expiry = expiry;
	if (object_wants_copy(o->remote, &o->old))
		bring_old(o);
	else
		serve_old(o);
}

/* The remote cannot be reached: the copy that we have, if it is not too old. */
bool object_answer_stale(struct object *o, const char *message)
{
	char url[KEY_MAX + CONFIG_PATH_MAX];

	if (!lookup_servable(o->remote, &o->old))
		return false;
	remote_url(o->remote, o->key, url, sizeof url);
	agent_tell(o->agent, o->waiters ? o->waiters->run : 0,
	        "%s: served from the cache, unchecked: %s", url, message);
	counters_of(o->agent, o->rel)->stale++;
	object_answer_old(o, agent_expiry(STALE_RECHECK_MS));
	return true;
}

/* What was filled into the shared cache, but is to be opened in the local tier. */
void object_bring_filled(struct object *o, const struct meta *meta, const struct stat *st)
{
	struct cached filled = {.tier = o->agent, .st = *st, .meta = *meta};

	filled.fd = disk_open_temp(o->tier, &o->shared.item.temp);
	if (filled.fd < 0) {
		object_answer(o, &o->facts, o->tier, &o->shared.item.temp, -1);
		object_forget(o);
		return;
	}
	object_use_old(o, &filled);
	bring_old(o);
}
