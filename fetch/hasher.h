/*
 * A checksum of any kind, of bytes in their order: of all of them, or of the checksums of parts.
 *
 *	hasher_begin → hasher_feed… → hasher_end
 *
 * One thread at a time for one hasher.
 */
#ifndef LARDER_FETCH_HASHER_H
#define LARDER_FETCH_HASHER_H

#include "fetch/checksum.h"

#include <openssl/evp.h>

struct hasher_one {
	enum checksum_kind kind;
	uint64_t crc;
	EVP_MD_CTX *md;
};

struct hasher {
	struct hasher_one whole, piece; /* piece: of the part that is being read */
	uint64_t part, at;
	unsigned parts;
};

/* `part`: bytes of a part, or 0. 0 or -errno (-EOPNOTSUPP: OpenSSL was built without it); then
 * hasher_end need not be called. */
int hasher_begin(struct hasher *h, enum checksum_kind kind, uint64_t part);
int hasher_feed(struct hasher *h, const void *data, size_t n);

/* Ends it in any case; `out` may be NULL. */
int hasher_end(struct hasher *h, struct checksum *out);

#endif
