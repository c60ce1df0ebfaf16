/*
 * The stream of a real folder above a prefix: the disk's names, then those that lead on to prefixes
 * and that the disk does not have. Part of a stream of dir.c; as those, for one thread at a time.
 */
#ifndef LARDER_SHIM_ABOVE_DIR_H
#define LARDER_SHIM_ABOVE_DIR_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

struct above_dir {
	DIR *real;
	const char *path; /* in the configuration, len bytes of it */
	size_t len;
	bool ended; /* the disk's names have been read */
	int next;   /* profile to look at */
};

/* `path`, of `len` bytes, is above a prefix. */
void above_dir_begin(struct above_dir *a, DIR *stream, const char *path, size_t len);

/* The next entry, of the real stream or in `entry`; NULL at the end. */
struct dirent *above_dir_next(struct above_dir *a, struct dirent *entry);

long above_dir_tell(const struct above_dir *a);
void above_dir_seek(struct above_dir *a, long at); /* to what tell said, or 0: the beginning */

#endif
