/*
 * A file on its way into the cache.
 *
 *	temp_create ── written by its owner ── temp_seal ── (syncfs) ── temp_publish
 *	                                          │
 *	                       may be opened and served from here on
 *
 * It lives in tmp/ under "<hash of rel>.<owner>.<number>" (layout_owner). Its owner holds a
 * lock on "tmp/.<owner>" for as long as it lives, so that a file which nobody owns any more can be
 *told (temp_clean). Publishing is a rename: who opens a file under data/ reads a whole object. An
 *unkept file has no name at all.
 */
#ifndef LARDER_CACHE_TEMP_H
#define LARDER_CACHE_TEMP_H

#include "cache/layout.h"
#include "cache/meta.h"

#include <sys/stat.h>

struct temp {
	int fd;
	bool kept;                        /* has a name, and will be published */
	int64_t replaced;                 /* once published: bytes of what went for it */
	char path[CONFIG_PATH_MAX + 160]; /* "" if unkept */
};

/* Makes the file. One to `keep` gets a name, unless the cache cannot be written; what has no name
 * gets room for `size` bytes (0: unknown), wherever on this host there is any. 0 or -errno. */
int temp_create(struct temp *t, const struct layout *l, uint64_t hash, uint64_t size, bool keep);

/* Room for so many bytes: a full disk is known before the download and not at its end. 0 or
 * -ENOSPC, -EDQUOT. */
int temp_reserve(const struct temp *t, uint64_t size);

/* A fresh read-only open of it, with an offset of its own. The descriptor or -errno. */
int temp_open(const struct temp *t);

/* The object is whole: sets times, mode and attributes. *st is what it is then. 0 or -errno. */
int temp_seal(struct temp *t, const struct layout *l, const struct meta *m, int64_t mtime,
        bool executable, struct stat *st);

/* Renames it to its place. A directory in its way wins (-EISDIR); an object in the way of one of
 * its folders goes. 0 or -errno. */
int temp_publish(struct temp *t, const struct layout *l, const char *rel);

/* Whether the cache's disk has room for `size` bytes without a name, beyond those that stay free.
 */
bool temp_fits(const struct layout *l, uint64_t size);

/* It goes on without a name, and will not be published. */
void temp_unkeep(struct temp *t);

/* Closes, and removes what was not published. */
void temp_release(struct temp *t);

/* What dead agents left in tmp/, with its path. Returns how many files. */
typedef void temp_left_cb(void *arg, const char *path);
int temp_left(const struct layout *l, temp_left_cb *cb, void *arg);

/* Removes it. Returns how many files. */
int temp_clean(const struct layout *l);

#endif
