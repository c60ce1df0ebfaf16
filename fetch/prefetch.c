#include "fetch/prefetch.h"
#include "cache/read/hash.h"
#include "fetch/evict.h"
#include "fetch/list.h"
#include "fetch/lookup.h"
#include "fetch/object.h"
#include "fetch/prefetch_parts.h"
#include "fetch/replay.h"
#include "fetch/space.h"
#include "fetch/tier.h"
#include "fetch/valid.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define TICK_MS     5000
#define BUSY_MORE_8 10 /* eighths of the connections: that many are under way, or wait for one */
#define RISING_LIST                                                                                \
	4 /* names of an unlisted folder in rising order that make a listing worth it              \
	   */
#define LOOKS_AT_ONCE 4096 /* names that are passed over, being in the cache */

/* --- what is fetched --- */

/* Whether `size` bytes more fit: into what may be fetched ahead, and into the cache as it is. */
static bool has_room(struct prefetch *p, const struct ahead_stream *s, uint64_t size)
{
	struct agent *tier = tier_home(p->agent);
	uint64_t most = PREFETCH_BYTES, share = tier->config->cache.size / PREFETCH_CACHE_SHARE;

	if (most > share)
		most = share;
	/* A large one, alone. */
	if (s->seen >= PREFETCH_PROVEN && !p->bytes && size > most)
		most = share;
	if (s->seen < PREFETCH_PROVEN && most > PREFETCH_NEW_BYTES)
		most = PREFETCH_NEW_BYTES;
	return p->bytes + size <= most && space_has_room(tier->space, p->busy_bytes + size);
}

/* By what is known without a look at the disk, it is in the cache, and no remote would be asked
 * about it. */
static bool is_here(struct prefetch *p, const struct remote *r, uint64_t hash)
{
	struct validity_answer v = validity_lookup(valid_of(p->agent, r->profile), hash, NULL);

	return v.listed && (r->profile->immutable || boottime_ms() < v.expiry) &&
	       !evict_lacks(tier_home(p->agent), hash);
}

/* What stands at a place, if it is an object that is not here. False: not now. */
static bool fetch_one(struct prefetch *p, struct walk *w, int slot, int64_t place)
{
	struct folder *f = w->folder;
	const struct listing_entry *e = walk_entry(w, place);
	struct listing_info info;
	char rel[KEY_REL_MAX];
	size_t len = strlen(f->rel), n = 0;
	const char *name = e ? listing_name(f->listing, e, &n) : NULL;
	char key[KEY_MAX + 1];
	uint64_t hash;

	memcpy(rel, f->rel, len + 1);
	if (!name || e->type != LISTING_FILE || key_append_disk(rel, sizeof rel, &len, name, n))
		return true;
	hash = hash64(HASH_OBJECT, rel, len);
	if (mark_find(p, hash) || (!f->doubtful && is_here(p, f->remote, hash)) ||
	        object_is_open(p->agent, rel) || key_from_rel(key, sizeof key, rel) ||
	        lookup_matches(f->remote->profile->bypass, key))
		return true;
	listing_read(f->listing, e, &info);
	if (!has_room(p, &w->ahead.streams[slot], info.size))
		return false;
	mark_fetch(w, slot, place, rel, hash, info.size);
	return true;
}

static bool has_turns(const struct prefetch *p, const struct remote *r)
{
	uint64_t most = p->agent->config->cache.max_connections;

	if (most > r->profile->max_connections)
		most = r->profile->max_connections;
	return p->busy < most * BUSY_MORE_8 / 8 && remote_is_up(r);
}

/* Fetches what a stream wants. False if it wants more than can be had now. */
static bool serve(struct prefetch *p, struct walk *w, int slot)
{
	struct folder *f = w->folder;
	struct ahead_stream *s = &w->ahead.streams[slot];

	for (int n = 0; n < LOOKS_AT_ONCE; n++) {
		int64_t i = ahead_wants(s) ? ahead_step(s, (int64_t)f->listing->count) : -1;

		if (i < 0)
			return true;
		if (has_turns(p, f->remote) && fetch_one(p, w, slot, i))
			continue;
		s->next = i;
		return false;
	}
	prefetch_go_on(p);
	return false;
}

static void on_pump(uv_timer_t *timer)
{
	struct prefetch *p = timer->data;
	struct folder *f, *next;

	HASH_ITER (hh, p->folders, f, next) {
		bool served = true;

		if (!f->active || !folder_map(f))
			continue;
		for (int i = 0; i < AHEAD_STREAMS; i++)
			served &= serve(p, &f->walks[folder_order(f)], i);
		f->active = !served;
	}
}

void prefetch_go_on(struct prefetch *p)
{
	if (!p->stopped && p->folders && !uv_is_active((uv_handle_t *)&p->pump))
		uv_timer_start(&p->pump, on_pump, 0, 0);
}

/* --- what is seen --- */

/* Names that rise are likely to be read in order; but only if they do so again and again, or are
 * neighbours by their number. */
static bool is_in_order(struct folder *f, const char *name)
{
	size_t same = 0;
	bool rises = *f->last && strcmp(name, f->last) > 0;

	while (name[same] && name[same] == f->last[same])
		same++;
	f->rising = rises ? f->rising + 1 : 1;
	if (rises && strlen(name) == strlen(f->last) && f->last[same] >= '0' &&
	        f->last[same] <= '9' && name[same] == f->last[same] + 1)
		f->rising = RISING_LIST;
	snprintf(f->last, sizeof f->last, "%s", name);
	return f->rising >= RISING_LIST;
}

void prefetch_seen(struct agent *a, const char *rel, bool asked)
{
	struct prefetch *p = a->prefetch;
	const char *slash = strrchr(rel, '/');
	struct remote *r;
	struct folder *f;
	struct mark *m;
	uint64_t hash;
	enum order known;

	/* A replay has what its record names, and says what else was asked for. */
	if (!p || p->stopped || !slash || replay_on())
		return;
	HASH_FIND(hh, a->remotes, rel, strcspn(rel, "/"), r);
	if (!r || !r->profile->ahead || !r->ops->request)
		return;
	hash = hash64(HASH_OBJECT, rel, strlen(rel));
	m = mark_find(p, hash);
	known = m ? m->order : ORDERS;
	if (m) {
		mark_used(m);
		prefetch_go_on(p);
	}
	f = folder_of(p, r, rel, (size_t)(slash - rel));
	if (!f)
		return;
	/* Who found it there would not ask: somebody has removed what the cache had. */
	f->doubtful |= asked && known == ORDERS && !object_is_open(a, rel) && is_here(p, r, hash);
	if (folder_map(f)) {
		folder_step(f, slash + 1, known);
	} else if ((r->ops->lists || r->manifest) && is_in_order(f, slash + 1) && !f->asked) {
		f->asked = true;
		list_directory(a, f->rel, &f->waiter);
	}
}

void prefetch_settle(struct agent *a)
{
	if (a->prefetch)
		marks_settle(a->prefetch);
}

/* --- its life --- */

static void on_tick(uv_timer_t *timer)
{
	struct prefetch *p = timer->data;
	uint64_t now = uv_now(p->agent->loop);
	struct folder *f, *next;

	marks_settle(p);
	HASH_ITER (hh, p->folders, f, next) {
		if (now - f->moved >= PREFETCH_IDLE_MS)
			folder_free(f);
	}
	prefetch_go_on(p);
}

struct prefetch *prefetch_new(struct agent *a)
{
	struct prefetch *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->agent = a;
	uv_timer_init(a->loop, &p->pump);
	uv_timer_init(a->loop, &p->tick);
	p->pump.data = p->tick.data = p;
	p->handles = 2;
	uv_timer_start(&p->tick, on_tick, TICK_MS, TICK_MS);
	return p;
}

void prefetch_stop(struct prefetch *p)
{
	struct folder *f, *next;

	if (!p || p->stopped)
		return;
	p->stopped = true;
	uv_timer_stop(&p->pump);
	uv_timer_stop(&p->tick);
	HASH_ITER (hh, p->folders, f, next) {
		folder_free(f);
	}
	marks_free(p);
}

static void on_closed(uv_handle_t *h)
{
	struct prefetch *p = h->data;

	if (--p->handles == 0)
		free(p);
}

void prefetch_free(struct prefetch *p)
{
	if (!p)
		return;
	prefetch_stop(p);
	uv_close((uv_handle_t *)&p->pump, on_closed);
	uv_close((uv_handle_t *)&p->tick, on_closed);
}
