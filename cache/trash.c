#include "cache/trash.h"
#include "cache/usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_TRIES 4
#define AHEAD_MAX  3600 /* s; who put a file here later than that from now had a wrong clock */

static int64_t now_seconds(const struct layout *l)
{
	return layout_now(l) / 1000;
}

/* A name that nothing has. */
static void make_name(const struct layout *l, char out[static LAYOUT_PATH_MAX])
{
	static atomic_uint serial;
	char owner[LAYOUT_OWNER_MAX];

	layout_owner(l, owner);
	snprintf(out, LAYOUT_PATH_MAX, "%s/trash/%010llx.%s.%u", l->location,
	        (unsigned long long)now_seconds(l), owner, ++serial);
}

/* Somebody emptied the cache under our feet. */
static bool make_folder(const struct layout *l)
{
	char path[LAYOUT_PATH_MAX];

	snprintf(path, sizeof path, "%s/trash", l->location);
	return mkdir(path, l->dir_mode) == 0;
}

static int move(
        const struct layout *l, const char *path, int (*how)(const char *from, const char *to))
{
	char name[LAYOUT_PATH_MAX];
	int err = -EEXIST;

	for (int i = 0; i < NAME_TRIES && err; i++) {
		make_name(l, name);
		err = how(path, name) == 0 ? 0 : -errno;
		/* ESTALE: what was known of the name is no longer so; the next try asks again. */
		if (err == -ENOENT ? !make_folder(l) : err != -EEXIST && err != -ESTALE)
			break;
	}
	return err;
}

int trash_put_path(const struct layout *l, const char *path)
{
	if (!l->grace)
		return unlink(path) == 0 ? 0 : -errno;
	return move(l, path, rename);
}

int trash_put(const struct layout *l, const char *rel)
{
	char path[LAYOUT_PATH_MAX];
	int err = layout_data(l, path, rel);

	return err ? err : trash_put_path(l, path);
}

int trash_keep(const struct layout *l, const char *path)
{
	struct stat st;
	int err;

	if (!l->grace)
		return 0;
	/* A folder is in nobody's way, and has no second name. */
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	err = move(l, path, link);
	if (err == -EPERM || err == -EOPNOTSUPP || err == -ENOSYS || err == -EMLINK)
		err = move(l, path, rename);
	return err == -ENOENT || err == -ENOTDIR ? 0 : err;
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
	char path[LAYOUT_PATH_MAX];

	make_name(l, path);
	renameat(dir, name, AT_FDCWD, path);
}

int trash_sweep(const struct layout *l, uint64_t grace, struct trash_left *left)
{
	int64_t now = now_seconds(l), oldest = now - (int64_t)(grace / 1000);
	struct trash_left sum = {0};
	char path[LAYOUT_PATH_MAX];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "%s/trash", l->location);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		int64_t put = time_of(e->d_name);
		struct stat st;

		if (put < 0 || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (put <= oldest && unlinkat(dirfd(d), e->d_name, 0) == 0) {
			sum.gone_bytes += (uint64_t)usage_charge((uint64_t)st.st_size);
			sum.gone_files++;
			continue;
		}
		if (put > now + AHEAD_MAX)
			stamp_again(l, dirfd(d), e->d_name);
		sum.files++;
		sum.bytes += (uint64_t)usage_charge((uint64_t)st.st_size);
	}
	if (d)
		closedir(d);
	if (left)
		*left = sum;
	return d ? 0 : -errno;
}
