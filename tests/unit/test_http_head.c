/* The head of an HTTP answer: what is taken from it, and what is not. */
#include "fetch/http_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static char taken[256]; /* what the store was given: "name=value;"… */

static void take(
        struct store *s, struct response *r, const char *name, const char *value, size_t len)
{
	size_t at = strlen(taken);

	(void)s, (void)r;
	snprintf(taken + at, sizeof(taken) - at, "%s=%.*s;", name, (int)len, value);
}

static const struct store_ops ops = {.header = take};

/* Feeds lines that end in '\n' each, with CRLF as libcurl does. */
static struct response parse(const char *text)
{
	struct response r;

	response_reset(&r);
	while (*text) {
		char line[1024];
		size_t len = strcspn(text, "\n");
		int n = snprintf(line, sizeof(line), "%.*s\r\n", (int)len, text);
		response_header_line(&r, &ops, NULL, line, (size_t)n);
		text += len + 1;
	}
	response_finish(&r);
	return r;
}

static void status_is_read_from_http_1_and_2(void **state)
{
	(void)state;
	assert_int_equal(parse("HTTP/1.1 206 Partial Content\n").status, 206);
	assert_int_equal(parse("HTTP/2 404\n").status, 404);
	assert_int_equal(parse("HTTP/1.1 20\n").status, 0);
	assert_int_equal(parse("HTTP/1.1 2000\n").status, 0);
	assert_int_equal(parse("HTTP/1.1\n").status, 0);
}

static void plain_answer_gives_size_etag_and_mtime(void **state)
{
	(void)state;
	struct response r = parse("HTTP/1.1 200 OK\n"
	                          "content-length: 1234\n"
	                          "ETag: \"5f-abc\"\n"
	                          "LAST-MODIFIED:  Sun, 06 Nov 1994 08:49:37 GMT \n\n");
	assert_int_equal(r.content_length, 1234);
	assert_int_equal(r.info.size, 1234);
	assert_int_equal(r.info.mtime, 784111777);
	assert_string_equal(r.info.etag, "\"5f-abc\"");
	assert_false(r.has_range);
	assert_int_equal(r.total, UINT64_MAX);
}

static void nothing_known_is_said_so(void **state)
{
	(void)state;
	struct response r = parse("HTTP/1.1 200 OK\n");
	assert_int_equal(r.content_length, UINT64_MAX);
	assert_int_equal(r.info.size, UINT64_MAX);
	assert_int_equal(r.info.mtime, STORE_MTIME_DIR);
	assert_string_equal(r.info.etag, "");
}

static void new_status_line_forgets_the_redirect(void **state)
{
	(void)state;
	struct response r = parse("HTTP/1.1 302 Found\nETag: \"old\"\nContent-Length: 7\n\n"
	                          "HTTP/1.1 200 OK\nContent-Length: 9\n\n");
	assert_int_equal(r.status, 200);
	assert_int_equal(r.info.size, 9);
	assert_string_equal(r.info.etag, "");
}

static void range_gives_first_last_and_total(void **state)
{
	(void)state;
	struct response r = parse("HTTP/1.1 206 x\nContent-Range: bytes 100-199/1000\n"
	                          "Content-Length: 100\n");
	assert_true(r.has_range);
	assert_int_equal(r.first, 100);
	assert_int_equal(r.last, 199);
	assert_int_equal(r.total, 1000);
	assert_int_equal(r.info.size, 1000);
}

static void malformed_ranges_are_not_ranges(void **state)
{
	(void)state;
	static const char *const bad[] = {"bytes 5-4/10", "bytes 0-10/10", "bytes 0-9/*",
	        "bytes -9/10", "bytes 0-/10", "bytes 0-9", "items 0-9/10", "bytes  0-9/10",
	        "bytes 0-9/10 ,", "", "bytes 0-9/18446744073709551617",
	        "bytes 0-9/9223372036854775808", "bytes */*", "bytes 0x0-9/10", "bytes",
	        "bytes 0-9/1-0"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[200];
		snprintf(text, sizeof(text), "HTTP/1.1 206 x\nContent-Range: %s\n", bad[i]);
		struct response r = parse(text);
		assert_false(r.has_range);
		assert_int_equal(r.total, UINT64_MAX);
		assert_int_equal(r.info.size, UINT64_MAX);
	}
}

static void range_of_another_length_than_the_body_is_dropped(void **state)
{
	(void)state;
	assert_false(parse("HTTP/1.1 206 x\nContent-Range: bytes 0-9/100\nContent-Length: 11\n")
	                     .has_range);
}

static void range_outside_of_a_206_is_dropped(void **state)
{
	(void)state;
	struct response r =
	        parse("HTTP/1.1 200 OK\nContent-Range: bytes 0-9/100\nContent-Length: 10\n");
	assert_false(r.has_range);
	assert_int_equal(r.info.size, 10);
}

static void unsatisfied_range_gives_the_total(void **state)
{
	(void)state;
	struct response r =
	        parse("HTTP/1.1 416 x\nContent-Range: bytes */0\nContent-Length: 197\n");
	assert_false(r.has_range);
	assert_int_equal(r.info.size, 0);
	assert_int_equal(r.content_length, 197);
}

static void two_ranges_that_differ_are_none(void **state)
{
	(void)state;
	assert_false(parse("HTTP/1.1 206 x\nContent-Range: bytes 0-9/100\n"
	                   "Content-Range: bytes 0-9/101\nContent-Range: bytes 0-9/101\n")
	                     .has_range);
	assert_true(parse("HTTP/1.1 206 x\nContent-Range: bytes 0-9/100\n"
	                  "Content-Range: bytes 0-9/100\n")
	                    .has_range);
}

static void lengths_that_differ_are_unknown(void **state)
{
	(void)state;
	const char *conflict =
	        "HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 6\nContent-Length: 6\n";
	assert_int_equal(parse(conflict).info.size, UINT64_MAX);
	assert_int_equal(
	        parse("HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 5\n").info.size, 5);
}

static void malformed_lengths_are_unknown(void **state)
{
	(void)state;
	static const char *const bad[] = {"-1", "+1", "1 2", "0x10", "", "9223372036854775808",
	        "99999999999999999999", "5, 5"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[100];
		snprintf(text, sizeof(text), "HTTP/1.1 200 OK\nContent-Length: %s\n", bad[i]);
		assert_int_equal(parse(text).content_length, UINT64_MAX);
	}
}

static void chunked_body_has_no_length(void **state)
{
	(void)state;
	assert_int_equal(parse("HTTP/1.1 200 x\nTransfer-Encoding: chunked\nContent-Length: 5\n")
	                         .content_length,
	        UINT64_MAX);
}

static void only_a_framed_body_has_an_end(void **state)
{
	static const char *const ended[] = {"HTTP/1.1 200 x\nTransfer-Encoding: Chunked\n",
	        "HTTP/1.1 200 x\nTransfer-Encoding: gzip, chunked\n", "HTTP/2 200\n"};
	static const char *const open[] = {"HTTP/1.1 200 x\n",
	        "HTTP/1.1 200 x\nTransfer-Encoding: identity\n",
	        "HTTP/1.1 200 x\nTransfer-Encoding: chunked, gzip\n",
	        "HTTP/1.1 200 x\nTransfer-Encoding: unchunked\n"};

	(void)state;
	for (size_t i = 0; i < sizeof ended / sizeof *ended; i++)
		assert_true(parse(ended[i]).chunked);
	for (size_t i = 0; i < sizeof open / sizeof *open; i++)
		assert_false(parse(open[i]).chunked);
}

static void encoded_body_does_not_give_the_size(void **state)
{
	(void)state;
	struct response r = parse("HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: 5\n");
	assert_true(r.encoded);
	assert_int_equal(r.info.size, UINT64_MAX);
	assert_false(parse("HTTP/1.1 200 OK\nContent-Encoding: Identity\n").encoded);
}

static void weak_and_malformed_etags_are_dropped(void **state)
{
	(void)state;
	static const char *const bad[] = {
	        "W/\"a\"", "abc", "\"a", "a\"", "\"", "\"a b\"", "\"a\"b\""};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[100];
		snprintf(text, sizeof(text), "HTTP/1.1 200 OK\nETag: %s\n", bad[i]);
		assert_string_equal(parse(text).info.etag, "");
	}
}

static void etags_that_differ_are_dropped(void **state)
{
	(void)state;
	assert_string_equal(
	        parse("HTTP/1.1 200 x\nETag: \"a\"\nETag: \"b\"\nETag: \"b\"\n").info.etag, "");
	assert_string_equal(parse("HTTP/1.1 200 x\nETag: \"a\"\nETag: \"a\"\n").info.etag, "\"a\"");
}

static void etag_is_bounded(void **state)
{
	(void)state;
	char text[400] = "HTTP/1.1 200 OK\nETag: ";
	size_t head = strlen(text);

	memset(text + head, 'x', STORE_ETAG_MAX);
	text[head] = text[head + STORE_ETAG_MAX - 1] = '"';
	assert_int_equal(strlen(parse(text).info.etag), STORE_ETAG_MAX);
	memset(text + head, 'x', STORE_ETAG_MAX + 1);
	text[head] = text[head + STORE_ETAG_MAX] = '"';
	assert_string_equal(parse(text).info.etag, "");
}

static void nul_in_a_value_does_not_cut_it(void **state)
{
	(void)state;
	struct response r;
	static const char line[] = "ETag: \"a\"\0b\r\n";

	response_reset(&r);
	response_header_line(&r, NULL, NULL, line, sizeof(line) - 1);
	response_finish(&r);
	assert_string_equal(r.info.etag, "");
}

static void names_must_match_whole(void **state)
{
	(void)state;
	struct response r =
	        parse("HTTP/1.1 200 x\nX-ETag: \"a\"\nETag : \"b\"\n ETag: \"c\"\nETa\n:\n");
	assert_string_equal(r.info.etag, "");
}

static void store_gets_what_is_not_known_here(void **state)
{
	(void)state;
	char text[] = "HTTP/1.1 200 x\nETag: \"a\"\nX-Goog-Hash:  crc32c=AAAAAA== \nx-é: 1\n: 2\n";
	char longest[HTTP_NAME_MAX + 8] = "";

	taken[0] = 0;
	(void)parse(text);
	assert_string_equal(taken, "x-goog-hash=crc32c=AAAAAA==;x-é=1;=2;");
	taken[0] = 0;
	memset(longest, 'n', HTTP_NAME_MAX + 1);
	strcpy(longest + HTTP_NAME_MAX + 1, ": 1\n");
	(void)parse(longest);
	assert_string_equal(taken, "");
	(void)parse(longest + 1);
	assert_int_equal(strlen(taken), HTTP_NAME_MAX + 3);
}

static void retry_after_is_seconds(void **state)
{
	(void)state;
	assert_int_equal(parse("HTTP/1.1 503 x\nRetry-After: 17\n").retry_after, 17);
	assert_int_equal(parse("HTTP/1.1 503 x\nRetry-After: 99999999999\n").retry_after,
	        HTTP_RETRY_AFTER_MAX);
	assert_int_equal(parse("HTTP/1.1 503 x\nRetry-After: soon\n").retry_after, 0);
}

static void retry_after_may_be_a_date(void **state)
{
	(void)state;
	char text[100];
	time_t then = time(NULL) + 100;
	struct tm tm;

	strftime(text, sizeof(text), "HTTP/1.1 503 x\nRetry-After: %a, %d %b %Y %H:%M:%S GMT\n",
	        gmtime_r(&then, &tm));
	assert_in_range(parse(text).retry_after, 90, 100);
	assert_int_equal(
	        parse("HTTP/1.1 503 x\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\n").retry_after,
	        0);
}

static void amazon_headers_are_words(void **state)
{
	(void)state;
	struct response r = parse("HTTP/1.1 301 x\nx-amz-bucket-region: eu-west-1\n"
	                          "X-Amz-Server-Side-Encryption: aws:kms\n");
	assert_string_equal(r.region, "eu-west-1");
	assert_string_equal(r.sse, "aws:kms");
	assert_string_equal(parse("HTTP/1.1 301 x\nx-amz-bucket-region: a/b\n").region, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(status_is_read_from_http_1_and_2),
	        cmocka_unit_test(plain_answer_gives_size_etag_and_mtime),
	        cmocka_unit_test(nothing_known_is_said_so),
	        cmocka_unit_test(new_status_line_forgets_the_redirect),
	        cmocka_unit_test(range_gives_first_last_and_total),
	        cmocka_unit_test(malformed_ranges_are_not_ranges),
	        cmocka_unit_test(range_of_another_length_than_the_body_is_dropped),
	        cmocka_unit_test(range_outside_of_a_206_is_dropped),
	        cmocka_unit_test(unsatisfied_range_gives_the_total),
	        cmocka_unit_test(two_ranges_that_differ_are_none),
	        cmocka_unit_test(lengths_that_differ_are_unknown),
	        cmocka_unit_test(malformed_lengths_are_unknown),
	        cmocka_unit_test(chunked_body_has_no_length),
	        cmocka_unit_test(only_a_framed_body_has_an_end),
	        cmocka_unit_test(encoded_body_does_not_give_the_size),
	        cmocka_unit_test(weak_and_malformed_etags_are_dropped),
	        cmocka_unit_test(etags_that_differ_are_dropped),
	        cmocka_unit_test(etag_is_bounded),
	        cmocka_unit_test(nul_in_a_value_does_not_cut_it),
	        cmocka_unit_test(names_must_match_whole),
	        cmocka_unit_test(store_gets_what_is_not_known_here),
	        cmocka_unit_test(retry_after_is_seconds),
	        cmocka_unit_test(retry_after_may_be_a_date),
	        cmocka_unit_test(amazon_headers_are_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
