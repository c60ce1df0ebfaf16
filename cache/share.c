#include "cache/share.h"
#include "cache/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define GROUP_DIR    02770
#define GROUP_TOP    03770 /* sticky: no member puts another folder in the place of tmp/ or data/ */
#define SYSTEM_DIR   0755
#define SETTLE_TRIES 20 /* while another member's agent is making the folder */
#define SETTLE_NS    50000000L

mode_t share_umask(const struct config *c)
{
	return c->cache.system ? 022 : *c->cache.group ? 007 : 077;
}

int share_modes(struct layout *l, const struct config *c, char err[static LAYOUT_ERROR_MAX])
{
	int ret = 0;

	l->dir_mode = l->data_dir_mode = l->gate_mode = 0700;
	l->file_mode = 0600;
	l->gid = (gid_t)-1;
	if (l->system)
		l->data_dir_mode = SYSTEM_DIR;
	if (l->system || !*c->cache.group)
		return 0;
	/* With the mark that they inherit from the location. */
	l->dir_mode = l->data_dir_mode = l->gate_mode = 0770;
	l->file_mode = 0660;
	ret = ids_group(c->cache.group, &l->gid);
	if (ret)
		snprintf(err, LAYOUT_ERROR_MAX,
		        "there is no group '%s' (%s); set [cache] group to one that 'getent group' "
		        "knows",
		        c->cache.group, strerror(-ret));
	return ret;
}

bool share_is_for_group(const struct layout *l, const struct stat *st)
{
	return st->st_gid == l->gid && (st->st_mode & GROUP_DIR) == GROUP_DIR &&
	       !(st->st_mode & S_IWOTH);
}

/* A folder of ours gets the group and its modes; another's must have them. */
static int share_folder(const struct layout *l, int fd, mode_t mode)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (share_is_for_group(l, &st))
		return 0;
	if (st.st_uid != geteuid())
		return -EPERM;
	return fchown(fd, (uid_t)-1, l->gid) == 0 && fchmod(fd, mode) == 0 ? 0 : -errno;
}

static int share_subfolders(const struct layout *l, int top)
{
	static const char names[][8] = {LAYOUT_FOLDERS};
	int ret = 0;

	for (size_t i = 0; !ret && i < sizeof names / sizeof names[0]; i++) {
		int fd = openat(top, names[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return errno == ENOENT ? 0 : -errno; /* about to be made */
		ret = share_folder(l, fd, GROUP_DIR);
		close(fd);
	}
	return ret;
}

static int share_with_group(const struct layout *l)
{
	struct timespec pause = {.tv_nsec = SETTLE_NS};
	int ret = -EPERM;

	for (int i = 0; (ret == -EPERM || ret == -EACCES) && i < SETTLE_TRIES; i++) {
		int fd = open(l->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (i)
			nanosleep(&pause, NULL);
		ret = fd >= 0 ? share_folder(l, fd, GROUP_TOP) : -errno;
		if (!ret)
			ret = share_subfolders(l, fd);
		if (fd >= 0)
			close(fd);
	}
	return ret;
}

static bool is_member(gid_t gid)
{
	gid_t groups[IDS_GROUPS_MAX];
	int n = getgroups(IDS_GROUPS_MAX, groups);

	for (int i = 0; i < n; i++) {
		if (groups[i] == gid)
			return true;
	}
	return getegid() == gid || geteuid() == 0;
}

void share_explain(const struct layout *l, int error, char err[static LAYOUT_ERROR_MAX])
{
	if (l->gid == (gid_t)-1)
		snprintf(err, LAYOUT_ERROR_MAX,
		        "%s: %s; objects are served without being kept: make the folder writable, "
		        "or choose another [cache] location",
		        l->location, strerror(-error));
	else if (!is_member(l->gid))
		snprintf(err, LAYOUT_ERROR_MAX,
		        "%s is the cache of group %u, and user %u is not in it: objects are served "
		        "without being kept; ask for the membership, or set [cache] location to a "
		        "folder of your own",
		        l->location, (unsigned)l->gid, (unsigned)geteuid());
	else
		snprintf(err, LAYOUT_ERROR_MAX,
		        "%s is not writable for all of group %u (%s); its owner runs: chgrp -R %u "
		        "%s && find %s -type d -exec chmod 2770 {} +",
		        l->location, (unsigned)l->gid, strerror(-error), (unsigned)l->gid,
		        l->location, l->location);
}

int share_location(const struct layout *l, char err[static LAYOUT_ERROR_MAX])
{
	struct stat st;

	if (l->gid != (gid_t)-1)
		return share_with_group(l);
	if (stat(l->location, &st) != 0)
		return -errno;
	if (l->system && st.st_uid == geteuid() && (st.st_mode & 0777) != SYSTEM_DIR &&
	        chmod(l->location, SYSTEM_DIR) == 0)
		st.st_mode = (st.st_mode & ~(mode_t)0777) | SYSTEM_DIR;
	if (l->system && (st.st_uid != geteuid() || (st.st_mode & 022))) {
		snprintf(err, LAYOUT_ERROR_MAX,
		        "%s must belong to the agent's user, and nobody else may write it: chown "
		        "%u %s && chmod 755 %s",
		        l->location, (unsigned)geteuid(), l->location, l->location);
		return -EPROTO;
	}
	if (!l->system && (st.st_mode & 022))
		snprintf(err, LAYOUT_ERROR_MAX,
		        "%s can be written by others (mode %04o), who could put bytes of their own "
		        "there: chmod 700 %s, or share it by [cache] group",
		        l->location, (unsigned)(st.st_mode & 07777), l->location);
	return 0;
}
