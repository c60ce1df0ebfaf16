/*
 * syscall(2): programs that go round libc's names (libuv stats through it). The numbers that take a
 * path go to the same logic; all others are passed on by a tail call, with every register as it
 * was.
 */
#include "shim/dents.h"
#include "shim/openat2.h"
#include "shim/refuse.h"

#include <linux/prctl.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

/* Not the variadic declaration: seven plain arguments lie where the caller's do. */
EXPORT long shim_syscall(long nr, long a, long b, long c, long d, long e, long f) __asm__(
        "syscall");

/* <unistd.h> would declare syscall() in its variadic form. */
int chown(const char *path, uid_t uid, gid_t gid);
int execve(const char *path, char *const argv[], char *const envp[]);
int execveat(int dirfd, const char *path, char *const argv[], char *const envp[], int flags);
int fchdir(int fd);
int fchown(int fd, uid_t uid, gid_t gid);
int fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags);
char *getcwd(char *buf, size_t size);
int lchown(const char *path, uid_t uid, gid_t gid);
int link(const char *from, const char *to);
int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int symlink(const char *target, const char *path);
int symlinkat(const char *target, int dirfd, const char *path);
int truncate(const char *path, off_t length);
int unlinkat(int dirfd, const char *path, int flags);

/* As above: five plain arguments. */
EXPORT int shim_prctl(int option, long a, long b, long c, long d) __asm__("prctl");

static const char *str(long p)
{
	return (const char *)p;
}

static long traced_openat2(int dirfd, const char *path, const struct open_how *how, size_t size)
{
	return RESULT(TRACED("openat2", dirfd, path, openat2_at(dirfd, path, how, size)));
}

static long traced_access(const char *call, int dirfd, const char *path, int mode, int flags)
{
	return RESULT(TRACED(call, dirfd, path, access_at(dirfd, path, mode, flags)));
}

static long traced_readlink(const char *call, int dirfd, const char *path, char *buf, size_t size)
{
	return RESULT(TRACED(call, dirfd, path, readlink_at(dirfd, path, buf, size)));
}

/* The kernel's form: the length with the NUL. */
static long getcwd_length(char *buf, size_t size)
{
	return getcwd(buf, size) ? (long)strlen(buf) + 1 : -1;
}

int shim_prctl(int option, long a, long b, long c, long d)
{
	if (UNLIKELY(option == PR_SET_SECCOMP))
		shim.sandboxed = true;
	return REAL(prctl)(option, a, b, c, d);
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
		return traced_access("access", AT_FDCWD, str(a), (int)b, 0);
	case SYS_readlink:
		return traced_readlink("readlink", AT_FDCWD, str(a), (char *)b, (size_t)c);
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
	case SYS_link:
		return link(str(a), str(b));
	case SYS_symlink:
		return symlink(str(a), str(b));
	case SYS_mknod:
		return mknod(str(a), (mode_t)b, (dev_t)c);
	case SYS_chown:
		return chown(str(a), (uid_t)b, (gid_t)c);
	case SYS_lchown:
		return lchown(str(a), (uid_t)b, (gid_t)c);
	case SYS_utime:
		return utime(str(a), (const struct utimbuf *)b);
	case SYS_utimes:
		return utimes(str(a), (const struct timeval *)b);
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
		return traced_access("faccessat", (int)a, str(b), (int)c, 0);
#ifdef SYS_faccessat2
	case SYS_faccessat2:
		return traced_access("faccessat2", (int)a, str(b), (int)c, (int)d);
#endif
	case SYS_readlinkat:
		return traced_readlink("readlinkat", (int)a, str(b), (char *)c, (size_t)d);
	case SYS_chdir:
		return RESULT(chdir_as("chdir", str(a)));
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
	case SYS_openat2:
		if (!b || !c || (size_t)d < sizeof(struct open_how) ||
		        !openat2_may_be_ours((int)a, str(b), (const struct open_how *)c))
			break;
		return traced_openat2((int)a, str(b), (const struct open_how *)c, (size_t)d);
	case SYS_getcwd:
		if (!a || !shim.cwd_ours)
			break;
		return getcwd_length((char *)a, (size_t)b);
	case SYS_linkat:
		return linkat((int)a, str(b), (int)c, str(d), (int)e);
	case SYS_symlinkat:
		return symlinkat(str(a), (int)b, str(c));
	case SYS_mknodat:
		return mknodat((int)a, str(b), (mode_t)c, (dev_t)d);
#ifdef SYS_renameat
	case SYS_renameat:
		return renameat((int)a, str(b), (int)c, str(d));
#endif
	case SYS_truncate:
		return truncate(str(a), (off_t)b);
	case SYS_setxattr:
		return setxattr(str(a), str(b), str(c), (size_t)d, (int)e);
	case SYS_lsetxattr:
		return lsetxattr(str(a), str(b), str(c), (size_t)d, (int)e);
	case SYS_removexattr:
		return removexattr(str(a), str(b));
	case SYS_lremovexattr:
		return lremovexattr(str(a), str(b));
	case SYS_fchmod:
		return fchmod((int)a, (mode_t)b);
	case SYS_fchown:
		return fchown((int)a, (uid_t)b, (gid_t)c);
	case SYS_fsetxattr:
		return fsetxattr((int)a, str(b), str(c), (size_t)d, (int)e);
	case SYS_fremovexattr:
		return fremovexattr((int)a, str(b));
	case SYS_utimensat:
		/* libc's refuses a descriptor without a path, which this call takes. */
		if (!b && !refuse_fd((int)a, false))
			break;
		if (!b)
			return REFUSED((int)a, NULL, -EROFS);
		return utimensat((int)a, str(b), (const struct timespec *)c, (int)d);
#ifdef SYS_futimesat
	case SYS_futimesat:
		return futimesat((int)a, str(b), (const struct timeval *)c);
#endif
	case NR_FCHMODAT2:
		return fchmodat2_at((int)a, str(b), (mode_t)c, (int)d);
	case SYS_ioctl:
		return shim_ioctl((int)a, (unsigned long)b, c);
	case SYS_statfs:
		return statfs(str(a), (struct statfs *)b);
	case SYS_fstatfs:
		return fstatfs((int)a, (struct statfs *)b);
	case SYS_getxattr:
		return getxattr(str(a), str(b), (void *)c, (size_t)d);
	case SYS_lgetxattr:
		return lgetxattr(str(a), str(b), (void *)c, (size_t)d);
	case SYS_fgetxattr:
		return fgetxattr((int)a, str(b), (void *)c, (size_t)d);
	case SYS_listxattr:
		return listxattr(str(a), (char *)b, (size_t)c);
	case SYS_llistxattr:
		return llistxattr(str(a), (char *)b, (size_t)c);
	case SYS_flistxattr:
		return flistxattr((int)a, (char *)b, (size_t)c);
	case SYS_inotify_add_watch:
		return inotify_add_watch((int)a, str(b), (uint32_t)c);
	case SYS_fanotify_mark:
		return fanotify_mark((int)a, (unsigned)b, (uint64_t)c, (int)d, str(e));
	case SYS_name_to_handle_at:
		return name_to_handle_at((int)a, str(b), (struct file_handle *)c, (int *)d, (int)e);
	case SYS_getdents64:
		return getdents64((int)a, (void *)b, (size_t)c);
#ifdef SYS_getdents
	case SYS_getdents:
		return getdents_old((int)a, (void *)b, (size_t)c);
#endif
	case SYS_seccomp:
		shim.sandboxed = true;
		break;
	case SYS_prctl:
		shim.sandboxed |= a == PR_SET_SECCOMP;
		break;
	case SYS_execve:
		return execve(str(a), (char *const *)b, (char *const *)c);
	case SYS_execveat:
		return execveat((int)a, str(b), (char *const *)c, (char *const *)d, (int)e);
	default:
		break;
	}
	return REAL(syscall)(nr, a, b, c, d, e, f);
}
