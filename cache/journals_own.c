/*
 * This agent's own journal: appending to it, rewriting it, taking over those of agents that are
 * gone.
 */
#include "cache/journals_parts.h"
#include "cache/read/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#define OWN_MAX  16    /* agents of one runtime folder: two while one is reloaded */
#define TIDY_MIN 10000 /* lines; a shorter journal is not worth the work */
#define DEAD_MS                                                                                    \
	(3600 * 1000ULL) /* a journal whose lock is free, and that nobody wrote to for so long */
#define DEAD_ALONE_MS (7 * 86400 * 1000ULL) /* the same where there are no locks */
#define GONE_MS                                                                                    \
	(30 * 86400 * 1000ULL) /* how long it is kept in mind what was taken away from others */
#define HOST_MAX 25

int journals_lock(int fd)
{
	struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};

	if (fcntl(fd, F_OFD_SETLK, &fl) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

/* Names are of the host and of a random number, which the runtime folder keeps for this cache. Its
 * locks are a local disk's, so no two agents have the same at once. */
static int choose_name(struct journals *j)
{
	char path[LAYOUT_PATH_MAX], name[32], hex[HASH_HEX_LEN + 1] = "";
	struct utsname u = {.nodename = ""};
	uint64_t id, place = hash64(HASH_CONFIG, j->layout->location, strlen(j->layout->location));
	int fd = -1;

	for (int i = 0; i < OWN_MAX; i++) {
		snprintf(name, sizeof name, "journal.%08x.%d", (unsigned)place, i);
		layout_runtime(j->layout, path, name);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			break;
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		return -EMFILE;
	if (pread(fd, hex, HASH_HEX_LEN, 0) != HASH_HEX_LEN ||
	        strspn(hex, "0123456789abcdef") != HASH_HEX_LEN) {
		if (getrandom(&id, sizeof id, 0) != sizeof id)
			id = (uint64_t)getpid();
		hash_hex(id, hex);
		if (pwrite(fd, hex, HASH_HEX_LEN, 0) != HASH_HEX_LEN)
			hash_hex(id, hex); /* the next agent begins another */
	}
	uname(&u);
	snprintf(j->name, sizeof j->name, "%.*s.%s.log", HOST_MAX, u.nodename, hex);
	for (char *p = j->name; *p; p++)
		*p = *p == '/' ? '-' : *p;
	j->life = fd;
	return 0;
}

static int open_file(struct journals *j, const char *name, int flags)
{
	int folder, fd;

	if (mkdirat(j->layout->location_fd, "usage", j->layout->dir_mode) != 0 && errno != EEXIST)
		return -errno;
	folder = journals_folder(j);
	if (folder < 0)
		return folder;
	fd = openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags,
	        j->layout->file_mode);
	if (fd < 0)
		fd = -errno;
	close(folder);
	return fd;
}

int journals_open_own(struct journals *j, const atomic_bool *stop)
{
	int err = j->life < 0 ? choose_name(j) : 0, fd;
	struct journal_file *f;

	if (err)
		return err;
	fd = open_file(j, j->name, 0);
	if (fd < 0)
		return fd;
	journals_lock(fd);
	j->own = journals_number(j, j->name, fd);
	if (!j->own) {
		close(fd);
		return -EINVAL;
	}
	f = &j->files[j->own];
	j->lines = 0;
	err = journals_read_on(j, j->own, stop);
	if (!err && *stop)
		err = -ECANCELED;
	/* A line that was torn by a crash goes. */
	if (!err && ftruncate(fd, (off_t)f->at) != 0)
		err = -errno;
	if (err) {
		journals_forget(j, j->own);
		j->own = 0;
		return err;
	}
	pthread_mutex_lock(&j->lock);
	j->delta = (int64_t)f->at - (int64_t)j->flushed;
	pthread_mutex_unlock(&j->lock);
	return 0;
}

struct journals *journals_open(const struct layout *l, struct index *ix)
{
	struct journals *j = calloc(1, sizeof *j);

	if (!j)
		return NULL;
	j->layout = l;
	j->index = ix;
	j->n_files = JOURNAL_FIRST;
	j->life = -1;
	pthread_mutex_init(&j->lock, NULL);
	return j;
}

/* Whether the file that we append to still has its name. */
static bool has_name(const struct journals *j)
{
	struct stat st;

	return fstat(j->files[j->own].fd, &st) == 0 && st.st_nlink;
}

int journals_flush(struct journals *j)
{
	size_t done = 0;
	ssize_t n = 0;

	if (!j->own)
		return 0;
	pthread_mutex_lock(&j->lock);
	if (!j->writing_len) {
		free(j->writing);
		j->writing = j->pending;
		j->writing_len = j->pending_len;
		j->pending = NULL;
		j->pending_len = j->pending_room = 0;
	}
	pthread_mutex_unlock(&j->lock);
	while (done < j->writing_len && n >= 0) {
		n = pwrite(j->files[j->own].fd, j->writing + done, j->writing_len - done,
		        (off_t)((int64_t)j->flushed + j->delta + (int64_t)done));
		if (n > 0)
			done += (size_t)n;
	}
	/* What did not fit comes again, from its beginning. */
	if (done < j->writing_len)
		return -errno;
	for (size_t i = 0; i < done; i++)
		j->lines += j->writing[i] == '\n';
	pthread_mutex_lock(&j->lock);
	j->flushed += done;
	j->writing_len = 0;
	pthread_mutex_unlock(&j->lock);
	if (!has_name(j))
		j->lost = true;
	return 0;
}

void journals_close(struct journals *j, bool clean)
{
	struct journal_line end = {.kind = JOURNAL_END, .time = journals_now(j), .rel = "."};

	clean = clean && j->own && !j->lost;
	if (clean && (j->appended || j->last != JOURNAL_END))
		journals_append(j, &end);
	if (journals_flush(j) == 0 && j->pending_len)
		journals_flush(j);
	for (unsigned i = JOURNAL_FIRST; i < j->n_files; i++) {
		if (j->files[i].name[0])
			close(j->files[i].fd);
	}
	if (j->life >= 0)
		close(j->life);
	pthread_mutex_destroy(&j->lock);
	free(j->pending);
	free(j->writing);
	free(j);
}

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
	int fd = open_file(j, temp, O_TRUNC), copy;

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
