/*
 * Checksums of whole objects, as stores give them.
 *
 * A store offers what its answer says, and the best of it is kept: a CRC before a hash, as the CRCs
 * of parallel ranges combine to that of the whole while the bytes arrive, and a hash goes through
 * them in order. What is not well formed is no offer. No allocation; any thread.
 */
#ifndef LARDER_FETCH_CHECKSUM_H
#define LARDER_FETCH_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECKSUM_SIZE_MAX 32 /* bytes of a value */

/* id, name as S3 writes it, bytes; the worse one first. CRCs are big-endian. CRC64NVME is also the
 * CRC64 of Azure, which sends it little-endian. */
#define CHECKSUM_KINDS(X)                                                                          \
	X(NONE, "none", 0)                                                                         \
	X(MD5, "md5", 16)                                                                          \
	X(SHA1, "sha1", 20)                                                                        \
	X(SHA256, "sha256", 32)                                                                    \
	X(CRC32, "crc32", 4)                                                                       \
	X(CRC32C, "crc32c", 4)                                                                     \
	X(CRC64NVME, "crc64nvme", 8)

enum checksum_kind {
#define X(id, name, size) CHECKSUM_##id,
	CHECKSUM_KINDS(X)
#undef X
	        CHECKSUM_KINDS_N
};

struct checksum {
	enum checksum_kind kind; /* CHECKSUM_NONE: none is known */
	unsigned parts;          /* 0: of the bytes. N: of the checksums of its N parts, one after
	                            another, as S3 makes its composite ones … */
	uint64_t part;           /* … of so many bytes but for the last; 0: not known */
	uint8_t value[CHECKSUM_SIZE_MAX];
};

/* Bytes of a value of that kind, and its name. */
size_t checksum_size(enum checksum_kind kind);
const char *checksum_name(enum checksum_kind kind);

/* The kind of that name, or CHECKSUM_NONE. */
enum checksum_kind checksum_kind_of(const char *name, size_t len);

/*
 * Takes a value for `sum` if it is well formed and its kind better than what is there; of two of
 * one kind the first stays. (A composite one is worse than any that is not.) Returns whether it was
 * taken. `text` need not end in NUL; hexadecimal digits of either case, or base64 with its padding.
 */
bool checksum_offer(struct checksum *sum, enum checksum_kind kind, const uint8_t *value);
bool checksum_offer_hex(
        struct checksum *sum, enum checksum_kind kind, const char *text, size_t len);
bool checksum_offer_base64(
        struct checksum *sum, enum checksum_kind kind, const char *text, size_t len);

bool checksum_offer_sum(struct checksum *sum, const struct checksum *offer);

/* Whether they are of one kind, and the same. */
bool checksum_equal(const struct checksum *a, const struct checksum *b);

/* "<kind>:<hexadecimal digits>", and for a composite one "-<parts>x<bytes of a part>" behind it; ""
 * for none. */
#define CHECKSUM_TEXT_MAX 95
void checksum_text(const struct checksum *sum, char out[static CHECKSUM_TEXT_MAX + 1]);

/* Reads such a text, which is not trusted: all of it. */
bool checksum_parse(const char *text, struct checksum *out);

#endif
