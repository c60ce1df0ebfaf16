/* What fetch/checksum.h promises of offers. */
#include "fetch/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool hex(struct checksum *sum, enum checksum_kind kind, const char *text)
{
	return checksum_offer_hex(sum, kind, text, strlen(text));
}

static bool base64(struct checksum *sum, enum checksum_kind kind, const char *text)
{
	return checksum_offer_base64(sum, kind, text, strlen(text));
}

static void names_are_found_whole(void **state)
{
	(void)state;
	assert_int_equal(checksum_kind_of("crc32c", 6), CHECKSUM_CRC32C);
	assert_int_equal(checksum_kind_of("crc32c", 5), CHECKSUM_CRC32);
	assert_int_equal(checksum_kind_of("crc32cc", 7), CHECKSUM_NONE);
	assert_int_equal(checksum_kind_of("none", 4), CHECKSUM_NONE);
	assert_int_equal(checksum_kind_of("", 0), CHECKSUM_NONE);
	for (enum checksum_kind k = CHECKSUM_MD5; k < CHECKSUM_KINDS_N; k++)
		assert_int_equal(checksum_kind_of(checksum_name(k), strlen(checksum_name(k))), k);
}

static void better_kind_wins_in_any_order(void **state)
{
	struct checksum a = {0}, b = {0};

	(void)state;
	assert_true(hex(&a, CHECKSUM_MD5, "d41d8cd98f00b204e9800998ecf8427e"));
	assert_true(hex(&a, CHECKSUM_CRC32C, "e3069283"));
	assert_false(hex(&a, CHECKSUM_CRC32, "cbf43926"));
	assert_true(hex(&b, CHECKSUM_CRC32C, "E3069283"));
	assert_false(hex(&b, CHECKSUM_MD5, "d41d8cd98f00b204e9800998ecf8427e"));
	assert_memory_equal(&a, &b, sizeof a);
}

static void first_of_a_kind_stays(void **state)
{
	struct checksum sum = {0};

	(void)state;
	assert_true(hex(&sum, CHECKSUM_CRC32, "00000001"));
	assert_false(hex(&sum, CHECKSUM_CRC32, "00000002"));
	assert_int_equal(sum.value[3], 1);
}

static void both_encodings_mean_the_same(void **state)
{
	static const struct {
		enum checksum_kind kind;
		const char *hex, *base64;
	} same[] = {
	        {CHECKSUM_MD5, "d41d8cd98f00b204e9800998ecf8427e", "1B2M2Y8AsgTpgAmY7PhCfg=="},
	        {CHECKSUM_SHA1, "da39a3ee5e6b4b0d3255bfef95601890afd80709",
	                "2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
	        {CHECKSUM_SHA256,
	                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	                "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
	        {CHECKSUM_CRC32, "cbf43926", "y/Q5Jg=="},
	        {CHECKSUM_CRC32C, "e3069283", "4waSgw=="},
	        {CHECKSUM_CRC64NVME, "ae8b14860a799888", "rosUhgp5mIg="},
	};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		struct checksum a = {0}, b = {0};

		assert_true(hex(&a, same[i].kind, same[i].hex));
		assert_true(base64(&b, same[i].kind, same[i].base64));
		assert_memory_equal(&a, &b, sizeof a);
	}
}

static void malformed_offers_are_none(void **state)
{
	static const char *const bad_hex[] = {
	        "", "e306928", "e30692833", "e306928g", "0xe30692", "e306 283", "-3069283"};
	static const char *const bad_base64[] = {"", "4waSgw",
	        "4waSgw=", "4waSgw===", "4waSg===", "4waSgx==", "4waS-w==", "=4waSg==", "4waSgw=A",
	        "4waSgwAA", "4waSg\n=="};
	struct checksum sum = {0}, none = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad_hex / sizeof *bad_hex; i++)
		assert_false(hex(&sum, CHECKSUM_CRC32C, bad_hex[i]));
	for (size_t i = 0; i < sizeof bad_base64 / sizeof *bad_base64; i++)
		assert_false(base64(&sum, CHECKSUM_CRC32C, bad_base64[i]));
	assert_false(hex(&sum, CHECKSUM_NONE, ""));
	assert_false(base64(&sum, CHECKSUM_NONE, ""));
	assert_false(checksum_offer_base64(&sum, CHECKSUM_CRC32C, "4wa\0gw==", 8));
	assert_memory_equal(&sum, &none, sizeof sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_are_found_whole),
	        cmocka_unit_test(better_kind_wins_in_any_order),
	        cmocka_unit_test(first_of_a_kind_stays),
	        cmocka_unit_test(both_encodings_mean_the_same),
	        cmocka_unit_test(malformed_offers_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
