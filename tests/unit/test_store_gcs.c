/* The requests that the store of Google Cloud Storage makes, and what it makes of answers. */
#define NOW   1575227339                                     /* 2019-12-01T19:08:59Z */
#define KEY   "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" /* 32 bytes */
#define STORE store_gcs

#include "unit/store_test.h"

#include <unistd.h>

static const char *const variables[] = {"GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG",
        "GCE_METADATA_HOST", "GCE_METADATA_ROOT", "GCE_METADATA_IP", "STORAGE_EMULATOR_HOST",
        "GOOGLE_CLOUD_QUOTA_PROJECT"};

static int fresh(void **state)
{
	(void)state;
	bare_store(variables, sizeof variables / sizeof *variables);
	setenv("NO_GCE_CHECK", "true", 1);
	profile.scheme = "gs";
	profile.authority = "bucket";
	return 0;
}

/* An answer's head, as lines. */
static void take_head(const char *const *lines)
{
	opened();
	response_reset(&answer);
	for (; *lines; lines++)
		response_header_line(&answer, &store_gcs, store, *lines, strlen(*lines));
	response_finish(&answer);
	store_gcs.head(store, &answer);
}

static void test_bucket_is_in_the_path(void **state)
{
	(void)state;
	assert_url(STORE_GET, "a b/ü+%/..//x",
	        "https://storage.googleapis.com/bucket/a%20b/%C3%BC%2B%25/..//x");
	assert_string_equal(header("host"), "storage.googleapis.com");
	assert_null(header("authorization"));
	profile.authority = "my.bucket_x";
	profile.prefix = "p/";
	assert_url(STORE_HEAD, "k", "https://storage.googleapis.com/my.bucket_x/p/k");
}

static void test_compressed_objects_come_as_they_are_stored(void **state)
{
	(void)state;
	assert_url(STORE_GET, "k", "https://storage.googleapis.com/bucket/k");
	assert_string_equal(header("accept-encoding"), "gzip");
	make(&(struct store_args){.op = STORE_LIST, .key = "", .now = NOW});
	assert_string_equal(header("accept-encoding"), "identity");
}

static void test_a_generation_is_asked_for(void **state)
{
	(void)state;
	make(&(struct store_args){
	        .op = STORE_GET, .key = "k", .version = "1360887697105000", .now = NOW});
	assert_string_equal(
	        request.url, "https://storage.googleapis.com/bucket/k?generation=1360887697105000");
}

static void test_lists_pages_of_a_folder(void **state)
{
	(void)state;
	profile.prefix = "p/";
	make(&(struct store_args){
	        .op = STORE_LIST, .key = "d d/", .token = "t+1", .max_keys = 5000, .now = NOW});
	assert_string_equal(request.url,
	        "https://storage.googleapis.com/bucket?continuation-token=t%2B1&delimiter=%2F&"
	        "encoding-type=url&list-type=2&max-keys=1000&prefix=p%2Fd%20d%2F");
	make(&(struct store_args){
	        .op = STORE_LIST, .key = "d/", .after = "m+", .until = "x", .now = NOW});
	assert_string_equal(request.url,
	        "https://storage.googleapis.com/bucket?delimiter=%2F&encoding-type=url&list-type=2&"
	        "prefix=p%2Fd%2F&start-after=p%2Fd%2Fm%2B");
}

static void test_signs_with_an_hmac_key(void **state)
{
	(void)state;
	profile.access_key_id = "GOOG1EXAMPLE";
	profile.secret_access_key = "example-secret";
	profile.authority = "example-bucket";
	make(&(struct store_args){
	        .op = STORE_GET, .key = "cat.jpeg", .version = "1360887697105000", .now = NOW});
	assert_string_equal(header("authorization"),
	        "GOOG4-HMAC-SHA256 Credential=GOOG1EXAMPLE/20191201/auto/storage/goog4_request,"
	        "SignedHeaders=host;x-goog-content-sha256;x-goog-date,Signature="
	        "18e4ef845f3504a817823bbd0a66c7a12d29a56365a722de42adaf07cb84799d");
	assert_string_equal(header("x-goog-date"), "20191201T190859Z");
	assert_int_equal(store_gcs.needs_login(store, NOW), LOGIN_NONE);
}

static void test_half_an_hmac_key_is_an_error(void **state)
{
	(void)state;
	profile.access_key_id = "GOOG1EXAMPLE";
	assert_open_refused("secret_access_key");
}

static void test_names_the_project_that_pays(void **state)
{
	(void)state;
	profile.user_project = "billed";
	assert_url(STORE_GET, "k", "https://storage.googleapis.com/bucket/k");
	assert_string_equal(header("x-goog-user-project"), "billed");
}

static void test_sends_the_key_of_an_encrypted_object(void **state)
{
	(void)state;
	profile.encryption_key = KEY;
	assert_url(STORE_HEAD, "k", "https://storage.googleapis.com/bucket/k");
	assert_string_equal(header("x-goog-encryption-algorithm"), "AES256");
	assert_string_equal(header("x-goog-encryption-key"), KEY);
	/* Of python's hashlib. */
	assert_string_equal(header("x-goog-encryption-key-sha256"),
	        "PrG9Q5lH63YpmOVmzMLgmceREYsvQFecxPfaK1Bht/k=");
	make(&(struct store_args){.op = STORE_LIST, .key = "", .now = NOW});
	assert_null(header("x-goog-encryption-key"));
}

static void test_refuses_what_is_no_encryption_key(void **state)
{
	static const char *const wrong[] = {
	        "c2hvcnQ=", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYw",
	        "!DEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
	        "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQ=="};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		profile.encryption_key = wrong[i];
		assert_open_refused("encryption_key");
		assert_null(strstr(err, wrong[i]));
	}
}

static void test_an_endpoint_may_have_port_and_path(void **state)
{
	(void)state;
	profile.endpoint = "http://127.0.0.1:9000/base/";
	assert_url(STORE_GET, "k", "http://127.0.0.1:9000/base/bucket/k");
	assert_string_equal(header("host"), "127.0.0.1:9000");
}

static void test_refuses_what_is_no_endpoint(void **state)
{
	static const char *const wrong[] = {"ftp://host", "http://", "https://me:secret@host",
	        "https://host/?q", "https://ho st"};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		profile.endpoint = wrong[i];
		assert_open_refused("endpoint");
		assert_null(strstr(err, "secret"));
	}
}

static void test_an_emulator_gets_no_credentials(void **state)
{
	(void)state;
	setenv("STORAGE_EMULATOR_HOST", "localhost:4443", 1);
	setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent", 1);
	assert_url(STORE_GET, "k", "http://localhost:4443/bucket/k");
	assert_int_equal(store_gcs.needs_login(store, NOW), LOGIN_NONE);
}

static void test_a_file_or_a_machine_needs_a_login(void **state)
{
	(void)state;
	setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent", 1);
	opened();
	assert_int_equal(store_gcs.needs_login(store, NOW), LOGIN_NOW);
	assert_int_equal(store_gcs.login(store, err), -EACCES);
	assert_non_null(strstr(err, "/nonexistent"));
	store_gcs.logged_in(store, -EACCES);
	assert_int_equal(store_gcs.needs_login(store, NOW), LOGIN_NOW);
	release(NULL);
	unsetenv("GOOGLE_APPLICATION_CREDENTIALS");
	unsetenv("NO_GCE_CHECK");
	opened();
	assert_int_equal(store_gcs.needs_login(store, NOW), LOGIN_NOW);
	release(NULL);
	profile.anonymous = true;
	opened();
	assert_int_equal(store_gcs.needs_login(store, NOW), LOGIN_NONE);
}

/* The example of Google's page on XML API headers, in one line and in two. */
static void test_takes_hashes_and_generation(void **state)
{
	static const char *const one[] = {"HTTP/1.1 200 OK", "Content-Length: 3",
	        "ETag: \"39a59594290b0f9a30662a56d695b71d\"", "x-goog-generation: 1360887697105000",
	        "x-goog-hash: crc32c=n03x6A==,md5=Ojk9c3dhfxgoKVVHYwFbHQ==", NULL};
	static const char *const two[] = {"HTTP/1.1 200 OK", "Content-Length: 3",
	        "x-goog-hash: md5=Ojk9c3dhfxgoKVVHYwFbHQ==", "X-Goog-Hash: crc32c=n03x6A==", NULL};
	static const char *const bad[] = {"HTTP/1.1 200 OK", "Content-Length: 3",
	        "x-goog-hash: crc32c=n03x6A,md5=,,sha=x,", "x-goog-generation: 12a", NULL};

	(void)state;
	take_head(one);
	assert_int_equal(answer.info.sum.kind, CHECKSUM_CRC32C);
	assert_memory_equal(answer.info.sum.value, "\x9f\x4d\xf1\xe8", 4);
	assert_string_equal(answer.info.version, "1360887697105000");
	take_head(two);
	assert_int_equal(answer.info.sum.kind, CHECKSUM_CRC32C);
	take_head(bad);
	assert_int_equal(answer.info.sum.kind, CHECKSUM_NONE);
	assert_string_equal(answer.info.version, "");
}

static void test_size_of_a_compressed_object_is_that_of_its_bytes(void **state)
{
	static const char *const stored[] = {"HTTP/1.1 206 Partial Content", "Content-Length: 10",
	        "Content-Range: bytes 0-9/100", "Content-Encoding: gzip",
	        "x-goog-stored-content-encoding: gzip", "x-goog-stored-content-length: 100",
	        "x-goog-hash: crc32c=n03x6A==", NULL};
	static const char *const chunked[] = {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked",
	        "x-goog-stored-content-encoding: identity", "x-goog-stored-content-length: 100",
	        NULL};

	(void)state;
	take_head(stored);
	assert_false(answer.encoded);
	assert_int_equal(answer.info.size, 100);
	assert_int_equal(answer.info.sum.kind, CHECKSUM_CRC32C);
	take_head(chunked);
	assert_int_equal(answer.info.size, 100);
}

/* Somebody on the way took the wish for the stored bytes out of the request. */
static void test_decompressed_bytes_are_not_taken_for_the_object(void **state)
{
	static const char *const lines[] = {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked",
	        "x-goog-stored-content-encoding: gzip", "x-goog-stored-content-length: 100",
	        "x-goog-hash: crc32c=n03x6A==", "Warning: 214 UploadServer gunzipped", NULL};

	(void)state;
	take_head(lines);
	assert_true(answer.encoded);
	assert_int_equal(answer.info.sum.kind, CHECKSUM_NONE);
	assert_true(answer.info.size == UINT64_MAX);
}

static void test_compressed_bytes_are_not_taken_for_the_object(void **state)
{
	static const char *const lines[] = {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked",
	        "Content-Encoding: gzip", "x-goog-stored-content-encoding: identity", NULL};

	(void)state;
	take_head(lines);
	assert_true(answer.encoded);
}

static void test_failures_have_remedies(void **state)
{
	static const struct {
		long status;
		const char *code;
		int want;
		const char *message;
		bool retry;
	} rows[] = {
	        {404, "NoSuchKey", -ENOENT, "no such object", false},
	        {404, "NoSuchBucket", -ENOENT, "check the bucket", false},
	        {400, "UserProjectMissing", -EACCES, "user_project", false},
	        {403, "UserProjectAccountProblem", -EACCES, "billing", false},
	        {403, "RequestTimeTooSkewed", -EACCES, "clock", false},
	        {403, "SignatureDoesNotMatch", -EACCES, "secret_access_key", false},
	        {403, "InvalidSecurity", -EACCES, "access_key_id", false},
	        {400, "ResourceIsEncryptedWithCustomerEncryptionKey", -EACCES, "encryption_key",
	                false},
	        {400, "ExpiredToken", -EACCES, "expired", false},
	        {412, "PreconditionFailed", -ESTALE, "changed", false},
	        {429, "SlowDown", -EIO, "max_connections", true},
	        {407, "ProxyAuthenticationRequired", -EACCES, "`proxy`", false},
	        {500, "InternalError", -EIO, "failed", true},
	        {503, "ServiceUnavailable", -EIO, "busy", true},
	        {400, "Surprise", -EIO, "the server says: why", false},
	};
	char body[256];

	(void)state;
	profile.access_key_id = "id";
	profile.secret_access_key = "wJalrXUtnFEMI";
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(body, sizeof body,
		        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>%s</Code>"
		        "<Message>why</Message></Error>",
		        rows[i].code);
		assert_error(rows[i].status, body, rows[i].want, rows[i].message);
		assert_int_equal(retry, rows[i].retry);
		assert_string_equal(answer.server_error, rows[i].code);
		assert_non_null(strstr(err, "gs://bucket/dir/k"));
		assert_null(strstr(err, profile.secret_access_key));
	}
}

/* Bodies as the server has sent them. */
static void test_names_the_missing_permission(void **state)
{
	(void)state;
	profile.access_key_id = "id";
	profile.secret_access_key = "secret";
	assert_error(403,
	        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code>"
	        "<Message>Access denied.</Message><Details>reader@project.iam.gserviceaccount.com "
	        "does "
	        "not have storage.objects.get access to the Google Cloud Storage object. "
	        "Permission "
	        "'storage.objects.get' denied on resource (or it may not exist).</Details></Error>",
	        -EACCES, "missing is storage.objects.get (credentials: HMAC key");
	release(NULL);
	profile.access_key_id = profile.secret_access_key = "";
	assert_error(403,
	        "<Error><Code>AccessDenied</Code><Details>Anonymous caller does not have "
	        "storage.objects.list access to the Google Cloud Storage bucket.</Details></Error>",
	        -EACCES, "refused without credentials");
	assert_non_null(strstr(err, "storage.objects.list"));
	assert_non_null(strstr(err, "NO_GCE_CHECK"));
}

static void test_a_generation_that_is_gone_is_said_so(void **state)
{
	const struct store_args a = {.op = STORE_GET, .key = "k", .version = "1", .now = NOW};

	(void)state;
	opened();
	answer = (struct response){.status = 404};
	assert_int_equal(store_gcs.error(store, &a, &answer, "", 0, &retry, &again, err), -ENOENT);
	assert_non_null(strstr(err, "generation"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(test_bucket_is_in_the_path),
	        TEST(test_compressed_objects_come_as_they_are_stored),
	        TEST(test_a_generation_is_asked_for),
	        TEST(test_lists_pages_of_a_folder),
	        TEST(test_signs_with_an_hmac_key),
	        TEST(test_half_an_hmac_key_is_an_error),
	        TEST(test_names_the_project_that_pays),
	        TEST(test_sends_the_key_of_an_encrypted_object),
	        TEST(test_refuses_what_is_no_encryption_key),
	        TEST(test_an_endpoint_may_have_port_and_path),
	        TEST(test_refuses_what_is_no_endpoint),
	        TEST(test_an_emulator_gets_no_credentials),
	        TEST(test_a_file_or_a_machine_needs_a_login),
	        TEST(test_takes_hashes_and_generation),
	        TEST(test_size_of_a_compressed_object_is_that_of_its_bytes),
	        TEST(test_decompressed_bytes_are_not_taken_for_the_object),
	        TEST(test_compressed_bytes_are_not_taken_for_the_object),
	        TEST(test_failures_have_remedies),
	        TEST(test_names_the_missing_permission),
	        TEST(test_a_generation_that_is_gone_is_said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
