/*
 * A file on its way into the cache.
 *
 *	temp_create ── written by its owner ── temp_seal ── (syncfs) ── temp_publish
 *	                                          │
 *	                       may be opened and served from here on
 *
 * It lives in tmp/ under "<hash of rel>.<owner>.<number>" (layout_owner). Whether its
 * owner still lives can be told (life.h). Publishing is a rename: who opens a file under data/
 *reads a whole object. An unkept file has no name at all.
 */
#ifndef LARDER_CACHE_TEMP_H
#define LARDER_CACHE_TEMP_H

#include "cache/layout.h"
#include "cache/meta.h"

#include <sys/stat.h>

struct temp {
	struct meta meta; /* for its sidecar, where there are no xattrs */
	int fd;
	bool kept;                        /* has a name, and will be published */
	int why;                          /* it should be kept and is not: -errno */
	char path[CONFIG_PATH_MAX + 160]; /* "" if unkept */
};

/* Makes the file. One to `keep` gets a name, unless the cache cannot be written; what has no name
 * gets room for `size` bytes (0: unknown), wherever on this host there is any. 0 or -errno. */
int temp_create(struct temp *t, struct layout *l, uint64_t hash, uint64_t size, bool keep);

/* Room for so many bytes: a full disk is known before the download and not at its end. 0 or
 * -ENOSPC, -EDQUOT. */
int temp_reserve(const struct temp *t, uint64_t size);

/* Writes all of it at an offset. Blocks; any thread. 0 or -errno. */
int temp_write(int fd, const char *bytes, size_t n, uint64_t at);

/* A fresh read-only open of it, with an offset of its own. The descriptor or -errno. */
int temp_open(const struct temp *t);

/* The object is whole: sets times, mode and attributes. *st is what it is then. 0 or -errno. */
int temp_seal(struct temp *t, const struct layout *l, const struct meta *m, int64_t mtime,
        bool executable, struct stat *st);

/* All of its bytes are with the server of a network file system, where a lost lock or a full disk
 * shows only now. Blocks; any thread. 0 or -errno: then it must not be published. */
int temp_store(const struct temp *t);

/*
 * Gives it its place. A directory in its way wins (-EISDIR); an object in the way of one of its
 * folders goes. `validated` is when its remote said that this is the object (struct meta): one that
 * is there and was said to be it later stays (-EEXIST), so that an agent which was stopped for long
 * does not put an older object in the place of a newer one. *replaced is the bytes of what went for
 * it. 0 or -errno. Blocks; any thread, while others open it.
 */
int temp_publish(const struct temp *t, const struct layout *l, const char *rel, int64_t validated,
        int64_t *replaced);

/* It has its place, and its name in tmp/ has gone. While nobody else looks at *t. */
void temp_published(struct temp *t);

/* Whether the cache's disk has room for `size` bytes without a name, beyond those that stay free.
 */
bool temp_fits(const struct layout *l, uint64_t size);

/* It goes on without a name, and will not be published. */
void temp_unkeep(struct temp *t);

/* Closes, and removes what was not published. */
void temp_release(struct temp *t);

/* A number that changes while somebody's temporary file for the object grows; 0 if there is none.
 * The server is asked, where attributes are cached. */
uint64_t temp_mark(const struct layout *l, uint64_t hash);

#endif
