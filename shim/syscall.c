/*
 * syscall(2): programs that go round libc's names (libuv stats through it). The numbers that take a
 * path go to the same logic; all others are passed on by a tail call, with every register as it
 * was.
 */
#include "shim/shim.h"

/* Not the variadic declaration: seven plain arguments lie where the caller's do. */
EXPORT long shim_syscall(long nr, long a, long b, long c, long d, long e, long f) __asm__(
        "syscall");

int fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags);
int unlinkat(int dirfd, const char *path, int flags);
int fchdir(int fd);

static const char *str(long p)
{
	return (const char *)p;
}

long shim_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	switch (nr) {
#ifdef SYS_open
	case SYS_open:
		return open(str(a), (int)b, (mode_t)c);
	case SYS_creat:
		return creat(str(a), (mode_t)b);
	case SYS_stat:
		return stat(str(a), (struct stat *)b);
	case SYS_lstat:
		return lstat(str(a), (struct stat *)b);
	case SYS_access:
		return RESULT(access_at(AT_FDCWD, str(a), (int)b, 0));
	case SYS_readlink:
		return RESULT(readlink_at(AT_FDCWD, str(a), (char *)b, (size_t)c));
	case SYS_mkdir:
		return mkdir(str(a), (mode_t)b);
	case SYS_rmdir:
		return unlinkat(AT_FDCWD, str(a), AT_REMOVEDIR);
	case SYS_unlink:
		return unlinkat(AT_FDCWD, str(a), 0);
	case SYS_rename:
		return rename(str(a), str(b));
	case SYS_chmod:
		return chmod(str(a), (mode_t)b);
#endif
	case SYS_openat:
		return openat((int)a, str(b), (int)c, (mode_t)d);
	case SYS_newfstatat:
		return fstatat((int)a, str(b), (struct stat *)c, (int)d);
	case SYS_fstat:
		return fstat((int)a, (struct stat *)b);
	case SYS_statx:
		return statx((int)a, str(b), (int)c, (unsigned)d, (struct statx *)e);
	case SYS_faccessat:
		return RESULT(access_at((int)a, str(b), (int)c, 0));
#ifdef SYS_faccessat2
	case SYS_faccessat2:
		return RESULT(access_at((int)a, str(b), (int)c, (int)d));
#endif
	case SYS_readlinkat:
		return RESULT(readlink_at((int)a, str(b), (char *)c, (size_t)d));
	case SYS_chdir:
		return RESULT(chdir_at(str(a)));
	case SYS_fchdir:
		return fchdir((int)a);
	case SYS_mkdirat:
		return mkdirat((int)a, str(b), (mode_t)c);
	case SYS_unlinkat:
		return unlinkat((int)a, str(b), (int)c);
	case SYS_renameat2:
		return renameat2((int)a, str(b), (int)c, str(d), (unsigned)e);
	case SYS_fchmodat:
		return fchmodat((int)a, str(b), (mode_t)c, 0);
	case SYS_fchownat:
		return fchownat((int)a, str(b), (uid_t)c, (gid_t)d, (int)e);
	case SYS_utimensat:
		return utimensat((int)a, str(b), (const struct timespec *)c, (int)d);
	default:
		return REAL(syscall)(nr, a, b, c, d, e, f);
	}
}
