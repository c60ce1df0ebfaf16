/* Texts put together without stdio. */
#include "cache/read/text.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void texts_are_joined(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(text_join(out, sizeof out, "a", "", "bc", "/", "d", NULL), 5);
	assert_string_equal(out, "abc/d");
	assert_int_equal(text_join(out, sizeof out, NULL), 0);
	assert_string_equal(out, "");
}

static void what_does_not_fit_is_nothing(void **state)
{
	char out[6] = "?????";

	(void)state;
	assert_int_equal(text_join(out, sizeof out, "abc", "de", NULL), 5);
	assert_string_equal(out, "abcde");
	assert_int_equal(text_join(out, sizeof out, "abc", "def", NULL), 0);
	assert_string_equal(out, "");
	assert_int_equal(text_join(out, sizeof out, "abcdef", NULL), 0);
	assert_int_equal(text_join(out, 1, "a", NULL), 0);
	assert_string_equal(out, "");
}

static void numbers_are_decimal(void **state)
{
	char out[TEXT_NUMBER_MAX];

	(void)state;
	assert_string_equal(text_number(out, 0), "0");
	assert_string_equal(text_number(out, 9), "9");
	assert_string_equal(text_number(out, 10), "10");
	assert_string_equal(text_number(out, 1000000), "1000000");
	assert_string_equal(text_number(out, 999999999), "999999999");
	assert_string_equal(text_number(out, UINT_MAX), "4294967295");
}

static void bytes_are_counted(void **state)
{
	(void)state;
	assert_int_equal(text_until("abc/d", '/'), 3);
	assert_int_equal(text_until("abc", '/'), 3);
	assert_int_equal(text_until("/", '/'), 0);
	assert_int_equal(text_until("", '/'), 0);
	assert_int_equal(text_run("//a/", '/'), 2);
	assert_int_equal(text_run("a", '/'), 0);
	assert_int_equal(text_run("", '/'), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(texts_are_joined),
	        cmocka_unit_test(what_does_not_fit_is_nothing),
	        cmocka_unit_test(numbers_are_decimal),
	        cmocka_unit_test(bytes_are_counted),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
