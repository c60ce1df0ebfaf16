#include "cache/trash.h"
#include "cache/again.h"
#include "cache/beneath.h"
#include "cache/sidecar.h"
#include "cache/usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AHEAD_MAX 3600 /* s; who put a file here later than that from now had a wrong clock */

static int64_t now_seconds(const struct layout *l)
{
	return layout_now(l) / 1000;
}

/* A name that nothing has. */
static void make_name(const struct layout *l, char out[static NAME_MAX + 1])
{
	static atomic_uint serial;
	char owner[LAYOUT_OWNER_MAX];

	layout_owner(l, owner);
	snprintf(out, NAME_MAX + 1, "%010llx.%s.%u", (unsigned long long)now_seconds(l), owner,
	        ++serial);
}

static int link_to(int from_dir, const char *from, int to_dir, const char *to)
{
	return linkat(from_dir, from, to_dir, to, 0);
}

typedef int move_call(int from_dir, const char *from, int to_dir, const char *to);

static int move(const struct layout *l, int dir, const char *name, move_call *how)
{
	const char *none;
	int trash = beneath_make_parent(l, "trash/name", &none), err;
	char kept[NAME_MAX + 1];
	unsigned tries = 0;
	struct stat st;

	if (trash < 0)
		return trash;
	do {
		make_name(l, kept);
		err = how(dir, name, trash, kept) == 0 ? 0 : -errno;
		/* That it is not there may be said at once, if that is so. */
	} while (err && (err != -ENOENT || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) &&
	         (err == -EEXIST || again(l, err, &tries)));
	close(trash);
	return err;
}

int trash_put_at(const struct layout *l, int dir, const char *name)
{
	if (!l->grace)
		return unlinkat(dir, name, 0) == 0 ? 0 : -errno;
	return move(l, dir, name, renameat);
}

int trash_put(const struct layout *l, const char *rel)
{
	char path[LAYOUT_PATH_MAX];
	const char *name;
	int dir, err;

	snprintf(path, sizeof path, "data/%s", rel);
	dir = beneath_parent(l, path, &name);
	if (dir < 0)
		return dir;
	err = trash_put_at(l, dir, name);
	close(dir);
	if (!err)
		sidecar_remove(l, rel);
	return err;
}

int trash_keep_at(const struct layout *l, int dir, const char *name)
{
	struct stat st;
	int err;

	if (!l->grace || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return 0;
	err = move(l, dir, name, link_to);
	if (err == -EPERM || err == -EOPNOTSUPP || err == -ENOSYS || err == -EMLINK)
		err = move(l, dir, name, renameat);
	return err == -ENOENT ? 0 : err;
}

/* When a file was put here, by its name; -1 if that is none of ours. */
static int64_t time_of(const char *name)
{
	char *end;
	long long t;

	if (strspn(name, "0123456789abcdef") != strcspn(name, "."))
		return -1;
	t = strtoll(name, &end, 16);
	return *end == '.' && end != name && t >= 0 ? t : -1;
}

/* It counts from now on. */
static void stamp_again(const struct layout *l, int dir, const char *name)
{
	char new[NAME_MAX + 1];

	make_name(l, new);
	renameat(dir, name, dir, new);
}

int trash_sweep(const struct layout *l, uint64_t grace, struct trash_left *left)
{
	int64_t now = now_seconds(l), oldest = now - (int64_t)(grace / 1000);
	struct trash_left sum = {0};
	int fd = beneath_open(l, "trash", O_RDONLY | O_DIRECTORY, 0);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (!d && fd >= 0)
		close(fd);
	while (d && (e = readdir(d))) {
		int64_t put = time_of(e->d_name);
		struct stat st;

		if (put < 0 || fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (put <= oldest && unlinkat(fd, e->d_name, 0) == 0) {
			sum.gone_bytes += (uint64_t)usage_charge((uint64_t)st.st_size);
			sum.gone_files++;
			continue;
		}
		if (put > now + AHEAD_MAX)
			stamp_again(l, fd, e->d_name);
		sum.files++;
		sum.bytes += (uint64_t)usage_charge((uint64_t)st.st_size);
	}
	if (d)
		closedir(d);
	if (left)
		*left = sum;
	return d ? 0 : fd < 0 ? fd : -ENOMEM;
}
