/*
 * CRCs of bytes at the speed of memory, and of ranges that are put together.
 *
 * One way for all of them: a CRC of 32 bits is computed as one of 64 bits whose polynomial is x^32
 * times as large. Large pieces are folded by carry-less multiplication where the processor has it
 * (PCLMULQDQ, PMULL, and AVX-512 for four blocks at once; Gopal and others, "Fast CRC Computation
 *for Generic Polynomials Using PCLMULQDQ Instruction"), the rest goes through tables, eight bytes
 *at a step.
 *
 * Values are as the standards print them: of no bytes it is 0, and
 *
 *	crc of A and then B = crc_shift(crc of A, length of B) ^ crc of B
 *
 * so the ranges of an object may be done in any order. Any thread.
 */
#ifndef LARDER_FETCH_CRC_H
#define LARDER_FETCH_CRC_H

#include "fetch/checksum.h"

struct crc;

/* NULL where the kind is no CRC. */
const struct crc *crc_of(enum checksum_kind kind);

/* Goes on from `value`, the CRC of what came before. */
uint64_t crc_feed(const struct crc *c, uint64_t value, const void *data, size_t n);

/* The same in a way of one's own choice, which must not be beyond the best that this processor
 * has. */
enum crc_way { CRC_TABLE, CRC_FOLDED, CRC_WIDE };
enum crc_way crc_best(void);
uint64_t crc_feed_by(
        enum crc_way way, const struct crc *c, uint64_t value, const void *data, size_t n);

/* What a CRC contributes to that of a whole in which so many bytes follow. */
uint64_t crc_shift(const struct crc *c, uint64_t value, uint64_t bytes);

/* Between a number and the bytes of struct checksum. */
uint64_t crc_number(const struct checksum *sum);
struct checksum crc_checksum(enum checksum_kind kind, uint64_t value);

#endif
