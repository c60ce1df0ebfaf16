/* What the S3 store makes of answers: failures with their remedies, what is learnt, heads, pages.
 */
#include "unit/store_s3_test.h"

#include <unistd.h>

static void test_version_is_asked_for_and_missed(void **state)
{
	struct store_args a = {.op = STORE_GET, .key = "k", .version = "3/L+~", .now = NOW};
	static const struct {
		long status;
		const char *code;
		int want;
	} rows[] = {{404, "", -ENOENT}, {404, "NoSuchVersion", -ENOENT},
	        {404, "NoSuchBucket", -ENOENT}, {405, "MethodNotAllowed", -ENOENT},
	        {400, "InvalidArgument", -ENOENT}, {400, "", -EACCES}, {500, "", -EIO}};

	(void)state;
	make(&a);
	assert_non_null(strstr(request.url, "/k?versionId=3%2FL%2B~"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		answer = (struct response){.status = rows[i].status};
		memcpy(answer.server_error, rows[i].code, strlen(rows[i].code) + 1);
		assert_int_equal(store_s3.error(store, &a, &answer, "", 0, &retry, &again, err),
		        rows[i].want);
		assert_non_null(strstr(err, "/k?versionId=3/L+~: HTTP"));
		assert_true(rows[i].want != -ENOENT || strstr(err, "such"));
	}
	a.version = "";
	make(&a);
	assert_null(strchr(request.url, '?'));
	store_s3.header(store, &answer, "x-amz-version-id", "null", 4);
	assert_string_equal(answer.info.version, "null");
}

/* The next request is signed with the server's time, and one that was sent before is sent again. */
static void test_clock_is_the_servers_if_it_must_be(void **state)
{
	static const char skewed[] = "<Error><Code>RequestTimeTooSkewed</Code></Error>";
	const struct store_args a = {.op = STORE_GET, .key = "k", .now = NOW};

	(void)state;
	assert_int_equal(store_s3.open(&store, &config, &profile, err), 0);
	for (int i = 0; i < 2; i++) {
		answer = (struct response){.status = 403, .date = NOW + 3600};
		assert_int_equal(store_s3.error(store, &a, &answer, skewed, sizeof skewed - 1,
		                         &retry, &again, err),
		        -EACCES);
		assert_true(again);
		assert_non_null(strstr(err, "clock"));
	}
	make(&a);
	assert_string_equal(header("x-amz-date"), "20130524T010000Z");
	/* A refusal of other reasons: neither with the same time, nor without any. */
	for (int i = 0; i < 2; i++) {
		const struct store_args later = {.op = STORE_HEAD, .key = "k", .now = NOW + 3600};

		answer = (struct response){.status = 403, .date = i ? NOW + 7205 : 0};
		store_s3.error(store, &later, &answer, "", 0, &retry, &again, err);
		assert_false(again);
	}
}

static void assert_code(long status, const char *code, int want, const char *message)
{
	char body[256];

	snprintf(body, sizeof body, "<Error><Code>%s</Code></Error>", code);
	assert_error(status, body, want, message);
	assert_string_equal(answer.server_error, code);
}

static void test_absence_is_enoent(void **state)
{
	(void)state;
	assert_code(
	        404, "NoSuchKey", -ENOENT, "s3://bucket/dir/k: HTTP 404 NoSuchKey: no such object");
	assert_code(404, "NoSuchBucket", -ENOENT, "no such bucket");
	assert_error(404, "", -ENOENT, "no such object or bucket");
	assert_false(retry || again);
}

static void test_refusal_is_eacces_with_the_keys_source(void **state)
{
	(void)state;
	assert_code(403, "AccessDenied", -EACCES, "(keys: access_key_id of [profile p])");
	assert_code(403, "SignatureDoesNotMatch", -EACCES, "correct the secret key");
	assert_code(403, "InvalidAccessKeyId", -EACCES, "does not know the access key");
	assert_code(400, "ExpiredToken", -EACCES, "get a new one");
	assert_code(403, "RequestTimeTooSkewed", -EACCES, "clock");
	assert_error(403, "", -EACCES, "check the keys");
	assert_false(retry || again);
}

static void test_refusal_without_keys_says_where_they_were_looked_for(void **state)
{
	(void)state;
	profile.access_key_id = profile.secret_access_key = "";
	assert_int_equal(store_s3.open(&store, &config, &profile, err), 0);
	profile.secret_access_key = "never shown";
	assert_code(403, "AccessDenied", -EACCES, "no credentials were found; looked at:");
	assert_non_null(strstr(err, "/nonexistent/.aws/credentials"));
}

static void test_transient_failures_are_retried(void **state)
{
	(void)state;
	assert_code(503, "SlowDown", -EIO, "slow down");
	assert_true(retry);
	assert_code(400, "RequestTimeout", -EIO, "waited too long");
	assert_true(retry);
	static const long statuses[] = {408, 429, 500, 502, 503, 504};
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		assert_error(statuses[i], "<html>", -EIO, "");
		assert_true(retry);
		assert_false(again);
	}
}

static void test_changed_object_is_estale(void **state)
{
	const struct store_args a = {.op = STORE_GET, .key = "k", .if_match = "\"x\"", .now = NOW};

	(void)state;
	assert_error(412, "", -EACCES, "not as S3 refuses"); /* there was no condition */
	answer = (struct response){.status = 412};
	assert_int_equal(store_s3.error(store, &a, &answer, "", 0, &retry, &again, err), -ESTALE);
	assert_non_null(strstr(err, "changed"));
	assert_code(412, "PreconditionFailed", -ESTALE, "changed");
	assert_error(304, "", 0, "");
}

static void no_range_of_nothing_is_told_from_a_shorter_object(void **state)
{
	const struct store_args a = {.op = STORE_GET, .key = "k", .now = NOW};
	static const struct {
		const char *body;
		uint64_t said, total;
	} cases[] = {
	        {"<Error><Code>InvalidRange</Code><ActualObjectSize>0</ActualObjectSize></Error>",
	                UINT64_MAX, 0},
	        {"<Error><Code>InvalidRange</Code><ActualObjectSize>7</ActualObjectSize></Error>",
	                UINT64_MAX, UINT64_MAX},
	        {"<Error><Code>InvalidRange</Code><ActualObjectSize>0</ActualObjectSize></Error>",
	                7, 7},
	        {"<Error><Code>InvalidRange</Code></Error>", UINT64_MAX, UINT64_MAX},
	};

	(void)state;
	assert_int_equal(store_s3.open(&store, &config, &profile, err), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		answer = (struct response){.status = 416, .total = cases[i].said};
		assert_int_equal(store_s3.error(store, &a, &answer, cases[i].body,
		                         strlen(cases[i].body), &retry, &again, err),
		        -ESTALE);
		assert_true(answer.total == cases[i].total);
	}
}

static void test_unknown_failure_shows_the_servers_words(void **state)
{
	(void)state;
	assert_error(400, "<Error><Code>Odd</Code><Message>so odd</Message></Error>", -EIO,
	        "HTTP 400 Odd");
	assert_non_null(strstr(err, "so odd"));
	assert_false(retry);
}

static void test_region_is_learnt_from_body_and_header(void **state)
{
	(void)state;
	assert_url(STORE_GET, "k", "https://bucket.s3.us-east-1.amazonaws.com/k");
	assert_error(400,
	        "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></"
	        "Error>",
	        -EACCES, "region");
	assert_true(again);
	assert_url(STORE_GET, "k", "https://bucket.s3.eu-west-1.amazonaws.com/k");
	assert_non_null(strstr(header("authorization"), "/eu-west-1/s3/"));

	const struct store_args a = {.op = STORE_HEAD, .key = "k", .now = NOW};
	answer = (struct response){.status = 301, .region = "us-west-2"};
	assert_int_equal(store_s3.error(store, &a, &answer, "", 0, &retry, &again, err), -EIO);
	assert_true(again);
	assert_url(STORE_GET, "k", "https://bucket.s3.us-west-2.amazonaws.com/k");
}

static void test_request_from_before_the_region_was_learnt_is_sent_again(void **state)
{
	static const char body[] =
	        "<Error><Code>PermanentRedirect</Code><Region>eu-west-1</Region></Error>";

	(void)state;
	assert_error(301, body, -EIO, "");
	assert_true(again);
	assert_error(301, body, -EIO, "");
	assert_true(again);
}

static void test_region_that_is_none_is_not_learnt(void **state)
{
	static const char *const regions[] = {"", "us-east-1", "evil.example/", "a b"};

	(void)state;
	for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
		char body[256];

		snprintf(body, sizeof body,
		        "<Error><Code>PermanentRedirect</Code><Region>%s</Region></Error>",
		        regions[i]);
		assert_error(301, body, -EIO, "set `region`");
		assert_false(again);
	}
	assert_url(STORE_GET, "k", "https://bucket.s3.us-east-1.amazonaws.com/k");
}

static void test_expired_keys_are_read_again(void **state)
{
	(void)state;
	char path[] = "/tmp/test_store_s3.XXXXXX";
	int fd = mkstemp(path);

	profile.access_key_id = profile.secret_access_key = "";
	profile.credentials_file = path;
	assert_true(dprintf(fd, "[default]\naws_access_key_id=old\naws_secret_access_key=s\n") > 0);
	assert_int_equal(store_s3.open(&store, &config, &profile, err), 0);
	assert_int_equal(store_s3.needs_login(store, NOW), LOGIN_NONE);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_true(dprintf(fd, "[default]\naws_access_key_id=new\n") > 0);
	const struct store_args a = {.op = STORE_GET, .key = "k", .now = NOW};
	static const char body[] = "<Error><Code>ExpiredToken</Code></Error>";
	answer = (struct response){.status = 400};
	store_s3.error(store, &a, &answer, body, strlen(body), &retry, &again, err);
	assert_true(again);
	assert_int_equal(store_s3.needs_login(store, NOW), LOGIN_NOW);
	assert_int_equal(store_s3.login(store, err), 0);
	store_s3.logged_in(store, 0);
	assert_int_equal(store_s3.needs_login(store, NOW), LOGIN_NONE);
	make(&a);
	assert_non_null(strstr(header("authorization"), "Credential=new/"));
	unlink(path);
	close(fd);
}

static void test_message_keeps_its_remedy_behind_a_long_key(void **state)
{
	static char key[STORE_KEY_MAX + 1];
	const struct store_args a = {.op = STORE_GET, .key = key, .now = NOW};

	(void)state;
	memset(key, '\n', sizeof key - 1);
	assert_int_equal(store_s3.open(&store, &config, &profile, err), 0);
	answer = (struct response){.status = 403};
	store_s3.error(store, &a, &answer, "", 0, &retry, &again, err);
	assert_non_null(strstr(err, "allow s3:GetObject"));
	assert_null(strchr(err, '\n'));
}

static void assert_md5(const char *bucket, const char *sse, bool want)
{
	static const char md5[] = "\"d41d8cd98f00b204e9800998ecf8427e\"";
	struct store *s;

	profile.authority = bucket;
	assert_int_equal(store_s3.open(&s, &config, &profile, err), 0);
	answer = (struct response){.status = 200};
	strcpy(answer.info.etag, md5);
	strcpy(answer.sse, sse);
	store_s3.head(s, &answer);
	assert_int_equal(answer.info.sum.kind, want ? CHECKSUM_MD5 : CHECKSUM_NONE);
	store_s3.close(s);
}

static void test_etag_is_md5_only_in_buckets_of_its_region(void **state)
{
	(void)state;
	assert_md5("bucket", "", true);
	assert_md5("bucket", "AES256", true);
	assert_md5("bucket", "aws:kms", false);
	assert_md5("bucket--usw2-az1--x-s3", "", false);
}

/* A server that refuses the question is asked without it from then on. */
static void test_refused_question_is_left_out(void **state)
{
	static const char no[] = "<Error><Code>InvalidArgument</Code>"
	                         "<Message>x-amz-checksum-mode is not known</Message></Error>";
	const struct store_args a = {.op = STORE_GET, .key = "k", .now = NOW};
	(void)state;
	assert_int_equal(store_s3.open(&store, &config, &profile, err), 0);
	answer = (struct response){.status = 400};
	assert_int_equal(
	        store_s3.error(store, &a, &answer, no, sizeof no - 1, &retry, &again, err), -EIO);
	assert_true(again);
	assert_int_equal(store_s3.request(store, &a, &request, err), 0);
	assert_null(header("x-amz-checksum-mode"));
	answer = (struct response){.status = 400};
	store_s3.error(store, &a, &answer, no, sizeof no - 1, &retry, &again, err);
	assert_false(again);
}

static void test_stored_content_encoding_does_not_hide_the_size(void **state)
{
	(void)state;
	answer = (struct response){.status = 200, .encoded = true, .content_length = 7};
	answer.info.size = UINT64_MAX;
	assert_int_equal(store_s3.open(&store, &config, &profile, err), 0);
	store_s3.head(store, &answer);
	assert_false(answer.encoded);
	assert_true(answer.info.size == 7);
	answer = (struct response){.status = 200, .encoded = true, .content_length = UINT64_MAX};
	store_s3.head(store, &answer);
	assert_true(answer.encoded);
}

static int seen_names;

static int count(void *arg, const struct store_entry *e)
{
	(void)arg;
	assert_memory_equal(e->name, "x", 1);
	return seen_names++ * 0;
}

static void test_listing_is_relative_to_the_profiles_prefix(void **state)
{
	static const char xml[] =
	        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>p/d/x</Key>"
	        "<LastModified>2013-05-24T00:00:00.000Z</LastModified><Size>1</Size></Contents>"
	        "</ListBucketResult>";
	const struct store_args a = {.op = STORE_LIST, .key = "d/", .now = NOW};
	char token[STORE_TOKEN_MAX + 1];
	void *list;

	(void)state;
	profile.prefix = "p/";
	assert_int_equal(store_s3.open(&store, &config, &profile, err), 0);
	assert_int_equal(store_s3.list_begin(store, &a, count, NULL, &list), 0);
	assert_int_equal(store_s3.list_feed(list, xml, strlen(xml)), 0);
	assert_int_equal(store_s3.list_end(list, token), 0);
	assert_int_equal(seen_names, 1);
	assert_string_equal(token, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(test_version_is_asked_for_and_missed),
	        TEST(test_clock_is_the_servers_if_it_must_be),
	        TEST(test_absence_is_enoent),
	        TEST(test_refusal_is_eacces_with_the_keys_source),
	        TEST(test_refusal_without_keys_says_where_they_were_looked_for),
	        TEST(test_transient_failures_are_retried),
	        TEST(test_changed_object_is_estale),
	        TEST(no_range_of_nothing_is_told_from_a_shorter_object),
	        TEST(test_unknown_failure_shows_the_servers_words),
	        TEST(test_region_is_learnt_from_body_and_header),
	        TEST(test_request_from_before_the_region_was_learnt_is_sent_again),
	        TEST(test_region_that_is_none_is_not_learnt),
	        TEST(test_expired_keys_are_read_again),
	        TEST(test_message_keeps_its_remedy_behind_a_long_key),
	        TEST(test_etag_is_md5_only_in_buckets_of_its_region),
	        TEST(test_refused_question_is_left_out),
	        TEST(test_stored_content_encoding_does_not_hide_the_size),
	        TEST(test_listing_is_relative_to_the_profiles_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
