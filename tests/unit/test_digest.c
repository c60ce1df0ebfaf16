/* What fetch/digest.h promises. */
#include "fetch/digest.h"
#include "fetch/hasher.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE (3 * DIGEST_CUT + 1234)

static unsigned char bytes[SIZE];

static void of_file(struct digest *d, const void *data, uint64_t size, enum checksum_kind kind)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fflush(f);
	digest_begin(d, kind);
	assert_int_equal(digest_file(d, fileno(f), size + 1, NULL, NULL), -ENODATA);
	assert_int_equal(digest_file(d, fileno(f), size, NULL, NULL), 0);
	assert_true(digest_complete(d));
	fclose(f);
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (unsigned char)(i * 2654435761U >> 13);
	return 0;
}

/* The later half first, in odd pieces and in turn. */
static void feed_two(struct digest *d, uint64_t half)
{
	struct digest_stream s[2] = {0};

	for (uint64_t a = half, b = 0; a < SIZE || b < half;) {
		uint64_t n = SIZE - a < 5001 ? SIZE - a : 5001, m = half - b < 777 ? half - b : 777;

		digest_feed(d, &s[0], a, bytes + a, n);
		digest_feed(d, &s[1], b, bytes + b, m);
		a += n;
		b += m;
	}
	assert_false(digest_complete(d));
	digest_flush(d, &s[0]);
	digest_flush(d, &s[1]);
	assert_true(digest_complete(d));
}

static void in_any_order(void **state)
{
	(void)state;
	for (enum checksum_kind k = CHECKSUM_CRC32; k < CHECKSUM_KINDS_N; k++)
		for (int cut = 0; cut < 2; cut++) {
			struct digest whole, parts;

			of_file(&whole, bytes, SIZE, k);
			digest_begin(&parts, k);
			digest_sized(&parts, SIZE, cut);
			feed_two(&parts, 2 * DIGEST_CUT - 4321);
			assert_true(digest_same(&whole, &parts));
			digest_end(&parts);
		}
}

/* Which CRC the store has may become known at any time. */
static void chosen_late(void **state)
{
	(void)state;
	for (enum checksum_kind k = CHECKSUM_NONE; k < CHECKSUM_KINDS_N; k++)
		for (int when = 0; when < 3; when++) {
			struct digest_stream s = {0};
			struct digest whole, d;
			uint64_t half = SIZE / 2;

			of_file(&whole, bytes, SIZE, crc_of(k) ? k : DIGEST_KIND);
			digest_begin(&d, DIGEST_ALL);
			digest_sized(&d, SIZE, when == 1);
			if (when == 0)
				digest_choose(&d, k);
			digest_feed(&d, &s, 0, bytes, half);
			if (when == 1)
				digest_choose(&d, k);
			digest_feed(&d, &s, half, bytes + half, SIZE - half);
			digest_flush(&d, &s);
			if (when == 2)
				digest_choose(&d, k);
			assert_true(digest_same(&whole, &d));
			digest_end(&d);
		}
}

/* The same by the pieces that were kept, and by reading all in order. */
static void composite_of_parts(void **state)
{
	static const uint64_t sizes[] = {DIGEST_CUT, 2 * DIGEST_CUT, 5 * DIGEST_CUT};

	(void)state;
	for (enum checksum_kind k = CHECKSUM_CRC32; k < CHECKSUM_KINDS_N; k++)
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			struct checksum by_pieces, in_order;
			struct hasher h;
			struct digest d;

			digest_begin(&d, DIGEST_ALL);
			digest_sized(&d, SIZE, true);
			feed_two(&d, DIGEST_CUT + 5);
			digest_choose(&d, k);
			assert_true(digest_composite(&d, sizes[i], &by_pieces));
			assert_false(digest_composite(&d, DIGEST_CUT / 2, &in_order));
			digest_end(&d);
			assert_false(digest_composite(&d, sizes[i], &in_order));
			assert_int_equal(hasher_begin(&h, k, sizes[i]), 0);
			assert_int_equal(hasher_feed(&h, bytes, SIZE - 99), 0);
			assert_int_equal(hasher_feed(&h, bytes + SIZE - 99, 99), 0);
			assert_int_equal(hasher_end(&h, &in_order), 0);
			assert_int_equal(by_pieces.parts, (SIZE + sizes[i] - 1) / sizes[i]);
			assert_true(checksum_equal(&by_pieces, &in_order));
		}
}

static void finds_what_changed(void **state)
{
	struct digest was, is;

	(void)state;
	of_file(&was, bytes, SIZE, DIGEST_KIND);
	for (uint64_t at = 0; at < SIZE; at += 123457) {
		bytes[at] ^= 1 << (at % 8);
		of_file(&is, bytes, SIZE, DIGEST_KIND);
		assert_false(digest_same(&was, &is));
		bytes[at] ^= 1 << (at % 8);
	}
}

/* A stream that begins anew forgets what it had, and what is missing is missed. */
static void begun_anew(void **state)
{
	struct digest whole, d;
	struct digest_stream s = {0};

	(void)state;
	of_file(&whole, bytes, SIZE, DIGEST_KIND);
	digest_begin(&d, DIGEST_KIND);
	digest_sized(&d, SIZE, false);
	digest_feed(&d, &s, 0, bytes + 5, 100);
	digest_feed(&d, &s, 10, bytes + 10, SIZE - 10);
	digest_flush(&d, &s);
	assert_false(digest_complete(&d));
	digest_feed(&d, &s, 0, bytes, 10);
	digest_flush(&d, &s);
	assert_true(digest_complete(&d));
	assert_true(digest_same(&whole, &d));
}

static void text(void **state)
{
	static const char *const wrong[] = {"", "crc32c", "crc32c:", "crc32c:2",
	        "crc32c:2:", "crc32c:2:1", "crc32c:2:0000000G", "crc32c:2:00000001 ",
	        "crc32c:-1:00000001", "crc32c: 2:00000001", "crc32c:99999999999999999999:00000001",
	        "crc32c:2:0000000000000001", "md5", ":2:00000001"};
	struct digest d, again;
	char out[META_DIGEST_MAX + 1];

	(void)state;
	for (enum checksum_kind k = CHECKSUM_CRC32; k < CHECKSUM_KINDS_N; k++) {
		of_file(&d, bytes, SIZE, k);
		digest_text(&d, out);
		assert_int_equal(digest_parse(out, &again), 0);
		assert_int_equal(again.size, SIZE);
		assert_true(digest_same(&d, &again));
	}
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(digest_parse(wrong[i], &again), -EINVAL);
	assert_int_equal(digest_parse("poly1305:65536:2:0000000000000003", &again), -ENOTSUP);
}

/* The format on disk: these must never change. */
static void known_values(void **state)
{
	struct digest d;
	char out[META_DIGEST_MAX + 1];

	(void)state;
	of_file(&d, "123456789", 9, DIGEST_KIND);
	digest_text(&d, out);
	assert_string_equal(out, "crc64nvme:9:ae8b14860a799888");
	of_file(&d, "123456789", 9, CHECKSUM_CRC32C);
	digest_text(&d, out);
	assert_string_equal(out, "crc32c:9:e3069283");
	of_file(&d, "", 0, DIGEST_KIND);
	digest_text(&d, out);
	assert_string_equal(out, "crc64nvme:0:0000000000000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(in_any_order),
	        cmocka_unit_test(chosen_late),
	        cmocka_unit_test(composite_of_parts),
	        cmocka_unit_test(finds_what_changed),
	        cmocka_unit_test(begun_anew),
	        cmocka_unit_test(text),
	        cmocka_unit_test(known_values),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
