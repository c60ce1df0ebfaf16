/*
 * What is recorded with a cached object: its ETag and when it was last known to be the remote's, in
 * user xattrs of the data file.
 *
 * user.larder.id (identity.h), user.larder.etag (as sent, with quotes), user.larder.validated
 * (seconds since 1970, decimal). Where the file system keeps no xattrs, all of these are unknown:
 * the object is trusted by the validity table alone and fetched again after its ttl.
 */
#ifndef LARDER_CACHE_META_H
#define LARDER_CACHE_META_H

#include <stdbool.h>
#include <stdint.h>

#define META_ETAG_MAX 255

struct meta {
	char etag[META_ETAG_MAX + 1]; /* "" if unknown */
	int64_t validated;            /* 0 if unknown */
	uint64_t ino;                 /* 0 if unknown */
	uint32_t dev;
};

/* Reads what is known of an open data file; unknown members are zero. */
void meta_read(int fd, struct meta *m);

/* Writes all of it. 0 or -errno (-EOPNOTSUPP: no xattrs here). */
int meta_write(int fd, const struct meta *m);

/* Notes that the object was found unchanged at `now`. The file may be read-only: works by its
 * owner. */
int meta_validated(int fd, int64_t now);

#endif
