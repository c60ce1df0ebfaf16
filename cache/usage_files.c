#include "cache/usage_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

/* Another agent's record, and since when it says the same. */
struct usage_seen {
	char name[USAGE_NAME_MAX];
	uint64_t seq, since;
	bool here; /* in this round */
	UT_hash_handle hh;
};

static void path_of(const struct usage *u, const char *name, char out[static LAYOUT_PATH_MAX])
{
	snprintf(out, LAYOUT_PATH_MAX, "%s/usage/%s", u->layout->location, name);
}

bool usage_exists(const struct usage *u, const char *name)
{
	char path[LAYOUT_PATH_MAX];
	struct stat st;

	path_of(u, name, path);
	return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* 0; -ENOENT; -EPROTO if it is not what it should be. */
static int read_record(const struct usage *u, const char *name, struct usage_record *r)
{
	char path[LAYOUT_PATH_MAX], text[USAGE_RECORD_SIZE + 1];
	ssize_t n;
	int fd;

	path_of(u, name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT : -EPROTO;
	n = read(fd, text, sizeof text);
	close(fd);
	return n < 0 ? -EPROTO : usage_parse(r, text, (size_t)n);
}

/* In its place: a new name for each write would be a lookup for each reader of a network file
 * system. A torn one shows by its sum. */
int usage_write(const struct usage *u, const char *name, const struct usage_record *r)
{
	char path[LAYOUT_PATH_MAX], text[USAGE_RECORD_SIZE];
	ssize_t n;
	int fd, err;

	path_of(u, name, path);
	usage_format(r, text);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, u->layout->file_mode);
	if (fd < 0 && errno == ENOENT) {
		/* Somebody emptied the cache under our feet. */
		path_of(u, "", path);
		mkdir(path, u->layout->dir_mode);
		path_of(u, name, path);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, u->layout->file_mode);
	}
	if (fd < 0)
		return -errno;
	n = pwrite(fd, text, sizeof text, 0);
	err = n == sizeof text ? 0 : n < 0 ? -errno : -EIO;
	/* A network file system may tell of an error only now. */
	if (close(fd) != 0 && !err)
		err = -errno;
	return err;
}

/* The base is one for all, so it changes in one step. */
static int write_base(const struct usage *u, const struct usage_record *base)
{
	char temp[LAYOUT_PATH_MAX], path[LAYOUT_PATH_MAX];
	int err = usage_write(u, USAGE_BASE ".new", base);

	path_of(u, USAGE_BASE ".new", temp);
	path_of(u, USAGE_BASE, path);
	return err ? err : rename(temp, path) == 0 ? 0 : -errno;
}

/* What is not a record is nothing that is known. */
static bool read_base(const struct usage *u, struct usage_record *base)
{
	if (read_record(u, USAGE_BASE, base) == 0)
		return true;
	*base = (struct usage_record){.stale = true};
	return false;
}

static bool remove_record(const struct usage *u, const char *name)
{
	char path[LAYOUT_PATH_MAX];

	path_of(u, name, path);
	return unlink(path) == 0 || errno == ENOENT;
}

int usage_fold(const struct usage *u, const char *name, const struct usage_record *r)
{
	struct usage_record base;
	int err;

	/* Without a base nothing is known yet, and whoever counts finds all of it. One that was
	 * folded before but could not be removed must stay named in the base. */
	if (read_base(u, &base) && strcmp(base.folded, name) != 0) {
		if (base.folded[0] && !remove_record(u, base.folded))
			return -EACCES;
		base.net = usage_plus(base.net, usage_plus(r->net, r->reserved));
		base.added = usage_plus(base.added, usage_plus(r->added, r->reserved));
		base.stale |= r->reserved.bytes || r->reserved.files;
		base.seq++;
		snprintf(base.folded, sizeof base.folded, "%s", name);
		err = write_base(u, &base);
		if (err)
			return err;
	}
	/* Where it cannot be removed, the base names it. */
	remove_record(u, name);
	return 0;
}

int usage_set_base(const struct usage *u, struct usage_amount net)
{
	struct usage_record base;

	read_base(u, &base);
	base.net = net;
	base.stale = false;
	base.seq++;
	return write_base(u, &base);
}

static bool is_empty(const struct usage *u, const char *dir)
{
	char path[LAYOUT_PATH_MAX];
	bool empty = true;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", u->layout->location, dir);
	d = opendir(path);
	if (!d)
		return false;
	while (empty && (e = readdir(d)))
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	closedir(d);
	return empty;
}

static bool is_record_name(const char *name)
{
	size_t len = strlen(name), suffix = strlen(USAGE_SUFFIX);

	return len > suffix && len < USAGE_NAME_MAX &&
	       strcmp(name + len - suffix, USAGE_SUFFIX) == 0;
}

/* Whether the agent of this record has shown no life for too long. */
static bool is_dead(struct usage *u, const char *name, const struct usage_record *r)
{
	bool reserves = r->reserved.bytes || r->reserved.files;
	uint64_t now = u->now();
	struct usage_seen *seen;

	HASH_FIND_STR(u->seen, name, seen);
	if (!seen) {
		seen = calloc(1, sizeof *seen);
		if (!seen)
			return false;
		snprintf(seen->name, sizeof seen->name, "%s", name);
		seen->since = now;
		seen->seq = r->seq;
		HASH_ADD_STR(u->seen, name, seen);
	}
	seen->here = true;
	if (seen->seq != r->seq) {
		seen->seq = r->seq;
		seen->since = now;
	}
	return now - seen->since >= (reserves ? USAGE_DEAD_MS : USAGE_GONE_MS);
}

static void forget_absent(struct usage *u, bool all)
{
	struct usage_seen *seen, *next;

	HASH_ITER (hh, u->seen, seen, next) {
		if (all || !seen->here) {
			HASH_DEL(u->seen, seen);
			free(seen);
		} else {
			seen->here = false;
		}
	}
}

void usage_forget(struct usage *u)
{
	forget_absent(u, true);
}

typedef void record_cb(struct usage *u, const char *name, const struct usage_record *r, void *arg);

/* Calls `each` for the records of others that the base does not hold already. False if there is one
 * that cannot be read. */
static bool each_record(struct usage *u, const char *folded, record_cb *each, void *arg)
{
	char path[LAYOUT_PATH_MAX];
	struct usage_record r;
	struct dirent *e;
	bool good = true;
	unsigned n = 0;
	DIR *d;

	path_of(u, "", path);
	d = opendir(path);
	while (d && n < USAGE_AGENTS_MAX && (e = readdir(d))) {
		int err;

		if (!is_record_name(e->d_name) || strcmp(e->d_name, u->name) == 0 ||
		        strcmp(e->d_name, folded) == 0)
			continue;
		n++;
		err = read_record(u, e->d_name, &r);
		if (!err)
			each(u, e->d_name, &r, arg);
		good &= !err || err == -ENOENT;
	}
	if (d)
		closedir(d);
	return good;
}

static void fold_dead(struct usage *u, const char *name, const struct usage_record *r, void *arg)
{
	(void)arg;
	if (is_dead(u, name, r))
		usage_fold(u, name, r);
}

static void add_record(struct usage *u, const char *name, const struct usage_record *r, void *arg)
{
	struct usage_sum *s = arg;

	(void)u, (void)name;
	s->agents++;
	s->records = usage_plus(s->records, r->net);
	s->added = usage_plus(s->added, r->added);
	s->reserved = usage_plus(s->reserved, r->reserved);
	s->filling = usage_plus(s->filling, r->filling);
}

void usage_fold_dead(struct usage *u)
{
	struct usage_record base;

	read_base(u, &base);
	each_record(u, base.folded, fold_dead, NULL);
	forget_absent(u, false);
}

void usage_read_all(struct usage *u, struct usage_sum *s)
{
	*s = (struct usage_sum){0};
	s->unknown = !read_base(u, &s->base);
	s->stale = s->base.stale | !each_record(u, s->base.folded, add_record, s);
	s->net = usage_plus(s->records, s->base.net);
	s->added = usage_plus(s->added, s->base.added);
}

void usage_begin(struct usage *u)
{
	struct usage_sum s;

	usage_read_all(u, &s);
	if (s.unknown && !s.agents && is_empty(u, "data") && is_empty(u, "trash"))
		usage_set_base(u, (struct usage_amount){0});
}

static void fold_former(struct usage *u, const char *name, const struct usage_record *r, void *arg)
{
	const char *id = strchr(name, '.'), *runtime_id = arg;
	size_t len = strlen(runtime_id);

	if (id && strncmp(id + 1, runtime_id, len) == 0 && id[1 + len] == '.' &&
	        strtol(id + 2 + len, NULL, 10) != getpid())
		usage_fold(u, name, r);
}

void usage_fold_former(struct usage *u, char *runtime_id)
{
	struct usage_record base;

	read_base(u, &base);
	each_record(u, base.folded, fold_former, runtime_id);
}
