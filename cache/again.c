#include "cache/again.h"
#include "cache/read/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool again(const struct layout *l, int error, unsigned *tries)
{
	bool passing = error == -ESTALE || error == -EREMOTEIO ||
	               (l->network && (error == -EPERM || error == -ENOENT || error == -EINVAL));

	if (!passing || *tries >= AGAIN_TRIES)
		return false;
	sys_sleep_ms(AGAIN_PAUSE_MS << (*tries)++);
	return true;
}

/* Whether the server has the folder. */
static bool ask(const struct layout *l, const char *folder)
{
	struct statx st;

	return statx(l->location_fd, folder, AT_STATX_FORCE_SYNC | AT_SYMLINK_NOFOLLOW,
	               STATX_BASIC_STATS, &st) == 0;
}

/* `len` bytes of the path are a folder. */
static void look(const struct layout *l, char *path, size_t len)
{
	const char *slash;
	char end = path[len];

	path[len] = 0;
	slash = strrchr(path, '/');
	if (!ask(l, path) && slash) {
		look(l, path, (size_t)(slash - path));
		ask(l, path);
	}
	path[len] = end;
}

void again_look(const struct layout *l, const char *path)
{
	const char *slash = strrchr(path, '/');
	char copy[LAYOUT_PATH_MAX];

	if (!l->network || !slash || strlen(path) >= sizeof copy)
		return;
	memcpy(copy, path, strlen(path) + 1);
	look(l, copy, (size_t)(slash - path));
	/* SMB believes for a second that a name is absent, whatever becomes of its folder; a name
	 * that is about to be made is always asked for. This one is not made: folders have no
	 * second name. */
	linkat(l->location_fd, ".", l->location_fd, path, 0);
}
