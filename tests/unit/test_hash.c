/* Hashes: they are part of the format on disk, so their values are pinned. These were computed by
 * another implementation. */
#include "cache/read/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static uint64_t hash_text(enum hash_role role, const char *text)
{
	return hash64(role, text, strlen(text));
}

static void values_are_those_of_siphash_1_3(void **state)
{
	(void)state;
	assert_int_equal(hash_text(HASH_OBJECT, ""), 0x2c07c4d7b610638f);
	assert_int_equal(hash_text(HASH_OBJECT, "a"), 0xe63ea2bdec2e0153);
	assert_int_equal(
	        hash_text(HASH_OBJECT, "data~0123456789abcdef/train/0001.jpg"), 0xab40ab2903b45568);
	assert_int_equal(hash_text(HASH_INODE, "1234567"), 0x6967127f36a8b98);
	assert_int_equal(hash_text(HASH_INODE, "12345678"), 0xed17929af95f37ef);
	assert_int_equal(hash_text(HASH_PROFILE, "s3\n\nbucket\nprefix/"), 0xa98aded8b288f96f);
	assert_int_equal(
	        hash_text(HASH_ETAG, "\"d41d8cd98f00b204e9800998ecf8427e\""), 0xb0ccc797c0327c16);
}

static void all_bytes_and_long_texts_count(void **state)
{
	unsigned char bytes[1024];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)i;
	assert_int_equal(hash64(HASH_CONFIG, bytes, sizeof bytes), 0xbe7c368c497077c1);
}

static void a_pair_is_two_texts_with_a_nul_between(void **state)
{
	static const char whole[] = "rel/of\0\"etag\"";

	(void)state;
	assert_int_equal(hash64_pair(HASH_INODE, "rel/of", 6, "\"etag\"", 6), 0x55d234f7c6c697a4);
	assert_int_equal(hash64(HASH_INODE, whole, sizeof whole - 1), 0x55d234f7c6c697a4);
	for (size_t i = 0; i < sizeof whole - 2; i++) {
		char parts[sizeof whole];

		/* Wherever the cut is: the same as one text. */
		memcpy(parts, whole, sizeof whole);
		parts[i] = 0;
		assert_int_equal(
		        hash64_pair(HASH_INODE, parts, i, parts + i + 1, sizeof whole - 2 - i),
		        hash64(HASH_INODE, parts, sizeof whole - 1));
	}
}

static void roles_are_apart(void **state)
{
	(void)state;
	for (int a = HASH_OBJECT; a <= HASH_ETAG; a++) {
		for (int b = HASH_OBJECT; b < a; b++)
			assert_int_not_equal(hash_text(a, "text"), hash_text(b, "text"));
	}
}

static void hex_has_sixteen_digits(void **state)
{
	char hex[HASH_HEX_LEN + 1];

	(void)state;
	hash_hex(0x6967127f36a8b98, hex);
	assert_string_equal(hex, "06967127f36a8b98");
	hash_hex(UINT64_MAX, hex);
	assert_string_equal(hex, "ffffffffffffffff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(values_are_those_of_siphash_1_3),
	        cmocka_unit_test(all_bytes_and_long_texts_count),
	        cmocka_unit_test(a_pair_is_two_texts_with_a_nul_between),
	        cmocka_unit_test(roles_are_apart),
	        cmocka_unit_test(hex_has_sixteen_digits),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
