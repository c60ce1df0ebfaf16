#include "cache/category.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#define OPEN_FOLDER   (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define UNIT_PATH_MAX 4096

/* A file with several names, met before. */
struct met {
	struct {
		dev_t dev;
		ino_t ino;
	} id;
	UT_hash_handle hh;
};

struct walk {
	const struct category *category;
	category_cb *cb;
	void *arg;
	dev_t dev; /* of the category's path */
	struct met *met;
	size_t len;
	int error; /* what could not be read */
	char path[UNIT_PATH_MAX];
};

static int64_t last_use(const struct stat *st)
{
	return st->st_atim.tv_sec > st->st_mtim.tv_sec ? st->st_atim.tv_sec : st->st_mtim.tv_sec;
}

/* Whether a further name of a file that was counted. */
static bool is_met(struct walk *w, const struct stat *st)
{
	struct met key, *m;

	if (st->st_nlink < 2)
		return false;
	memset(&key, 0, sizeof key);
	key.id.dev = st->st_dev;
	key.id.ino = st->st_ino;
	HASH_FIND(hh, w->met, &key.id, sizeof key.id, m);
	if (m)
		return true;
	m = malloc(sizeof *m);
	if (!m)
		return false;
	*m = key;
	HASH_ADD(hh, w->met, id, sizeof m->id, m);
	return false;
}

static void forget_met(struct walk *w)
{
	struct met *m, *next;

	HASH_ITER (hh, w->met, m, next) {
		HASH_DEL(w->met, m);
		free(m);
	}
}

static void count(struct walk *w, struct category_unit *unit, const struct stat *st)
{
	if (S_ISREG(st->st_mode) && last_use(st) > unit->used)
		unit->used = last_use(st);
	if (S_ISDIR(st->st_mode) || is_met(w, st))
		return;
	unit->files++;
	unit->bytes += (uint64_t)st->st_blocks * 512;
}

/* Appends "/name"; the length to go back to, or -1 where the path would be too long. */
static int push(struct walk *w, const char *name)
{
	size_t old = w->len, n = strlen(name);

	if (old + n + 2 > sizeof w->path)
		return -1;
	if (old)
		w->path[w->len++] = '/';
	memcpy(w->path + w->len, name, n + 1);
	w->len += n;
	return (int)old;
}

static void pop(struct walk *w, int old)
{
	w->len = (size_t)old;
	w->path[w->len] = 0;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A folder's stream, or NULL: of another file system, or not to be read, which is noted. */
static DIR *open_below(struct walk *w, int dir, const char *name)
{
	int fd = openat(dir, name, OPEN_FOLDER);
	struct stat st;
	DIR *d;

	if (fd < 0) {
		if (errno != ENOENT)
			w->error = -errno;
		return NULL;
	}
	if (fstat(fd, &st) != 0 || st.st_dev != w->dev) {
		close(fd);
		return NULL;
	}
	d = fdopendir(fd);
	if (!d)
		close(fd);
	return d;
}

/* All that a unit holds. */
static void add_below(
        struct walk *w, int dir, const char *name, unsigned depth, struct category_unit *unit)
{
	DIR *d = depth < CATEGORY_DEPTH_MAX ? open_below(w, dir, name) : NULL;
	struct dirent *e;
	struct stat st;

	while (d && (e = readdir(d))) {
		if (is_dots(e->d_name) ||
		        fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		count(w, unit, &st);
		if (S_ISDIR(st.st_mode))
			add_below(w, dirfd(d), e->d_name, depth + 1, unit);
	}
	if (d)
		closedir(d);
}

static int tell(struct walk *w, int dir, const char *name, unsigned depth, const struct stat *st)
{
	struct category_unit unit = {.path = w->path};

	count(w, &unit, st);
	if (S_ISDIR(st->st_mode))
		add_below(w, dir, name, depth + 1, &unit);
	return w->cb(w->arg, &unit);
}

/* Down to where the units stand. */
static int walk_folder(struct walk *w, DIR *d, unsigned depth)
{
	struct dirent *e;
	struct stat st;
	int err = 0;

	while (!err && (e = readdir(d))) {
		bool is_unit = w->category->unit && depth + 1 >= w->category->unit;
		DIR *below = NULL;
		int old;

		if (is_dots(e->d_name) ||
		        fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		old = push(w, e->d_name);
		if (old < 0)
			continue;
		if (is_unit || !S_ISDIR(st.st_mode))
			err = tell(w, dirfd(d), e->d_name, depth, &st);
		else if (depth < CATEGORY_DEPTH_MAX)
			below = open_below(w, dirfd(d), e->d_name);
		if (below)
			err = walk_folder(w, below, depth + 1);
		pop(w, old);
	}
	closedir(d);
	return err;
}

int category_walk(const struct category *g, category_cb *cb, void *arg)
{
	struct walk *w = calloc(1, sizeof *w);
	struct stat st;
	int fd = open(g->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	DIR *d = fd >= 0 && w && fstat(fd, &st) == 0 ? fdopendir(fd) : NULL;

	if (!d) {
		err = w ? -errno : -ENOMEM;
		if (fd >= 0)
			close(fd);
		free(w);
		return err;
	}
	w->category = g;
	w->cb = cb;
	w->arg = arg;
	w->dev = st.st_dev;
	err = walk_folder(w, d, 0);
	if (!err)
		err = w->error;
	forget_met(w);
	free(w);
	return err;
}

/* --- removal ------------------------------------------------------------------------------------
 */

/* Empties a folder that is open. Tools make what they unpack read-only: the owner may change that.
 */
static int empty_folder(DIR *d, dev_t dev, unsigned depth)
{
	struct dirent *e;
	struct stat st;
	int err = 0;

	if (fstat(dirfd(d), &st) == 0 && !(st.st_mode & S_IWUSR))
		fchmod(dirfd(d), (st.st_mode | S_IWUSR) & 07777);
	while ((e = readdir(d))) {
		int fd, flags = 0;
		DIR *below;

		if (is_dots(e->d_name) ||
		        fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && st.st_dev == dev && depth < CATEGORY_DEPTH_MAX) {
			flags = AT_REMOVEDIR;
			fd = openat(dirfd(d), e->d_name, OPEN_FOLDER);
			below = fd >= 0 ? fdopendir(fd) : NULL;
			if (below)
				empty_folder(below, dev, depth + 1);
			else if (fd >= 0)
				close(fd);
		}
		if (unlinkat(dirfd(d), e->d_name, flags) != 0 && errno != ENOENT)
			err = -errno;
	}
	closedir(d);
	return err;
}

/* The folder that holds the last component of a path below `top`; a new descriptor or -errno. */
static int open_parent(int top, const char *path, const char **last)
{
	int fd = openat(top, ".", OPEN_FOLDER), next;
	char name[NAME_MAX + 1];
	const char *slash;

	for (; fd >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		size_t n = (size_t)(slash - path);

		if (n > NAME_MAX) {
			close(fd);
			return -ENAMETOOLONG;
		}
		memcpy(name, path, n);
		name[n] = 0;
		next = openat(fd, name, OPEN_FOLDER);
		close(fd);
		fd = next;
	}
	*last = path;
	return fd >= 0 ? fd : -errno;
}

/* Whether it was used since it was looked at. */
static bool is_used(int dir, const char *name, dev_t dev, int64_t used)
{
	static const struct category none;
	struct walk *w = calloc(1, sizeof *w);
	struct category_unit unit = {.path = ""};
	struct stat st;
	bool is = !w;

	if (w && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		w->category = &none;
		w->dev = dev;
		count(w, &unit, &st);
		if (S_ISDIR(st.st_mode))
			add_below(w, dir, name, 0, &unit);
		is = unit.used > used;
		forget_met(w);
	}
	free(w);
	return is;
}

static int remove_at(int dir, const char *name, dev_t dev)
{
	int fd = openat(dir, name, OPEN_FOLDER), err = 0;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (d)
		err = empty_folder(d, dev, 0);
	else if (fd >= 0)
		close(fd);
	if (!err && unlinkat(dir, name, d ? AT_REMOVEDIR : 0) != 0)
		err = -errno;
	return err;
}

/* Folders that have become empty. */
static void prune(int top, const char *path)
{
	char above[UNIT_PATH_MAX], *slash;
	const char *last;

	snprintf(above, sizeof above, "%s", path);
	while ((slash = strrchr(above, '/'))) {
		int dir, err;

		*slash = 0;
		dir = open_parent(top, above, &last);
		err = dir < 0 ? dir : unlinkat(dir, last, AT_REMOVEDIR);
		if (dir >= 0)
			close(dir);
		if (err)
			return;
	}
}

int category_remove(const struct category *g, const struct category_unit *unit)
{
	int top, dir, err;
	const char *name;
	struct stat st;

	if (strcmp(g->evict, "never") == 0)
		return -EPERM;
	top = open(g->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0 || fstat(top, &st) != 0) {
		err = -errno;
		if (top >= 0)
			close(top);
		return err;
	}
	dir = open_parent(top, unit->path, &name);
	err = dir;
	if (dir >= 0) {
		err = is_used(dir, name, st.st_dev, unit->used) ? -EBUSY
		                                                : remove_at(dir, name, st.st_dev);
		close(dir);
	}
	if (!err)
		prune(top, unit->path);
	close(top);
	return err;
}

/* Whether `path` is `below` or a folder above it. */
static bool holds(const char *path, const char *below)
{
	size_t n = strlen(path);

	return n && strncmp(path, below, n) == 0 &&
	       (!below[n] || below[n] == '/' || path[n - 1] == '/');
}

const char *category_refused(const struct config *c, const struct category *g)
{
	static const char *const system[] = {"/usr/bin", "/etc/passwd", "/var/lib/dpkg", "/home",
	        "/root", "/boot", "/dev/null", "/proc/self", "/sys/kernel", "/lib"};
	char real[PATH_MAX];

	if (strcmp(g->evict, "never") == 0)
		return "it is never cleaned by larder (evict = never)";
	if (!realpath(g->path, real))
		return NULL;
	if (holds(real, c->cache.location) || holds(c->cache.location, real))
		return "its path and the cache of larder lie in one another";
	if (*c->home && holds(real, c->home))
		return "its path holds the home folder";
	for (size_t i = 0; i < sizeof system / sizeof system[0]; i++) {
		if (holds(real, system[i]))
			return "its path is a folder of the system";
	}
	return NULL;
}
