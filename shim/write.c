/*
 * Calls that change the file system. On what is ours each gives the error that a read-only file
 * system gives, in the kernel's order: what is wrong with the path comes before EROFS. Nothing is
 * ever written at a prefix on the real disk, whatever way leads there.
 */
#include "shim/shim.h"

#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

enum change {
	MAKE,   /* a new name: mkdir, mknod, symlink, link's new name, mkstemp */
	REMOVE, /* a file's name */
	REMOVE_DIR,
	ATTRIBUTE, /* of something that exists */
	CONTENT,   /* of a file that exists */
};

/* -errno for what is ours, or 0: it is real. */
static int refuse(const struct place *p, enum change change)
{
	struct view v;
	int err;

	/* A folder above a prefix is not made by anybody; it is there already. */
	if (p->kind == PLACE_REAL)
		return p->above && change == MAKE ? -EEXIST : 0;
	err = p->kind == PLACE_ERROR ? p->error : view_find(p, &v);
	if (change == MAKE) {
		if (!err || err == -ENOTDIR)
			return err ? err : -EEXIST;
		if (err == -ENOENT)
			err = view_parent(p);
		return err ? err : -EROFS;
	}
	if (err)
		return err;
	if (v.type == LISTING_DIR && (change == REMOVE || change == CONTENT))
		return -EISDIR;
	if (v.type == LISTING_FILE && change == REMOVE_DIR)
		return -ENOTDIR;
	return -EROFS;
}

/* For a call with one path: 0 if the real call is to be made, or -1 with errno. */
static int refuse_at(int dirfd, const char *path, enum change change)
{
	if (!ours_at(dirfd, path) && !(path && ours_bent(path)))
		return 0;

	PLACE(p, dirfd, path);

	return (int)RESULT(refuse(&p, change));
}

#define CHANGE(change, dirfd, path, call) (refuse_at(dirfd, path, change) ? -1 : (call))

/* For rename and link. Both ours: the first one's error, or EROFS; one of both: two file systems.
 */
static int refuse_pair(int from_dir, const char *from, int to_dir, const char *to, bool is_link)
{
	bool maybe_from = ours_at(from_dir, from) || (from && ours_bent(from));
	bool maybe_to = ours_at(to_dir, to) || (to && ours_bent(to));

	if (!maybe_from && !maybe_to)
		return 0;

	PLACE(a, from_dir, from);
	PLACE(b, to_dir, to);

	if (a.kind == PLACE_REAL && b.kind == PLACE_REAL)
		return 0;
	if (is_link && b.kind != PLACE_REAL)
		return (int)RESULT(refuse(&b, MAKE));
	if (a.kind != PLACE_REAL && b.kind != PLACE_REAL) {
		int err = refuse(&a, ATTRIBUTE);

		return (int)RESULT(err);
	}
	return (int)RESULT(-EXDEV);
}

#define CHANGE_PAIR(from_dir, from, to_dir, to, is_link, call)                                     \
	(refuse_pair(from_dir, from, to_dir, to, is_link) ? -1 : (call))

EXPORT int mkdir(const char *path, mode_t mode)
{
	return CHANGE(MAKE, AT_FDCWD, path, REAL(mkdir)(path, mode));
}

EXPORT int mkdirat(int dirfd, const char *path, mode_t mode)
{
	return CHANGE(MAKE, dirfd, path, REAL(mkdirat)(dirfd, path, mode));
}

EXPORT int mknodat(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	return CHANGE(MAKE, dirfd, path,
	        (int)RESULT(sys_call(SYS_mknodat, dirfd, (long)path, mode, (long)dev, 0, 0)));
}

EXPORT int mknod(const char *path, mode_t mode, dev_t dev)
{
	return REAL_EXISTS(mknod) ? CHANGE(MAKE, AT_FDCWD, path, REAL(mknod)(path, mode, dev))
	                          : mknodat(AT_FDCWD, path, mode, dev);
}

EXPORT int __xmknod(int version, const char *path, mode_t mode, dev_t *dev)
{
	return CHANGE(MAKE, AT_FDCWD, path, REAL(__xmknod)(version, path, mode, dev));
}

EXPORT int __xmknodat(int version, int dirfd, const char *path, mode_t mode, dev_t *dev)
{
	return CHANGE(MAKE, dirfd, path, REAL(__xmknodat)(version, dirfd, path, mode, dev));
}

EXPORT int mkfifo(const char *path, mode_t mode)
{
	return CHANGE(MAKE, AT_FDCWD, path, REAL(mkfifo)(path, mode));
}

EXPORT int mkfifoat(int dirfd, const char *path, mode_t mode)
{
	return CHANGE(MAKE, dirfd, path, REAL(mkfifoat)(dirfd, path, mode));
}

EXPORT int symlink(const char *target, const char *path)
{
	return CHANGE(MAKE, AT_FDCWD, path, REAL(symlink)(target, path));
}

EXPORT int symlinkat(const char *target, int dirfd, const char *path)
{
	return CHANGE(MAKE, dirfd, path, REAL(symlinkat)(target, dirfd, path));
}

EXPORT int link(const char *from, const char *to)
{
	return CHANGE_PAIR(AT_FDCWD, from, AT_FDCWD, to, true, REAL(link)(from, to));
}

EXPORT int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return CHANGE_PAIR(
	        from_dir, from, to_dir, to, true, REAL(linkat)(from_dir, from, to_dir, to, flags));
}

EXPORT int rename(const char *from, const char *to)
{
	return CHANGE_PAIR(AT_FDCWD, from, AT_FDCWD, to, false, REAL(rename)(from, to));
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return CHANGE_PAIR(
	        from_dir, from, to_dir, to, false, REAL(renameat)(from_dir, from, to_dir, to));
}

EXPORT int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return CHANGE_PAIR(from_dir, from, to_dir, to, false,
	        REAL(renameat2)(from_dir, from, to_dir, to, flags));
}

EXPORT int unlink(const char *path)
{
	return CHANGE(REMOVE, AT_FDCWD, path, REAL(unlink)(path));
}

EXPORT int unlinkat(int dirfd, const char *path, int flags)
{
	return CHANGE(flags & AT_REMOVEDIR ? REMOVE_DIR : REMOVE, dirfd, path,
	        REAL(unlinkat)(dirfd, path, flags));
}

EXPORT int rmdir(const char *path)
{
	return CHANGE(REMOVE_DIR, AT_FDCWD, path, REAL(rmdir)(path));
}

EXPORT int remove(const char *path)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(remove)(path));
}

EXPORT int chmod(const char *path, mode_t mode)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(chmod)(path, mode));
}

EXPORT int fchmodat(int dirfd, const char *path, mode_t mode, int flags)
{
	return CHANGE(ATTRIBUTE, dirfd, path, REAL(fchmodat)(dirfd, path, mode, flags));
}

EXPORT int lchmod(const char *path, mode_t mode)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(lchmod)(path, mode));
}

EXPORT int chown(const char *path, uid_t uid, gid_t gid)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(chown)(path, uid, gid));
}

EXPORT int lchown(const char *path, uid_t uid, gid_t gid)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(lchown)(path, uid, gid));
}

EXPORT int fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	return CHANGE(ATTRIBUTE, dirfd, path, REAL(fchownat)(dirfd, path, uid, gid, flags));
}

EXPORT int truncate(const char *path, off_t length)
{
	return CHANGE(CONTENT, AT_FDCWD, path, REAL(truncate)(path, length));
}

EXPORT int utime(const char *path, const struct utimbuf *times)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(utime)(path, times));
}

EXPORT int utimes(const char *path, const struct timeval *times)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(utimes)(path, times));
}

EXPORT int lutimes(const char *path, const struct timeval *times)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(lutimes)(path, times));
}

EXPORT int futimesat(int dirfd, const char *path, const struct timeval *times)
{
	return path ? CHANGE(ATTRIBUTE, dirfd, path, REAL(futimesat)(dirfd, path, times))
	            : REAL(futimesat)(dirfd, path, times);
}

EXPORT int utimensat(int dirfd, const char *path, const struct timespec *times, int flags)
{
	return path ? CHANGE(ATTRIBUTE, dirfd, path, REAL(utimensat)(dirfd, path, times, flags))
	            : REAL(utimensat)(dirfd, path, times, flags);
}

EXPORT int setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(setxattr)(path, name, value, size, flags));
}

EXPORT int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(lsetxattr)(path, name, value, size, flags));
}

EXPORT int removexattr(const char *path, const char *name)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(removexattr)(path, name));
}

EXPORT int lremovexattr(const char *path, const char *name)
{
	return CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(lremovexattr)(path, name));
}

/* The template's name does not exist yet, whatever its X's become. */
EXPORT int mkstemp(char *template)
{
	return CHANGE(MAKE, AT_FDCWD, template, REAL(mkstemp)(template));
}

EXPORT int mkostemp(char *template, int flags)
{
	return CHANGE(MAKE, AT_FDCWD, template, REAL(mkostemp)(template, flags));
}

EXPORT int mkstemps(char *template, int suffix)
{
	return CHANGE(MAKE, AT_FDCWD, template, REAL(mkstemps)(template, suffix));
}

EXPORT int mkostemps(char *template, int suffix, int flags)
{
	return CHANGE(MAKE, AT_FDCWD, template, REAL(mkostemps)(template, suffix, flags));
}

EXPORT char *mkdtemp(char *template)
{
	return refuse_at(AT_FDCWD, template, MAKE) ? NULL : REAL(mkdtemp)(template);
}

TWIN_OF(truncate) int truncate64(const char *path, off64_t length);
TWIN_OF(mkstemp) int mkstemp64(char *template);
TWIN_OF(mkostemp) int mkostemp64(char *template, int flags);
TWIN_OF(mkstemps) int mkstemps64(char *template, int suffix);
TWIN_OF(mkostemps) int mkostemps64(char *template, int suffix, int flags);
