/* What fetch/crc.h promises, of each way that this processor has. */
#include "fetch/crc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIZE 5000

static const enum checksum_kind kinds[] = {CHECKSUM_CRC32, CHECKSUM_CRC32C, CHECKSUM_CRC64NVME};
static unsigned char bytes[SIZE + 64];

static int set_up(void **state)
{
	(void)state;
	srandom(1);
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)random();
	return 0;
}

/* "123456789" is the check of the catalogues; the zeros, ones and counts of 32 bytes are those of
 * RFC 3720, B.4; the 4096 bytes those of the NVM Command Set Specification. */
static void published_values(void **state)
{
	static const struct {
		enum checksum_kind kind;
		const char *what;
		size_t n;
		uint64_t value;
	} checks[] = {
	        {CHECKSUM_CRC32, "123456789", 9, 0xcbf43926},
	        {CHECKSUM_CRC32C, "123456789", 9, 0xe3069283},
	        {CHECKSUM_CRC64NVME, "123456789", 9, 0xae8b14860a799888},
	        {CHECKSUM_CRC32C, "zeros", 32, 0x8a9136aa},
	        {CHECKSUM_CRC32C, "ones", 32, 0x62a8ab43},
	        {CHECKSUM_CRC32C, "up", 32, 0x46dd794e},
	        {CHECKSUM_CRC32C, "down", 32, 0x113fdb5c},
	        {CHECKSUM_CRC64NVME, "zeros", 4096, 0x6482d367eb22b64e},
	        {CHECKSUM_CRC64NVME, "ones", 4096, 0xc0ddba7302eca3ac},
	        {CHECKSUM_CRC64NVME, "up", 4096, 0x3e729f5f6750449c},
	        {CHECKSUM_CRC64NVME, "down", 4096, 0x9a2df64b8e9e517e},
	};
	unsigned char data[4096];

	(void)state;
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		size_t n = checks[i].n;
		char first = checks[i].what[0];

		for (size_t b = 0; b < n; b++)
			data[b] = first == 'z'   ? 0
			          : first == 'o' ? 0xff
			          : first == 'u' ? (unsigned char)b
			          : first == 'd' ? (unsigned char)(n - 1 - b)
			                         : (unsigned char)checks[i].what[b];
		for (enum crc_way w = CRC_TABLE; w <= crc_best(); w++)
			assert_true(crc_feed_by(w, crc_of(checks[i].kind), 0, data, n) ==
			            checks[i].value);
	}
}

/* The definition, bit by bit. */
static uint64_t slow(enum checksum_kind kind, const unsigned char *p, size_t n)
{
	uint64_t poly = kind == CHECKSUM_CRC32    ? 0xedb88320
	                : kind == CHECKSUM_CRC32C ? 0x82f63b78
	                                          : 0x9a6c9329ac4bc9b5;
	uint64_t ones = kind == CHECKSUM_CRC64NVME ? UINT64_MAX : UINT32_MAX, crc = ones;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? poly : 0);
	}
	return crc ^ ones;
}

static void every_length_and_alignment(void **state)
{
	(void)state;
	for (size_t k = 0; k < 3; k++)
		for (size_t n = 0; n < 1800; n++) {
			size_t off = n % 64;
			uint64_t want = slow(kinds[k], bytes + off, n);

			for (enum crc_way w = CRC_TABLE; w <= crc_best(); w++)
				assert_true(crc_feed_by(w, crc_of(kinds[k]), 0, bytes + off, n) ==
				            want);
		}
}

static void pieces_in_turn_and_ranges_in_any_order(void **state)
{
	(void)state;
	for (int round = 0; round < 600; round++) {
		enum checksum_kind kind = kinds[round % 3];
		const struct crc *c = crc_of(kind);
		enum crc_way w = (unsigned)round / 3 % (crc_best() + 1);
		size_t n = (size_t)random() % SIZE, a = n ? (size_t)random() % n : 0,
		       b = a + (n - a ? (size_t)random() % (n - a) : 0);
		uint64_t whole = crc_feed_by(w, c, 0, bytes, n), value;

		value = crc_feed_by(w, c, 0, bytes, a);
		value = crc_feed_by(w, c, value, bytes + a, b - a);
		value = crc_feed_by(w, c, value, bytes + b, n - b);
		assert_true(value == whole);
		value = crc_shift(c, crc_feed_by(w, c, 0, bytes + a, b - a), n - b);
		value ^= crc_feed_by(w, c, 0, bytes + b, n - b);
		value ^= crc_shift(c, crc_feed_by(w, c, 0, bytes, a), n - a);
		assert_true(value == whole);
	}
}

static void shifts_far(void **state)
{
	(void)state;
	for (size_t k = 0; k < 3; k++) {
		const struct crc *c = crc_of(kinds[k]);
		uint64_t one = crc_feed(c, 0, "x", 1), far = 3ULL << 40;

		assert_true(crc_shift(c, one, 0) == one);
		assert_true(crc_shift(c, crc_shift(c, one, far), far + 5) ==
		            crc_shift(c, one, 2 * far + 5));
	}
}

static void numbers_are_big_endian(void **state)
{
	struct checksum sum = {0};

	(void)state;
	assert_true(checksum_offer_hex(&sum, CHECKSUM_CRC32C, "e3069283", 8));
	assert_true(crc_number(&sum) == 0xe3069283);
	sum = crc_checksum(CHECKSUM_CRC64NVME, 0xae8b14860a799888);
	assert_true(crc_number(&sum) == 0xae8b14860a799888);
	assert_int_equal(sum.value[0], 0xae);
	assert_null(crc_of(CHECKSUM_SHA256));
	assert_null(crc_of(CHECKSUM_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(published_values),
	        cmocka_unit_test(every_length_and_alignment),
	        cmocka_unit_test(pieces_in_turn_and_ranges_in_any_order),
	        cmocka_unit_test(shifts_far),
	        cmocka_unit_test(numbers_are_big_endian),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
