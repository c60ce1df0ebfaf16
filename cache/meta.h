/*
 * What is recorded with a cached object: its ETag and when it was last known to be the remote's, in
 * user xattrs of the data file.
 *
 * user.larder.id (identity.h), user.larder.etag (as sent, with quotes), user.larder.validated
 * (seconds since 1970, decimal), user.larder.digest (of the bytes, at the fill),
 * user.larder.checksum (the store's, which they were found to have), and for records alone,
 * written and not read here, user.larder.store-version (by which the store keeps it). Where the
 * file system keeps no xattrs, a sidecar has them (sidecar.h).
 */
#ifndef LARDER_CACHE_META_H
#define LARDER_CACHE_META_H

#include <stdbool.h>
#include <stdint.h>

#define META_ETAG_MAX     255
#define META_DIGEST_MAX   63
#define META_CHECKSUM_MAX 95
#define META_VERSION_MAX  128

struct meta {
	char etag[META_ETAG_MAX + 1]; /* "" if unknown */
	int64_t validated;            /* 0 if unknown */
	uint64_t ino;                 /* 0 if unknown */
	uint32_t dev;
	char digest[META_DIGEST_MAX + 1];     /* fetch/digest.h; "" if none was made */
	char checksum[META_CHECKSUM_MAX + 1]; /* checksum_text (fetch/checksum.h); "" if the store
	                                         gave none */
	char version[META_VERSION_MAX + 1];   /* by which the store keeps it; "" if it told none, or
	                                         a longer one. Not in a sidecar */
};

/* Reads what is known of an open data file, but for checksum and version; unknown members are zero.
 */
void meta_read(int fd, struct meta *m);

/* The digest alone, the checksum, and the version. */
void meta_read_digest(int fd, char out[static META_DIGEST_MAX + 1]);
void meta_read_checksum(int fd, char out[static META_CHECKSUM_MAX + 1]);
void meta_read_version(int fd, char out[static META_VERSION_MAX + 1]);

/* Writes all of it. 0 or -errno (-EOPNOTSUPP: no xattrs here). */
int meta_write(int fd, const struct meta *m);

/* Notes that the object was found unchanged at `now`. -EACCES: the file is read-only, and who is
 * not root may not write its attributes. */
int meta_validated(int fd, int64_t now);

#endif
