/* The stat family, with the versions of libc before 2.33. */
#include "shim/shim.h"

#include <sys/sysmacros.h>

/* A libc before 2.33 has only the versioned names, for which nothing but the kernel is needed. */
#define STAT_OR_KERNEL(name, call, dirfd, path, st, flags)                                         \
	(REAL_EXISTS(name) ? REAL(name) call : (int)RESULT(sys_fstatat(dirfd, path, st, flags)))

static int real_stat(const char *path, struct stat *st)
{
	return STAT_OR_KERNEL(stat, (path, st), AT_FDCWD, path, st, 0);
}

static int real_lstat(const char *path, struct stat *st)
{
	return STAT_OR_KERNEL(lstat, (path, st), AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

#define NO_VERSION (-1) /* of a call that is not one of the old names */

/* An old name's real call is one of that name. Another preloaded object may have the new name as a
 * call of the old one, as fakeroot does, and would be called without end. */
static int real_fstatat(int version, int dirfd, const char *path, struct stat *st, int flags)
{
	if (version != NO_VERSION && REAL_EXISTS(__fxstatat))
		return REAL(__fxstatat)(version, dirfd, path, st, flags);
	return STAT_OR_KERNEL(fstatat, (dirfd, path, st, flags), dirfd, path, st, flags);
}

/* All that the kernel knows. */
#define STAT_FLAGS (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)

static int stat_place(int version, int dirfd, const char *path, struct stat *st, int flags)
{
	PLACE(p, dirfd, path);
	int err;

	while (p.kind == PLACE_REAL) {
		err = real_fstatat(version, dirfd, p.path, st, flags) ? -errno : 0;
		if (err != -ENOENT || !place_follow(&p, dirfd))
			return err;
	}
	if (flags & ~STAT_FLAGS)
		return -EINVAL;
	return p.kind == PLACE_ERROR ? p.error : place_stat(&p, st);
}

int stat_at(int dirfd, const char *path, struct stat *st, int flags)
{
	return stat_place(NO_VERSION, dirfd, path, st, flags);
}

/* fstatat(fd, "", AT_EMPTY_PATH) is an fstat. */
static bool is_fstat(const char *path, int flags)
{
	return (flags & AT_EMPTY_PATH) && (!path || !*path);
}

static bool stat_is_ours(int dirfd, const char *path, int flags)
{
	return !is_fstat(path, flags) && ours_at(dirfd, path);
}

/* What the real call said of something that did not look like ours. */
static int after_stat(const char *call, int ret, int version, int dirfd, const char *path,
        struct stat *st, int flags)
{
	if (ret == 0 && UNLIKELY(identity_marked(st->st_mode))) {
		if (is_fstat(path, flags))
			fd_fix_stat(dirfd, st);
		else
			path_fix_stat(dirfd, path, st);
	}
	if (ret == 0 || !ours_after(dirfd, path))
		return ret;
	return (int)RESULT(TRACED(call, dirfd, path, stat_place(version, dirfd, path, st, flags)));
}

EXPORT int stat(const char *path, struct stat *st)
{
	if (ours_at(AT_FDCWD, path))
		return (int)VIRTUAL(AT_FDCWD, path, stat_at(AT_FDCWD, path, st, 0));
	return after_stat(__func__, real_stat(path, st), NO_VERSION, AT_FDCWD, path, st, 0);
}

EXPORT int lstat(const char *path, struct stat *st)
{
	if (ours_at(AT_FDCWD, path))
		return (int)VIRTUAL(
		        AT_FDCWD, path, stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW));
	return after_stat(__func__, real_lstat(path, st), NO_VERSION, AT_FDCWD, path, st,
	        AT_SYMLINK_NOFOLLOW);
}

static int after_fstat(int ret, int fd, struct stat *st)
{
	if (ret == 0 && UNLIKELY(identity_marked(st->st_mode)))
		fd_fix_stat(fd, st);
	return ret;
}

EXPORT int fstat(int fd, struct stat *st)
{
	int ret = REAL_EXISTS(fstat) ? REAL(fstat)(fd, st) : (int)RESULT(sys_fstat(fd, st));

	return after_fstat(ret, fd, st);
}

static int stat_by(
        const char *call, int version, int dirfd, const char *path, struct stat *st, int flags)
{
	if (stat_is_ours(dirfd, path, flags))
		return (int)RESULT(
		        TRACED(call, dirfd, path, stat_place(version, dirfd, path, st, flags)));
	return after_stat(call, real_fstatat(version, dirfd, path, st, flags), version, dirfd, path,
	        st, flags);
}

EXPORT int fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	return stat_by(__func__, NO_VERSION, dirfd, path, st, flags);
}

static struct statx_timestamp time_to_statx(const struct timespec *t)
{
	return (struct statx_timestamp){.tv_sec = t->tv_sec, .tv_nsec = (uint32_t)t->tv_nsec};
}

static void stat_to_statx(const struct stat *st, struct statx *stx)
{
	memset(stx, 0, sizeof *stx);
	stx->stx_mask = STATX_BASIC_STATS;
	stx->stx_blksize = (uint32_t)st->st_blksize;
	stx->stx_nlink = (uint32_t)st->st_nlink;
	stx->stx_uid = st->st_uid;
	stx->stx_gid = st->st_gid;
	stx->stx_mode = (uint16_t)st->st_mode;
	stx->stx_ino = st->st_ino;
	stx->stx_size = (uint64_t)st->st_size;
	stx->stx_blocks = (uint64_t)st->st_blocks;
	stx->stx_atime = time_to_statx(&st->st_atim);
	stx->stx_ctime = time_to_statx(&st->st_ctim);
	stx->stx_mtime = time_to_statx(&st->st_mtim);
	stx->stx_dev_major = major(st->st_dev);
	stx->stx_dev_minor = minor(st->st_dev);
}

int statx_at(int dirfd, const char *path, int flags, unsigned mask, struct statx *stx)
{
	PLACE(p, dirfd, path);
	struct stat st;
	int err;

	while (p.kind == PLACE_REAL) {
		err = (int)sys_call(SYS_statx, dirfd, (long)p.path, flags, mask, (long)stx, 0);
		if (err != -ENOENT || !place_follow(&p, dirfd))
			return err;
	}
	if (flags & ~STAT_FLAGS)
		return -EINVAL;
	err = p.kind == PLACE_ERROR ? p.error : place_stat(&p, &st);
	if (!err)
		stat_to_statx(&st, stx);
	return err;
}

/* What statx said of a descriptor or file of ours, once more by way of stat. */
static void fix_statx(int dirfd, const char *path, int flags, struct statx *stx)
{
	struct stat st;

	if (sys_fstatat(
	            dirfd, path ? path : "", &st, flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)))
		return;
	if (is_fstat(path, flags))
		fd_fix_stat(dirfd, &st);
	else
		path_fix_stat(dirfd, path, &st);
	if (!identity_marked(st.st_mode))
		stat_to_statx(&st, stx);
}

static int real_statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *stx)
{
	if (REAL_EXISTS(statx))
		return REAL(statx)(dirfd, path, flags, mask, stx);
	return (int)RESULT(sys_call(SYS_statx, dirfd, (long)path, flags, mask, (long)stx, 0));
}

EXPORT int statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *stx)
{
	if (is_fstat(path, flags) || !ours_at(dirfd, path)) {
		int ret = real_statx(dirfd, path, flags, mask, stx);

		if (ret == 0 && UNLIKELY(identity_marked(stx->stx_mode)))
			fix_statx(dirfd, path, flags, stx);
		if (ret == 0 || !ours_after(dirfd, path))
			return ret;
	}
	return (int)VIRTUAL(dirfd, path, statx_at(dirfd, path, flags, mask, stx));
}

/* Programs that were built against a libc before 2.33; the version is of no concern on 64-bit
 * machines, but is passed on. */
EXPORT int __xstat(int version, const char *path, struct stat *st)
{
	return stat_by(__func__, version, AT_FDCWD, path, st, 0);
}

EXPORT int __lxstat(int version, const char *path, struct stat *st)
{
	return stat_by(__func__, version, AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

EXPORT int __fxstat(int version, int fd, struct stat *st)
{
	if (!REAL_EXISTS(__fxstat))
		return fstat(fd, st);
	return after_fstat(REAL(__fxstat)(version, fd, st), fd, st);
}

EXPORT int __fxstatat(int version, int dirfd, const char *path, struct stat *st, int flags)
{
	return stat_by(__func__, version, dirfd, path, st, flags);
}

TWIN_OF(stat) int stat64(const char *path, struct stat64 *st);
TWIN_OF(lstat) int lstat64(const char *path, struct stat64 *st);
TWIN_OF(fstat) int fstat64(int fd, struct stat64 *st);
TWIN_OF(fstatat) int fstatat64(int dirfd, const char *path, struct stat64 *st, int flags);
TWIN_OF(__xstat) int __xstat64(int version, const char *path, struct stat64 *st);
TWIN_OF(__lxstat) int __lxstat64(int version, const char *path, struct stat64 *st);
TWIN_OF(__fxstat) int __fxstat64(int version, int fd, struct stat64 *st);
TWIN_OF(__fxstatat)
int __fxstatat64(int version, int dirfd, const char *path, struct stat64 *st, int flags);
