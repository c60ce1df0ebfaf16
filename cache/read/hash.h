/*
 * Hashes for tables, names of locks and inode numbers.
 *
 * SipHash-1-3 with a fixed key: fast on the short strings that keys are, and its output is a stable
 * part of the format on disk (docs/cache-format.md). It is not a digest: contents are verified by
 * the store's own checksums and by fetch/digest.h.
 *
 * Allocates nothing, keeps no state: safe in signal handlers and from any thread.
 */
#ifndef LARDER_CACHE_READ_HASH_H
#define LARDER_CACHE_READ_HASH_H

#include <stddef.h>
#include <stdint.h>

/* What a hash is for, so that equal text in two roles gives two values. */
enum hash_role {
	HASH_OBJECT = 1, /* relative path of an object or directory */
	HASH_INODE,      /* the inode number shown to programs */
	HASH_PROFILE,    /* the id of a remote */
	HASH_CONFIG,     /* effective configuration and credentials */
	HASH_ETAG,
	HASH_BLOCK,   /* the digest of one block of an object, with its number */
	HASH_USAGE,   /* sums over records of usage */
	HASH_LISTING, /* entries and text of a listing for other hosts */
	HASH_JOURNAL, /* a line of a journal */
};

/* The hash of `len` bytes in the given role. */
uint64_t hash64(enum hash_role role, const void *data, size_t len);

/* The same over pieces: hash_begin → hash_add… → hash_end. */
struct hash_stream {
	uint64_t v0, v1, v2, v3;
	uint64_t tail; /* bytes that do not fill a word yet */
	size_t len;
};
void hash_begin(struct hash_stream *s, enum hash_role role);
void hash_add(struct hash_stream *s, const void *data, size_t len);
uint64_t hash_end(struct hash_stream *s);

/* The same over two strings as if they stood one after the other with a NUL byte between. */
uint64_t hash64_pair(enum hash_role role, const void *a, size_t a_len, const void *b, size_t b_len);

#define HASH_HEX_LEN 16
/* Writes 16 lower-case hexadecimal digits and a NUL. */
void hash_hex(uint64_t hash, char out[static HASH_HEX_LEN + 1]);

#endif
