#include "cache/temp.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/room.h"
#include "cache/trash.h"
#include "cache/usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define CLEAN_MIN_AGE 1 /* s; a younger file may be between its creation and its lock */
#define NAME_TRIES    8
#define PUBLISH_TRIES 8

/* Any thread. */
static void make_name(struct temp *t, const struct layout *l, uint64_t hash)
{
	static atomic_uint serial;
	char hex[HASH_HEX_LEN + 1], owner[LAYOUT_OWNER_MAX];

	layout_owner(l, owner);
	hash_hex(hash, hex);
	snprintf(t->path, sizeof t->path, "%s/tmp/%s.%s.%u", l->location, hex, owner, ++serial);
}

/* Somebody emptied the cache under our feet. */
static int make_folder(const struct layout *l)
{
	char path[LAYOUT_PATH_MAX];

	snprintf(path, sizeof path, "%s/tmp", l->location);
	return mkdir(path, l->dir_mode) == 0 || errno == EEXIST ? 0 : -errno;
}

static int open_named(struct temp *t)
{
	t->fd = open(t->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (t->fd < 0) {
		int err = -errno;

		t->path[0] = 0; /* not ours to remove */
		return err;
	}
	return 0;
}

/*
 * The lock that says that this process lives, taken with its first temporary file and kept to its
 * end. It is not on the temporary files themselves: a file that was ever locked costs every later
 * close of it more.
 */
static void show_life(const struct layout *l)
{
	static atomic_int held = -1, owner;
	char path[CONFIG_PATH_MAX + LAYOUT_OWNER_MAX + 8], owner_name[LAYOUT_OWNER_MAX];
	struct stat st;
	int old = held, fd;

	/* Not that of the process we were forked from, and not one that somebody removed. */
	if (old >= 0 && owner == getpid() && fstat(old, &st) == 0 && st.st_nlink)
		return;
	layout_owner(l, owner_name);
	snprintf(path, sizeof path, "%s/tmp/.%s", l->location, owner_name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, l->file_mode);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 || !atomic_compare_exchange_strong(&held, &old, fd)) {
		close(fd);
		return;
	}
	owner = getpid();
	if (old >= 0)
		close(old);
}

int temp_reserve(const struct temp *t, uint64_t size)
{
	/* Where the file system cannot say, the writes will. */
	if (size && fallocate(t->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) != 0 &&
	        (errno == ENOSPC || errno == EDQUOT))
		return -errno;
	return 0;
}

/* What may be written there; 0 if it cannot be asked. */
static int64_t spare(const struct layout *l, const char *place)
{
	int64_t left = room_left(place, place == l->location ? l->min_free : 0, NULL);

	return left == INT64_MAX ? 0 : left;
}

bool temp_fits(const struct layout *l, uint64_t size)
{
	int64_t left = spare(l, l->location);

	return left > 0 && (uint64_t)left >= size;
}

/* Where the cache has no room, and for what has no known size, the place of this host that has most
 * of it is tried first. */
static int open_unnamed(struct temp *t, const struct layout *l, uint64_t size)
{
	const char *places[] = {l->location, "/var/tmp", "/tmp", l->runtime};
	size_t n = sizeof places / sizeof places[0], best = 0;
	bool fits = size && temp_fits(l, size);
	int err = -ENOSPC;

	t->kept = false;
	t->path[0] = 0;
	for (size_t i = 1; !fits && i < n; i++) {
		if (spare(l, places[i]) > spare(l, places[best]))
			best = i;
	}
	places[0] = places[best];
	places[best] = l->location;
	for (size_t i = 0; i < n; i++) {
		t->fd = open(places[i], O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
		err = t->fd < 0 ? -errno : temp_reserve(t, size);
		if (!err)
			return 0;
		if (t->fd >= 0)
			close(t->fd);
		t->fd = -1;
	}
	return err;
}

int temp_create(struct temp *t, const struct layout *l, uint64_t hash, uint64_t size, bool keep)
{
	int err = -EEXIST;

	*t = (struct temp){.fd = -1, .kept = keep && l->writable};
	if (t->kept)
		show_life(l);
	/* Names come again after a crash, when a process has the number of a former one. */
	for (int i = 0; t->kept && err == -EEXIST && i < NAME_TRIES; i++) {
		make_name(t, l, hash);
		err = open_named(t);
		if (err == -ENOENT && make_folder(l) == 0)
			err = -EEXIST;
	}
	return err ? open_unnamed(t, l, size) : 0;
}

int temp_open(const struct temp *t)
{
	char self[64];
	int fd;

	snprintf(self, sizeof self, "/proc/self/fd/%d", t->fd);
	fd = open(t->kept ? t->path : self, O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? fd : -errno;
}

int temp_seal(struct temp *t, const struct layout *l, const struct meta *m, int64_t mtime,
        bool executable, struct stat *st)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = mtime}};
	int err = l->xattrs || !t->kept ? meta_write(t->fd, m) : 0, fd;

	if (err && t->kept)
		return err;
	if (fchmod(t->fd, executable ? DATA_MODE_EXEC : DATA_MODE) != 0 ||
	        futimens(t->fd, times) != 0 || fstat(t->fd, st) != 0)
		return -errno;
	/* What is open for writing cannot be executed. */
	fd = temp_open(t);
	if (fd >= 0) {
		close(t->fd);
		t->fd = fd;
	}
	return 0;
}

/* What the object at `path` counts for; 0 if there is none. */
static int64_t charge_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? usage_charge((uint64_t)st.st_size)
	                                                    : 0;
}

int temp_publish(struct temp *t, const struct layout *l, const char *rel)
{
	char path[LAYOUT_PATH_MAX];
	int err = layout_data(l, path, rel);

	if (err || !t->kept)
		return err ? err : -EINVAL;
	err = trash_keep(l, path);
	if (err)
		return err;
	t->replaced = l->grace ? 0 : charge_of(path);
	/* Eviction may take an empty folder between the two. */
	for (int i = 0; rename(t->path, path) != 0; i++) {
		if ((errno != ENOENT && errno != ENOTDIR) || i == PUBLISH_TRIES)
			return -errno;
		err = layout_make_data_parents(l, path);
		if (err && err != -ENOENT)
			return err;
	}
	t->kept = false;
	t->path[0] = 0;
	return 0;
}

void temp_unkeep(struct temp *t)
{
	if (t->kept && t->path[0])
		unlink(t->path);
	t->kept = false;
	t->path[0] = 0;
}

void temp_release(struct temp *t)
{
	if (t->kept && t->path[0])
		unlink(t->path);
	if (t->fd >= 0)
		close(t->fd);
	*t = (struct temp){.fd = -1};
}

/* Whether a process holds its lock of life. */
static bool lock_is_held(int dir, const char *owner)
{
	int fd = openat(dir, owner, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool held;

	if (fd < 0)
		return false;
	held = flock(fd, LOCK_EX | LOCK_NB) != 0;
	close(fd);
	return held;
}

/* Whether the process that "<hash>.<host>.<pid>.<number>" names holds its lock. */
static bool owner_lives(int dir, const char *name)
{
	const char *start = strchr(name, '.'), *end = strrchr(name, '.');
	char owner[NAME_MAX + 1];

	if (!start || end == start)
		return false;
	snprintf(owner, sizeof owner, "%.*s", (int)(end - start), start);
	return lock_is_held(dir, owner);
}

/* A file that is old enough for its owner to have taken its lock. */
static bool is_settled(int dir, const char *name, int64_t now)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       now - st.st_ctim.tv_sec > CLEAN_MIN_AGE;
}

int temp_left(const struct layout *l, temp_left_cb *cb, void *arg)
{
	int64_t now = layout_now(l) / 1000;
	char path[LAYOUT_PATH_MAX];
	struct dirent *e;
	int n = 0, len;
	DIR *d;

	len = snprintf(path, sizeof path, "%s/tmp", l->location);
	d = opendir(path);
	if (!d)
		return 0;
	while ((e = readdir(d))) {
		const char *name = e->d_name;

		if (!is_settled(dirfd(d), name, now) ||
		        (*name == '.' ? lock_is_held(dirfd(d), name) : owner_lives(dirfd(d), name)))
			continue;
		snprintf(path + len, sizeof path - (size_t)len, "/%s", name);
		cb(arg, path);
		n += *name != '.';
	}
	closedir(d);
	return n;
}

static void on_left(void *arg, const char *path)
{
	(void)arg;
	unlink(path);
}

int temp_clean(const struct layout *l)
{
	return temp_left(l, on_left, NULL);
}
