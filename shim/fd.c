/*
 * Descriptors of ours, recognised by what fstat shows of them; there is no table of descriptors.
 */
#include "shim/shim.h"

#include <sys/sysmacros.h>

void fd_number(int fd, char *out)
{
	unsigned div = 1;

	while ((unsigned)fd / div >= 10)
		div *= 10;
	for (; div; div /= 10)
		*out++ = (char)('0' + (unsigned)fd / div % 10);
	*out = 0;
}

long fd_path(int fd, char *out, size_t size)
{
	char link[40] = "/proc/self/fd/";
	long n;

	if (fd < 0)
		return -EBADF;
	fd_number(fd, link + strlen(link));
	n = sys_readlink(link, out, size);
	if (n < 0)
		return n;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	out[n] = 0;
	return n;
}

long fd_rel(int fd, char *out, size_t size)
{
	struct stat st;
	long n;

	if (sys_fstat(fd, &st) || !S_ISDIR(st.st_mode) || !identity_marked(st.st_mode))
		return -ENOTDIR;
	n = fd_path(fd, out, size);
	if (n < 0)
		return n;
	if ((size_t)n <= shim.carriers_len || memcmp(out, shim.carriers, shim.carriers_len) != 0)
		return -ENOTDIR;
	n -= (long)shim.carriers_len;
	memmove(out, out + shim.carriers_len, (size_t)n + 1);
	return n;
}

static void show_identity(const struct identity *id, struct stat *st)
{
	st->st_dev = makedev(0, id->dev);
	st->st_ino = id->ino;
	st->st_mode &= ~(mode_t)S_ISVTX;
	st->st_nlink = 1;
	st->st_uid = shim.uid;
	st->st_gid = shim.gid;
	st->st_blksize = 4096;
	st->st_blocks = (st->st_size + 511) / 512;
	st->st_atim = st->st_ctim = st->st_mtim;
}

static void fix_dir(int fd, struct stat *st)
{
	char rel[KEY_REL_MAX / 2];
	long n = fd_rel(fd, rel, sizeof rel);
	struct view v;

	if (n < 0)
		return;
	view_dir(rel, (size_t)n, &v);
	view_to_stat(&v, st);
}

void fd_fix_stat(int fd, struct stat *st)
{
	struct identity id;
	int saved;

	if (!identity_marked(st->st_mode))
		return;
	saved = errno;
	if (S_ISREG(st->st_mode) && identity_get_fd(fd, &id) == 0)
		show_identity(&id, st);
	else if (S_ISDIR(st->st_mode))
		fix_dir(fd, st);
	errno = saved;
}

void path_fix_stat(int dirfd, const char *path, struct stat *st)
{
	struct identity id;
	int saved = errno;

	if (S_ISREG(st->st_mode) && (dirfd == AT_FDCWD || *path == '/') && identity_get_path(path, &id) == 0)
		show_identity(&id, st);
	errno = saved;
}
