/*
 * Whose word a configuration is. Who can write it decides what programs read, and with the agent's
 * credentials; so it must be root's, the user's own, and nobody else's to write. (An agent looks
 * at the group too: fetch/trust.h.)
 */
#include "cache/read/config_parts.h"
#include "cache/read/sys.h"

#define OVERFLOW_UID 65534 /* what the kernel shows for a user whom a container does not have */

/* In a container, root's file from outside belongs to nobody whom the container knows. */
static bool is_from_outside(const struct stat *st)
{
	static const char everybody[] = "         0          0 4294967295\n";
	char map[sizeof everybody];
	int fd;
	long n;

	if (st->st_uid != OVERFLOW_UID || (st->st_mode & (S_IWGRP | S_IWOTH)))
		return false;
	fd = sys_open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = sys_read(fd, map, sizeof map);
	sys_close(fd);
	if (n != sizeof everybody - 1)
		return n > 0;
	for (long i = 0; i < n; i++) {
		if (map[i] != everybody[i])
			return true;
	}
	return false;
}

bool config_owner_trusted(const struct stat *st, unsigned uid)
{
	return st->st_uid == 0 || st->st_uid == uid || is_from_outside(st);
}

int config_check_file(struct config *c, const char *path, int fd)
{
	struct stat st;
	int err = sys_fstat(fd, &st);

	if (err)
		return err;
	if (!config_owner_trusted(&st, c->uid))
		config_fail(c, 0,
		        "%s: belongs to user %u, who could write into it what he likes; it must be "
		        "yours or root's",
		        path, st.st_uid);
	else if (S_ISREG(st.st_mode) && (st.st_mode & S_IWOTH))
		config_fail(c, 0, "%s: everybody can write it (mode %04o); chmod go-w %s", path,
		        st.st_mode & 07777, path);
	else
		return 0;
	return -EPERM;
}
