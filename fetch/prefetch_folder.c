/* Who reads a folder, and in which order. */
#include "cache/listing_build.h"
#include "cache/read/hash.h"
#include "fetch/list.h"
#include "fetch/prefetch_parts.h"

#include <stdlib.h>
#include <string.h>

#define INODES_MOST                                                                                \
	65536      /* names that are sorted by inode, which takes the loop ten milliseconds */
#define DISORDER 2 /* names opened out of order, after which it is done */
#define HIT      8 /* by how much a score rises, of at most 64; it falls by an eighth with each name */
#define PROVEN                                                                                     \
	16 /* three names in a row: two may be an accident where an order is as good as random */

/* 0: the folder is a profile's root, and has none beside it. */
static uint64_t hash_of_parent(const char *rel)
{
	const char *slash = strrchr(rel, '/');

	return slash ? hash64(HASH_OBJECT, rel, (size_t)(slash - rel)) : 0;
}

/* --- its walks --- */

const struct listing_entry *walk_entry(const struct walk *w, int64_t place)
{
	uint64_t i = (uint64_t)place;

	return listing_at(w->folder->listing, w->entries ? w->entries[i] : i);
}

static void walk_forget(struct walk *w)
{
	for (int i = 0; i < AHEAD_STREAMS; i++)
		marks_drop(w, i);
	ahead_init(&w->ahead, w->ahead.most);
	w->score = 0;
	free(w->entries);
	w->entries = NULL;
}

static uint64_t ino_at(const struct listing_header *l, uint32_t i)
{
	const struct listing_entry *e = listing_at(l, i);

	return e ? e->ino : 0;
}

static int by_inode(const void *x, const void *y, void *listing)
{
	uint64_t a = ino_at(listing, *(const uint32_t *)x),
	         b = ino_at(listing, *(const uint32_t *)y);

	return (a > b) - (a < b);
}

static void sort_inodes(struct folder *f)
{
	struct walk *w = &f->walks[BY_INODE];
	uint64_t count = f->listing->count;

	if (w->entries || count > INODES_MOST || !(w->entries = malloc(count * sizeof *w->entries)))
		return;
	for (uint32_t i = 0; i < count; i++)
		w->entries[i] = i;
	qsort_r(w->entries, count, sizeof *w->entries, by_inode, (void *)f->listing);
}

/* -1: nowhere. */
static int64_t place_of(struct walk *w, const struct listing_entry *e)
{
	int64_t low = 0, high = (int64_t)w->folder->listing->count;

	if (!w->entries)
		return e - listing_at(w->folder->listing, 0);
	while (low < high) {
		int64_t mid = low + (high - low) / 2;
		const struct listing_entry *at = walk_entry(w, mid);

		if (at == e)
			return mid;
		if (at && at->ino < e->ino)
			low = mid + 1;
		else
			high = mid;
	}
	return low < (int64_t)w->folder->listing->count && walk_entry(w, low) == e ? low : -1;
}

/* Streams that made room for another one, and what a stream has passed by. */
static void let_go(struct walk *w)
{
	for (int i = 0; i < AHEAD_STREAMS; i++) {
		struct ahead_stream *s = &w->ahead.streams[i];

		if (w->generations[i] != s->generation)
			marks_drop(w, i);
		w->generations[i] = s->generation;
		while (w->marks[i] && ahead_is_past(s, w->marks[i]->place)) {
			ahead_passed(s);
			mark_detach(w->marks[i]);
		}
	}
}

static void walk_step(struct walk *w, const struct listing_entry *e, bool known)
{
	struct folder *f = w->folder;
	int64_t place = place_of(w, e);
	const struct ahead_stream *s;

	if (place < 0)
		return;
	w->score += (ahead_is_next(&w->ahead, place) ? HIT : 0) - w->score / 8;
	s = ahead_seen(&w->ahead, place, known);
	let_go(w);
	if (!s || w != &f->walks[folder_order(f)])
		return;
	if (s->seen >= AHEAD_WINDOW_NEW) {
		f->owner->trusted = hash_of_parent(f->rel);
		f->owner->trusted_at = uv_now(f->owner->agent->loop);
		f->owner->trusted_order = (enum order)(w - f->walks);
	}
	f->active = true;
	prefetch_go_on(f->owner);
}

enum order folder_order(const struct folder *f)
{
	unsigned score = f->walks[BY_INODE].score;

	return score > PROVEN && score > f->walks[BY_NAME].score ? BY_INODE : BY_NAME;
}

void folder_step(struct folder *f, const char *name, enum order known)
{
	const struct listing_entry *e = listing_find(f->listing, name, strlen(name));
	struct walk *named = &f->walks[BY_NAME], *numbered = &f->walks[BY_INODE];

	if (!e || e->type != LISTING_FILE)
		return;
	if (known == ORDERS && f->trusted < ORDERS) {
		known = f->trusted;
		f->walks[known].score = 3 * HIT;
	}
	f->trusted = ORDERS;
	f->disorder += !ahead_is_next(&named->ahead, place_of(named, e));
	if (known == BY_INODE || f->disorder > DISORDER)
		sort_inodes(f);
	walk_step(named, e, known == BY_NAME);
	if (numbered->entries)
		walk_step(numbered, e, known == BY_INODE);
}

/* --- folders --- */

void folder_free(struct folder *f)
{
	for (int i = 0; i < ORDERS; i++)
		walk_forget(&f->walks[i]);
	waiter_cancel(&f->waiter);
	listing_unmap(f->listing);
	HASH_DEL(f->owner->folders, f);
	remote_drop(f->remote);
	free(f->rel);
	free(f);
}

static void free_oldest(struct prefetch *p)
{
	struct folder *oldest = p->folders, *next, *each;

	HASH_ITER (hh, p->folders, each, next) {
		if (each->moved < oldest->moved)
			oldest = each;
	}
	folder_free(oldest);
}

static void on_listed(struct waiter *w, const struct answer *a)
{
	(void)w;
	(void)a; /* whoever comes next finds it, or not */
}

static struct folder *folder_new(struct prefetch *p, struct remote *r, const char *rel, size_t len)
{
	struct folder *f = calloc(1, sizeof *f);
	int most = r->profile->ahead;

	if (!f || !(f->rel = strndup(rel, len))) {
		free(f);
		return NULL;
	}
	if (HASH_COUNT(p->folders) >= PREFETCH_FOLDERS)
		free_oldest(p);
	f->owner = p;
	f->remote = r;
	remote_hold(r);
	f->waiter.answer = on_listed;
	f->trusted = ORDERS;
	if (p->trusted && p->trusted == hash_of_parent(f->rel) &&
	        uv_now(p->agent->loop) - p->trusted_at < PREFETCH_IDLE_MS)
		f->trusted = p->trusted_order;
	for (int i = 0; i < ORDERS; i++) {
		f->walks[i].folder = f;
		ahead_init(&f->walks[i].ahead,
		        most == PREFETCH_AUTO ? AHEAD_WINDOW_AUTO : (unsigned)most);
	}
	HASH_ADD_KEYPTR(hh, p->folders, f->rel, strlen(f->rel), f);
	return f;
}

struct folder *folder_of(struct prefetch *p, struct remote *r, const char *rel, size_t len)
{
	struct folder *f;

	HASH_FIND(hh, p->folders, rel, len, f);
	if (!f)
		f = folder_new(p, r, rel, len);
	if (f)
		f->moved = uv_now(p->agent->loop);
	return f;
}

bool folder_map(struct folder *f)
{
	if (f->listing && !f->listing->superseded)
		return true;
	/* Its numbers are others. */
	for (int i = 0; f->listing && i < ORDERS; i++)
		walk_forget(&f->walks[i]);
	listing_unmap(f->listing);
	f->listing = listing_map(&f->owner->agent->layout, f->rel, false);
	return f->listing != NULL;
}
