#include "cache/beneath.h"
#include "cache/journals.h"
#include "cache/journals_parts.h"
#include "cache/read/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAMAGE_SHARE 100        /* of the lines that are good: as much damage is too much */
#define PENDING_MAX  (16 << 20) /* bytes that wait for a disk that takes none */

/* A line on its way into the index. */
struct merge {
	struct journals *journals;
	uint16_t number;
	uint64_t place;
	const struct journal_line *line;
};

uint64_t journals_now(const struct journals *j)
{
	return (uint64_t)layout_now(j->layout);
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * Lines of several journals come in any order, so the times decide, and what has gone stays as a
 * mark until all are read. In one instant, the journal of the mark itself knows the order.
 */
static bool merge_line(struct index_entry *e, bool made, void *arg)
{
	const struct merge *m = arg;
	const struct journal_line *l = m->line;

	if (l->kind == JOURNAL_USED || (l->kind == JOURNAL_ADDED && !made && l->time < e->added)) {
		e->used = later(e->used, l->used);
		e->count = l->count > e->count ? l->count : e->count;
		return !made;
	}
	if (l->kind == JOURNAL_ADDED && e->gone && !made && l->time == e->added &&
	        e->journal != m->number)
		return true;
	if (l->kind == JOURNAL_GONE && !made && l->time < e->added)
		return true;
	e->gone = l->kind == JOURNAL_GONE;
	m->journals->changed |= e->gone;
	e->added = l->time;
	e->used = later(made ? 0 : e->used, l->used);
	e->count = made || l->count > e->count ? l->count : e->count;
	e->bytes = l->bytes;
	e->place = m->place;
	e->journal = m->number;
	return true;
}

static void take_line(void *arg, const struct journal_line *l, uint64_t place)
{
	struct merge *m = arg;
	struct index_entry e = {0};

	m->journals->good++;
	if (m->number == m->journals->own) {
		m->journals->last = l->kind;
		m->journals->lines++;
	}
	if (l->kind == JOURNAL_END)
		return;
	m->line = l;
	m->place = place;
	e.hash = hash64(HASH_OBJECT, l->rel, strlen(l->rel));
	e.profile = index_profile(m->journals->index, l->rel);
	if (index_update(m->journals->index, &e, merge_line, m) != 0)
		m->journals->damaged++;
}

int journals_read_on(struct journals *j, uint16_t number, const atomic_bool *stop)
{
	struct journal_file *f = &j->files[number];
	struct merge m = {.journals = j, .number = number};

	return journal_read(f->fd, &f->at, take_line, &m, stop, &j->damaged);
}

int journals_folder(const struct journals *j)
{
	int fd = openat(
	        j->layout->location_fd, "usage", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 ? fd : -errno;
}

uint16_t journals_number(struct journals *j, const char *name, int fd)
{
	unsigned i = JOURNAL_FIRST;
	struct stat st;

	while (i < j->n_files && j->files[i].name[0])
		i++;
	if (i == INDEX_JOURNALS_MAX || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	if (i == j->n_files)
		j->n_files++;
	j->files[i] = (struct journal_file){.fd = fd, .ino = st.st_ino, .met = true};
	snprintf(j->files[i].name, sizeof j->files[i].name, "%s", name);
	return (uint16_t)i;
}

struct forgotten {
	bool gone; /* marks */
	uint16_t journal;
};

static bool stays(struct index_entry *e, bool made, void *arg)
{
	const struct forgotten *f = arg;

	(void)made;
	return !(f->gone && e->gone) && !(f->journal && e->journal == f->journal);
}

static void sweep(struct journals *j, struct forgotten f)
{
	for (unsigned i = 0; i < INDEX_PARTS; i++)
		index_each(j->index, i, stays, &f);
}

void journals_forget(struct journals *j, uint16_t number)
{
	struct journal_file *f = &j->files[number];

	if (index_of_journal(j->index, number))
		sweep(j, (struct forgotten){.journal = number});
	close(f->fd);
	f->name[0] = 0;
}

static bool is_journal(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && len < JOURNAL_NAME_MAX && strcmp(name + len - 4, ".log") == 0;
}

/* An NFS client sees what others have written when a file is opened, and otherwise when it pleases.
 */
static void open_again(int folder, struct journal_file *f)
{
	int fd = openat(folder, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == f->ino) {
		close(f->fd);
		f->fd = fd;
	} else if (fd >= 0) {
		close(fd);
	}
}

/* Opens the file of that name unless it is known; then it is met again. */
static void meet(struct journals *j, int folder, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return;
	for (unsigned i = JOURNAL_FIRST; i < j->n_files; i++) {
		struct journal_file *f = &j->files[i];

		if (strcmp(f->name, name) != 0 || f->ino != st.st_ino ||
		        f->at > (uint64_t)st.st_size)
			continue;
		f->met = true;
		if (j->layout->network)
			open_again(folder, f);
		return;
	}
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && !journals_number(j, name, fd))
		close(fd);
}

static int meet_all(struct journals *j)
{
	int folder = journals_folder(j);
	DIR *d = folder >= 0 ? fdopendir(folder) : NULL;
	struct dirent *e;

	if (!d) {
		if (folder >= 0)
			close(folder);
		return folder < 0 ? folder : -ENOMEM;
	}
	for (unsigned i = JOURNAL_FIRST; i < j->n_files; i++)
		j->files[i].met = i == j->own;
	while ((e = readdir(d))) {
		if (is_journal(e->d_name) && strcmp(e->d_name, j->name) != 0)
			meet(j, folder, e->d_name);
	}
	closedir(d);
	return 0;
}

/* What the first reading has found; a damage that is found later is one too. Of journals that are
 * damaged all over, nothing is left to go by. */
static enum journals_state judge(struct journals *j)
{
	if (j->state == JOURNALS_READING && j->damaged * DAMAGE_SHARE >= j->good)
		return JOURNALS_NONE;
	if (j->state == JOURNALS_READING && j->lines && j->last != JOURNAL_END)
		return JOURNALS_INCOMPLETE;
	return j->damaged || j->lost ? JOURNALS_INCOMPLETE : JOURNALS_COMPLETE;
}

enum journals_state journals_catch_up(struct journals *j, const atomic_bool *stop)
{
	int err = j->own ? 0 : journals_open_own(j, stop);

	if (!err)
		err = meet_all(j);
	for (unsigned i = JOURNAL_FIRST; !err && i < j->n_files && !*stop; i++) {
		struct journal_file *f = &j->files[i];

		if (f->name[0] && f->met && i != j->own)
			journals_read_on(j, (uint16_t)i, stop);
	}
	if (*stop)
		return JOURNALS_READING;
	/* Only now: what stood in those that are gone may stand in others. */
	for (unsigned i = JOURNAL_FIRST; !err && i < j->n_files; i++) {
		if (j->files[i].name[0] && !j->files[i].met)
			journals_forget(j, (uint16_t)i);
	}
	if (j->changed)
		sweep(j, (struct forgotten){.gone = true});
	j->state = judge(j);
	j->changed = false;
	j->damaged = 0;
	j->good = 0;
	return j->state;
}

uint64_t journals_append(struct journals *j, const struct journal_line *l)
{
	size_t room = j->pending_room;
	uint64_t place = j->appended;
	char *bigger;

	if (j->pending_len + JOURNAL_LINE_MAX > room) {
		room = room ? room * 2 : 4 * JOURNAL_LINE_MAX;
		bigger = room > PENDING_MAX ? NULL : realloc(j->pending, room);
		if (!bigger) {
			j->lost = true;
			return JOURNALS_NOWHERE;
		}
		j->pending = bigger;
		j->pending_room = room;
	}
	j->pending_len += journal_format(j->pending + j->pending_len, l);
	j->appended = j->flushed + j->writing_len + j->pending_len;
	return place;
}

static bool replace(struct index_entry *e, bool made, void *arg)
{
	const struct index_entry *new = arg;
	uint16_t count = made ? 0 : e->count;

	*e = *new;
	e->there = true;
	e->count = (uint16_t)(count + (count < UINT16_MAX));
	return true;
}

void journals_added(
        struct journals *j, const char *rel, uint64_t bytes, uint64_t added, uint64_t used)
{
	uint64_t now = journals_now(j), place;
	struct index_entry e = {
	        .hash = hash64(HASH_OBJECT, rel, strlen(rel)),
	        .bytes = bytes,
	        .added = added ? added : now,
	        .used = used ? used : now,
	        .profile = index_profile(j->index, rel),
	};
	struct journal_line l = {
	        .kind = JOURNAL_ADDED,
	        .bytes = bytes,
	        .time = e.added,
	        .used = e.used,
	        .count = 1,
	        .rel = rel,
	};

	pthread_mutex_lock(&j->lock);
	place = journals_append(j, &l);
	e.place = place;
	e.journal = place == JOURNALS_NOWHERE ? 0 : JOURNAL_APPENDED;
	if (index_update(j->index, &e, replace, &e) != 0)
		j->lost = true;
	pthread_mutex_unlock(&j->lock);
}

void journals_gone(struct journals *j, const char *rel)
{
	uint64_t hash = hash64(HASH_OBJECT, rel, strlen(rel));
	struct journal_line l = {.kind = JOURNAL_GONE, .time = journals_now(j), .rel = rel};
	struct index_entry e;

	pthread_mutex_lock(&j->lock);
	if (index_find(j->index, hash, &e)) {
		l.time = later(l.time, e.added);
		l.count = e.journal != JOURNAL_APPENDED && e.journal != j->own;
		journals_append(j, &l);
		index_remove(j->index, hash);
	}
	pthread_mutex_unlock(&j->lock);
}

static bool use(struct index_entry *e, bool made, void *arg)
{
	struct journal_line *l = arg;

	if (made || e->gone)
		return !made;
	e->used = later(e->used, l->used);
	e->count = (uint16_t)(e->count + (e->count < UINT16_MAX));
	l->count = e->count;
	return true;
}

bool journals_used(struct journals *j, const char *rel, bool written)
{
	struct index_entry e = {.hash = hash64(HASH_OBJECT, rel, strlen(rel))};
	struct journal_line l = {.kind = JOURNAL_USED, .used = journals_now(j), .rel = rel};

	index_update(j->index, &e, use, &l);
	if (!l.count)
		return false;
	if (written) {
		pthread_mutex_lock(&j->lock);
		journals_append(j, &l);
		pthread_mutex_unlock(&j->lock);
	}
	return true;
}

/* The line is not in the file yet. */
static int pending_line(struct journals *j, uint64_t place, char buf[static JOURNAL_LINE_MAX + 1],
        struct journal_line *l)
{
	uint64_t at = place - j->flushed;
	const char *text = NULL, *nl;
	size_t len = 0;

	pthread_mutex_lock(&j->lock);
	if (at < j->writing_len) {
		text = j->writing + at;
		len = j->writing_len - at;
	} else if (at - j->writing_len < j->pending_len) {
		text = j->pending + (at - j->writing_len);
		len = j->pending_len - (at - j->writing_len);
	}
	nl = text ? memchr(text, '\n', len) : NULL;
	len = nl ? (size_t)(nl - text) : 0;
	if (len < JOURNAL_LINE_MAX && len)
		memcpy(buf, text, len);
	pthread_mutex_unlock(&j->lock);
	return journal_parse(l, buf, len);
}

const char *journals_rel(
        struct journals *j, const struct index_entry *e, char buf[static JOURNAL_LINE_MAX + 1])
{
	bool appended = e->journal == JOURNAL_APPENDED;
	uint16_t number = appended ? j->own : e->journal;
	uint64_t place = e->place + (appended ? (uint64_t)j->delta : 0);
	struct journal_line l;
	int err = -ENOENT;

	if (appended && e->place >= j->flushed)
		err = pending_line(j, e->place, buf, &l);
	else if (number >= JOURNAL_FIRST && number < j->n_files && j->files[number].name[0])
		err = journal_line_at(j->files[number].fd, place, buf, &l);
	return err || hash64(HASH_OBJECT, l.rel, strlen(l.rel)) != e->hash ? NULL : l.rel;
}
