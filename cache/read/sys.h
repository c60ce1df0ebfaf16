/*
 * System calls made directly.
 *
 * The shim exports open(), fstat(), syscall() and many more; code that runs inside it must reach
 * the kernel and not itself, and must not touch errno. Each function returns what the kernel
 * returns: a value, or -errno. All are async-signal-safe and none is a cancellation point. Linux on
 * x86-64 and AArch64.
 */
#ifndef LARDER_CACHE_READ_SYS_H
#define LARDER_CACHE_READ_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#if defined(__x86_64__)
static inline long sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
	                 : "=a"(ret)
	                 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
	                 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static inline long sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
	                 : "+r"(x0)
	                 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
	                 : "memory");
	return x0;
}
#else
#error "larder makes system calls directly; add this architecture to cache/read/sys.h"
#endif

static inline int sys_openat(int dirfd, const char *path, int flags, int mode)
{
	return (int)sys_call(SYS_openat, dirfd, (long)path, flags, mode, 0, 0);
}

static inline int sys_open(const char *path, int flags)
{
	return sys_openat(AT_FDCWD, path, flags, 0);
}

static inline int sys_close(int fd)
{
	return (int)sys_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

static inline long sys_read(int fd, void *buf, size_t n)
{
	return sys_call(SYS_read, fd, (long)buf, (long)n, 0, 0, 0);
}

static inline long sys_write(int fd, const void *buf, size_t n)
{
	return sys_call(SYS_write, fd, (long)buf, (long)n, 0, 0, 0);
}

static inline int sys_fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	return (int)sys_call(SYS_newfstatat, dirfd, (long)path, (long)st, flags, 0, 0);
}

static inline int sys_fstat(int fd, struct stat *st)
{
	return (int)sys_call(SYS_fstat, fd, (long)st, 0, 0, 0, 0);
}

static inline long sys_readlink(const char *path, char *buf, size_t size)
{
	return sys_call(SYS_readlinkat, AT_FDCWD, (long)path, (long)buf, (long)size, 0, 0);
}

/* Returns the length with the NUL, as the kernel does. */
static inline long sys_getcwd(char *buf, size_t size)
{
	return sys_call(SYS_getcwd, (long)buf, (long)size, 0, 0, 0, 0);
}

static inline int sys_fcntl(int fd, int cmd, long arg)
{
	return (int)sys_call(SYS_fcntl, fd, cmd, arg, 0, 0, 0);
}

static inline long sys_fgetxattr(int fd, const char *name, void *buf, size_t size)
{
	return sys_call(SYS_fgetxattr, fd, (long)name, (long)buf, (long)size, 0, 0);
}

static inline long sys_getxattr(const char *path, const char *name, void *buf, size_t size)
{
	return sys_call(SYS_getxattr, (long)path, (long)name, (long)buf, (long)size, 0, 0);
}

/* MAP_FAILED on an error; the caller needs no more than that. */
static inline void *sys_mmap(size_t len, int prot, int flags, int fd)
{
	long p = sys_call(SYS_mmap, 0, (long)len, prot, flags, fd, 0);

	return p < 0 && p > -4096 ? MAP_FAILED : (void *)p;
}

static inline int sys_munmap(const void *p, size_t len)
{
	return (int)sys_call(SYS_munmap, (long)p, (long)len, 0, 0, 0, 0);
}

static inline int sys_socket(int domain, int type, int protocol)
{
	return (int)sys_call(SYS_socket, domain, type, protocol, 0, 0, 0);
}

static inline int sys_connect(int fd, const void *addr, socklen_t len)
{
	return (int)sys_call(SYS_connect, fd, (long)addr, len, 0, 0, 0);
}

static inline long sys_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return sys_call(SYS_sendmsg, fd, (long)msg, flags, 0, 0, 0);
}

static inline long sys_recvmsg(int fd, struct msghdr *msg, int flags)
{
	return sys_call(SYS_recvmsg, fd, (long)msg, flags, 0, 0, 0);
}

static inline int sys_getsockopt(int fd, int level, int name, void *val, socklen_t *len)
{
	return (int)sys_call(SYS_getsockopt, fd, level, name, (long)val, (long)len, 0);
}

static inline unsigned sys_getuid(void)
{
	return (unsigned)sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
}

static inline int sys_mkdir(const char *path, int mode)
{
	return (int)sys_call(SYS_mkdirat, AT_FDCWD, (long)path, mode, 0, 0, 0);
}

static inline int sys_flock(int fd, int op)
{
	return (int)sys_call(SYS_flock, fd, op, 0, 0, 0, 0);
}

static inline void sys_sleep_ms(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	sys_call(SYS_nanosleep, (long)&t, 0, 0, 0, 0, 0);
}

#endif
