#include "fetch/trust.h"
#include "cache/ids.h"
#include "cache/read/config_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL_XATTR "system.posix_acl_access"

/* Whether nobody but the owner and the agent's user is in the group. With an ACL, the bits of the
 * group are those of everybody whom it names. */
static bool group_is_private(int fd, const struct stat *st)
{
	return fgetxattr(fd, ACL_XATTR, NULL, 0) <= 0 &&
	       (ids_private_group(st->st_uid, st->st_gid) ||
	               ids_private_group(geteuid(), st->st_gid));
}

static int refuse(char err[static TRUST_ERROR_MAX], const char *path, const struct stat *st,
        const char *who, const char *what, const char *remedy)
{
	snprintf(err, TRUST_ERROR_MAX, "%s: %s can %s it (user %u, group %u, mode %04o); %s %s",
	        path, who, what, (unsigned)st->st_uid, (unsigned)st->st_gid,
	        (unsigned)(st->st_mode & 07777), remedy, path);
	return -EPERM;
}

int trust_file(int fd, const char *path, bool secret, char err[static TRUST_ERROR_MAX])
{
	struct stat st;
	bool alone;

	if (fstat(fd, &st) != 0) {
		snprintf(err, TRUST_ERROR_MAX, "%s: %s", path, strerror(errno));
		return -errno;
	}
	if (!config_owner_trusted(&st, geteuid()))
		return refuse(
		        err, path, &st, "its owner", "write", "make it yours or root's: chown");
	alone = !(st.st_mode & 070) || group_is_private(fd, &st);
	if (S_ISREG(st.st_mode) && ((st.st_mode & S_IWOTH) || (!alone && (st.st_mode & S_IWGRP))))
		return refuse(err, path, &st, "others", "write", "chmod go-w");
	if (secret && ((st.st_mode & S_IROTH) || (!alone && (st.st_mode & S_IRGRP))))
		return refuse(err, path, &st, "others", "read", "chmod go-rwx");
	return 0;
}

int trust_path(const char *path, bool secret, char err[static TRUST_ERROR_MAX])
{
	int fd, ret;

	if (!*path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		snprintf(err, TRUST_ERROR_MAX, "%s: cannot be read (%s)", path, strerror(errno));
		return -errno;
	}
	ret = trust_file(fd, path, secret, err);
	close(fd);
	return ret;
}
