/* open(2) and its twins. */
#include "shim/refuse.h"

#include <stdarg.h>

#define CHANGES(flags)    ((flags) & (O_ACCMODE | O_CREAT | O_TRUNC | O_DIRECTORY))
#define NEEDS_MODE(flags) (((flags)&O_CREAT) || ((flags)&O_TMPFILE) == O_TMPFILE)

/* Any flag that asks for more than reading: the answer of a read-only file system, in the kernel's
 * order. */
static int open_for_writing(const struct place *p, int flags)
{
	struct view v;
	int err = view_find(p, &v);

	if ((flags & O_TMPFILE) == O_TMPFILE)
		return err ? err : v.type == LISTING_DIR ? -EROFS : -ENOTDIR;
	if (err == -ENOENT && (flags & O_CREAT)) {
		err = view_parent(p);
		return err ? err : p->must_be_dir ? -EISDIR : -EROFS;
	}
	if (err)
		return err;
	if ((flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	if (v.type == LISTING_DIR)
		return -EISDIR;
	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC))
		return -EROFS;
	return object_open(p, flags);
}

static int open_dir(const struct place *p, int flags)
{
	struct view v;
	int err = view_find(p, &v);

	if (err)
		return err;
	return v.type == LISTING_DIR ? carrier_open(p, flags) : -ENOTDIR;
}

int place_open(const struct place *p, int flags)
{
	int fd;

	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
	if ((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) ||
	        (flags & O_TMPFILE) == O_TMPFILE)
		return open_for_writing(p, flags);
	if ((flags & O_DIRECTORY) || p->must_be_dir)
		return open_dir(p, flags);
	fd = object_open(p, flags);
	return fd == -EISDIR ? carrier_open(p, flags) : fd;
}

int open_at(int dirfd, const char *path, int flags, unsigned mode)
{
	PLACE(p, dirfd, path);
	int fd;

	if (CHANGES(flags) && !(flags & O_NOFOLLOW))
		place_leave_disk(&p, dirfd, true);
	while (p.kind == PLACE_REAL) {
		fd = REAL(openat)(dirfd, p.path, flags, mode);
		if (fd >= 0 && p.above)
			shim.above_open = true;
		if (fd >= 0 || errno != ENOENT || !place_follow(&p, dirfd))
			return fd < 0 ? -errno : fd;
	}
	if (UNLIKELY((flags & O_CREAT) && p.must_be_dir) && !(flags & O_PATH))
		return refuse_create_dir(&p, path, flags);
	return p.kind == PLACE_ERROR ? p.error : place_open(&p, flags);
}

EXPORT int open(const char *path, int flags, ...)
{
	unsigned mode = 0;
	va_list ap;

	if (NEEDS_MODE(flags)) {
		va_start(ap, flags);
		mode = va_arg(ap, unsigned);
		va_end(ap);
	}
	if (!ours_at(AT_FDCWD, path) && !(CHANGES(flags) && ours_by_link(AT_FDCWD, path))) {
		if (UNLIKELY(writes_by_number(path, flags)))
			return (int)REFUSED(AT_FDCWD, path, -EROFS);

		int fd = REAL(open)(path, flags, mode);

		if (fd >= 0 || !ours_after(AT_FDCWD, path))
			return fd;
	}
	return (int)VIRTUAL(AT_FDCWD, path, open_at(AT_FDCWD, path, flags, mode));
}

EXPORT int openat(int dirfd, const char *path, int flags, ...)
{
	unsigned mode = 0;
	va_list ap;

	if (NEEDS_MODE(flags)) {
		va_start(ap, flags);
		mode = va_arg(ap, unsigned);
		va_end(ap);
	}
	if (!ours_at(dirfd, path) && !(CHANGES(flags) && ours_by_link(dirfd, path))) {
		if (UNLIKELY(writes_by_number(path, flags)))
			return (int)REFUSED(dirfd, path, -EROFS);

		int fd = REAL(openat)(dirfd, path, flags, mode);

		if (fd >= 0 || !ours_after(dirfd, path))
			return fd;
	}
	return (int)VIRTUAL(dirfd, path, open_at(dirfd, path, flags, mode));
}

EXPORT int creat(const char *path, mode_t mode)
{
	return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* The fortified forms abort a program that creates a file without a mode; that check stays libc's.
 */
EXPORT int __open_2(const char *path, int flags)
{
	return NEEDS_MODE(flags) ? REAL(__open_2)(path, flags) : open(path, flags);
}

EXPORT int __openat_2(int dirfd, const char *path, int flags)
{
	return NEEDS_MODE(flags) ? REAL(__openat_2)(dirfd, path, flags)
	                         : openat(dirfd, path, flags);
}

TWIN_OF(open) int open64(const char *path, int flags, ...);
TWIN_OF(open) int __open(const char *path, int flags, ...);
TWIN_OF(open) int __open64(const char *path, int flags, ...);
TWIN_OF(openat) int openat64(int dirfd, const char *path, int flags, ...);
TWIN_OF(creat) int creat64(const char *path, mode_t mode);
TWIN_OF(__open_2) int __open64_2(const char *path, int flags);
TWIN_OF(__openat_2) int __openat64_2(int dirfd, const char *path, int flags);
