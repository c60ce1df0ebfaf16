/* The working directory, and calls that give paths back. */
#include "shim/shim.h"

#include <stdlib.h>
#include <unistd.h>

#define CWD_MAX        4096
#define NAMED_TRIES    300
#define NAMED_PAUSE_MS 10

int chdir_at(const char *path)
{
	PLACE(p, AT_FDCWD, path);
	struct view v;
	int err;

	place_leave_disk(&p, AT_FDCWD, true);
	while (p.kind == PLACE_REAL) {
		err = REAL(chdir)(p.path) ? -errno : 0;
		if (!err && p.above)
			shim.above_open = true;
		if (err != -ENOENT || !place_follow(&p, AT_FDCWD))
			return err;
	}
	err = p.kind == PLACE_ERROR ? p.error : view_find(&p, &v);
	if (err)
		return err;
	if (v.type != LISTING_DIR)
		return -ENOTDIR;

	char carrier[shim.carriers_len + p.rel_len + 1];

	err = carrier_path(&p, carrier);
	if (err)
		return err;
	shim.cwd_ours = true;
	return (int)sys_call(SYS_chdir, (long)carrier, 0, 0, 0, 0, 0);
}

int chdir_as(const char *call, const char *path)
{
	uint64_t begun = TRACE_BEGIN();
	int err = chdir_at(path);

	/* Where a relative path began is not to be had any more, but where it led. */
	TRACE_END(begun, call, AT_FDCWD, err ? path : "", NULL, err);
	return err;
}

EXPORT int chdir(const char *path)
{
	if (!ours_at(AT_FDCWD, path) && !ours_by_link(AT_FDCWD, path)) {
		int ret = REAL(chdir)(path);

		if (ret == 0 || !ours_after(AT_FDCWD, path))
			return ret;
	}
	return (int)RESULT(chdir_as(__func__, path));
}

EXPORT int fchdir(int fd)
{
	/* Before the call: a signal handler may come between. */
	if (dirs_may_be_open())
		shim.cwd_ours = true;
	return REAL(fchdir)(fd);
}

/* The working directory's path as programs know it. The length, or -errno. -EAGAIN: not ours;
 * -ENAMETOOLONG: more than there is room for. */
static long cwd_path(char *out, size_t size)
{
	char cwd[CWD_MAX];
	long n = sys_getcwd(cwd, sizeof cwd);
	const char *rel;

	rel = n < 0 ? NULL : in_carriers(cwd);
	if (!rel || !*rel)
		return -EAGAIN;
	TRACE_OURS();
	n = place_path(rel, out, size);
	return n == -ERANGE ? -ENAMETOOLONG : n;
}

/* The same at the edge of a call; -EAGAIN at once where it is not ours for certain. */
static long cwd_of(const char *call, char *out, size_t size)
{
	return shim.cwd_ours ? TRACED(call, AT_FDCWD, "", cwd_path(out, size)) : -EAGAIN;
}

/* A copy in memory of the caller's; with a size, at least that many bytes. */
static char *keep(const char *path, size_t len, size_t size)
{
	size_t room = size > len + 1 ? size : len + 1;
	char *copy = malloc(room); /* allow: malloc: getcwd's caller frees it */

	if (copy)
		memcpy(copy, path, len + 1);
	return copy;
}

EXPORT char *getcwd(char *buf, size_t size)
{
	char path[CWD_MAX / 2];
	long n = cwd_of(__func__, path, sizeof path);

	if (n == -EAGAIN)
		return REAL(getcwd)(buf, size);
	if (RESULT(n) < 0)
		return NULL;
	if ((buf && !size) || (size && (size_t)n >= size)) {
		errno = size ? ERANGE : EINVAL;
		return NULL;
	}
	return buf ? memcpy(buf, path, (size_t)n + 1) : keep(path, (size_t)n, size);
}

EXPORT char *__getcwd_chk(char *buf, size_t size, size_t room)
{
	return shim.cwd_ours && size <= room ? getcwd(buf, size)
	                                     : REAL(__getcwd_chk)(buf, size, room);
}

EXPORT char *getwd(char *buf)
{
	char path[CWD_MAX / 2];
	long n = cwd_of(__func__, path, sizeof path);

	if (n == -EAGAIN)
		return REAL(getwd)(buf);
	return RESULT(n) < 0 ? NULL : memcpy(buf, path, (size_t)n + 1);
}

EXPORT char *__getwd_chk(char *buf, size_t room)
{
	return shim.cwd_ours && room >= PATH_MAX ? getcwd(buf, PATH_MAX)
	                                         : REAL(__getwd_chk)(buf, room);
}

EXPORT char *get_current_dir_name(void)
{
	return shim.cwd_ours ? getcwd(NULL, 0) : REAL(get_current_dir_name)();
}

/* A path that realpath found in the cache (behind /proc/self/exe, say), as programs know it. */
static char *found_back(char *found, char *resolved)
{
	char out[CWD_MAX / 2];
	long n;

	if (!found || !in_our_folders(found))
		return found;
	n = path_back(found, out, sizeof out);
	if (n < 0)
		return found;
	if (resolved)
		return memcpy(resolved, out, (size_t)n + 1);
	free(found); /* allow: free: realpath allocated it */
	return keep(out, (size_t)n, 0);
}

/* Nothing below a prefix is a symbolic link. */
static char *realpath_at(const char *path, char *resolved)
{
	PLACE(p, AT_FDCWD, path);
	char out[CWD_MAX / 2];
	struct view v;
	long n;

	while (p.kind == PLACE_REAL) {
		char *found = REAL(realpath)(p.path, resolved);

		if (found || errno != ENOENT || !place_follow(&p, AT_FDCWD))
			return found_back(found, resolved);
	}
	n = p.kind == PLACE_ERROR ? p.error : view_find(&p, &v);
	if (!n)
		n = place_path(p.rel, out, sizeof out);
	if (RESULT(n == -ERANGE ? -ENAMETOOLONG : n) < 0)
		return NULL;
	return resolved ? memcpy(resolved, out, (size_t)n + 1) : keep(out, (size_t)n, 0);
}

EXPORT char *realpath(const char *path, char *resolved)
{
	if (!path || !ours_at(AT_FDCWD, path)) {
		char *found = REAL(realpath)(path, resolved);

		if (found || !ours_after(AT_FDCWD, path))
			return found_back(found, resolved);
	}
	return VIRTUAL_POINTER(AT_FDCWD, path, realpath_at(path, resolved));
}

EXPORT char *__realpath_chk(const char *path, char *resolved, size_t room)
{
	return room >= PATH_MAX ? realpath(path, resolved)
	                        : REAL(__realpath_chk)(path, resolved, room);
}

EXPORT char *canonicalize_file_name(const char *path)
{
	return realpath(path, NULL);
}

static bool may_be_back(const char *path, size_t n)
{
	return memmem(path, n, "/data/", 6) || memmem(path, n, "/carriers/", 10) ||
	       memmem(path, n, "/tmp/", 5);
}

/* A link of the kernel's into the cache or the runtime folder (/proc/self/exe, /proc/self/fd/3)
 * leads to the path that programs know. */
static ssize_t link_back(int dirfd, const char *path, char *buf, ssize_t n, size_t size)
{
	char whole[CWD_MAX / 2], out[CWD_MAX / 2];
	long len;

	if (n <= 0 || buf[0] != '/' || !may_be_back(buf, (size_t)n))
		return n;
	for (int tries = 0;; tries++) {
		len = sys_call(
		        SYS_readlinkat, dirfd, (long)path, (long)whole, sizeof whole - 1, 0, 0);
		if (len < 0)
			return n;
		whole[len] = 0;
		/* A file that has just been filled gets its name within a second or so. */
		if (!path_is_new(whole) || tries == NAMED_TRIES)
			break;
		sys_sleep_ms(NAMED_PAUSE_MS);
	}
	len = path_back(whole, out, sizeof out);
	if (len < 0)
		return n;
	len = (size_t)len > size ? (long)size : len;
	memcpy(buf, out, (size_t)len);
	return len;
}

ssize_t readlink_at(int dirfd, const char *path, char *buf, size_t size)
{
	PLACE(p, dirfd, path);
	struct view v;
	int err;

	while (p.kind == PLACE_REAL) {
		ssize_t n = REAL(readlinkat)(dirfd, p.path, buf, size);

		if (n >= 0 || errno != ENOENT || !place_follow(&p, dirfd))
			return n < 0 ? -errno : link_back(dirfd, p.path, buf, n, size);
	}
	err = p.kind == PLACE_ERROR ? p.error : view_find(&p, &v);
	return err ? err : -EINVAL;
}

EXPORT ssize_t readlink(const char *path, char *buf, size_t size)
{
	if (!ours_at(AT_FDCWD, path)) {
		ssize_t n = REAL(readlink)(path, buf, size);

		if (n >= 0 || !ours_after(AT_FDCWD, path))
			return link_back(AT_FDCWD, path, buf, n, size);
	}
	return VIRTUAL(AT_FDCWD, path, readlink_at(AT_FDCWD, path, buf, size));
}

EXPORT ssize_t readlinkat(int dirfd, const char *path, char *buf, size_t size)
{
	if (!ours_at(dirfd, path)) {
		ssize_t n = REAL(readlinkat)(dirfd, path, buf, size);

		if (n >= 0 || !ours_after(dirfd, path))
			return link_back(dirfd, path, buf, n, size);
	}
	return VIRTUAL(dirfd, path, readlink_at(dirfd, path, buf, size));
}

EXPORT ssize_t __readlink_chk(const char *path, char *buf, size_t size, size_t room)
{
	return size <= room ? readlink(path, buf, size)
	                    : REAL(__readlink_chk)(path, buf, size, room);
}

EXPORT ssize_t __readlinkat_chk(int dirfd, const char *path, char *buf, size_t size, size_t room)
{
	return size <= room ? readlinkat(dirfd, path, buf, size)
	                    : REAL(__readlinkat_chk)(dirfd, path, buf, size, room);
}
