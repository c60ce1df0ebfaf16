/* Files of counters: what is taken from them, and what is left out. */
#include "fetch/counters.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HEAD "larder counters 1\n"

static unsigned rows;
static char last[COUNTERS_DIR_MAX + 1];
static struct counters sum;

static void on_row(void *arg, const char *dir, const struct counters *c)
{
	(void)arg;
	rows++;
	snprintf(last, sizeof last, "%s", dir);
	counters_add(&sum, c);
}

static int parse(const char *text)
{
	char *copy = strdup(text);
	int err;

	assert_non_null(copy);
	rows = 0;
	memset(&sum, 0, sizeof sum);
	err = counters_parse(copy, on_row, NULL);
	free(copy);
	return err;
}

static void lines_are_added_up(void **state)
{
	(void)state;
	assert_int_equal(parse(HEAD "a~1 hits=3 misses=4\nb~2 hits=5 future=6\n"), 0);
	assert_int_equal(rows, 2);
	assert_string_equal(last, "b~2");
	assert_int_equal(sum.hits, 8);
	assert_int_equal(sum.misses, 4);
}

static void a_line_that_is_none_says_nothing(void **state)
{
	static const char *const bad[] = {"a hits\n", "a hits=\n", "a hits=-1\n", "a hits=1x\n",
	        "a hits= 1\n", "a hits=18446744073709551616\n", " hits=1\n", "a/b hits=1\n",
	        "a  hits=1\n", "a hits=1", "\n"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text, HEAD "%s", bad[i]);
		assert_int_equal(parse(text), 0);
		assert_int_equal(rows, 0);
	}
}

static void another_format_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse(""), -EPROTO);
	assert_int_equal(parse("larder counters 2\na hits=1\n"), -EPROTO);
	assert_int_equal(parse("larder counters 1"), -EPROTO);
}

static void sums_have_an_end(void **state)
{
	(void)state;
	assert_int_equal(parse(HEAD "a hits=18446744073709551615\nb hits=1\n"), 0);
	assert_true(sum.hits == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lines_are_added_up),
	        cmocka_unit_test(a_line_that_is_none_says_nothing),
	        cmocka_unit_test(another_format_is_refused),
	        cmocka_unit_test(sums_have_an_end),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
