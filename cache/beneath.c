#include "cache/beneath.h"
#include "cache/trash.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOLDER      (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define MAKE_TRIES  8 /* of a folder that others make and remove at the same time */
#define OPEN2_TRIES 4 /* of a walk during which something was renamed */

/* The folder above the last component, as text. -ENAMETOOLONG. */
static int split(const char *path, char out[static LAYOUT_PATH_MAX], const char **name)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (n >= LAYOUT_PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(out, path, n);
	out[n] = 0;
	*name = slash ? slash + 1 : path;
	return 0;
}

/* A component in a folder's place that is none. Somebody may be reading the object. */
static void clear_way(const struct layout *l, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(st.st_mode))
		return;
	if (!S_ISREG(st.st_mode) || trash_put_at(l, dir, name) != 0)
		unlinkat(dir, name, 0);
}

static int enter(const struct layout *l, int dir, const char *name, mode_t mode, bool make)
{
	int fd = openat(dir, name, FOLDER);

	for (int i = 0; fd < 0 && make && i < MAKE_TRIES; i++) {
		if (errno == ENOTDIR || errno == ELOOP)
			clear_way(l, dir, name);
		else if (errno != ENOENT)
			break;
		if (mkdirat(dir, name, mode) != 0 && errno != EEXIST)
			break;
		fd = openat(dir, name, FOLDER);
	}
	return fd >= 0 ? fd : -errno;
}

/* One component after the other, which any kernel can. */
static int walk(const struct layout *l, char *path, bool make)
{
	int dir = fcntl(l->location_fd, F_DUPFD_CLOEXEC, 0), depth = 0;
	bool data = strncmp(path, "data", 4) == 0 && (path[4] == '/' || !path[4]);
	char *rest = path, *name;

	if (dir < 0)
		return -errno;
	while ((name = strsep(&rest, "/"))) {
		mode_t mode = !data ? l->dir_mode : depth == 1 ? l->gate_mode : l->data_dir_mode;
		int next = enter(l, dir, name, mode, make);

		depth++;
		close(dir);
		if (next < 0)
			return next;
		dir = next;
	}
	return dir;
}

static int open_at_once(const struct layout *l, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
	        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	long fd = -1;

	errno = EAGAIN;
	for (int i = 0; fd < 0 && errno == EAGAIN && i < OPEN2_TRIES; i++)
		fd = syscall(SYS_openat2, l->location_fd, path, &how, sizeof how);
	return fd >= 0 ? (int)fd : -errno;
}

static int open_parent(const struct layout *l, const char *path, bool make, const char **name)
{
	char folder[LAYOUT_PATH_MAX];
	int fd = split(path, folder, name);

	if (fd)
		return fd;
	if (l->location_fd < 0)
		return -ENOENT;
	fd = open_at_once(l, *folder ? folder : ".");
	if (fd >= 0 || !*folder)
		return fd;
	/* Before Linux 5.6, or in a sandbox that does not know the call. */
	if (make || fd == -ENOSYS || fd == -EPERM || fd == -EAGAIN)
		fd = walk(l, folder, make);
	return fd;
}

int beneath_parent(const struct layout *l, const char *path, const char **name)
{
	return open_parent(l, path, false, name);
}

int beneath_make_parent(const struct layout *l, const char *path, const char **name)
{
	return open_parent(l, path, true, name);
}

int beneath_open(const struct layout *l, const char *path, int flags, mode_t mode)
{
	const char *name;
	int dir = beneath_parent(l, path, &name), fd, err;

	if (dir < 0)
		return dir;
	fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode);
	err = fd < 0 ? -errno : fd;
	close(dir);
	return err;
}
