/*
 * A walk through data/, in slices: what no journal tells of is found, and what is not there any
 * more is forgotten. One folder is read at a time; those that are still to be read wait as names.
 */
#include "cache/beneath.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/usage.h"
#include "fetch/evict_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNSEEN_MAX     4096 /* entries that are looked at together */
#define WALKED         "usage/walked"
#define WALK_PERIOD_MS (7 * 86400 * 1000ULL)

static bool push(struct evict_walk *w, const char *rel)
{
	size_t room = w->room ? w->room * 2 : 64;
	char **bigger;

	if (w->n == w->room) {
		bigger = realloc(w->folders, room * sizeof *bigger);
		if (!bigger)
			return false;
		w->folders = bigger;
		w->room = room;
	}
	w->folders[w->n] = strdup(rel);
	return w->folders[w->n] && ++w->n;
}

static bool unsee(struct index_entry *e, bool made, void *arg)
{
	(void)made, (void)arg;
	e->seen = false;
	return true;
}

struct evict_walk *evict_walk_new(struct evict *e, bool urgent)
{
	struct evict_walk *w = calloc(1, sizeof *w);

	if (!w || !push(w, "")) {
		free(w);
		return NULL;
	}
	w->urgent = urgent;
	w->started = journals_now(e->journals);
	for (unsigned i = 0; i < INDEX_PARTS; i++)
		index_each(e->index, i, unsee, NULL);
	return w;
}

void evict_walk_free(struct evict_walk *w)
{
	for (size_t i = 0; w && i < w->n; i++)
		free(w->folders[i]);
	if (!w)
		return;
	if (w->dir)
		closedir(w->dir);
	free(w->folder);
	free(w->folders);
	free(w);
}

static uint64_t ms_of(struct timespec t)
{
	return t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct sight {
	uint64_t bytes, used;
	bool known;
};

static bool see(struct index_entry *e, bool made, void *arg)
{
	struct sight *s = arg;

	/* What has no line anywhere gets one. */
	s->known = !made && e->journal;
	if (!s->known)
		return !made;
	e->seen = true;
	e->bytes = s->bytes;
	if (s->used > e->used)
		e->used = s->used;
	return true;
}

static bool mark_seen(struct index_entry *e, bool made, void *arg)
{
	(void)arg;
	e->seen = true;
	return !made;
}

static void see_object(struct evict *e, const char *rel, const struct stat *st)
{
	struct index_entry entry = {.hash = hash64(HASH_OBJECT, rel, strlen(rel)),
	        .profile = index_profile(e->index, rel)};
	struct sight s = {
	        .bytes = (uint64_t)usage_charge((uint64_t)st->st_size), .used = ms_of(st->st_atim)};

	if (!journal_names_object(rel))
		return;
	index_update(e->index, &entry, see, &s);
	if (s.known)
		return;
	journals_added(e->journals, rel, s.bytes, ms_of(st->st_ctim), s.used);
	index_update(e->index, &entry, mark_seen, NULL);
}

void evict_look(struct evict *e, const char *rel)
{
	char path[LAYOUT_PATH_MAX];
	struct stat st;

	if (layout_data(&e->agent->layout, path, rel) != 0)
		return;
	if (lstat(path, &st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			journals_gone(e->journals, rel);
	} else if (S_ISREG(st.st_mode) && identity_marked(st.st_mode)) {
		see_object(e, rel, &st);
	} else {
		journals_gone(e->journals, rel);
	}
}

static void see_entry(struct evict *e, int dir, const char *folder, const struct dirent *d)
{
	char rel[LAYOUT_PATH_MAX];
	int n = snprintf(rel, sizeof rel, "%s%s%s", folder, *folder ? "/" : "", d->d_name);
	struct stat st;

	if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 || n >= KEY_REL_MAX)
		return;
	if (d->d_type != DT_DIR && fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if (d->d_type == DT_DIR || S_ISDIR(st.st_mode)) {
		if (!push(e->walk, rel))
			e->damaged = true;
	} else if (S_ISREG(st.st_mode) && identity_marked(st.st_mode) && *folder) {
		e->walk->found++;
		see_object(e, rel, &st);
	}
}

static bool open_folder(struct evict *e, struct evict_walk *w)
{
	char path[LAYOUT_PATH_MAX];
	int fd;

	free(w->folder);
	w->folder = w->folders[--w->n];
	snprintf(path, sizeof path, "data%s%s", *w->folder ? "/" : "", w->folder);
	fd = beneath_open(&e->agent->layout, path, O_RDONLY | O_DIRECTORY, 0);
	w->dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!w->dir && fd >= 0)
		close(fd);
	return w->dir != NULL;
}

struct unseen {
	const struct evict_walk *walk;
	struct index_entry entries[UNSEEN_MAX];
	size_t n;
};

static bool note_unseen(struct index_entry *e, bool made, void *arg)
{
	struct unseen *u = arg;

	(void)made;
	if (e->seen || e->added >= u->walk->started || u->n == UNSEEN_MAX)
		return true;
	u->entries[u->n++] = *e;
	e->seen = true;
	return true;
}

static void forget_unseen(struct evict *e)
{
	struct unseen *u = calloc(1, sizeof *u);
	char buf[JOURNAL_LINE_MAX + 1];

	for (unsigned i = 0; u && i < INDEX_PARTS && !e->stop;) {
		u->walk = e->walk;
		u->n = 0;
		index_each(e->index, i, note_unseen, u);
		for (size_t k = 0; k < u->n; k++) {
			const char *rel = journals_rel(e->journals, &u->entries[k], buf);

			if (rel)
				evict_look(e, rel);
			else
				index_remove(e->index, u->entries[k].hash);
		}
		i += u->n < UNSEEN_MAX;
	}
	free(u);
}

bool evict_walk_slice(struct evict *e, size_t entries)
{
	struct evict_walk *w = e->walk;
	struct dirent *d;

	for (size_t i = 0; i < entries && !e->stop && (w->dir || w->n); i++) {
		if (!w->dir && !open_folder(e, w))
			continue;
		d = readdir(w->dir);
		if (d) {
			see_entry(e, dirfd(w->dir), w->folder, d);
			continue;
		}
		closedir(w->dir);
		w->dir = NULL;
	}
	if (w->dir || w->n || e->stop)
		return false;
	forget_unseen(e);
	return true;
}

/* The cache is walked now and then whatever the journals say; all hosts go by one file's time. */
bool evict_walk_is_due(struct evict *e)
{
	const struct layout *l = &e->agent->layout;
	int fd = beneath_open(l, WALKED, O_RDONLY, 0);
	struct stat st;
	bool due;

	if (fd == -ENOENT)
		evict_walk_done(e);
	if (fd < 0)
		return false;
	due = fstat(fd, &st) == 0 && ms_of(st.st_mtim) + WALK_PERIOD_MS < journals_now(e->journals);
	close(fd);
	return due;
}

void evict_walk_done(struct evict *e)
{
	const struct layout *l = &e->agent->layout;
	int fd = beneath_open(l, WALKED, O_WRONLY | O_CREAT, l->file_mode);

	if (fd < 0)
		return;
	futimens(fd, NULL);
	close(fd);
}
