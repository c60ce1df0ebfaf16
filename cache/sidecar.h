/*
 * What is recorded with an object where its file cannot carry it: a small text file beside.
 *
 * meta/<2 digits>/<14 digits>, by the hash of the rel. On a file system without user xattrs it has
 * all of struct meta; elsewhere only the time of a revalidation by who may not write the object's
 * attributes (a user.* attribute of a read-only file can be set by nobody but root).
 *
 *	larder-meta 1
 *	file <size> <mtime> <inode number, or 0>       that it describes
 *	validated <seconds>
 *	id <dev> <ino>
 *	etag <text>
 *	digest <text>
 *	checksum <text>                                or no such line, if there is none
 *	end <hash of all above>
 *
 * It counts for the file that it describes alone: one that does not match, is damaged or is none of
 * ours is as if it were not there, which costs a download. It is written after its object has its
 * name, by rename, so a crash leaves one of an older file, or none. Any thread; blocks.
 */
#ifndef LARDER_CACHE_SIDECAR_H
#define LARDER_CACHE_SIDECAR_H

#include "cache/layout.h"
#include "cache/meta.h"

#include <sys/stat.h>

#define SIDECAR_MAX 1024 /* bytes of one */

struct sidecar {
	uint64_t size, file_ino;
	int64_t mtime;
	struct meta meta;
};

/* Parses a file's bytes. 0 or -EBADMSG. */
int sidecar_parse(const char *text, size_t len, struct sidecar *out);

/* Its text; the length. */
size_t sidecar_format(const struct sidecar *s, char out[static SIDECAR_MAX]);

/* Appends the last line to `len` bytes of text; the length, or 0 if it has no room. */
size_t sidecar_seal(char text[static SIDECAR_MAX], size_t len);

/* Fills what *m does not know of the file `st` describes, and a later `validated`. False if there
 * is nothing about it. */
bool sidecar_read(const struct layout *l, const char *rel, const struct stat *st, struct meta *m);

/* 0 or -errno. */
int sidecar_write(
        const struct layout *l, const char *rel, const struct stat *st, const struct meta *m);

/* What is recorded with an open object, wherever it is: the digest only where it is in a sidecar.
 */
void sidecar_meta(
        const struct layout *l, const char *rel, int fd, const struct stat *st, struct meta *m);

/*
 * Records that an object, of which *m is known, was found unchanged at `now` (layout_now, seconds):
 * in its attributes; or where these cannot be written in a sidecar, and there at most once in
 * SIDECAR_PERIOD_S. What it is for (max_stale, other hosts) is no question of minutes.
 */
#define SIDECAR_PERIOD_S 3600
void sidecar_validated(const struct layout *l, const char *rel, int fd, const struct stat *st,
        const struct meta *m, int64_t now);

void sidecar_remove(const struct layout *l, const char *rel);

#endif
