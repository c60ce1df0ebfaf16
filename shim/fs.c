/*
 * Questions about the file system that something is in, and calls that tie something to a path
 * without opening it.
 *
 * What is ours is in a read-only file system with the figures of the one that the cache is in, so
 * that a program which looks at both sees one.
 */
#include "shim/query.h"
#include "shim/refuse.h"

#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Before there is a cache, or where it may not be looked at. */
#define EMPTY_TYPE  0xef53 /* ext4 */
#define EMPTY_BLOCK 4096

#define KERNEL_VALID 0x20ul /* in statfs's flags alone: the kernel has set them */

static int describe_fs(struct statfs *fs)
{
	int err = (int)sys_call(SYS_statfs, (long)shim.config.cache.location, (long)fs, 0, 0, 0, 0);

	if (err) {
		memset(fs, 0, sizeof *fs);
		fs->f_type = EMPTY_TYPE;
		fs->f_bsize = fs->f_frsize = EMPTY_BLOCK;
	}
	fs->f_namelen = NAME_MAX;
	fs->f_flags |= ST_RDONLY;
	return 0;
}

static int describe_vfs(struct statvfs *fs)
{
	struct statfs known;

	describe_fs(&known);
	*fs = (struct statvfs){
	        .f_bsize = (unsigned long)known.f_bsize,
	        .f_frsize = (unsigned long)known.f_frsize,
	        .f_blocks = known.f_blocks,
	        .f_bfree = known.f_bfree,
	        .f_bavail = known.f_bavail,
	        .f_files = known.f_files,
	        .f_ffree = known.f_ffree,
	        .f_favail = known.f_ffree,
	        .f_flag = (unsigned long)known.f_flags & ~KERNEL_VALID,
	        .f_namemax = NAME_MAX,
	};
	memcpy(&fs->f_fsid, &known.f_fsid, sizeof fs->f_fsid);
	return 0;
}

EXPORT int statfs(const char *path, struct statfs *fs)
{
	QUERY(AT_FDCWD, path, REAL(statfs)(path, fs), describe_fs(fs));
}

EXPORT int statvfs(const char *path, struct statvfs *fs)
{
	QUERY(AT_FDCWD, path, REAL(statvfs)(path, fs), describe_vfs(fs));
}

/* What is read in place is in a file system of its own. */
static bool is_cached(int fd)
{
	return refuse_fd(fd, true) && !in_place_is_open(fd);
}

EXPORT int fstatfs(int fd, struct statfs *fs)
{
	int ret = REAL(fstatfs)(fd, fs);

	return ret == 0 && is_cached(fd) ? describe_fs(fs) : ret;
}

EXPORT int fstatvfs(int fd, struct statvfs *fs)
{
	int ret = REAL(fstatvfs)(fd, fs);

	return ret == 0 && is_cached(fd) ? describe_vfs(fs) : ret;
}

/* -1 is "no limit" too. */
EXPORT long pathconf(const char *path, int name)
{
	QUERY_THEN(AT_FDCWD, path, REAL(pathconf)(path, name), 0, return REAL(pathconf)("/", name));
}

/* A key may be negative. */
static key_t key_of(const struct view *v, int id)
{
	return (key_t)((v->ino & 0xffff) | (v->dev & 0xff) << 16 | ((unsigned)id & 0xff) << 24);
}

EXPORT key_t ftok(const char *path, int id)
{
	QUERY_THEN(AT_FDCWD, path, REAL(ftok)(path, id), 0, return key_of(&v, id));
}

/*
 * Nothing ever changes in a directory's carrier that counts as a change of content, so that a watch
 * of it for just that is one that never fires. A file is watched by its directory's.
 */
static int watch(int fd, const struct place *p, const struct view *v, uint32_t mask)
{
	char path[shim.carriers_len + p->rel_len + 1], rel[p->rel_len + 1], *slash;
	struct place dir = {.rel = rel, .rel_len = p->rel_len, .profile = p->profile};
	uint32_t how = mask & (IN_DONT_FOLLOW | IN_MASK_ADD | IN_MASK_CREATE);
	int err;

	memcpy(rel, p->rel, p->rel_len + 1);
	if (v->type == LISTING_FILE && (mask & IN_ONLYDIR))
		return -ENOTDIR;
	if (is_in_place(p) && v->type == LISTING_FILE)
		return in_place_watch(fd, p, mask);
	while (v->type == LISTING_FILE && (slash = strrchr(rel, '/'))) {
		*slash = 0;
		dir.rel_len = (size_t)(slash - rel);
		slash = strrchr(rel, '/');
		if (!slash || slash[1] != '%' || slash[2] != '+')
			break; /* no piece of a long name */
	}
	err = carrier_path(&dir, path);
	if (err)
		return err;
	how |= mask & IN_ALL_EVENTS ? IN_MODIFY : 0;
	return (int)sys_call(SYS_inotify_add_watch, fd, (long)path, how, 0, 0, 0);
}

EXPORT int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	QUERY(AT_FDCWD, path, REAL(inotify_add_watch)(fd, path, mask), watch(fd, &p, &v, mask));
}

/* As a file system says that has no lasting handles. */
EXPORT int name_to_handle_at(
        int dirfd, const char *path, struct file_handle *handle, int *mount, int flags)
{
	QUERY(dirfd, path, REAL(name_to_handle_at)(dirfd, path, handle, mount, flags), -EOPNOTSUPP);
}

EXPORT int fanotify_mark(int fd, unsigned flags, uint64_t mask, int dirfd, const char *path)
{
	QUERY(dirfd, path, REAL(fanotify_mark)(fd, flags, mask, dirfd, path), -EOPNOTSUPP);
}

TWIN_OF(statfs) int statfs64(const char *path, struct statfs64 *fs);
TWIN_OF(statfs) int __statfs(const char *path, struct statfs *fs);
TWIN_OF(statvfs) int statvfs64(const char *path, struct statvfs64 *fs);
TWIN_OF(fstatfs) int fstatfs64(int fd, struct statfs64 *fs);
TWIN_OF(fstatvfs) int fstatvfs64(int fd, struct statvfs64 *fs);
