/* What fetch/digest.h promises. */
#include "fetch/digest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BLOCK ((uint64_t)DIGEST_BLOCK_MIN)
#define SIZE  (5 * BLOCK + 1234)

static unsigned char bytes[SIZE];

static void of_file(struct digest *d, const unsigned char *data, uint64_t size, uint64_t block)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fflush(f);
	digest_begin(d, block);
	assert_int_equal(digest_file(d, fileno(f), size, NULL, NULL), 0);
	assert_int_equal(digest_file(d, fileno(f), size + 1, NULL, NULL), -ENODATA);
	assert_int_equal(digest_file(d, fileno(f), size, NULL, NULL), 0);
	assert_true(digest_complete(d, size));
	fclose(f);
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (unsigned char)(i * 2654435761U >> 13);
	return 0;
}

static void in_any_order(void **state)
{
	struct digest whole, parts;
	struct digest_stream s[2] = {0};
	uint64_t half = 3 * BLOCK;

	(void)state;
	of_file(&whole, bytes, SIZE, BLOCK);
	digest_begin(&parts, BLOCK);
	/* The later part first, in odd pieces and in turn. */
	for (uint64_t a = half, b = 0; a < SIZE || b < half;) {
		uint64_t n = SIZE - a < 1001 ? SIZE - a : 1001, m = half - b < 777 ? half - b : 777;

		digest_feed(&parts, &s[0], a, bytes + a, n);
		digest_feed(&parts, &s[1], b, bytes + b, m);
		a += n;
		b += m;
	}
	assert_false(digest_complete(&parts, SIZE));
	digest_flush(&parts, &s[0]);
	digest_flush(&parts, &s[1]);
	assert_true(digest_complete(&parts, SIZE));
	assert_int_equal(whole.value, parts.value);
	digest_stream_release(&s[0]);
	digest_stream_release(&s[1]);
}

static void finds_what_changed(void **state)
{
	struct digest was, is;
	unsigned char block[DIGEST_BLOCK_MIN];

	(void)state;
	of_file(&was, bytes, SIZE, BLOCK);
	for (uint64_t at = 0; at < SIZE; at += 12347) {
		bytes[at] ^= 1 << (at % 8);
		of_file(&is, bytes, SIZE, BLOCK);
		assert_int_not_equal(was.value, is.value);
		bytes[at] ^= 1 << (at % 8);
	}
	/* Two blocks that have changed places. */
	memcpy(block, bytes, BLOCK);
	memcpy(bytes, bytes + BLOCK, BLOCK);
	memcpy(bytes + BLOCK, block, BLOCK);
	of_file(&is, bytes, SIZE, BLOCK);
	assert_int_not_equal(was.value, is.value);
	memcpy(bytes + BLOCK, bytes, BLOCK);
	memcpy(bytes, block, BLOCK);
}

static void stream_from_within_a_block_is_told(void **state)
{
	struct digest d;
	struct digest_stream s = {0};

	(void)state;
	digest_begin(&d, BLOCK);
	digest_feed(&d, &s, 10, bytes, 100);
	digest_flush(&d, &s);
	assert_false(digest_complete(&d, 100));
	digest_stream_release(&s);
}

/* A stream that begins anew forgets what it had. */
static void begun_anew(void **state)
{
	struct digest whole, d;
	struct digest_stream s = {0};

	(void)state;
	of_file(&whole, bytes, SIZE, BLOCK);
	digest_begin(&d, BLOCK);
	digest_feed(&d, &s, 0, bytes + 5, 100);
	digest_feed(&d, &s, 0, bytes, SIZE);
	digest_flush(&d, &s);
	assert_true(digest_complete(&d, SIZE));
	assert_int_equal(whole.value, d.value);
	digest_stream_release(&s);
}

static void text(void **state)
{
	static const char *const wrong[] = {"", "poly1305", "poly1305:1:2:0000000000000003",
	        "poly1305:65536:2:3", "poly1305:65536:2:0000000000000003 ",
	        "poly1305:-1:2:0000000000000003", "poly1305:99999999999999:2:0000000000000003",
	        "poly1305: 65536:2:0000000000000003", "md5:65536:2:0000000000000003",
	        "poly1305:65536:2:000000000000000G"};
	struct digest d, again;
	char out[META_DIGEST_MAX + 1];
	uint64_t size;

	(void)state;
	of_file(&d, bytes, SIZE, BLOCK);
	digest_text(&d, SIZE, out);
	assert_int_equal(digest_parse(out, &again, &size), 0);
	assert_int_equal(size, SIZE);
	assert_int_equal(again.block, BLOCK);
	assert_int_equal(again.value, d.value);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(digest_parse(wrong[i], &again, &size), -EINVAL);
}

/* The format on disk: these must never change. */
static void known_values(void **state)
{
	struct digest d;
	char out[META_DIGEST_MAX + 1];

	(void)state;
	of_file(&d, (const unsigned char *)"hello", 5, 8 << 20);
	digest_text(&d, 5, out);
	assert_string_equal(out, "poly1305:8388608:5:1df47af7e6fbdd26");
	of_file(&d, (const unsigned char *)"", 0, 8 << 20);
	digest_text(&d, 0, out);
	assert_string_equal(out, "poly1305:8388608:0:0000000000000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(in_any_order),
	        cmocka_unit_test(finds_what_changed),
	        cmocka_unit_test(stream_from_within_a_block_is_told),
	        cmocka_unit_test(begun_anew),
	        cmocka_unit_test(text),
	        cmocka_unit_test(known_values),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
