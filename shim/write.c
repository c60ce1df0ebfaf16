/*
 * Calls that change the file system. On what is ours each gives the error that a read-only file
 * system gives (refuse.c). Nothing is ever written at a prefix on the real disk, whatever way leads
 * there.
 */
#include "shim/refuse.h"

#include <sys/xattr.h>
#include <unistd.h>

static bool may_be_ours(int dirfd, const char *path)
{
	return ours_at(dirfd, path) || (path && ours_bent(path)) || ours_by_link(dirfd, path);
}

/*
 * The body of a call with one path. `call` uses the variable `path`, which is set to where the real
 * call has to go. `wrong` is what the kernel says of other arguments before it looks at the path: 0
 * or -errno.
 */
#define CHANGE(change, wrong, dirfd, path, call)                                                   \
	do {                                                                                       \
		const char *given = path;                                                          \
		if (!may_be_ours(dirfd, path)) {                                                   \
			int ret = call;                                                            \
			if (ret >= 0 || !ours_after(dirfd, path))                                  \
				return ret;                                                        \
		}                                                                                  \
		uint64_t begun = TRACE_BEGIN();                                                    \
		PLACE(p, dirfd, path);                                                             \
		int err = refuse(&p, given, change), first = 0, ret = 0;                           \
		while (!err) {                                                                     \
			path = p.path;                                                             \
			ret = call;                                                                \
			if (ret >= 0 || errno != ENOENT || !place_follow(&p, dirfd))               \
				break;                                                             \
			err = refuse(&p, given, change);                                           \
		}                                                                                  \
		if (err)                                                                           \
			first = wrong;                                                             \
		err = first ? first : err;                                                         \
		TRACE_END(begun, __func__, dirfd, given, NULL, err);                               \
		return err ? (int)RESULT(err) : ret;                                               \
	} while (0)

/* The same for what follows symbolic links, which a number is ("/proc/self/fd/3"). */
static bool by_number(const char *path)
{
	return path && path[0] == '/' && (path[1] == 'p' || path[1] == 'd') &&
	       leads_by_number(path);
}

#define CHANGE_FOLLOWING(change, wrong, dirfd, path, call)                                         \
	do {                                                                                       \
		if (UNLIKELY(by_number(path)))                                                     \
			return (int)REFUSED(dirfd, path, -EROFS);                                  \
		CHANGE(change, wrong, dirfd, path, call);                                          \
	} while (0)

/* For *at(2), where the descriptor itself may be meant. */
#define CHANGE_AT(change, wrong, dirfd, path, flags, call)                                         \
	do {                                                                                       \
		if (UNLIKELY((flags)&AT_EMPTY_PATH) && !(path && *path))                           \
			return refuse_fd(dirfd, true) ? (int)REFUSED(dirfd, NULL, -EROFS) : call;  \
		if (UNLIKELY(!((flags)&AT_SYMLINK_NOFOLLOW) && by_number(path)))                   \
			return (int)REFUSED(dirfd, path, -EROFS);                                  \
		CHANGE(change, wrong, dirfd, path, call);                                          \
	} while (0)

/* -EINVAL if there are other flags than these. */
static int unknown(int flags, int known)
{
	return flags & ~known ? -EINVAL : 0;
}

/* What can be made by mknod. */
static int wrong_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	default:
		return S_ISDIR(mode) ? -EPERM : -EINVAL;
	}
}

static int wrong_target(const char *target)
{
	return *target ? 0 : -ENOENT;
}

#define CHANGE_PAIR(refused, look, from_dir, from, to_dir, to, flags, call)                        \
	do {                                                                                       \
		struct end a = {.dirfd = from_dir, .path = from};                                  \
		struct end b = {.dirfd = to_dir, .path = to};                                      \
		uint64_t begun;                                                                    \
		if (!(look) && !may_be_ours(from_dir, from) && !may_be_ours(to_dir, to)) {         \
			int ret = call;                                                            \
			if (ret >= 0 || !(ours_after(from_dir, from) || ours_after(to_dir, to)))   \
				return ret;                                                        \
		}                                                                                  \
		for (;;) {                                                                         \
			begun = TRACE_BEGIN();                                                     \
			int err = refused(&a, &b, flags);                                          \
			TRACE_END(begun, __func__, from_dir, a.path, b.path, err);                 \
			if (RESULT(err) < 0)                                                       \
				return -1;                                                         \
			char from_buf[a.room], to_buf[b.room];                                     \
			from = end_real_path(&a, from_buf);                                        \
			to = end_real_path(&b, to_buf);                                            \
			int ret = call;                                                            \
			if (ret >= 0 || errno != ENOENT || !ends_follow(&a, &b))                   \
				return ret;                                                        \
		}                                                                                  \
	} while (0)

EXPORT int mkdir(const char *path, mode_t mode)
{
	CHANGE(MAKE_DIR, 0, AT_FDCWD, path, REAL(mkdir)(path, mode));
}

EXPORT int mkdirat(int dirfd, const char *path, mode_t mode)
{
	CHANGE(MAKE_DIR, 0, dirfd, path, REAL(mkdirat)(dirfd, path, mode));
}

EXPORT int mknodat(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	CHANGE(MAKE, wrong_type(mode), dirfd, path,
	        (int)RESULT(sys_call(SYS_mknodat, dirfd, (long)path, mode, (long)dev, 0, 0)));
}

EXPORT int mknod(const char *path, mode_t mode, dev_t dev)
{
	if (!REAL_EXISTS(mknod))
		return mknodat(AT_FDCWD, path, mode, dev);
	CHANGE(MAKE, wrong_type(mode), AT_FDCWD, path, REAL(mknod)(path, mode, dev));
}

EXPORT int __xmknod(int version, const char *path, mode_t mode, dev_t *dev)
{
	CHANGE(MAKE, wrong_type(mode), AT_FDCWD, path, REAL(__xmknod)(version, path, mode, dev));
}

EXPORT int __xmknodat(int version, int dirfd, const char *path, mode_t mode, dev_t *dev)
{
	CHANGE(MAKE, wrong_type(mode), dirfd, path,
	        REAL(__xmknodat)(version, dirfd, path, mode, dev));
}

EXPORT int mkfifo(const char *path, mode_t mode)
{
	CHANGE(MAKE, 0, AT_FDCWD, path, REAL(mkfifo)(path, mode));
}

EXPORT int mkfifoat(int dirfd, const char *path, mode_t mode)
{
	CHANGE(MAKE, 0, dirfd, path, REAL(mkfifoat)(dirfd, path, mode));
}

EXPORT int symlink(const char *target, const char *path)
{
	CHANGE(MAKE, wrong_target(target), AT_FDCWD, path, REAL(symlink)(target, path));
}

EXPORT int symlinkat(const char *target, int dirfd, const char *path)
{
	CHANGE(MAKE, wrong_target(target), dirfd, path, REAL(symlinkat)(target, dirfd, path));
}

EXPORT int link(const char *from, const char *to)
{
	CHANGE_PAIR(refuse_link, false, AT_FDCWD, from, AT_FDCWD, to, 0, REAL(link)(from, to));
}

EXPORT int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	/* An open file may be meant, by its descriptor or its number. */
	CHANGE_PAIR(refuse_link, flags != 0, from_dir, from, to_dir, to, flags,
	        REAL(linkat)(from_dir, from, to_dir, to, flags));
}

EXPORT int rename(const char *from, const char *to)
{
	CHANGE_PAIR(refuse_rename, false, AT_FDCWD, from, AT_FDCWD, to, 0, REAL(rename)(from, to));
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	CHANGE_PAIR(refuse_rename, false, from_dir, from, to_dir, to, 0,
	        REAL(renameat)(from_dir, from, to_dir, to));
}

/* A libc before 2.28 has no such function; programs call it by number. */
static int real_renameat2(
        int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (REAL_EXISTS(renameat2))
		return REAL(renameat2)(from_dir, from, to_dir, to, flags);
	return (int)RESULT(
	        sys_call(SYS_renameat2, from_dir, (long)from, to_dir, (long)to, (long)flags, 0));
}

EXPORT int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	CHANGE_PAIR(refuse_rename, false, from_dir, from, to_dir, to, flags,
	        real_renameat2(from_dir, from, to_dir, to, flags));
}

EXPORT int unlink(const char *path)
{
	CHANGE(REMOVE, 0, AT_FDCWD, path, REAL(unlink)(path));
}

EXPORT int unlinkat(int dirfd, const char *path, int flags)
{
	CHANGE(flags & AT_REMOVEDIR ? REMOVE_DIR : REMOVE, unknown(flags, AT_REMOVEDIR), dirfd,
	        path, REAL(unlinkat)(dirfd, path, flags));
}

EXPORT int rmdir(const char *path)
{
	CHANGE(REMOVE_DIR, 0, AT_FDCWD, path, REAL(rmdir)(path));
}

EXPORT int remove(const char *path)
{
	CHANGE(REMOVE_ANY, 0, AT_FDCWD, path, REAL(remove)(path));
}

EXPORT int chmod(const char *path, mode_t mode)
{
	CHANGE_FOLLOWING(ATTRIBUTE, 0, AT_FDCWD, path, REAL(chmod)(path, mode));
}

EXPORT int fchmodat(int dirfd, const char *path, mode_t mode, int flags)
{
	CHANGE_AT(ATTRIBUTE, unknown(flags, AT_SYMLINK_NOFOLLOW), dirfd, path, flags,
	        REAL(fchmodat)(dirfd, path, mode, flags));
}

int fchmodat2_at(int dirfd, const char *path, mode_t mode, int flags)
{
	CHANGE_AT(ATTRIBUTE, unknown(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH), dirfd, path,
	        flags, (int)RESULT(sys_call(NR_FCHMODAT2, dirfd, (long)path, mode, flags, 0, 0)));
}

EXPORT int lchmod(const char *path, mode_t mode)
{
	CHANGE(ATTRIBUTE, 0, AT_FDCWD, path, REAL(lchmod)(path, mode));
}

EXPORT int chown(const char *path, uid_t uid, gid_t gid)
{
	CHANGE_FOLLOWING(ATTRIBUTE, 0, AT_FDCWD, path, REAL(chown)(path, uid, gid));
}

EXPORT int lchown(const char *path, uid_t uid, gid_t gid)
{
	CHANGE(ATTRIBUTE, 0, AT_FDCWD, path, REAL(lchown)(path, uid, gid));
}

EXPORT int fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	CHANGE_AT(ATTRIBUTE, unknown(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH), dirfd, path,
	        flags, REAL(fchownat)(dirfd, path, uid, gid, flags));
}

EXPORT int truncate(const char *path, off_t length)
{
	CHANGE_FOLLOWING(
	        CONTENT, length < 0 ? -EINVAL : 0, AT_FDCWD, path, REAL(truncate)(path, length));
}

EXPORT int utime(const char *path, const struct utimbuf *times)
{
	CHANGE_FOLLOWING(ATTRIBUTE, 0, AT_FDCWD, path, REAL(utime)(path, times));
}

EXPORT int utimes(const char *path, const struct timeval *times)
{
	CHANGE_FOLLOWING(ATTRIBUTE, 0, AT_FDCWD, path, REAL(utimes)(path, times));
}

EXPORT int lutimes(const char *path, const struct timeval *times)
{
	CHANGE(ATTRIBUTE, 0, AT_FDCWD, path, REAL(lutimes)(path, times));
}

EXPORT int futimesat(int dirfd, const char *path, const struct timeval *times)
{
	CHANGE_AT(ATTRIBUTE, 0, dirfd, path, path ? 0 : AT_EMPTY_PATH,
	        REAL(futimesat)(dirfd, path, times));
}

static bool wrong_times(const struct timespec *times)
{
	for (int i = 0; times && i < 2; i++) {
		long n = times[i].tv_nsec;

		if (n != UTIME_NOW && n != UTIME_OMIT && (n < 0 || n > 999999999))
			return true;
	}
	return false;
}

EXPORT int utimensat(int dirfd, const char *path, const struct timespec *times, int flags)
{
	/* Then nothing is done, and the path not even looked at. */
	if (times && times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
		return REAL(utimensat)(dirfd, path, times, flags);
	CHANGE_AT(wrong_times(times) ? NONSENSE : ATTRIBUTE,
	        unknown(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH), dirfd, path, flags,
	        REAL(utimensat)(dirfd, path, times, flags));
}

EXPORT int setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	CHANGE_FOLLOWING(
	        ATTRIBUTE, 0, AT_FDCWD, path, REAL(setxattr)(path, name, value, size, flags));
}

EXPORT int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	CHANGE(ATTRIBUTE, 0, AT_FDCWD, path, REAL(lsetxattr)(path, name, value, size, flags));
}

EXPORT int removexattr(const char *path, const char *name)
{
	CHANGE_FOLLOWING(ATTRIBUTE, 0, AT_FDCWD, path, REAL(removexattr)(path, name));
}

EXPORT int lremovexattr(const char *path, const char *name)
{
	CHANGE(ATTRIBUTE, 0, AT_FDCWD, path, REAL(lremovexattr)(path, name));
}

TWIN_OF(truncate) int truncate64(const char *path, off64_t length);
