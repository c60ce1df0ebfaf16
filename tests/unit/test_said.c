/* What of a server's own words is shown. */
#include "fetch/said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void assert_code(const char *said, const char *shown)
{
	char text[128];

	snprintf(text, sizeof text, "%s", said);
	said_code(text);
	assert_string_equal(text, shown);
}

static void codes_are_words(void **state)
{
	(void)state;
	assert_code("NoSuchKey", "NoSuchKey");
	assert_code("Md5Mismatch", "Md5Mismatch");
	assert_code("invalid_grant", "invalid_grant");
	assert_code("", "");
	assert_code("Bearer x", "");
	assert_code("sig=abc", "");
	assert_code("hf_abcDEFghiJKLmnoPQRstuVWXyz0123456789", "");
}

static void assert_words(const char *said, size_t size, const char *shown)
{
	char text[256];

	snprintf(text, sizeof text, "%s", said);
	text[size - 1] = '\0';
	said_words(text, size);
	assert_string_equal(text, shown);
}

static void long_words_are_hidden(void **state)
{
	(void)state;
	assert_words("The key is none, RequestId:1", 256, "The key is none, RequestId:1");
	assert_words("GET /c?sv=2022-11-02&sig=aaaaaaaaaaaaaaaaaaaa%3D is refused", 256,
	        "GET ... is refused");
	assert_words("Bearer aaaaaaaaaabbbbbbbbbbccccccccccddd", 256, "Bearer ...");
	assert_words("", 256, "");
}

static void what_is_cut_off_is_hidden(void **state)
{
	(void)state;
	assert_words("token aaaaaaaaaabbbbbbbbbbccccccccccddd", 20, "token ...");
	assert_words("token aaa", 10, "token ...");
	assert_words("a b", 4, "a b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(codes_are_words),
	        cmocka_unit_test(long_words_are_hidden),
	        cmocka_unit_test(what_is_cut_off_is_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
