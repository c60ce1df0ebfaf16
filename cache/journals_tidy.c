/*
 * Keeping journals short: this agent's own is rewritten, those of agents that are gone are taken
 * over.
 */
#include "cache/journals_parts.h"
#include "cache/read/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TIDY_MIN      10000                  /* lines; a shorter journal is not worth the work */
#define DEAD_MS       (3600 * 1000ULL)       /* nobody wrote to it, and its lock is free */
#define DEAD_ALONE_MS (7 * 86400 * 1000ULL)  /* the same where there are no locks */
#define GONE_MS       (30 * 86400 * 1000ULL) /* what was taken away from others is kept in mind */

/* The lines of one journal on their way into another. */
struct copy {
	struct journals *journals;
	uint16_t from, to;
	uint64_t place; /* where the line stands */
	FILE *out;
	uint64_t at, lines; /* in it */
	struct journal_line line;
	bool live;
};

static bool stands_at(const struct copy *c, const struct index_entry *e)
{
	uint64_t place = e->place;

	if (e->journal == JOURNAL_APPENDED && c->from == c->journals->own)
		place += (uint64_t)c->journals->delta;
	else if (e->journal != c->from)
		return false;
	return place == c->place;
}

static bool move(struct index_entry *e, bool made, void *arg)
{
	struct copy *c = arg;

	c->live = !made && stands_at(c, e);
	if (!c->live)
		return !made;
	c->line.bytes = e->bytes;
	c->line.time = e->added;
	c->line.used = e->used;
	c->line.count = e->count;
	e->journal = c->to;
	e->place = c->at;
	return true;
}

/* What still says something: an object that is there, and what was taken away from others. */
static bool still_says(struct copy *c, const struct journal_line *l, uint64_t place)
{
	struct index_entry e = {0}, now;
	uint64_t time = journals_now(c->journals);

	if (l->kind == JOURNAL_END || l->kind == JOURNAL_USED)
		return false;
	c->line = *l;
	c->place = place;
	e.hash = hash64(HASH_OBJECT, l->rel, strlen(l->rel));
	if (l->kind == JOURNAL_GONE)
		return l->count && l->time + GONE_MS > time &&
		       !(index_find(c->journals->index, e.hash, &now) && now.added >= l->time);
	index_update(c->journals->index, &e, move, c);
	return c->live;
}

static void rewrite_line(void *arg, const struct journal_line *l, uint64_t place)
{
	char text[JOURNAL_LINE_MAX];
	struct copy *c = arg;
	size_t n;

	if (!still_says(c, l, place))
		return;
	n = journal_format(text, &c->line);
	fwrite(text, 1, n, c->out);
	c->at += n;
	c->lines++;
}

static bool move_back(struct index_entry *e, bool made, void *arg)
{
	const struct copy *c = arg;

	if (!made && e->journal == c->to) {
		e->journal = c->from;
		e->place = c->place;
	}
	return !made;
}

static void restore_line(void *arg, const struct journal_line *l, uint64_t place)
{
	struct index_entry e = {0};
	struct copy *c = arg;

	if (l->kind != JOURNAL_ADDED)
		return;
	c->place = place;
	e.hash = hash64(HASH_OBJECT, l->rel, strlen(l->rel));
	index_update(c->journals->index, &e, move_back, c);
}

/* Gives the new file the journal's name. */
static int put_in_place(struct journals *j, struct copy *c, const char *temp)
{
	int folder = journals_folder(j), err = 0;

	if (folder < 0)
		return folder;
	if (fflush(c->out) != 0 || ferror(c->out) || fdatasync(fileno(c->out)) != 0 ||
	        renameat(folder, temp, folder, j->name) != 0)
		err = errno ? -errno : -EIO;
	if (err)
		unlinkat(folder, temp, 0);
	close(folder);
	return err;
}

static void switch_to(struct journals *j, const struct copy *c)
{
	pthread_mutex_lock(&j->lock);
	j->delta = (int64_t)c->at - (int64_t)j->flushed;
	j->own = c->to;
	pthread_mutex_unlock(&j->lock);
	j->lines = c->lines;
	j->lost = false;
	journals_forget(j, c->from);
}

static int begin_copy(struct journals *j, struct copy *c, const char *temp)
{
	int fd = journals_open_file(j, temp, O_TRUNC), copy;

	if (fd < 0)
		return fd;
	journals_lock(fd);
	c->to = journals_number(j, j->name, fd);
	if (!c->to) {
		close(fd);
		return -EMFILE;
	}
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	c->out = copy >= 0 ? fdopen(copy, "w") : NULL;
	if (c->out)
		return 0;
	if (copy >= 0)
		close(copy);
	journals_forget(j, c->to);
	return -ENOMEM;
}

static int rewrite(struct journals *j, const atomic_bool *stop)
{
	static const atomic_bool never;
	char temp[JOURNAL_NAME_MAX + 4];
	struct copy c = {.journals = j, .from = j->own};
	uint64_t at = 0;
	unsigned damaged = 0;
	int err = journals_flush(j);

	snprintf(temp, sizeof temp, "%s.new", j->name);
	if (!err)
		err = begin_copy(j, &c, temp);
	if (err)
		return err;
	err = journal_read(j->files[c.from].fd, &at, rewrite_line, &c, stop, &damaged);
	if (!err)
		err = *stop ? -ECANCELED : put_in_place(j, &c, temp);
	fclose(c.out);
	if (!err) {
		switch_to(j, &c);
		return 0;
	}
	at = 0;
	journal_read(j->files[c.from].fd, &at, restore_line, &c, &never, &damaged);
	journals_forget(j, c.to);
	return err;
}

static void take_over_line(void *arg, const struct journal_line *l, uint64_t place)
{
	struct copy *c = arg;

	pthread_mutex_lock(&c->journals->lock);
	c->at = c->journals->appended;
	if (still_says(c, l, place))
		journals_append(c->journals, &c->line);
	pthread_mutex_unlock(&c->journals->lock);
}

/* Nobody has written to it for so long. */
static bool is_quiet(const struct journals *j, int fd, uint64_t ms)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (uint64_t)st.st_mtim.tv_sec * 1000 + ms < journals_now(j);
}

static bool is_dead(const struct journals *j, int fd)
{
	int err;

	if (!is_quiet(j, fd, DEAD_MS))
		return false;
	err = journals_lock(fd);
	return err == 0 || (err != -EAGAIN && is_quiet(j, fd, DEAD_ALONE_MS));
}

/* The lock is held until it has gone. */
static void take_over(struct journals *j, uint16_t number, const atomic_bool *stop)
{
	struct copy c = {.journals = j, .from = number, .to = JOURNAL_APPENDED};
	struct journal_file *f = &j->files[number];
	int folder = journals_folder(j), fd;
	unsigned damaged = 0;
	uint64_t at = 0;

	if (folder < 0)
		return;
	fd = openat(folder, f->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && is_dead(j, fd) &&
	        journal_read(f->fd, &at, take_over_line, &c, stop, &damaged) == 0 && !*stop &&
	        journals_flush(j) == 0 && journals_flush(j) == 0 &&
	        unlinkat(folder, f->name, 0) == 0)
		journals_forget(j, number);
	if (fd >= 0)
		close(fd);
	close(folder);
}

void journals_tidy(struct journals *j, const atomic_bool *stop)
{
	uint64_t live;

	if (!j->own || j->state == JOURNALS_READING)
		return;
	for (unsigned i = JOURNAL_FIRST; i < j->n_files && !*stop; i++) {
		if (j->files[i].name[0] && i != j->own && is_quiet(j, j->files[i].fd, DEAD_MS))
			take_over(j, (uint16_t)i, stop);
	}
	live = index_of_journal(j->index, JOURNAL_APPENDED) + index_of_journal(j->index, j->own);
	if (j->lost || j->lines > 2 * live + TIDY_MIN)
		rewrite(j, stop);
}
