/* The setting `headers`: which lines there are, which are refused, and which the store signs. */
#include "fetch/header_lines.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void lines_come_one_by_one(void **state)
{
	const char *at = "X-Key:  a b \nCookie: c=d; e=f\r\nnone of it\n: x\nLast:z";
	static const char *const want[][2] = {
	        {"X-Key", "a b"}, {"Cookie", "c=d; e=f"}, {"Last", "z"}};
	struct header_line l;

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		assert_true(header_lines_next(&at, &l));
		assert_int_equal(l.name_len, strlen(want[i][0]));
		assert_memory_equal(l.name, want[i][0], l.name_len);
		assert_int_equal(l.value_len, strlen(want[i][1]));
		assert_memory_equal(l.value, want[i][1], l.value_len);
	}
	assert_false(header_lines_next(&at, &l));
	assert_true(header_lines_have("A: 1\nauthORIZATION: x", "Authorization"));
	assert_false(header_lines_have("A: 1\nAuthorization-Of: x", "Authorization"));
	assert_false(header_lines_have("", "Authorization"));
}

static void what_is_no_line_or_larders_own_is_refused(void **state)
{
	static const char *const bad[] = {"x", ": x", "a b: c", "A:", "A: \t", "A: b\nB",
	        "A: b\n\nB: c", "Range: bytes=0-1", "if-match: x", "HOST: h", "A: b\x01",
	        "A: b\x7f", "A: b\rC: d", "Content-Length: 1", "x-amz-date: 1", "\xc3\xa4: x"};
	char name[100];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (!header_lines_fault(bad[i]))
			fail_msg("taken: %s", bad[i]);
	}
	snprintf(name, sizeof name, "%064d: x", 0);
	assert_non_null(header_lines_fault(name));
	assert_null(header_lines_fault(name + 1));
	assert_null(header_lines_fault("A: b\nX-Y_z.1: caf\xc3\xa9\tx\nCookie: a=b; c"));
	assert_null(header_lines_fault(""));
}

static void signed_ones_are_sorted_in_and_take_the_place_of_the_stores(void **state)
{
	struct sigv4_pair pairs[5] = {
	        {"host", "h"}, {"x-amz-checksum-mode", "ENABLED"}, {"x-amz-date", "d"}};
	char buf[HEADER_LINES_TEXT];
	size_t n = 3;

	(void)state;
	assert_int_equal(header_lines_sign(
	                         "X-Amz-Request-Payer: requester\nB: no\nx-amz-CHECKSUM-mode: off\n"
	                         "x-amz-: no",
	                         "x-amz-", pairs, &n, 5, buf),
	        0);
	assert_int_equal(n, 4);
	assert_string_equal(pairs[0].name, "host");
	assert_string_equal(pairs[1].name, "x-amz-checksum-mode");
	assert_string_equal(pairs[1].value, "off");
	assert_string_equal(pairs[2].name, "x-amz-date");
	assert_string_equal(pairs[3].name, "x-amz-request-payer");
	assert_string_equal(pairs[3].value, "requester");
}

static void too_many_to_sign_are_refused(void **state)
{
	struct sigv4_pair pairs[2] = {{"host", "h"}};
	char buf[HEADER_LINES_TEXT], large[HEADER_LINES_TEXT + 32];
	size_t n = 1;

	(void)state;
	assert_int_equal(
	        header_lines_sign("x-ms-a: 1\nx-ms-b: 2", "x-ms-", pairs, &n, 2, buf), -E2BIG);
	snprintf(large, sizeof large, "x-ms-a: %0*d", HEADER_LINES_TEXT, 0);
	n = 1;
	assert_int_equal(header_lines_sign(large, "x-ms-", pairs, &n, 2, buf), -E2BIG);
}

static void others_are_added_and_replace_what_has_their_name(void **state)
{
	struct curl_slist *list = curl_slist_append(NULL, "accept-encoding: identity");

	(void)state;
	list = curl_slist_append(list, "authorization: old");
	assert_int_equal(
	        header_lines_add("Authorization: new\nX-A: 1\nx-amz-b: 2\nX-A: 3", "x-amz-", &list),
	        0);
	assert_string_equal(list->data, "accept-encoding: identity");
	assert_string_equal(list->next->data, "Authorization: new");
	assert_string_equal(list->next->next->data, "X-A: 1");
	assert_string_equal(list->next->next->next->data, "X-A: 3");
	assert_null(list->next->next->next->next);
	header_lines_wipe(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lines_come_one_by_one),
	        cmocka_unit_test(what_is_no_line_or_larders_own_is_refused),
	        cmocka_unit_test(signed_ones_are_sorted_in_and_take_the_place_of_the_stores),
	        cmocka_unit_test(too_many_to_sign_are_refused),
	        cmocka_unit_test(others_are_added_and_replace_what_has_their_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
