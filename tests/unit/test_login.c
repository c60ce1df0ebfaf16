/* The formats of logins: what they give, and that nothing else is taken. */
#include "fetch/login.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char out[64], err[STORE_ERROR_MAX];

static int find(const char *text, const char *path)
{
	return login_json(text, strlen(text), path, out, sizeof out);
}

static void json_values_are_found_by_their_path(void **state)
{
	static const char text[] =
	        " {\"a\": \"x\\u00e4\\ud83d\\ude00\\n\\/\", \"b\": {\"c\": [1, -2.5e3, {\"d\": "
	        "true}]},"
	        " \"n\": null, \"\": \"empty\", \"aa\": \"longer name\", \"a\": \"second\"} ";

	(void)state;
	assert_int_equal(find(text, "a"), 0);
	assert_string_equal(out, "x\xc3\xa4\xf0\x9f\x98\x80\n/");
	assert_int_equal(find(text, "aa"), 0);
	assert_string_equal(out, "longer name");
	assert_int_equal(find(text, "b/c/1"), 0);
	assert_string_equal(out, "-2.5e3");
	assert_int_equal(find(text, "b/c/2/d"), 0);
	assert_string_equal(out, "true");
	assert_int_equal(find(text, "n"), -ENOENT);
	assert_int_equal(find(text, "b/c/3"), -ENOENT);
	assert_int_equal(find(text, "a/b"), -ENOENT);
	assert_int_equal(find(text, "b/c"), -EPROTO);
	assert_int_equal(find(text, "@1"), 0);
	assert_string_equal(out, "b");
	assert_int_equal(find(text, "*1/c/0"), 0);
	assert_string_equal(out, "1");
	assert_int_equal(find(text, "@9"), -ENOENT);
	assert_int_equal(find("\"alone\"", ""), 0);
	assert_string_equal(out, "alone");
}

static void what_is_not_json_gives_nothing(void **state)
{
	static const char *const wrong[] = {"", "{", "{\"a\": \"x\"", "{\"a\": \"x\",}",
	        "{\"a\": \"x\"} x", "{\"a\": \"x\", \"b\": 01}", "{\"a\": \"x\", \"b\": 1.}",
	        "{\"a\": \"x\", \"b\": -}", "{\"a\": \"x\", \"b\": 1e}",
	        "{\"a\": \"x\", \"b\": \"\\u12\"}", "{\"a\": \"x\", \"b\": \"\\ud800\"}",
	        "{\"a\": \"x\", \"b\": \"\\udc00\"}", "{\"a\": \"x\", \"b\": \"\n\"}",
	        "{\"a\": \"x\", \"b\": nul}", "{\"a\": \"x\" \"b\": 1}", "{\"a\": \"x\", b: 1}",
	        "[\"a\", \"x\"", "<html>"};
	char deep[2 * LOGIN_DEPTH_MAX + 3];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		if (find(wrong[i], "a") != -EPROTO)
			fail_msg("taken: %s", wrong[i]);
		assert_string_equal(out, "");
	}
	memset(deep, '[', LOGIN_DEPTH_MAX);
	memset(deep + LOGIN_DEPTH_MAX, ']', LOGIN_DEPTH_MAX);
	deep[2 * LOGIN_DEPTH_MAX] = '\0';
	assert_int_equal(find(deep, "a"), -ENOENT);
	memset(deep, '[', LOGIN_DEPTH_MAX + 1);
	memset(deep + LOGIN_DEPTH_MAX + 1, ']', LOGIN_DEPTH_MAX + 1);
	deep[2 * LOGIN_DEPTH_MAX + 2] = '\0';
	assert_int_equal(find(deep, "a"), -EPROTO);
}

static void json_values_must_fit(void **state)
{
	char text[128], small[4];

	(void)state;
	snprintf(text, sizeof text, "{\"a\": \"%.*s\"}", (int)sizeof out - 1,
	        "0123456789012345678901234567890123456789012345678901234567890123456789");
	assert_int_equal(find(text, "a"), 0);
	assert_int_equal(strlen(out), sizeof out - 1);
	assert_int_equal(login_json("{\"a\": \"1234\"}", 13, "a", small, sizeof small), -EMSGSIZE);
	assert_int_equal(login_json("{\"a\": 1234}", 11, "a", small, sizeof small), -EMSGSIZE);
	assert_string_equal(small, "");
	assert_int_equal(find("{\"a\": \"x\\u0000y\"}", "a"), -EPROTO);
}

static void forms_are_encoded(void **state)
{
	char tight[12];
	size_t len = 0;

	(void)state;
	assert_int_equal(login_form(out, sizeof out, &len, "a", "b c&d=/"), 0);
	assert_int_equal(login_form(out, sizeof out, &len, "e", ""), 0);
	assert_string_equal(out, "a=b%20c%26d%3D%2F&e=");
	assert_int_equal(len, strlen(out));
	len = 0;
	assert_int_equal(login_form(tight, sizeof tight, &len, "name", "value"), 0);
	assert_int_equal(login_form(tight, sizeof tight, &len, "x", ""), -ENAMETOOLONG);
	assert_string_equal(tight, "name=value");
	assert_int_equal(len, 10);
}

static void times_are_utc(void **state)
{
	(void)state;
	assert_int_equal(login_time("1970-01-02T00:00:00Z"), 86400);
	assert_int_equal(login_time("2026-11-21T12:00:00.123456Z"), 1795262400);
	assert_int_equal(login_time("2026-11-21T12:00:00UTC"), 1795262400);
	assert_int_equal(login_time("2026-11-21T13:30:00+01:30"), 1795262400);
	assert_int_equal(login_time("2026-11-21T08:30:00-0330"), 1795262400);
	assert_int_equal(login_time("2026-11-21T12:00:00"), INT64_MIN);
	assert_int_equal(login_time("2026-11-21T12:00:00.Z"), INT64_MIN);
	assert_int_equal(login_time("2026-11-21 12:00:00Z"), INT64_MIN);
	assert_int_equal(login_time("2026-11-21T12:00:00+1"), INT64_MIN);
	assert_int_equal(login_time(""), INT64_MIN);
}

static void renewal_comes_before_the_end(void **state)
{
	(void)state;
	assert_int_equal(login_due(0, 0, 1 << 30), LOGIN_NONE);
	assert_int_equal(login_due(1000, 4600, 4299), LOGIN_NONE);
	assert_int_equal(login_due(1000, 4600, 4300), LOGIN_SOON);
	assert_int_equal(login_due(1000, 4600, 4595), LOGIN_NOW);
	/* A tenth of a short life. */
	assert_int_equal(login_due(1000, 1900, 1809), LOGIN_NONE);
	assert_int_equal(login_due(1000, 1900, 1810), LOGIN_SOON);
	assert_int_equal(login_due(1000, 900, 1000), LOGIN_NOW);
}

static void files_of_secrets_are_judged(void **state)
{
	char path[] = "/tmp/test_login.XXXXXX", *text;
	int fd = mkstemp(path), error = 0;
	size_t len = 0;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, " token-1\n", 9), 9);
	text = login_token_file(path, true, 100, &error, err);
	assert_non_null(text);
	assert_string_equal(text, "token-1");
	login_wipe(text, strlen(text));
	text = login_file(path, true, 9, &len, &error, err);
	assert_int_equal(len, 9);
	login_wipe(text, len);
	assert_null(login_file(path, true, 8, &len, &error, err));
	assert_int_equal(error, -EINVAL);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_null(login_token_file(path, true, 100, &error, err));
	assert_int_equal(error, -EPERM);
	text = login_token_file(path, false, 100, &error, err);
	assert_non_null(text);
	login_wipe(text, strlen(text));
	assert_int_equal(write(fd, "x y\n", 4), 4);
	assert_null(login_token_file(path, false, 100, &error, err));
	assert_int_equal(error, -EINVAL);
	assert_null(strstr(err, "token-1"));
	assert_int_equal(fchmod(fd, 0666), 0);
	assert_null(login_token_file(path, false, 100, &error, err));
	assert_int_equal(error, -EPERM);
	unlink(path);
	close(fd);
	assert_null(login_file(path, false, 100, &len, &error, err));
	assert_int_equal(error, -ENOENT);
	assert_non_null(strstr(err, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(json_values_are_found_by_their_path),
	        cmocka_unit_test(what_is_not_json_gives_nothing),
	        cmocka_unit_test(json_values_must_fit),
	        cmocka_unit_test(forms_are_encoded),
	        cmocka_unit_test(times_are_utc),
	        cmocka_unit_test(renewal_comes_before_the_end),
	        cmocka_unit_test(files_of_secrets_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
