/*
 * Polynomials over GF(2) modulo the CRC's, of degree 64, in reflected order: bit 63 of a word is
 * the coefficient of x^0, bit 0 that of x^63. So the first byte of a little-endian word, with its
 * lowest bit first, has the highest powers, as the reflected CRCs want it.
 */
#include "fetch/crc.h"

#include <pthread.h>
#include <string.h>

#define ONE       (1ULL << 63)
#define LANES     8                   /* blocks that are folded side by side */
#define BLOCK     16                  /* bytes */
#define FAST      (2 * LANES * BLOCK) /* fewer bytes go through the tables */
#define WIDE      16                  /* blocks at a step of the widest registers */
#define FAST_WIDE 1024                /* fewer bytes are not worth these */

struct crc {
	uint64_t poly; /* without x^64 */
	uint64_t ones; /* what is inverted before and after */
	uint64_t table[8][256];
	uint64_t powers[64]; /* x^(8 * 2^i) */
	/* To fold a block's halves over the next block, and that LANES or WIDE on. */
	uint64_t near[2], far[2], wide[2];
};

static struct crc crcs[] = {
        {.poly = 0xedb88320, .ones = UINT32_MAX},
        {.poly = 0x82f63b78, .ones = UINT32_MAX},
        {.poly = 0x9a6c9329ac4bc9b5, .ones = UINT64_MAX},
};

static uint64_t times_x(const struct crc *c, uint64_t a)
{
	return a >> 1 ^ (a & 1 ? c->poly : 0);
}

static uint64_t multiply(const struct crc *c, uint64_t a, uint64_t b)
{
	uint64_t product = 0;

	for (; a; a <<= 1) {
		if (a & ONE)
			product ^= b;
		b = times_x(c, b);
	}
	return product;
}

/* x^n */
static uint64_t power(const struct crc *c, unsigned n)
{
	uint64_t p = ONE;

	while (n--)
		p = times_x(c, p);
	return p;
}

/* The product of two reflected words has its bits one place too low, which one power less
 * mends. */
static void set_fold(const struct crc *c, uint64_t fold[2], unsigned blocks)
{
	fold[0] = power(c, blocks * BLOCK * 8 + 63);
	fold[1] = power(c, blocks * BLOCK * 8 - 1);
}

static void make(struct crc *c)
{
	for (unsigned i = 0; i < 256; i++) {
		c->table[0][i] = i;
		for (int bit = 0; bit < 8; bit++)
			c->table[0][i] = times_x(c, c->table[0][i]);
	}
	for (unsigned t = 1; t < 8; t++)
		for (unsigned i = 0; i < 256; i++) {
			uint64_t before = c->table[t - 1][i];

			c->table[t][i] = before >> 8 ^ c->table[0][before & 0xff];
		}
	c->powers[0] = power(c, 8);
	for (unsigned i = 1; i < 64; i++)
		c->powers[i] = multiply(c, c->powers[i - 1], c->powers[i - 1]);
	set_fold(c, c->near, 1);
	set_fold(c, c->far, LANES);
	set_fold(c, c->wide, WIDE);
}

static uint64_t load(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(word) : word;
}

static uint64_t by_table(const struct crc *c, uint64_t state, const unsigned char *p, size_t n)
{
	for (; n >= 8; n -= 8, p += 8) {
		uint64_t in = state ^ load(p);

		state = 0;
		for (unsigned t = 0; t < 8; t++)
			state ^= c->table[7 - t][in >> 8 * t & 0xff];
	}
	for (; n; n--, p++)
		state = state >> 8 ^ c->table[0][(state ^ *p) & 0xff];
	return state;
}

#if defined __x86_64__
#include <immintrin.h>
#define FOLDS __attribute__((target("pclmul,sse2")))
typedef __m128i block;

static bool can_fold(void)
{
	return __builtin_cpu_supports("pclmul");
}

FOLDS static inline block load_block(const void *p)
{
	return _mm_loadu_si128(p);
}

FOLDS static inline block pair(uint64_t low, uint64_t high)
{
	return _mm_set_epi64x((long long)high, (long long)low);
}

FOLDS static inline block xor (block a, block b) { return _mm_xor_si128(a, b); }

        FOLDS static inline block fold(block a, block by)
{
	return xor(_mm_clmulepi64_si128(a, by, 0x00), _mm_clmulepi64_si128(a, by, 0x11));
}
#elif defined __aarch64__ && defined __AARCH64EL__
#include <arm_neon.h>
#include <sys/auxv.h>
#define FOLDS __attribute__((target("+crypto")))
#define PMULL (1 << 4) /* of AT_HWCAP */
typedef poly64x2_t block;

static bool can_fold(void)
{
	return getauxval(AT_HWCAP) & PMULL;
}

FOLDS static inline block load_block(const void *p)
{
	return vreinterpretq_p64_u8(vld1q_u8(p));
}

FOLDS static inline block pair(uint64_t low, uint64_t high)
{
	return vreinterpretq_p64_u64(vcombine_u64(vcreate_u64(low), vcreate_u64(high)));
}

FOLDS static inline block xor
        (block a, block b) {
	        return vreinterpretq_p64_u64(
	                veorq_u64(vreinterpretq_u64_p64(a), vreinterpretq_u64_p64(b)));
        }

        FOLDS static inline block fold(block a, block by)
{
	return xor(vreinterpretq_p64_p128(vmull_p64(
	                   (poly64_t)vgetq_lane_p64(a, 0), (poly64_t)vgetq_lane_p64(by, 0))),
	        vreinterpretq_p64_p128(vmull_high_p64(a, by)));
}
#else
#define CRC_TABLES_ONLY
#endif

#ifndef CRC_TABLES_ONLY
/* At least FAST bytes. Each lane's block is folded over the bytes LANES blocks on, the lanes then
 * over each other; the last block that is left stands for all before it. */
FOLDS static uint64_t by_folding(
        const struct crc *c, uint64_t state, const unsigned char *p, size_t n)
{
	const block far = pair(c->far[0], c->far[1]), near = pair(c->near[0], c->near[1]);
	unsigned char rest[BLOCK];
	block lane[LANES], sum;

	for (int i = 0; i < LANES; i++)
		lane[i] = load_block(p + i * BLOCK);
	lane[0] = xor(lane[0], pair(state, 0));
	for (p += LANES * BLOCK, n -= LANES * BLOCK; n >= LANES * BLOCK;
	        p += LANES * BLOCK, n -= LANES * BLOCK)
		for (int i = 0; i < LANES; i++)
			lane[i] = xor(fold(lane[i], far), load_block(p + i * BLOCK));
	sum = lane[0];
	for (int i = 1; i < LANES; i++)
		sum = xor(fold(sum, near), lane[i]);
	for (; n >= BLOCK; p += BLOCK, n -= BLOCK)
		sum = xor(fold(sum, near), load_block(p));
	memcpy(rest, &sum, sizeof rest);
	return by_table(c, by_table(c, 0, rest, sizeof rest), p, n);
}
#else
static bool can_fold(void)
{
	return false;
}

static uint64_t by_folding(const struct crc *c, uint64_t state, const unsigned char *p, size_t n)
{
	return by_table(c, state, p, n);
}
#endif

#if defined __x86_64__
#define WIDE_REGISTERS __attribute__((target("vpclmulqdq,avx512f")))
#define QUARTER        (WIDE / 4 * BLOCK) /* bytes of a register */

/* The same with four blocks in a register. What is left in the registers are bytes that stand for
 * all before them. */
WIDE_REGISTERS static uint64_t by_wide_folding(
        const struct crc *c, uint64_t state, const unsigned char *p, size_t n)
{
	const __m512i by = _mm512_broadcast_i32x4(pair(c->wide[0], c->wide[1]));
	unsigned char rest[WIDE * BLOCK];
	__m512i lane[4];

	for (int i = 0; i < 4; i++)
		lane[i] = _mm512_loadu_si512(p + i * QUARTER);
	lane[0] = _mm512_xor_si512(lane[0], _mm512_zextsi128_si512(pair(state, 0)));
	for (p += sizeof rest, n -= sizeof rest; n >= sizeof rest;
	        p += sizeof rest, n -= sizeof rest)
		for (int i = 0; i < 4; i++)
			lane[i] = _mm512_ternarylogic_epi64(
			        _mm512_clmulepi64_epi128(lane[i], by, 0x00),
			        _mm512_clmulepi64_epi128(lane[i], by, 0x11),
			        _mm512_loadu_si512(p + i * QUARTER), 0x96 /* a ^ b ^ c */);
	for (int i = 0; i < 4; i++)
		_mm512_storeu_si512(rest + i * QUARTER, lane[i]);
	return by_table(c, by_folding(c, 0, rest, sizeof rest), p, n);
}

static bool can_fold_wide(void)
{
	return can_fold() && __builtin_cpu_supports("vpclmulqdq") &&
	       __builtin_cpu_supports("avx512f");
}
#else
#define by_wide_folding by_folding

static bool can_fold_wide(void)
{
	return false;
}
#endif

static enum crc_way best;

static void make_all(void)
{
	best = can_fold_wide() ? CRC_WIDE : can_fold() ? CRC_FOLDED : CRC_TABLE;
	for (size_t i = 0; i < sizeof crcs / sizeof *crcs; i++)
		make(&crcs[i]);
}

const struct crc *crc_of(enum checksum_kind kind)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (kind < CHECKSUM_CRC32)
		return NULL;
	pthread_once(&once, make_all);
	return &crcs[kind - CHECKSUM_CRC32];
}

enum crc_way crc_best(void)
{
	(void)crc_of(CHECKSUM_CRC32);
	return best;
}

uint64_t crc_feed_by(
        enum crc_way way, const struct crc *c, uint64_t value, const void *data, size_t n)
{
	uint64_t state = value ^ c->ones;

	if (way == CRC_TABLE || n < FAST)
		state = by_table(c, state, data, n);
	else if (way == CRC_FOLDED || n < FAST_WIDE)
		state = by_folding(c, state, data, n);
	else
		state = by_wide_folding(c, state, data, n);
	return state ^ c->ones;
}

uint64_t crc_feed(const struct crc *c, uint64_t value, const void *data, size_t n)
{
	return crc_feed_by(best, c, value, data, n);
}

uint64_t crc_shift(const struct crc *c, uint64_t value, uint64_t bytes)
{
	for (unsigned i = 0; bytes; i++, bytes >>= 1)
		if (bytes & 1)
			value = multiply(c, c->powers[i], value);
	return value;
}

uint64_t crc_number(const struct checksum *sum)
{
	uint64_t value = 0;

	for (size_t i = 0; i < checksum_size(sum->kind); i++)
		value = value << 8 | sum->value[i];
	return value;
}

struct checksum crc_checksum(enum checksum_kind kind, uint64_t value)
{
	struct checksum sum = {.kind = kind};

	for (size_t i = checksum_size(kind); i-- > 0; value >>= 8)
		sum.value[i] = (uint8_t)value;
	return sum;
}
