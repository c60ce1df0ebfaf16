/*
 * The caches of other tools as [category NAME] names them: how large they are, when they were last
 * used, and cleaning them by last use.
 *
 * What goes at once is a unit: a file, or with `unit = N` whatever stands N levels below the path,
 * with all that it holds (a package that is useless without one of its files). A unit was last used
 * when the last of its files was: by access or modification time, whichever is later. Links are
 * neither followed nor counted as use; other file systems below are left alone; a file with
 * several names is counted once.
 *
 * These folders are often writable by others, and an administrator cleans them: everything is
 * reached from the folder's descriptor by openat with O_NOFOLLOW, so that nobody can lead the
 * removal elsewhere by putting a link in its way. What is used between the look and the removal
 * stays, where the clock of the file system tells the difference.
 *
 * Thread-safe for different structs. 0 or -errno throughout.
 */
#ifndef LARDER_CACHE_CATEGORY_H
#define LARDER_CACHE_CATEGORY_H

#include "cache/read/config.h"

#include <stdbool.h>
#include <stdint.h>

#define CATEGORY_DEPTH_MAX 64 /* levels below the path; what is deeper is not looked at */

struct category_unit {
	const char *path; /* below the category's path */
	uint64_t bytes, files;
	int64_t used; /* seconds since 1970; 0 where it holds no file */
};

/* Called for each unit; `path` lives until it returns. Non-zero ends the walk and is its result. */
typedef int category_cb(void *arg, const struct category_unit *unit);

/* Walks a category. -ENOENT if the folder is not there. What may not be read is left out, and the
 * result is -EACCES at the end. */
int category_walk(const struct category *g, category_cb *cb, void *arg);

/* Removes a unit unless it was used after `used`, and then the empty folders above it, up to the
 * category's path. -EBUSY if it was used since; -EPERM for a category with `evict = never`. */
int category_remove(const struct category *g, const struct category_unit *unit);

/* Whether it may be cleaned at all: NULL, or why not, in words. A path that holds the user's home,
 * the cache, or a system folder is a mistake, whatever the configuration says. */
const char *category_refused(const struct config *c, const struct category *g);

#endif
