#include "cache/temp.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/room.h"
#include "cache/sidecar.h"
#include "cache/trash.h"
#include "cache/usage.h"
#include "cache/again.h"
#include "cache/beneath.h"
#include "cache/life.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static int open_named(struct temp *t, const struct layout *l)
{
	t->fd = beneath_open(l, t->path + strlen(l->location) + 1, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (t->fd < 0)
		t->path[0] = 0; /* not ours to remove */
	return t->fd < 0 ? t->fd : 0;
}

/* Somebody emptied the cache under our feet. */
static bool make_folder(const struct layout *l)
{
	const char *name;
	int dir = beneath_make_parent(l, "tmp/name", &name);

	if (dir >= 0)
		close(dir);
	return dir >= 0;
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

int temp_create(struct temp *t, struct layout *l, uint64_t hash, uint64_t size, bool keep)
{
	int err = -EEXIST;
	unsigned tries = 0;

	*t = (struct temp){.fd = -1, .kept = keep && l->writable};
	if (t->kept)
		life_show(l);
	/* Names come again after a crash, when a process has the number of a former one. */
	for (int i = 0; t->kept && err && i < NAME_TRIES; i++) {
		make_name(t, l, hash);
		err = open_named(t, l);
		if (err && err != -EEXIST && !(err == -ENOENT && make_folder(l)) &&
		        !again(l, err, &tries))
			break;
	}
	if (t->kept && !err)
		return 0;
	t->why = t->kept ? err : 0;
	return open_unnamed(t, l, size);
}

int temp_write(int fd, const char *bytes, size_t n, uint64_t at)
{
	while (n) {
		ssize_t w = pwrite(fd, bytes, n, (off_t)at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return w < 0 ? -errno : -EIO;
		bytes += w;
		n -= (size_t)w;
		at += (uint64_t)w;
	}
	return 0;
}

int temp_open(const struct temp *t)
{
	char self[64];
	int fd;

	/* By name only where there is no /proc: somebody could have put another file there. */
	snprintf(self, sizeof self, "/proc/self/fd/%d", t->fd);
	fd = open(self, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && t->kept)
		fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd >= 0 ? fd : -errno;
}

int temp_seal(struct temp *t, const struct layout *l, const struct meta *m, int64_t mtime,
        bool executable, struct stat *st)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = mtime}};
	int err = l->xattrs || !t->kept ? meta_write(t->fd, m) : 0, fd;

	t->meta = *m;
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

/* What the object of that name counts for; 0 if there is none. */
static int64_t charge_of(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)
	               ? usage_charge((uint64_t)st.st_size)
	               : 0;
}

int temp_store(const struct temp *t)
{
	return fsync(t->fd) == 0 ? 0 : -errno;
}

/* Whether the one that is there was said to be the object later than ours. */
static bool is_newer(
        const struct layout *l, const char *rel, int dir, const char *name, int64_t validated)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct meta there;
	struct stat st;

	if (fd < 0)
		return false;
	meta_read(fd, &there);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !identity_marked(st.st_mode))
		there.validated = 0;
	else if (!l->xattrs)
		sidecar_read(l, rel, &st, &there);
	close(fd);
	return there.validated > validated;
}

/* In the place of what is there. Somebody can still put one there between the look and the rename;
 * docs/cache-format.md says why that does no harm. */
static int take_place(const struct temp *t, int tmp, const struct layout *l, const char *rel,
        int dir, const char *name, int64_t validated, int64_t *replaced)
{
	const char *temp = strrchr(t->path, '/') + 1;
	int err = 0;

	*replaced = 0;
	if (renameat2(tmp, temp, dir, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EEXIST && errno != EINVAL && errno != ENOSYS && errno != EPERM)
		return -errno;
	if (is_newer(l, rel, dir, name, validated))
		return -EEXIST;
	err = trash_keep_at(l, dir, name);
	*replaced = l->grace ? 0 : charge_of(dir, name);
	return err ? err : renameat(tmp, temp, dir, name) == 0 ? 0 : -errno;
}

/* What has the name is still the file that was written, for all that its size and kind say: nobody
 * has cut it, or put a FIFO in its place. (Where nothing has it, the rename says so.) */
static bool is_intact(const struct temp *t, int tmp)
{
	struct stat own, named;

	return fstatat(tmp, strrchr(t->path, '/') + 1, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
	       fstat(t->fd, &own) != 0 || (S_ISREG(named.st_mode) && named.st_size == own.st_size);
}

static int try_publish(const struct temp *t, const struct layout *l, const char *rel,
        int64_t validated, int64_t *replaced)
{
	char path[LAYOUT_PATH_MAX];
	const char *name;
	int tmp = beneath_open(l, "tmp", O_PATH | O_DIRECTORY, 0), dir, err;

	if (tmp < 0)
		return tmp;
	snprintf(path, sizeof path, "data/%s", rel);
	dir = beneath_make_parent(l, path, &name);
	err = dir;
	if (dir >= 0)
		err = is_intact(t, tmp) ? take_place(t, tmp, l, rel, dir, name, validated, replaced)
		                        : -EIO;
	if (dir >= 0)
		close(dir);
	close(tmp);
	return err;
}

int temp_publish(const struct temp *t, const struct layout *l, const char *rel, int64_t validated,
        int64_t *replaced)
{
	char path[LAYOUT_PATH_MAX];
	unsigned tries = 0;
	struct stat st;
	int err;

	*replaced = 0;
	if (!t->kept)
		return -EINVAL;
	snprintf(path, sizeof path, "data/%s", rel);
	again_look(l, path);
	/* Eviction may take an empty folder between making it and the rename. */
	for (int i = 0; i < PUBLISH_TRIES; i++) {
		err = try_publish(t, l, rel, validated, replaced);
		if (err != -ENOENT && !again(l, err, &tries))
			break;
	}
	if (err)
		return err;
	/* Its loss is a download. */
	if (!l->xattrs && fstat(t->fd, &st) == 0)
		sidecar_write(l, rel, &st, &t->meta);
	return 0;
}

void temp_published(struct temp *t)
{
	t->kept = false;
	t->path[0] = 0;
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

uint64_t temp_mark(const struct layout *l, uint64_t hash)
{
	char hex[HASH_HEX_LEN + 1];
	struct dirent *e;
	uint64_t mark = 0;
	struct statx st;
	int fd;
	DIR *d;

	hash_hex(hash, hex);
	again_look(l, "tmp/name");
	fd = beneath_open(l, "tmp", O_RDONLY | O_DIRECTORY, 0);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, hex, HASH_HEX_LEN) == 0 &&
		        statx(fd, e->d_name, AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC,
		                STATX_BASIC_STATS, &st) == 0)
			/* Times and blocks too: one that was allocated whole does not grow. */
			mark += st.stx_size + st.stx_blocks + (uint64_t)st.stx_mtime.tv_nsec +
			        (uint64_t)st.stx_mtime.tv_sec;
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return mark;
}
