#include "cache/temp.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define CLEAN_MIN_AGE 60 /* s; a younger file may be between its creation and its lock */

static void make_name(struct temp *t, const struct layout *l, uint64_t hash)
{
	static unsigned serial;
	static char host[32];
	char hex[HASH_HEX_LEN + 1];
	struct utsname u;

	if (!host[0] && uname(&u) == 0)
		snprintf(host, sizeof host, "%.24s", u.nodename);
	for (char *p = host; *p; p++) {
		if (*p == '/' || *p == '.')
			*p = '-';
	}
	hash_hex(hash, hex);
	snprintf(t->path, sizeof t->path, "%s/tmp/%s.%s.%d.%u", l->location, hex, host,
	        (int)getpid(), ++serial);
}

static int open_named(struct temp *t)
{
	t->fd = open(t->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (t->fd < 0)
		return -errno;
	flock(t->fd, LOCK_EX | LOCK_NB);
	return 0;
}

/* Where the cache has no room, the runtime folder's file system and /tmp are tried. */
static int open_unnamed(struct temp *t, const struct layout *l)
{
	const char *places[] = {l->writable ? l->location : NULL, l->runtime, "/tmp", "/var/tmp"};

	t->kept = false;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		t->fd = places[i] ? open(places[i], O_RDWR | O_TMPFILE | O_CLOEXEC, 0600) : -1;
		if (t->fd >= 0)
			break;
	}
	t->path[0] = 0;
	return t->fd >= 0 ? 0 : -errno;
}

int temp_create(struct temp *t, const struct layout *l, uint64_t hash, uint64_t size, bool keep)
{
	int err = -EROFS;

	*t = (struct temp){.fd = -1, .kept = keep && l->writable};
	if (t->kept) {
		make_name(t, l, hash);
		err = open_named(t);
	}
	/* Reserves the space at once: a full disk is known before the download and not at its end.
	 */
	if (!err && size && fallocate(t->fd, 0, 0, (off_t)size) != 0 && errno == ENOSPC) {
		temp_release(t);
		err = -ENOSPC;
	}
	return err ? open_unnamed(t, l) : 0;
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
	int err = l->xattrs || !t->kept ? meta_write(t->fd, m) : 0;

	if (err && t->kept)
		return err;
	if (fchmod(t->fd, executable ? DATA_MODE_EXEC : DATA_MODE) != 0 ||
	        futimens(t->fd, times) != 0 || fstat(t->fd, st) != 0)
		return -errno;
	return 0;
}

int temp_publish(struct temp *t, const struct layout *l, const char *rel)
{
	char path[LAYOUT_PATH_MAX];
	int err = layout_data(l, path, rel);

	if (err || !t->kept)
		return err ? err : -EINVAL;
	if (rename(t->path, path) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return -errno;
		err = layout_make_parents(path, 0700, true);
		if (err)
			return err;
		if (rename(t->path, path) != 0)
			return -errno;
	}
	t->kept = false;
	t->path[0] = 0;
	return 0;
}

void temp_release(struct temp *t)
{
	if (t->kept && t->path[0])
		unlink(t->path);
	if (t->fd >= 0)
		close(t->fd);
	*t = (struct temp){.fd = -1};
}

/* Nobody holds its lock, and it is old enough to have been locked. */
static bool is_orphan(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct timespec now;
	struct stat st;
	bool orphan;

	if (fd < 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	orphan = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	         now.tv_sec - st.st_ctim.tv_sec > CLEAN_MIN_AGE &&
	         flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return orphan;
}

int temp_clean(const struct layout *l)
{
	char path[LAYOUT_PATH_MAX];
	struct dirent *e;
	int n = 0;
	DIR *d;

	snprintf(path, sizeof path, "%s/tmp", l->location);
	d = opendir(path);
	if (!d)
		return 0;
	while ((e = readdir(d))) {
		if (e->d_name[0] != '.' && is_orphan(dirfd(d), e->d_name) &&
		        unlinkat(dirfd(d), e->d_name, 0) == 0)
			n++;
	}
	closedir(d);
	return n;
}
