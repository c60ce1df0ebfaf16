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

	if (p->kind == PLACE_REAL)
		return 0;
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

static bool may_be_ours(int dirfd, const char *path)
{
	return ours_at(dirfd, path) || (path && ours_bent(path));
}

/* The body of a call with one path. `call` uses the variable `path`, which is set to where the real
 * call has to go. */
#define CHANGE(change, dirfd, path, call)                                                          \
	do {                                                                                       \
		if (!may_be_ours(dirfd, path))                                                     \
			return call;                                                               \
		PLACE(p, dirfd, path);                                                             \
		if (RESULT(refuse(&p, change)) < 0)                                                \
			return -1;                                                                 \
		path = p.path;                                                                     \
		return call;                                                                       \
	} while (0)

/* For rename and link. Both ours: the first one's error, or EROFS; one of both: two file systems.
 */
static int refuse_pair(const struct place *a, const struct place *b, bool is_link)
{
	if (a->kind == PLACE_REAL && b->kind == PLACE_REAL)
		return 0;
	if (is_link && b->kind != PLACE_REAL)
		return refuse(b, MAKE);
	if (a->kind != PLACE_REAL && b->kind != PLACE_REAL)
		return refuse(a, ATTRIBUTE);
	return -EXDEV;
}

#define CHANGE_PAIR(from_dir, from, to_dir, to, is_link, call)                                     \
	do {                                                                                       \
		if (!may_be_ours(from_dir, from) && !may_be_ours(to_dir, to))                      \
			return call;                                                               \
		PLACE(a, from_dir, from);                                                          \
		PLACE(b, to_dir, to);                                                              \
		if (RESULT(refuse_pair(&a, &b, is_link)) < 0)                                      \
			return -1;                                                                 \
		from = a.path;                                                                     \
		to = b.path;                                                                       \
		return call;                                                                       \
	} while (0)

EXPORT int mkdir(const char *path, mode_t mode)
{
	CHANGE(MAKE, AT_FDCWD, path, REAL(mkdir)(path, mode));
}

EXPORT int mkdirat(int dirfd, const char *path, mode_t mode)
{
	CHANGE(MAKE, dirfd, path, REAL(mkdirat)(dirfd, path, mode));
}

EXPORT int mknodat(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	CHANGE(MAKE, dirfd, path,
	        (int)RESULT(sys_call(SYS_mknodat, dirfd, (long)path, mode, (long)dev, 0, 0)));
}

EXPORT int mknod(const char *path, mode_t mode, dev_t dev)
{
	if (!REAL_EXISTS(mknod))
		return mknodat(AT_FDCWD, path, mode, dev);
	CHANGE(MAKE, AT_FDCWD, path, REAL(mknod)(path, mode, dev));
}

EXPORT int __xmknod(int version, const char *path, mode_t mode, dev_t *dev)
{
	CHANGE(MAKE, AT_FDCWD, path, REAL(__xmknod)(version, path, mode, dev));
}

EXPORT int __xmknodat(int version, int dirfd, const char *path, mode_t mode, dev_t *dev)
{
	CHANGE(MAKE, dirfd, path, REAL(__xmknodat)(version, dirfd, path, mode, dev));
}

EXPORT int mkfifo(const char *path, mode_t mode)
{
	CHANGE(MAKE, AT_FDCWD, path, REAL(mkfifo)(path, mode));
}

EXPORT int mkfifoat(int dirfd, const char *path, mode_t mode)
{
	CHANGE(MAKE, dirfd, path, REAL(mkfifoat)(dirfd, path, mode));
}

EXPORT int symlink(const char *target, const char *path)
{
	CHANGE(MAKE, AT_FDCWD, path, REAL(symlink)(target, path));
}

EXPORT int symlinkat(const char *target, int dirfd, const char *path)
{
	CHANGE(MAKE, dirfd, path, REAL(symlinkat)(target, dirfd, path));
}

EXPORT int link(const char *from, const char *to)
{
	CHANGE_PAIR(AT_FDCWD, from, AT_FDCWD, to, true, REAL(link)(from, to));
}

EXPORT int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	CHANGE_PAIR(
	        from_dir, from, to_dir, to, true, REAL(linkat)(from_dir, from, to_dir, to, flags));
}

EXPORT int rename(const char *from, const char *to)
{
	CHANGE_PAIR(AT_FDCWD, from, AT_FDCWD, to, false, REAL(rename)(from, to));
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	CHANGE_PAIR(from_dir, from, to_dir, to, false, REAL(renameat)(from_dir, from, to_dir, to));
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
	CHANGE_PAIR(from_dir, from, to_dir, to, false,
	        real_renameat2(from_dir, from, to_dir, to, flags));
}

EXPORT int unlink(const char *path)
{
	CHANGE(REMOVE, AT_FDCWD, path, REAL(unlink)(path));
}

EXPORT int unlinkat(int dirfd, const char *path, int flags)
{
	CHANGE(flags & AT_REMOVEDIR ? REMOVE_DIR : REMOVE, dirfd, path,
	        REAL(unlinkat)(dirfd, path, flags));
}

EXPORT int rmdir(const char *path)
{
	CHANGE(REMOVE_DIR, AT_FDCWD, path, REAL(rmdir)(path));
}

EXPORT int remove(const char *path)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(remove)(path));
}

EXPORT int chmod(const char *path, mode_t mode)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(chmod)(path, mode));
}

EXPORT int fchmodat(int dirfd, const char *path, mode_t mode, int flags)
{
	CHANGE(ATTRIBUTE, dirfd, path, REAL(fchmodat)(dirfd, path, mode, flags));
}

EXPORT int lchmod(const char *path, mode_t mode)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(lchmod)(path, mode));
}

EXPORT int chown(const char *path, uid_t uid, gid_t gid)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(chown)(path, uid, gid));
}

EXPORT int lchown(const char *path, uid_t uid, gid_t gid)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(lchown)(path, uid, gid));
}

EXPORT int fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	CHANGE(ATTRIBUTE, dirfd, path, REAL(fchownat)(dirfd, path, uid, gid, flags));
}

EXPORT int truncate(const char *path, off_t length)
{
	CHANGE(CONTENT, AT_FDCWD, path, REAL(truncate)(path, length));
}

EXPORT int utime(const char *path, const struct utimbuf *times)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(utime)(path, times));
}

EXPORT int utimes(const char *path, const struct timeval *times)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(utimes)(path, times));
}

EXPORT int lutimes(const char *path, const struct timeval *times)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(lutimes)(path, times));
}

EXPORT int futimesat(int dirfd, const char *path, const struct timeval *times)
{
	CHANGE(ATTRIBUTE, dirfd, path, REAL(futimesat)(dirfd, path, times));
}

EXPORT int utimensat(int dirfd, const char *path, const struct timespec *times, int flags)
{
	CHANGE(ATTRIBUTE, dirfd, path, REAL(utimensat)(dirfd, path, times, flags));
}

EXPORT int setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(setxattr)(path, name, value, size, flags));
}

EXPORT int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(lsetxattr)(path, name, value, size, flags));
}

EXPORT int removexattr(const char *path, const char *name)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(removexattr)(path, name));
}

EXPORT int lremovexattr(const char *path, const char *name)
{
	CHANGE(ATTRIBUTE, AT_FDCWD, path, REAL(lremovexattr)(path, name));
}

/* The template's name does not exist yet, whatever its X's become. The real call's choice of them
 * is copied back. */
static int make_temp(char *template, bool dir, int suffix, int flags)
{
	PLACE(p, AT_FDCWD, template);
	char *path = (char *)p.path, *name = strrchr(template, '/');
	int ret;

	if (RESULT(refuse(&p, MAKE)) < 0)
		return -1;
	if (dir)
		ret = REAL(mkdtemp)(path) ? 0 : -1;
	else
		ret = REAL(mkostemps)(path, suffix, flags);
	if (path != template && ret >= 0)
		memcpy(name ? name + 1 : template, strrchr(path, '/') + 1,
		        strlen(name ? name + 1 : template));
	return ret;
}

#define MAKE_TEMP(template, suffix, flags, call)                                                   \
	(may_be_ours(AT_FDCWD, template) ? make_temp(template, false, suffix, flags) : (call))

EXPORT int mkstemp(char *template)
{
	return MAKE_TEMP(template, 0, 0, REAL(mkstemp)(template));
}

EXPORT int mkostemp(char *template, int flags)
{
	return MAKE_TEMP(template, 0, flags, REAL(mkostemp)(template, flags));
}

EXPORT int mkstemps(char *template, int suffix)
{
	return MAKE_TEMP(template, suffix, 0, REAL(mkstemps)(template, suffix));
}

EXPORT int mkostemps(char *template, int suffix, int flags)
{
	return MAKE_TEMP(template, suffix, flags, REAL(mkostemps)(template, suffix, flags));
}

EXPORT char *mkdtemp(char *template)
{
	if (!may_be_ours(AT_FDCWD, template))
		return REAL(mkdtemp)(template);
	return make_temp(template, true, 0, 0) < 0 ? NULL : template;
}

TWIN_OF(truncate) int truncate64(const char *path, off64_t length);
TWIN_OF(mkstemp) int mkstemp64(char *template);
TWIN_OF(mkostemp) int mkostemp64(char *template, int flags);
TWIN_OF(mkstemps) int mkstemps64(char *template, int suffix);
TWIN_OF(mkostemps) int mkostemps64(char *template, int suffix, int flags);
