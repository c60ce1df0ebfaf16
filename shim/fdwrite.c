/*
 * Calls that change a file by its descriptor. A cached file is read-only for everybody but the
 * agent: without this, its owner could change its mode and times, and root its content.
 */
#include "shim/refuse.h"

#include <linux/fs.h>
#include <linux/fsverity.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CHANGE_FD(fd, call) (refuse_fd(fd, false) ? (int)REFUSED(fd, NULL, -EROFS) : (call))

EXPORT int fchmod(int fd, mode_t mode)
{
	return CHANGE_FD(fd, REAL(fchmod)(fd, mode));
}

EXPORT int fchown(int fd, uid_t uid, gid_t gid)
{
	return CHANGE_FD(fd, REAL(fchown)(fd, uid, gid));
}

EXPORT int futimes(int fd, const struct timeval *times)
{
	return CHANGE_FD(fd, REAL(futimes)(fd, times));
}

EXPORT int futimens(int fd, const struct timespec *times)
{
	return CHANGE_FD(fd, REAL(futimens)(fd, times));
}

EXPORT int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
	return CHANGE_FD(fd, REAL(fsetxattr)(fd, name, value, size, flags));
}

EXPORT int fremovexattr(int fd, const char *name)
{
	return CHANGE_FD(fd, REAL(fremovexattr)(fd, name));
}

/* The requests that change a file's attributes without a descriptor for writing. */
EXPORT int shim_ioctl(int fd, unsigned long request, long arg)
{
	if (UNLIKELY(request == FS_IOC_SETFLAGS || request == FS_IOC_FSSETXATTR ||
	             request == FS_IOC_ENABLE_VERITY || request == FS_IOC_SET_ENCRYPTION_POLICY) &&
	        refuse_fd(fd, false))
		return (int)REFUSED(fd, NULL, -EROFS);
	return REAL(ioctl)(fd, request, arg);
}
