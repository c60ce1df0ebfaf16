/* scandir(3), which reads directories by libc's own, inner calls. Not async-signal-safe, as the
 * real one is not. */
#include "shim/shim.h"

#include <stdlib.h>

/* Entries that the caller frees one by one, as scandir(3) has it. */
static int collect(DIR *d, struct dirent ***list, scan_filter filter)
{
	struct dirent **found = NULL, **bigger, *e;
	size_t n = 0, room = 0;

	while ((e = readdir(d))) {
		if (filter && !filter(e))
			continue;
		if (n == room) {
			room = room ? room * 2 : 64;
			bigger = realloc(found, room * sizeof *found); /* allow: realloc: ditto */
			if (!bigger)
				goto fail;
			found = bigger;
		}
		found[n] = malloc(sizeof *e); /* allow: malloc: scandir's caller frees it */
		if (!found[n])
			goto fail;
		memcpy(found[n++], e, sizeof *e);
	}
	*list = found ? found : malloc(sizeof *found); /* allow: malloc: as above */
	return (int)n;
fail:
	while (n--)
		free(found[n]); /* allow: free: as above */
	free(found);            /* allow: free: as above */
	return -ENOMEM;
}

static int compare_entries(const void *a, const void *b, void *compare)
{
	return ((scan_compare)compare)((const struct dirent **)a, (const struct dirent **)b);
}

static int scan(DIR *d, struct dirent ***list, scan_filter filter, scan_compare compare)
{
	int n = collect(d, list, filter);

	if (n > 0 && compare)
		qsort_r(*list, (size_t)n, sizeof **list, compare_entries, (void *)compare);
	closedir(d);
	return n;
}

/* scandirat is not in every libc. */
static int real_scandir(int dirfd_, const char *path, struct dirent ***list, scan_filter filter,
        scan_compare compare)
{
	return dirfd_ == AT_FDCWD ? REAL(scandir)(path, list, filter, compare)
	                          : REAL(scandirat)(dirfd_, path, list, filter, compare);
}

/* Opened as any other directory, whatever it turns out to be. */
static int scandir_at(int dirfd_, const char *path, struct dirent ***list, scan_filter filter,
        scan_compare compare)
{
	int fd = open_at(dirfd_, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), err;
	DIR *d;

	if (fd < 0)
		return fd;
	d = fdopendir(fd);
	if (d)
		return scan(d, list, filter, compare);
	err = -errno;
	sys_close(fd);
	return err;
}

EXPORT int scandirat(int dirfd_, const char *path, struct dirent ***list, scan_filter filter,
        scan_compare compare)
{
	if (!ours_at(dirfd_, path) && !ours_by_link(dirfd_, path)) {
		int n = real_scandir(dirfd_, path, list, filter, compare);

		if (n >= 0 || !ours_after(dirfd_, path))
			return n;
	}
	return (int)VIRTUAL(dirfd_, path, scandir_at(dirfd_, path, list, filter, compare));
}

EXPORT int scandir(
        const char *path, struct dirent ***list, scan_filter filter, scan_compare compare)
{
	return scandirat(AT_FDCWD, path, list, filter, compare);
}

TWIN_OF(scandir)
int scandir64(const char *path, struct dirent64 ***list, int (*filter)(const struct dirent64 *),
        int (*compare)(const struct dirent64 **, const struct dirent64 **));
TWIN_OF(scandirat)
int scandirat64(int dirfd, const char *path, struct dirent64 ***list,
        int (*filter)(const struct dirent64 *),
        int (*compare)(const struct dirent64 **, const struct dirent64 **));
