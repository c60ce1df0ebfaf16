/* Records: what is written is read back, lines of the shim are summed up, and what is no record is
 * counted. */
#include "fetch/record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct record record;

static void feed(const char *text)
{
	record_release(&record);
	assert_int_equal(record_feed(&record, text, strlen(text)), 0);
	assert_int_equal(record_end(&record), 0);
}

static char *written(const struct record_run *run)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	record_write(&record, run, f);
	fclose(f);
	return text;
}

#define LINE(url, etag, size, at)                                                                  \
	"{\"url\":\"" url "\",\"profile\":\"p\",\"version\":\"\",\"etag\":\"" etag                 \
	"\",\"checksum\":\"\",\"size\":" size                                                      \
	",\"mtime\":1700000000,\"executable\":false,\"at\":" at "}\n"

static void opens_of_one_generation_are_one_line(void **state)
{
	const struct record_entry *e;

	(void)state;
	feed(LINE("s3://b/k", "\\\"1\\\"", "5", "2000") LINE("s3://b/l", "", "7", "3000") LINE(
	        "s3://b/k", "\\\"1\\\"", "5", "1000") LINE("s3://b/k", "\\\"2\\\"", "5", "4000"));
	assert_int_equal(HASH_COUNT(record.entries), 3);
	assert_int_equal(record.damaged, 0);
	e = record.entries;
	assert_string_equal(e->url, "s3://b/k");
	assert_string_equal(e->etag, "\"1\"");
	assert_string_equal(e->profile, "p");
	assert_int_equal(e->opens, 2);
	assert_int_equal(e->bytes, 10);
	assert_int_equal(e->first, 1000);
	assert_int_equal(e->last, 2000);
	assert_int_equal(e->modified, 1700000000);
}

static void what_is_written_is_read_back(void **state)
{
	char *command[] = {"a b", "\"\n\xff", NULL}, *one, *two;
	struct record_run run = {.command = command, .start = 1500, .end = 2500, .status = 3};

	(void)state;
	feed(LINE("s3://b/%0a%ff", "\\udcff", "18446744073709551", "1700000000123")
	                LINE("gs://b/k", "", "0", "0"));
	one = written(&run);
	assert_non_null(strstr(one, "[\"a b\", \"\\\"\\u000a\\udcff\"]"));
	assert_non_null(strstr(one, "\"start\": \"1970-01-01T00:00:01.500Z\""));
	assert_non_null(strstr(one, "\"first\": \"2023-11-14T22:13:20.123Z\""));
	feed(one);
	assert_int_equal(record.damaged, 0);
	two = written(&run);
	assert_string_equal(one, two);
	free(one);
	free(two);
}

static void pieces_make_lines(void **state)
{
	const char *text = LINE("s3://b/k", "", "5", "1") LINE("s3://b/l", "", "5", "1");

	(void)state;
	for (size_t piece = 1; piece < 40; piece++) {
		record_release(&record);
		for (size_t at = 0; at < strlen(text); at += piece)
			record_feed(&record, text + at,
			        strlen(text) - at < piece ? strlen(text) - at : piece);
		assert_int_equal(record_end(&record), 0);
		assert_int_equal(HASH_COUNT(record.entries), 2);
		assert_int_equal(record.damaged, 0);
	}
}

static void assert_damaged(const char *text)
{
	feed(text);
	assert_int_equal(record.damaged, 1);
	assert_int_equal(HASH_COUNT(record.entries), 0);
}

static void what_is_no_line_is_counted(void **state)
{
	char *large = malloc(RECORD_LINE_MAX + 100);

	(void)state;
	assert_damaged("x\n");
	assert_damaged("{}\n");
	assert_damaged("{\"url\":\"no URL\"}\n");
	assert_damaged("{\"url\":\"s3://b/k\",\"first\":\"yesterday\"}\n");
	assert_damaged("{\"url\":\"s3://b/k\",\"size\":18446744073709551615}\n");
	assert_damaged("{\"url\":\"s3://b/k\",\"at\":18446744073709551615}\n");
	assert_damaged("{\"url\":\"s3://b/k\",\"more\":[{\"a\":1}]}\n");
	assert_damaged("{\"url\":\"s3://b/k\"");
	memset(large, 'x', RECORD_LINE_MAX + 99);
	large[RECORD_LINE_MAX + 98] = '\n';
	large[RECORD_LINE_MAX + 99] = 0;
	assert_damaged(large);
	free(large);
	/* What was cut harms no other line. */
	feed("{\"url\":\"s3://b/\n" LINE("s3://b/k", "", "5", "1"));
	assert_int_equal(record.damaged, 1);
	assert_int_equal(HASH_COUNT(record.entries), 1);
}

static void what_was_cut_out_is_passed_over(void **state)
{
	const char text[] = "\0\0\0" LINE("s3://b/k", "", "5", "1");

	(void)state;
	record_release(&record);
	assert_int_equal(record_feed(&record, text, sizeof text - 1), 0);
	assert_int_equal(HASH_COUNT(record.entries), 1);
	assert_int_equal(record.damaged, 0);
}

static int read_whole(const char *text, char err[static RECORD_ERROR_MAX])
{
	char path[] = "/tmp/test_record.XXXXXX";
	int fd = mkstemp(path), ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	record_release(&record);
	ret = record_read_whole(&record, path, err);
	unlink(path);
	return ret;
}

static void an_error_has_its_line(void **state)
{
	char err[RECORD_ERROR_MAX];

	(void)state;
	assert_int_equal(read_whole(LINE("s3://b/k", "", "5", "1"), err), 0);
	assert_int_equal(read_whole("\n" LINE("s3://b/k", "", "5", "1") "\nx\n" LINE(
	                                    "s3://b/k", "", "5", "1") "y",
	                         err),
	        -EBADMSG);
	assert_string_equal(err, "line 4 is not of a record (2 of 6 lines are not); is it one?");
	assert_int_equal(read_whole("", err), -EBADMSG);
	assert_string_equal(err, "it is empty; is it a record?");
	assert_int_equal(record_read_whole(&record, "/no-such", err), -ENOENT);
	assert_string_equal(err, "No such file or directory");
}

static void keys_are_decoded(void **state)
{
	char good[] = "a%2Fb%0a%ff+~", bad[][8] = {"%", "%4", "%g0", "%00", "%%41"};

	(void)state;
	assert_int_equal(record_decode(good), 0);
	assert_string_equal(good, "a/b\n\xff+~");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(record_decode(bad[i]), -EINVAL);
}

/* "<profile> <key>" of the first entry, or "none". */
static const char *resolved(const struct config *c, const char *profile, const char *url)
{
	static char text[KEY_MAX + 100];
	char line[KEY_MAX], key[KEY_MAX + 1];
	const struct profile *p;
	struct own_profile own;

	snprintf(line, sizeof line, "{\"url\":\"%s\",\"profile\":\"%s\"}\n", url, profile);
	feed(line);
	assert_int_equal(HASH_COUNT(record.entries), 1);
	if (record_resolve(c, record.entries, &own, &p, key) != 0)
		return "none";
	snprintf(text, sizeof text, "%s %s", p->name, key);
	return text;
}

static void an_entry_names_an_object_of_its_profile(void **state)
{
	static struct config c;
	static const char ini[] = "[profile one]\nremote = s3://b\nendpoint = http://one\n"
	                          "[profile two]\nremote = s3://b\nendpoint = http://two\n"
	                          "[profile sub]\nremote = gs://b/x\n";
	char *env[] = {"HOME=/home/me", "AWS_REGION=here", NULL};

	(void)state;
	assert_int_equal(config_parse(&c, "larder.ini", ini, sizeof ini - 1, env), 0);
	assert_string_equal(resolved(&c, "one", "s3://b/k%3fversionId=1"), "one k?versionId=1");
	assert_string_equal(resolved(&c, "two", "s3://b/d/k"), "two d/k");
	assert_string_equal(resolved(&c, "renamed", "s3://b/k"), "one k");
	assert_string_equal(resolved(&c, "one", "gs://b/x/k"), "sub k");
	assert_string_equal(resolved(&c, "one", "s3://b/k?versionId=V"), "one@V k");
	assert_string_equal(resolved(&c, "sub", "gs://b/x/k#12"), "sub@12 k");
	assert_string_equal(resolved(&c, "sub", "gs://b/y/k"), "gs=b y/k");
	assert_string_equal(resolved(&c, "one", "ftp://b/k"), "none");
	assert_string_equal(resolved(&c, "one", "s3://b/"), "none");
	assert_string_equal(resolved(&c, "one", "s3://b/d/"), "none");
	assert_string_equal(resolved(&c, "one", "s3://b/%zz"), "none");
}

static void one_url_of_two_profiles_is_two_objects(void **state)
{
	(void)state;
	feed("{\"url\":\"s3://b/k\",\"profile\":\"one\"}\n{\"url\":\"s3://b/"
	     "k\",\"profile\":\"two\"}\n");
	assert_int_equal(HASH_COUNT(record.entries), 2);
}

static void times_are_exact(void **state)
{
	char text[RECORD_TIME_MAX];
	int64_t ms;

	(void)state;
	assert_int_equal(record_parse_time("2024-02-29T12:34:56.789Z", &ms), 0);
	assert_string_equal(record_time(ms, text), "2024-02-29T12:34:56.789Z");
	assert_int_equal(record_parse_time("1970-01-01T00:00:01Z", &ms), 0);
	assert_int_equal(ms, 1000);
	assert_int_equal(record_parse_time("1969-01-01T00:00:01Z", &ms), -EINVAL);
	assert_int_equal(record_parse_time("2024-02-29T12:34:56", &ms), -EINVAL);
	assert_int_equal(record_parse_time("", &ms), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(opens_of_one_generation_are_one_line),
	        cmocka_unit_test(what_is_written_is_read_back),
	        cmocka_unit_test(pieces_make_lines),
	        cmocka_unit_test(what_is_no_line_is_counted),
	        cmocka_unit_test(what_was_cut_out_is_passed_over),
	        cmocka_unit_test(an_error_has_its_line),
	        cmocka_unit_test(keys_are_decoded),
	        cmocka_unit_test(an_entry_names_an_object_of_its_profile),
	        cmocka_unit_test(one_url_of_two_profiles_is_two_objects),
	        cmocka_unit_test(times_are_exact),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	record_release(&record);
	return failed;
}
