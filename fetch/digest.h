/*
 * The digest of an object's bytes while they pass by and are in the processor's cache: a CRC
 * (fetch/crc.h), of ranges in any order. It is compared with what the store says of them, and
 * recorded with the object (cache/meta.h), where `larder verify` tells damage of the disk by it. It
 * finds accidents and not forgeries: against those, the cache's folders belong to who fills it.
 *
 *	digest_begin → digest_feed… → digest_flush of each stream → digest_sum, digest_text →
 *digest_end
 *
 * While it is not known which CRC the store has, all are made; digest_choose drops the others. The
 * CRCs of pieces can be kept too, of which S3 makes its composite checksums.
 *
 * As text: "<kind>:<bytes>:<hexadecimal digits>". One thread at a time for one digest.
 */
#ifndef LARDER_FETCH_DIGEST_H
#define LARDER_FETCH_DIGEST_H

#include "cache/meta.h"
#include "fetch/crc.h"

#define DIGEST_KIND                                                                                \
	CHECKSUM_CRC64NVME /* where the store has none: as good as any, and S3's own               \
	                    */
#define DIGEST_ALL      CHECKSUM_NONE
#define DIGEST_CRCS     3
#define DIGEST_CUT      (1ULL << 20) /* bytes of a piece, of which parts are multiples */
#define DIGEST_CUTS_MAX (1U << 20)   /* pieces of an object; a larger one is not cut */

/* A run of bytes that goes on where it was; all zero before its first. */
struct digest_stream {
	uint64_t from, at; /* what is in the values, and the next byte */
	uint64_t value[DIGEST_CRCS];
};

struct digest {
	enum checksum_kind kind; /* DIGEST_ALL: not known yet */
	uint64_t value[DIGEST_CRCS];
	uint64_t size;                 /* of the object; to be known at the first flush */
	uint64_t covered;              /* bytes that are in the values */
	uint64_t (*cuts)[DIGEST_CRCS]; /* of each piece, or NULL */
};

/* `kind` is a CRC or DIGEST_ALL. */
void digest_begin(struct digest *d, enum checksum_kind kind);
void digest_end(struct digest *d);

/* The object's size is known. `cut`: keeps the CRCs of its pieces from the first byte on, if there
 * is memory for them. */
void digest_sized(struct digest *d, uint64_t size, bool cut);

/* The store's checksum is known: of this kind (DIGEST_KIND if it is none of ours). */
void digest_choose(struct digest *d, enum checksum_kind kind);

/* The next bytes of a stream, at that offset of the object. One that begins elsewhere without a
 * flush forgets what it had. */
void digest_feed(
        struct digest *d, struct digest_stream *s, uint64_t at, const void *data, size_t n);

/* The CRC of a stream's bytes since it began or was flushed; false if this kind is not made, or of
 * pieces. */
bool digest_stream_sum(const struct digest *d, const struct digest_stream *s,
        enum checksum_kind kind, struct checksum *out);

/* The stream has ended. */
void digest_flush(struct digest *d, struct digest_stream *s);

/* Whether all bytes of the object are in it. */
bool digest_complete(const struct digest *d);

/* What a chosen one has come to; and, for parts of so many bytes, the CRC of the parts' CRCs: false
 * if the pieces that were kept do not make up such parts. */
struct checksum digest_sum(const struct digest *d);
bool digest_composite(const struct digest *d, uint64_t part, struct checksum *out);

/* Whether two are of the same kind, and of the same bytes as far as they can tell. */
bool digest_same(const struct digest *a, const struct digest *b);

/* Begins anew and feeds `size` bytes of an open file; 0, or -errno (-ENODATA: it is shorter).
 * Blocks. `tick` (or NULL) gets the bytes in their order, as they are read. */
typedef void digest_tick(void *arg, const void *data, size_t n);
int digest_file(struct digest *d, int fd, uint64_t size, digest_tick *tick, void *arg);

void digest_text(const struct digest *d, char out[static META_DIGEST_MAX + 1]);

/* Reads a recorded text, which is not trusted. 0; -EINVAL, or -ENOTSUP for a kind that is not known
 * here. */
int digest_parse(const char *text, struct digest *d);

#endif
