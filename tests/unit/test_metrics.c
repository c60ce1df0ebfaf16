/* Metrics: where they may be had, what is answered, and how labels are written. */
#include "fetch/metrics.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void only_this_host_may_read(void **state)
{
	static const char *const good[] = {
	        "unix:/run/larder/metrics.sock", "127.0.0.1:9180", "127.1.2.3:1", "[::1]:65535"};
	static const char *const bad[] = {"", "unix:", "unix:relative", "127.0.0.1",
	        "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:1x", "127.0.0.1:-1",
	        "127.0.0:1", "0.0.0.0:9180", ":9180", "localhost:9180", "10.0.0.1:9180",
	        "[::]:9180", "::1:9180", "127.0.0.1.example.org:80"};
	struct metrics_address a;
	char longest[300] = "unix:/";

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(metrics_parse(good[i], &a), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(metrics_parse(bad[i], &a), -EINVAL);
	memset(longest + 6, 'x', 200);
	assert_int_equal(metrics_parse(longest, &a), -EINVAL);
}

static int judge(const char *request)
{
	return metrics_judge(request, strlen(request));
}

static void one_page_is_answered(void **state)
{
	static char large[METRICS_REQUEST_MAX + 1];

	(void)state;
	assert_int_equal(judge("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	assert_int_equal(judge("GET /metrics?a=b HTTP/1.0\r\n\r\n"), 200);
	assert_int_equal(judge("GET /metrics HTTP/1.1\r\nHost: x\r\n"), 0);
	assert_int_equal(judge(""), 0);
	assert_int_equal(judge("GET / HTTP/1.1\r\n\r\n"), 404);
	assert_int_equal(judge("GET /metricsx HTTP/1.1\r\n\r\n"), 404);
	assert_int_equal(judge("POST /metrics HTTP/1.1\r\n\r\n"), 405);
	assert_int_equal(judge("GET /metrics\r\n\r\n"), 400);
	assert_int_equal(judge("\r\n\r\n"), 400);
	assert_int_equal(judge("hello, who is there?\r\n\r\n"), 400);
	assert_int_equal(metrics_judge("GET /\0metrics", 13), 400);
	memset(large, 'x', METRICS_REQUEST_MAX);
	assert_int_equal(judge(large), 400);
}

static void labels_are_escaped(void **state)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	metrics_print_label(f, "a\"b\\c\nd");
	fclose(f);
	assert_string_equal(text, "\"a\\\"b\\\\c\\nd\"");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_this_host_may_read),
	        cmocka_unit_test(one_page_is_answered),
	        cmocka_unit_test(labels_are_escaped),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
