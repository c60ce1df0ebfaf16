/* netrc: whose entry is taken, and what cannot be one. */
#include "fetch/netrc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct netrc_entry e;

static int find(const char *text, const char *host)
{
	return netrc_find(text, strlen(text), host, &e);
}

static void assert_entry(const char *text, const char *host, const char *user, const char *password)
{
	assert_int_equal(find(text, host), 0);
	assert_string_equal(e.user, user);
	assert_string_equal(e.password, password);
}

static void only_the_named_host_gets_its_entry(void **state)
{
	static const char text[] = "machine a.example login u1 password p1\n"
	                           "machine b.example\n\tlogin u2\n\taccount x\n\tpassword p2\n"
	                           "machine A.example login u3 password p3\n";

	(void)state;
	assert_entry(text, "a.example", "u1", "p1");
	assert_entry(text, "B.EXAMPLE", "u2", "p2");
	assert_int_equal(find(text, "c.example"), -ENOENT);
	assert_int_equal(find(text, "a.example.evil"), -ENOENT);
	assert_int_equal(find(text, "xa.example"), -ENOENT);
	assert_int_equal(find("", "a"), -ENOENT);
	assert_entry("machine ::1 login u password p", "::1", "u", "p");
}

static void default_is_for_all_that_come_behind(void **state)
{
	static const char text[] =
	        "machine a login u1 password p1\ndefault login any password one\n"
	        "machine b login u2 password p2\n";

	(void)state;
	assert_entry(text, "a", "u1", "p1");
	assert_entry(text, "b", "any", "one");
	assert_entry(text, "c", "any", "one");
}

static void words_may_be_quoted_and_macros_are_passed_over(void **state)
{
	(void)state;
	assert_entry(
	        "machine a login \"u \\\"x\\\"\" password \"p\\\\ q\"", "a", "u \"x\"", "p\\ q");
	assert_entry("macdef init\nmachine a login wrong password wrong\n\n# machine a login no\n"
	             "machine a login u password p#1\n",
	        "a", "u", "p#1");
	assert_entry("machine a login u", "a", "u", "");
}

static void what_is_cut_or_too_long_is_no_entry(void **state)
{
	static const char *const bad[] = {"machine a login", "machine a password",
	        "machine a login \"u", "machine a login \"u\\n\" password p",
	        "machine a login u password \x01", "machine \"a"};
	char text[2 * NETRC_WORD_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (find(bad[i], "a") != -EINVAL)
			fail_msg("%s", bad[i]);
	}
	snprintf(text, sizeof text, "machine a login %0*d password p", NETRC_WORD_MAX, 0);
	assert_int_equal(find(text, "a"), 0);
	snprintf(text, sizeof text, "machine a login %0*d password p", NETRC_WORD_MAX + 1, 0);
	assert_int_equal(find(text, "a"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_the_named_host_gets_its_entry),
	        cmocka_unit_test(default_is_for_all_that_come_behind),
	        cmocka_unit_test(words_may_be_quoted_and_macros_are_passed_over),
	        cmocka_unit_test(what_is_cut_or_too_long_is_no_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
