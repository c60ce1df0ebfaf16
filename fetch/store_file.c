/*
 * file:///folder: a local folder or a mounted share as the remote.
 *
 * Every call blocks for as long as the file system does, so it belongs on a worker thread. The
 * remote's folder is opened anew by each: a share that is mounted later, or again, is seen, and
 * none is held against an unmount.
 *
 * Nothing outside of the folder is reached (RESOLVE_BENEATH), and nothing but regular files and
 * directories is opened: what a name leads to is looked at through an O_PATH descriptor first,
 * which has no effect on a device or a fifo.
 *
 * The ETag says "these bytes" as far as a file system can: size, mtime, ctime and inode number,
 * in hexadecimal.
 *
 * Longer than most: the descriptors, the links and the copy share the one way to open a name.
 */
#include "fetch/store.h"
#include "cache/temp.h"
#include "fetch/manifest.h"
#include "fetch/store_common.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_MAX    200      /* bytes of a path in a message: the remedy behind it is never cut */
#define OPEN_TRIES   100      /* of an open that meets a rename or another program's lease */
#define OPEN_PAUSE   20000000 /* nanoseconds between two of them */
#define RANGE_CHUNK  (16 << 20)  /* bytes of one copy_file_range, so that progress shows */
#define COPY_BUFFER  (256 << 10) /* bytes of one read and write */
#define FD_LINK_SIZE 32          /* bytes of "/proc/self/fd/N" */
#define OPEN_DATA    (O_RDONLY | O_NONBLOCK | O_NOCTTY)

struct store {
	const struct profile *profile;
};

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define AUTO_CLOSE __attribute__((cleanup(close_fd)))

static int file_open(struct store **out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	struct store *s = calloc(1, sizeof(*s));

	(void)c;
	if (!s) {
		snprintf(err, STORE_ERROR_MAX, "[profile %s]: out of memory; close other programs",
		        p->name);
		return -ENOMEM;
	}
	s->profile = p;
	*out = s;
	return 0;
}

static void file_close(struct store *s)
{
	free(s);
}

/* What an error means; where `why` is NULL the system's own words say it. */
static const struct meaning {
	int code, as;
	const char *why, *remedy;
} meanings[] = {
        {-ENOENT, -ENOENT, NULL, "check the path"},
        {-ENOTDIR, -ENOENT, NULL, "check the path"},
        {-ENAMETOOLONG, -ENAMETOOLONG, NULL, "shorten the path"},
        {-EISDIR, -EISDIR, NULL, "name a file in it"},
        {-ENXIO, -ENOENT, "it is neither a file nor a folder", "name one of these"},
        {-EXDEV, -ENOENT, "a symbolic link leads out of the remote", "make it relative and within"},
        {-ELOOP, -ENOENT, "its symbolic links go in a circle", "correct them"},
        {-EACCES, -EACCES, NULL, "let the agent's user read it"},
        {-EPERM, -EACCES, NULL, "let the agent's user read it"},
        {-ESTALE, -ESTALE, "it changed while it was read", "open it again"},
        {-ENODATA, -EIO, "it ended before its size", "check it on its server"},
        {-ENOMEM, -ENOMEM, NULL, "close other programs"},
        {-ENOSPC, -ENOSPC, NULL, "free space on the cache's disk"},
        {-EDQUOT, -ENOSPC, NULL, "free space on the cache's disk, or raise the quota"},
        {0, -EIO, NULL, "check that the file system is mounted and that its server answers"},
};

/* Writes "cannot VERB PATH: why; remedy" for the -errno `code`, and returns what it means. */
static int explain(const struct store *s, const char *verb, const char *key, int code,
        char err[static STORE_ERROR_MAX])
{
	char path[SHOWN_MAX + 1];
	const struct meaning *m = meanings;

	if (snprintf(path, sizeof(path), "/%s%s", s->profile->prefix, key) > SHOWN_MAX)
		snprintf(path + SHOWN_MAX - 3, 4, "...");
	store_shown(path);
	while (m->code && m->code != code)
		m++;
	errno = -code;
	if (m->why)
		snprintf(err, STORE_ERROR_MAX, "cannot %s %s: %s; %s", verb, path, m->why,
		        m->remedy);
	else
		snprintf(err, STORE_ERROR_MAX, "cannot %s %s: %m; %s", verb, path, m->remedy);
	return m->as;
}

/* The remote's folder. Without it the remote has failed: no file is known to be gone. */
static int open_root(const struct store *s, char err[static STORE_ERROR_MAX])
{
	char path[PATH_MAX];
	int fd = -1;

	if ((size_t)snprintf(path, sizeof(path), "/%s", s->profile->prefix) >= sizeof(path))
		errno = ENAMETOOLONG;
	else
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return explain(s, "open the remote", "", errno == EACCES ? -EACCES : -EIO, err);
}

/* Whether the file of `fd` lies in the tree of `root`, by their names as the kernel has them: 0,
 * -EXDEV, or -EIO where no /proc tells them. */
static int lies_beneath(int root, int fd)
{
	char link[FD_LINK_SIZE], top[PATH_MAX], name[PATH_MAX];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", root);
	ssize_t n = readlink(link, top, sizeof(top));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t m = readlink(link, name, sizeof(name));
	if (n <= 0 || m <= 0)
		return -EIO;
	if (n == sizeof(top) || m < n || m == sizeof(name) || memcmp(top, name, (size_t)n) != 0)
		return -EXDEV;
	return n == 1 || m == n || name[n] == '/' ? 0 : -EXDEV;
}

/* open_beneath for kernels and containers without openat2: open, then see where that led. */
static int open_checked(int root, const char *path, int flags)
{
	char link[FD_LINK_SIZE];
	AUTO_CLOSE int fd = openat(root, path, O_PATH | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = lies_beneath(root, fd);
	if (err)
		return err;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	int opened =
	        (flags & O_PATH) ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : open(link, flags | O_CLOEXEC);
	return opened < 0 ? -errno : opened;
}

/* Opens `path` ("" is the root) without leaving the root; -EXDEV where a link or ".." would. */
static int open_beneath(int root, const char *path, int flags)
{
	struct open_how how = {
	        .flags = (uint64_t)flags | O_CLOEXEC,
	        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	const struct timespec pause = {.tv_nsec = OPEN_PAUSE};
	const char *name = *path ? path : ".";

	for (int tries = 0;; tries++) {
		int fd = (int)syscall(SYS_openat2, root, name, &how, sizeof(how));
		if (fd >= 0)
			return fd;
		if (errno == ENOSYS || errno == EPERM)
			return open_checked(root, name, flags);
		/* A rename during the walk, or (O_NONBLOCK) a lease that its holder gives back. */
		if ((errno != EAGAIN && errno != EINTR) || tries == OPEN_TRIES)
			return -errno;
		nanosleep(&pause, NULL);
	}
}

static bool same_file(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor;
}

/* Looks at fd (name "") or at a name in it; sync: 0, or AT_STATX_FORCE_SYNC to ask its server. */
static int look(int fd, const char *name, int sync, struct statx *st)
{
	int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | sync;

	return statx(fd, name, flags, STATX_BASIC_STATS, st) ? -errno : 0;
}

/* An O_PATH descriptor of the file or directory that `path` leads to; -ENXIO if it is neither. */
static int find(int root, const char *path, struct statx *st)
{
	int fd = open_beneath(root, path, O_PATH);

	if (fd < 0)
		return fd;
	int r = look(fd, "", 0, st);
	if (!r && !S_ISREG(st->stx_mode) && !S_ISDIR(st->stx_mode))
		r = -ENXIO;
	if (!r)
		return fd;
	close(fd);
	return r;
}

static int64_t nanoseconds(const struct statx_timestamp *t)
{
	return (int64_t)((uint64_t)t->tv_sec * 1000000000 + t->tv_nsec);
}

static void fill_info(struct object_info *info, const struct statx *st)
{
	*info = (struct object_info){.mtime = STORE_MTIME_DIR};
	if (S_ISDIR(st->stx_mode))
		return;
	info->size = st->stx_size;
	info->mtime = st->stx_mtime.tv_sec;
	info->executable = st->stx_mode & 0111;
	snprintf(info->etag, sizeof(info->etag),
	        "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"", (uint64_t)st->stx_size,
	        (uint64_t)nanoseconds(&st->stx_mtime), (uint64_t)nanoseconds(&st->stx_ctime),
	        (uint64_t)st->stx_ino);
}

static int file_stat(struct store *s, const char *key, struct object_info *info, bool *is_dir,
        char err[static STORE_ERROR_MAX])
{
	struct statx st;
	AUTO_CLOSE int root = open_root(s, err);

	if (root < 0)
		return root;
	if (*key && !manifest_path_ok(key, strlen(key)))
		return explain(s, "examine", key, -ENOENT, err);
	AUTO_CLOSE int fd = find(root, key, &st);
	if (fd < 0)
		return explain(s, "examine", key, fd, err);
	*is_dir = S_ISDIR(st.stx_mode);
	fill_info(info, &st);
	return 0;
}

/* Opens a regular file for reading. What find saw may be gone by then, so it is looked at again. */
static int open_data(int root, const char *key, struct statx *st)
{
	struct statx seen;
	AUTO_CLOSE int path = find(root, key, &seen);

	if (path < 0)
		return path;
	if (S_ISDIR(seen.stx_mode))
		return -EISDIR;
	int fd = open_beneath(root, key, OPEN_DATA);
	if (fd < 0)
		return fd;
	int r = look(fd, "", AT_STATX_FORCE_SYNC, st);
	if (!r && (!same_file(&seen, st) || !S_ISREG(st->stx_mode)))
		r = -ESTALE;
	if (!r)
		return fd;
	close(fd);
	return r;
}

/* The rest of the copy, by read and write. Sets *writing if it was the writing that failed. */
static int copy_by_hand(
        int in, int out, uint64_t at, uint64_t size, uint64_t *progress, bool *writing)
{
	char *buffer = malloc(COPY_BUFFER);
	int r = buffer ? 0 : -ENOMEM;

	while (!r && at < size) {
		size_t want = size - at < COPY_BUFFER ? (size_t)(size - at) : COPY_BUFFER;
		ssize_t n = pread(in, buffer, want, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			r = n ? -errno : -ENODATA;
			break;
		}
		r = temp_write(out, buffer, (size_t)n, at);
		*writing = r != 0;
		at += (uint64_t)n;
		__atomic_store_n(progress, at, __ATOMIC_RELAXED);
	}
	free(buffer);
	return r;
}

static int copy_bytes(int in, int out, uint64_t size, uint64_t *progress, bool *writing)
{
	loff_t from = 0, to = 0;

	__atomic_store_n(progress, 0, __ATOMIC_RELAXED);
	while ((uint64_t)from < size) {
		uint64_t rest = size - (uint64_t)from;
		ssize_t n = copy_file_range(
		        in, &from, out, &to, rest < RANGE_CHUNK ? rest : RANGE_CHUNK, 0);
		if (n < 0 && errno == EINTR)
			continue;
		/* Whatever it was: reading and writing go on from here, and say what fails. */
		if (n <= 0)
			return copy_by_hand(in, out, (uint64_t)from, size, progress, writing);
		__atomic_store_n(progress, (uint64_t)from, __ATOMIC_RELAXED);
	}
	return 0;
}

static bool unchanged(const struct statx *a, const struct statx *b)
{
	return a->stx_size == b->stx_size && same_file(a, b) &&
	       nanoseconds(&a->stx_mtime) == nanoseconds(&b->stx_mtime) &&
	       nanoseconds(&a->stx_ctime) == nanoseconds(&b->stx_ctime);
}

static int file_copy(struct store *s, const char *key, int out_fd, struct object_info *info,
        uint64_t *progress, char err[static STORE_ERROR_MAX])
{
	struct statx before, after;
	bool writing = false;
	AUTO_CLOSE int root = open_root(s, err);

	if (root < 0)
		return root;
	if (!manifest_path_ok(key, strlen(key)))
		return explain(s, "open", key, *key ? -ENOENT : -EISDIR, err);
	AUTO_CLOSE int in = open_data(root, key, &before);
	if (in < 0)
		return explain(s, "open", key, in, err);
	int r = copy_bytes(in, out_fd, before.stx_size, progress, &writing);
	if (writing)
		return explain(
		        s, "write the copy of", key, r == -ENOSPC || r == -EDQUOT ? r : -EIO, err);
	/* A change explains a short copy better than the copy does. */
	int looked = look(in, "", AT_STATX_FORCE_SYNC, &after);
	if (!looked && !unchanged(&before, &after))
		r = -ESTALE;
	if (r || looked)
		return explain(s, "read", key, r ? r : looked, err);
	fill_info(info, &before);
	return 0;
}

struct walk {
	const char *dir; /* "" or ending in '/' */
	int root, dir_fd;
	store_entry_cb *cb;
	void *arg;
};

/* Whether a folder is that of the walk or above it: shown below itself, the tree has no end. */
static bool holds_the_walk(const struct walk *w, const struct statx *folder)
{
	char path[STORE_KEY_MAX + 1];
	size_t len = strlen(w->dir);

	memcpy(path, w->dir, len + 1);
	while (len) {
		struct statx st;
		path[--len] = '\0';
		AUTO_CLOSE int fd = find(w->root, path, &st);
		if (fd < 0 || same_file(&st, folder))
			return true;
		while (len && path[len - 1] != '/')
			len--;
	}
	struct statx top;
	return look(w->root, "", 0, &top) || same_file(&top, folder);
}

/* Looks at a name: 0, -ENOENT if it is hidden (gone, a fifo, a link that leads out), or -errno. */
static int look_at_name(const struct walk *w, const struct dirent *d, struct statx *st)
{
	char path[STORE_KEY_MAX + 1];

	st->stx_mode = S_IFDIR;
	if (d->d_type == DT_DIR)
		return 0;
	if (d->d_type != DT_LNK && d->d_type != DT_REG && d->d_type != DT_UNKNOWN)
		return -ENOENT;
	int r = look(w->dir_fd, d->d_name, 0, st);
	if (r || S_ISREG(st->stx_mode) || S_ISDIR(st->stx_mode))
		return r;
	if (!S_ISLNK(st->stx_mode))
		return -ENOENT;
	snprintf(path, sizeof(path), "%s%s", w->dir, d->d_name);
	AUTO_CLOSE int fd = find(w->root, path, st);
	if (fd < 0 || (S_ISDIR(st->stx_mode) && holds_the_walk(w, st)))
		return -ENOENT;
	return 0;
}

/* The names of an open folder. An error of the callback is its own, and has no message here. */
static int walk_names(
        const struct store *s, const struct walk *w, DIR *stream, char err[static STORE_ERROR_MAX])
{
	for (;;) {
		struct object_info info;
		struct statx st;
		errno = 0;
		const struct dirent *d = readdir(stream);
		if (!d)
			return errno ? explain(s, "list", w->dir, -errno, err) : 0;
		struct store_entry entry = {.name = d->d_name, .name_len = strlen(d->d_name)};
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (strlen(w->dir) + entry.name_len > STORE_KEY_MAX)
			continue;
		int r = look_at_name(w, d, &st);
		if (r == -ENOENT)
			continue;
		if (r)
			return explain(s, "list", w->dir, r, err);
		entry.is_dir = S_ISDIR(st.stx_mode);
		fill_info(&info, &st);
		entry.info = &info;
		r = w->cb(w->arg, &entry);
		if (r)
			return r;
	}
}

static int file_list(struct store *s, const char *dir, store_entry_cb *cb, void *arg,
        char err[static STORE_ERROR_MAX])
{
	size_t len = strlen(dir);

	err[0] = '\0';
	AUTO_CLOSE int root = open_root(s, err);

	if (root < 0)
		return root;
	if (len > STORE_KEY_MAX ||
	        (len && (dir[len - 1] != '/' || !manifest_path_ok(dir, len - 1))))
		return explain(s, "list", dir, -ENOENT, err);
	int fd = open_beneath(root, dir, OPEN_DATA | O_DIRECTORY);
	if (fd < 0)
		return explain(s, "list", dir, fd, err);
	DIR *stream = fdopendir(fd);
	if (!stream) {
		int e = errno;
		close(fd);
		return explain(s, "list", dir, -e, err);
	}
	const struct walk w = {.dir = dir, .root = root, .dir_fd = fd, .cb = cb, .arg = arg};
	int r = walk_names(s, &w, stream, err);
	closedir(stream);
	return r;
}

const struct store_ops store_file = {
        .name = "file",
        .lists = true,
        .has_modes = true,
        .listing_etags = true,
        .open = file_open,
        .close = file_close,
        .stat = file_stat,
        .copy = file_copy,
        .list = file_list,
};
