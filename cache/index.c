/*
 * Each part is an open-addressed table with linear probing: an entry stands at the slot of its hash
 * or after it, with no empty slot between. A removed one is filled from behind, so that nothing but
 * entries and empty slots exists. Parts grow by a quarter when seven eighths are full.
 */
#include "cache/index.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 8 /* slots of a part */

struct part {
	pthread_mutex_t lock; /* guards the rest */
	struct index_entry *slots;
	size_t room, n;
};

struct total {
	_Atomic uint64_t bytes, files;
};

struct index {
	struct part parts[INDEX_PARTS];
	struct total totals[INDEX_PROFILES_MAX];
	_Atomic uint64_t lines[INDEX_JOURNALS_MAX];
	pthread_mutex_t naming; /* guards the making of a profile */
	char *_Atomic dirs[INDEX_PROFILES_MAX];
	atomic_uint n_dirs;
};

static struct part *part_of(struct index *ix, uint64_t hash)
{
	return &ix->parts[hash % INDEX_PARTS];
}

/* The slot at which the search for a hash begins. */
static size_t home(const struct part *p, uint64_t hash)
{
	return (size_t)(((unsigned __int128)hash * p->room) >> 64);
}

static size_t after(const struct part *p, size_t i)
{
	return i + 1 == p->room ? 0 : i + 1;
}

/* Where it is, or the empty slot where it would be. */
static size_t seek(const struct part *p, uint64_t hash)
{
	size_t i = home(p, hash);

	while (p->slots[i].there && p->slots[i].hash != hash)
		i = after(p, i);
	return i;
}

static int grow(struct part *p)
{
	struct part old = *p;
	size_t room = p->room ? p->room + p->room / 4 : ROOM_MIN;
	struct index_entry *slots;

	if (p->n < p->room - p->room / 8)
		return 0;
	if (p->n >= INDEX_OBJECTS_MAX / INDEX_PARTS)
		return -ENOSPC;
	slots = calloc(room, sizeof *slots);
	if (!slots)
		return -ENOMEM;
	p->slots = slots;
	p->room = room;
	for (size_t i = 0; i < old.room; i++) {
		if (old.slots[i].there)
			p->slots[seek(p, old.slots[i].hash)] = old.slots[i];
	}
	free(old.slots);
	return 0;
}

/* What stands behind moves up where the search for it goes through the hole. */
static void take_out(struct part *p, size_t hole)
{
	size_t i = hole;

	for (;;) {
		size_t start;

		i = after(p, i);
		if (!p->slots[i].there)
			break;
		start = home(p, p->slots[i].hash);
		if (hole <= i ? start > hole && start <= i : start > hole || start <= i)
			continue;
		p->slots[hole] = p->slots[i];
		hole = i;
	}
	p->slots[hole] = (struct index_entry){0};
	p->n--;
}

/* Adds an entry to the totals, or takes it from them. */
static void account(struct index *ix, const struct index_entry *e, bool add)
{
	struct total *t = &ix->totals[e->profile];
	uint64_t one = add ? 1 : UINT64_MAX;

	ix->lines[e->journal] += one;
	if (e->gone)
		return;
	t->files += one;
	t->bytes += add ? e->bytes : -e->bytes;
}

static bool counts_alike(const struct index_entry *a, const struct index_entry *b)
{
	return a->bytes == b->bytes && a->gone == b->gone && a->journal == b->journal &&
	       a->profile == b->profile;
}

struct index *index_new(void)
{
	struct index *ix = calloc(1, sizeof *ix);

	if (!ix)
		return NULL;
	pthread_mutex_init(&ix->naming, NULL);
	for (int i = 0; i < INDEX_PARTS; i++)
		pthread_mutex_init(&ix->parts[i].lock, NULL);
	return ix;
}

void index_free(struct index *ix)
{
	for (int i = 0; i < INDEX_PARTS; i++) {
		pthread_mutex_destroy(&ix->parts[i].lock);
		free(ix->parts[i].slots);
	}
	for (unsigned i = 0; i < ix->n_dirs; i++)
		free(ix->dirs[i]);
	pthread_mutex_destroy(&ix->naming);
	free(ix);
}

static unsigned find_profile(const struct index *ix, const char *rel, size_t len)
{
	unsigned n = ix->n_dirs, i = 0;

	while (i < n && (strncmp(ix->dirs[i], rel, len) != 0 || ix->dirs[i][len]))
		i++;
	return i;
}

uint16_t index_profile(struct index *ix, const char *rel)
{
	size_t len = strcspn(rel, "/");
	unsigned i = find_profile(ix, rel, len);
	char *dir;

	if (i < ix->n_dirs)
		return (uint16_t)i;
	pthread_mutex_lock(&ix->naming);
	i = find_profile(ix, rel, len);
	if (i == INDEX_PROFILES_MAX) {
		i--;
	} else if (i == ix->n_dirs) {
		dir = strndup(rel, len);
		if (dir) {
			ix->dirs[i] = dir;
			ix->n_dirs++;
		} else {
			i = i ? i - 1 : 0;
		}
	}
	pthread_mutex_unlock(&ix->naming);
	return (uint16_t)i;
}

const char *index_profile_dir(const struct index *ix, uint16_t profile)
{
	return profile < ix->n_dirs ? ix->dirs[profile] : "";
}

unsigned index_profiles(const struct index *ix)
{
	return ix->n_dirs;
}

struct index_total index_total_of(const struct index *ix, uint16_t profile)
{
	const struct total *t = &ix->totals[profile];

	return (struct index_total){.bytes = t->bytes, .files = t->files};
}

struct index_total index_total(const struct index *ix)
{
	struct index_total all = {0};

	for (unsigned i = 0; i < INDEX_PROFILES_MAX && i < ix->n_dirs + 1; i++) {
		all.bytes += ix->totals[i].bytes;
		all.files += ix->totals[i].files;
	}
	return all;
}

uint64_t index_of_journal(const struct index *ix, uint16_t journal)
{
	return ix->lines[journal];
}

bool index_find(struct index *ix, uint64_t hash, struct index_entry *out)
{
	struct part *p = part_of(ix, hash);
	bool found = false;

	pthread_mutex_lock(&p->lock);
	if (p->n) {
		*out = p->slots[seek(p, hash)];
		found = out->there;
	}
	pthread_mutex_unlock(&p->lock);
	return found;
}

/* True if the entry at `i` is still there. */
static bool apply(
        struct index *ix, struct part *p, size_t i, bool made, index_change *change, void *arg)
{
	struct index_entry *e = &p->slots[i], before = *e;
	bool stays = change(e, made, arg);

	if (stays && !made && counts_alike(&before, e))
		return true;
	if (!made)
		account(ix, &before, false);
	if (stays)
		account(ix, e, true);
	else
		take_out(p, i);
	return stays;
}

int index_update(struct index *ix, const struct index_entry *e, index_change *change, void *arg)
{
	struct part *p = part_of(ix, e->hash);
	int err;
	size_t i;

	pthread_mutex_lock(&p->lock);
	err = grow(p);
	if (!err) {
		bool made;

		i = seek(p, e->hash);
		made = !p->slots[i].there;
		if (made) {
			p->slots[i] = *e;
			p->slots[i].there = true;
			p->n++;
		}
		apply(ix, p, i, made, change, arg);
	}
	pthread_mutex_unlock(&p->lock);
	return err;
}

static bool drop(struct index_entry *e, bool made, void *arg)
{
	(void)e, (void)made, (void)arg;
	return false;
}

void index_remove(struct index *ix, uint64_t hash)
{
	struct part *p = part_of(ix, hash);
	size_t i;

	pthread_mutex_lock(&p->lock);
	if (p->n) {
		i = seek(p, hash);
		if (p->slots[i].there)
			apply(ix, p, i, false, drop, NULL);
	}
	pthread_mutex_unlock(&p->lock);
}

void index_each(struct index *ix, unsigned part, index_change *change, void *arg)
{
	struct part *p = &ix->parts[part];

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->room;) {
		if (!p->slots[i].there || apply(ix, p, i, false, change, arg))
			i++;
	}
	pthread_mutex_unlock(&p->lock);
}

size_t index_memory(const struct index *ix)
{
	size_t bytes = sizeof *ix;

	for (int i = 0; i < INDEX_PARTS; i++)
		bytes += ix->parts[i].room * sizeof *ix->parts[i].slots;
	return bytes;
}
