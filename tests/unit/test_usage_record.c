/* The text of an agent's record of usage: whole as it was written, or none. */
#include "cache/read/hash.h"
#include "cache/usage.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* All that is in a struct but its padding. */
static void assert_same(const struct usage_record *a, const struct usage_record *b)
{
	assert_memory_equal(a, b, offsetof(struct usage_record, stale));
	assert_int_equal(a->stale, b->stale);
	assert_string_equal(a->folded, b->folded);
}

static void a_record_is_read_as_it_was_written(void **state)
{
	struct usage_record in = {.net = {-5, 6},
	                            .added = {7, 8},
	                            .reserved = {9, 10},
	                            .filling = {11, 12},
	                            .seq = 13,
	                            .stale = true,
	                            .folded = "host.0123456789abcdef.77-1.use"},
	                    out;
	char text[USAGE_RECORD_SIZE];

	(void)state;
	usage_format(&in, text);
	assert_int_equal(usage_parse(&out, text, sizeof text), 0);
	assert_same(&in, &out);
	in = (struct usage_record){.net = {-USAGE_NUMBER_MAX, USAGE_NUMBER_MAX},
	        .added = {USAGE_NUMBER_MAX, USAGE_NUMBER_MAX},
	        .reserved = {USAGE_NUMBER_MAX, USAGE_NUMBER_MAX},
	        .filling = {USAGE_NUMBER_MAX, USAGE_NUMBER_MAX},
	        .seq = USAGE_NUMBER_MAX};
	memset(in.folded, 'x', sizeof in.folded - 1);
	usage_format(&in, text);
	assert_int_equal(usage_parse(&out, text, sizeof text), 0);
	assert_same(&in, &out);
}

static void a_record_that_is_torn_is_none(void **state)
{
	struct usage_record old = {.net = {1000000, 1}, .seq = 8},
	                    new = {.net = {2345678, 22}, .seq = 9}, out;
	char a[USAGE_RECORD_SIZE], b[USAGE_RECORD_SIZE], torn[USAGE_RECORD_SIZE];

	(void)state;
	usage_format(&old, a);
	usage_format(&new, b);
	for (size_t i = 1; i < sizeof torn; i++) {
		memcpy(torn, b, i);
		memcpy(torn + i, a + i, sizeof torn - i);
		if (memcmp(torn, a, sizeof torn) != 0 && memcmp(torn, b, sizeof torn) != 0)
			assert_int_equal(usage_parse(&out, torn, sizeof torn), -EPROTO);
		assert_int_equal(usage_parse(&out, b, i), -EPROTO);
	}
	for (size_t i = 0; i < sizeof b; i++) {
		size_t text = strcspn(b, " ");

		memcpy(torn, b, sizeof torn);
		torn[i] ^= 1;
		/* The spaces at the end say nothing. */
		if (b[i] != ' ' && i > text && i + 1 < sizeof b)
			assert_int_equal(usage_parse(&out, torn, sizeof torn), -EPROTO);
	}
}

/* With a good sum, so that nothing but the numbers is wrong. */
static int parse_lines(const char *lines)
{
	char text[USAGE_RECORD_SIZE], hex[HASH_HEX_LEN + 1];
	struct usage_record r;
	int n;

	hash_hex(hash64(HASH_USAGE, lines, strlen(lines)), hex);
	memset(text, ' ', sizeof text);
	n = snprintf(text, sizeof text, "%ssum %s\n", lines, hex);
	text[n] = ' ';
	return usage_parse(&r, text, sizeof text);
}

#define GOOD_REST "added 1 1\nreserved 1 1\nfilling 1 1\n"

static void nonsense_is_no_record(void **state)
{
	static const char *const bad[] = {
	        "larder-usage 2\nseq 1 0 -\nnet 1 1\n" GOOD_REST,
	        "larder-usage 1\nseq -1 0 -\nnet 1 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 ../../x\nnet 1 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0\nnet 1 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 1152921504606846977 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 99999999999999999999999999 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet  1 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 1 1 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 1 1x\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 1 1\nadded 1 1\nreserved -1 1\nfilling 1 1\n",
	        "larder-usage 1\nseq 1 0 -\nnet 1 1\nadded 1 1\nreserved 1 1\n",
	        "larder-usage 1\n",
	        "",
	};

	(void)state;
	assert_int_equal(parse_lines("larder-usage 1\nseq 1 0 -\nnet 1 1\n" GOOD_REST), 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(parse_lines(bad[i]), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_record_is_read_as_it_was_written),
	        cmocka_unit_test(a_record_that_is_torn_is_none),
	        cmocka_unit_test(nonsense_is_no_record),
	};

	return cmocka_run_group_tests_name("usage_record", tests, NULL, NULL);
}
