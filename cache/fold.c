#include "cache/fold.h"
#include "cache/again.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_LEN (LAYOUT_OWNER_MAX + sizeof "tmp/.case.")

/* Every other letter, which gives names that nobody makes on purpose. */
static void change_case(char *name)
{
	for (size_t i = 0; name[i]; i++) {
		if (i % 2 && isalpha((unsigned char)name[i]))
			name[i] ^= 'a' ^ 'A';
	}
}

int fold_seen(int dir, const char *path)
{
	char other[NAME_MAX_LEN], *slash;
	struct stat st;

	if (snprintf(other, sizeof other, "%s", path) >= (int)sizeof other)
		return -ENAMETOOLONG;
	slash = strrchr(other, '/');
	change_case(slash ? slash + 1 : other);
	/* It is enough that it is there. Inode numbers are the client's own on some mounts, another
	 * for each name. */
	if (fstatat(dir, other, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/* Of a new file, whose name no client can have an answer for. Where none can be made, of a folder
 * that each cache has: what others have put there is read from such caches. */
static int look(const struct layout *l)
{
	char name[NAME_MAX_LEN], owner[LAYOUT_OWNER_MAX];
	unsigned tries = 0;
	int fd, seen;

	layout_owner(l, owner);
	snprintf(name, sizeof name, "tmp/.case.%s", owner);
	fd = openat(
	        l->location_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	do
		seen = fold_seen(l->location_fd, fd >= 0 ? name : "data");
	while (seen < 0 && again(l, seen, &tries));
	if (fd >= 0) {
		unlinkat(l->location_fd, name, 0);
		close(fd);
	}
	return seen;
}

int fold_refuse(struct layout *l, char err[static LAYOUT_ERROR_MAX])
{
	int seen = l->location_fd >= 0 ? look(l) : 0;

	if (seen <= 0)
		return seen;
	l->folds = true;
	snprintf(err, LAYOUT_ERROR_MAX, FOLD_ERROR "; objects are served without being kept",
	        l->location);
	close(l->location_fd);
	l->location_fd = -1;
	return -ENOTUNIQ;
}
