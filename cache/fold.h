/*
 * Caches whose file system takes names that differ in case alone for one.
 *
 * Keys differ in case, and two of them would share a file there: each would be read as the other's
 * bytes. Nothing is kept in such a cache, and nothing that is in it is shown.
 */
#ifndef LARDER_CACHE_FOLD_H
#define LARDER_CACHE_FOLD_H

#include "cache/layout.h"

#define FOLD_ERROR                                                                                 \
	"%s folds case: two keys could share one file; mount it case-sensitively (Samba: 'case "   \
	"sensitive = yes' of the share), or choose another [cache] location" /* of the location */

/* Whether `path`, which is there, can be had by its last name in another case too: 1, 0, or -errno
 * where it cannot be told. Nobody else may have given something that other name. */
int fold_seen(int dir, const char *path);

/* Sets l->folds and closes the location of such a cache, with err; -ENOTUNIQ. 0 for others, and
 * -errno where it cannot be told. Any thread. */
int fold_refuse(struct layout *l, char err[static LAYOUT_ERROR_MAX]);

#endif
