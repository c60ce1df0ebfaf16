/*
 * The digest of an object's bytes, which is recorded at its fill (cache/meta.h) and by which
 * `larder verify` tells damage of the disk.
 *
 * The bytes are cut into blocks; each gives a Poly1305 tag under a fixed key, and the hashes of
 * (tag, number of the block) are added up by exclusive or. So blocks may be fed in any order, by
 * several streams, while they pass by and are in the processor's cache. It finds accidents and not
 * forgeries: against those, the cache's folders belong to who fills it.
 *
 *	digest_begin → digest_feed… → digest_flush of each stream → digest_text → digest_release
 *
 * As text: "poly1305:<bytes of a block>:<bytes>:<16 hexadecimal digits>". One thread at a time for
 * one digest.
 */
#ifndef LARDER_FETCH_DIGEST_H
#define LARDER_FETCH_DIGEST_H

#include "cache/meta.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#define DIGEST_BLOCK_MIN (64 << 10)
#define DIGEST_BLOCK_MAX (1LL << 32)

/* A run of bytes that goes on where it was; all zero before its first. */
struct digest_stream {
	EVP_MAC_CTX *mac;
	uint64_t at, filled; /* the next byte, and how many of its block were fed */
};

struct digest {
	uint64_t block, value;
	uint64_t covered; /* bytes of blocks that are in the value */
	bool broken;      /* a stream began within a block, or OpenSSL has no Poly1305 */
};

void digest_begin(struct digest *d, uint64_t block);

/* The next bytes of a stream, at that offset of the object. */
void digest_feed(
        struct digest *d, struct digest_stream *s, uint64_t at, const void *data, size_t n);

/* The stream has ended: its last block may be a short one. */
void digest_flush(struct digest *d, struct digest_stream *s);

void digest_stream_release(struct digest_stream *s);

/* Whether all bytes of an object of this size are in it. */
bool digest_complete(const struct digest *d, uint64_t size);

/* Begins anew and feeds `size` bytes of an open file; 0, or -errno (-ENODATA: it is shorter;
 * -EOPNOTSUPP: no digest can be made). Blocks. `tick` (or NULL) is told of bytes as they are read.
 */
typedef void digest_tick(void *arg, size_t n);
int digest_file(struct digest *d, int fd, uint64_t size, digest_tick *tick, void *arg);

void digest_text(const struct digest *d, uint64_t size, char out[static META_DIGEST_MAX + 1]);

/* Reads a recorded text, which is not trusted. 0 or -EINVAL. */
int digest_parse(const char *text, struct digest *d, uint64_t *size);

#endif
