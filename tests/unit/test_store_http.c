/* The http store: addresses of keys, and what each error status means. */
#include "fetch/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct config config = {.file = "larder.ini", .home = ""};
static struct profile profile;
static char error[STORE_ERROR_MAX];

static struct store *open_store(const char *remote)
{
	struct store *s = NULL;

	profile = (struct profile){.remote = remote,
	        .authority = "h",
	        .manifest = "",
	        .ca_file = "",
	        .headers = "",
	        .bearer_token = "",
	        .bearer_token_file = "",
	        .netrc = "",
	        .name = "web"};
	assert_int_equal(store_http.open(&s, &config, &profile, error), 0);
	return s;
}

static void assert_url(const char *remote, const char *key, const char *want)
{
	struct store *s = open_store(remote);
	struct store_request r;

	assert_int_equal(
	        store_http.request(s, &(struct store_args){.op = STORE_GET, .key = key}, &r, error),
	        0);
	assert_string_equal(r.url, want);
	store_request_release(&r);
	store_http.close(s);
}

static void key_follows_the_remote(void **state)
{
	(void)state;
	assert_url("https://h:8443/data", "a/b.bin", "https://h:8443/data/a/b.bin");
	assert_url("https://h/data//", "a", "https://h/data/a");
	assert_url("http://h", "a", "http://h/a");
}

static void key_is_percent_encoded(void **state)
{
	(void)state;
	assert_url(
	        "http://h/x%20y", "a b?c#d%e/\xc3\xa4", "http://h/x%20y/a%20b%3Fc%23d%25e/%C3%A4");
	assert_url("http://h", "%2e%2e/a", "http://h/%252e%252e/a");
}

static void plain_bytes_are_asked_for(void **state)
{
	(void)state;
	struct store *s = open_store("http://h");
	struct store_request r;

	assert_int_equal(store_http.request(
	                         s, &(struct store_args){.op = STORE_HEAD, .key = "a"}, &r, error),
	        0);
	assert_string_equal(r.headers->data, "Accept-Encoding: identity");
	assert_null(r.headers->next);
	store_request_release(&r);
	store_http.close(s);
}

static void key_cannot_leave_the_remote(void **state)
{
	(void)state;
	struct store *s = open_store("http://h/data");
	struct store_request r;

	static const char *const bad[] = {
	        "../secret", "a/../../b", "a/..", ".", "/a", "a//b", "", "a/"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct store_args a = {.op = STORE_GET, .key = bad[i]};
		assert_int_equal(store_http.request(s, &a, &r, error), -ENOENT);
		assert_null(r.url);
	}
	store_http.close(s);
}

static void listing_is_refused(void **state)
{
	(void)state;
	struct store *s = open_store("http://h/data");
	struct store_request r;

	assert_false(store_http.lists);
	assert_int_equal(
	        store_http.request(s, &(struct store_args){.op = STORE_LIST, .key = ""}, &r, error),
	        -ENOTSUP);
	assert_non_null(strstr(error, "manifest"));
	store_http.close(s);
}

static void assert_not_opened(const char *remote, const char *manifest)
{
	struct store *s = NULL;

	profile =
	        (struct profile){.remote = remote, .manifest = manifest, .name = "web", .line = 3};
	assert_int_equal(store_http.open(&s, &config, &profile, error), -EINVAL);
	assert_null(s);
	assert_non_null(strstr(error, "larder.ini:3: [profile web]"));
}

static void remote_that_is_no_plain_address_is_refused(void **state)
{
	(void)state;
	assert_not_opened("http://", "");
	assert_not_opened("http:///a", "");
	assert_not_opened("http://h/a?b=c", "");
	assert_not_opened("http://h/a b", "");
	assert_not_opened("http://h/a", "../list");
}

static void password_in_the_remote_is_refused_and_not_shown(void **state)
{
	(void)state;
	assert_not_opened("http://me:hunter2@h/a", "");
	assert_null(strstr(error, "hunter2"));
}

static void assert_verdict(long status, int code, bool retry)
{
	struct store *s = open_store("http://h/data");
	struct response r = {.status = status};
	struct store_args a = {.op = STORE_GET, .key = "a\nb"};
	bool retried = !retry, again = true;

	error[0] = '\0';
	assert_int_equal(store_http.error(s, &a, &r, "<html>", 6, &retried, &again, error), code);
	assert_int_equal(retried, retry);
	assert_false(again);
	assert_non_null(strstr(error, "GET http://h/data/a%0Ab: HTTP status "));
	assert_non_null(strpbrk(error, ";,"));
	store_http.close(s);
}

static void refusals_are_eacces(void **state)
{
	(void)state;
	assert_verdict(401, -EACCES, false);
	assert_verdict(403, -EACCES, false);
}

static void absent_objects_are_enoent(void **state)
{
	(void)state;
	assert_verdict(404, -ENOENT, false);
	assert_verdict(410, -ENOENT, false);
}

static void transient_failures_are_retried(void **state)
{
	(void)state;
	static const long statuses[] = {0, 408, 429, 500, 502, 503, 504, 599};
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		assert_verdict(statuses[i], -EIO, true);
}

static void failed_condition_is_estale(void **state)
{
	(void)state;
	assert_verdict(412, -ESTALE, false);
}

static void other_statuses_are_eio(void **state)
{
	(void)state;
	static const long statuses[] = {204, 302, 400, 405, 416, 418, 999};
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		assert_verdict(statuses[i], -EIO, false);
}

static void long_address_leaves_room_for_the_remedy(void **state)
{
	(void)state;
	char key[STORE_KEY_MAX + 1] = "";
	struct store *s = open_store("http://h/data");
	bool retry, again;

	memset(key, 'k', STORE_KEY_MAX);
	store_http.error(s, &(struct store_args){.op = STORE_HEAD, .key = key},
	        &(struct response){.status = 404}, NULL, 0, &retry, &again, error);
	assert_non_null(strstr(error, "check the path"));
	store_http.close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(key_follows_the_remote),
	        cmocka_unit_test(key_is_percent_encoded),
	        cmocka_unit_test(plain_bytes_are_asked_for),
	        cmocka_unit_test(key_cannot_leave_the_remote),
	        cmocka_unit_test(listing_is_refused),
	        cmocka_unit_test(remote_that_is_no_plain_address_is_refused),
	        cmocka_unit_test(password_in_the_remote_is_refused_and_not_shown),
	        cmocka_unit_test(refusals_are_eacces),
	        cmocka_unit_test(absent_objects_are_enoent),
	        cmocka_unit_test(transient_failures_are_retried),
	        cmocka_unit_test(failed_condition_is_estale),
	        cmocka_unit_test(other_statuses_are_eio),
	        cmocka_unit_test(long_address_leaves_room_for_the_remedy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
