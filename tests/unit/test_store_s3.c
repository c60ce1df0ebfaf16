/* The requests that the S3 store makes, and the settings that it takes. */
#include "fetch/sigv4.h"
#include "unit/store_s3_test.h"

static void test_amazon_has_the_bucket_in_the_host(void **state)
{
	(void)state;
	profile.region = "eu-west-1";
	assert_url(STORE_GET, "k", "https://bucket.s3.eu-west-1.amazonaws.com/k");
	assert_string_equal(header("host"), "bucket.s3.eu-west-1.amazonaws.com");
	release(NULL);
	profile.region = "cn-north-1";
	assert_url(STORE_GET, "k", "https://bucket.s3.cn-north-1.amazonaws.com.cn/k");
}

static void test_bucket_with_dots_is_in_the_path(void **state)
{
	(void)state;
	profile.authority = "my.bucket";
	assert_url(STORE_GET, "k", "https://s3.us-east-1.amazonaws.com/my.bucket/k");
}

static void test_endpoint_has_the_bucket_in_the_path(void **state)
{
	(void)state;
	profile.endpoint = "http://127.0.0.1:9000/";
	assert_url(STORE_GET, "k", "http://127.0.0.1:9000/bucket/k");
	assert_string_equal(header("host"), "127.0.0.1:9000");
}

static void test_path_style_can_be_chosen(void **state)
{
	(void)state;
	profile.path_style_set = true;
	profile.path_style = true;
	assert_url(STORE_GET, "k", "https://s3.us-east-1.amazonaws.com/bucket/k");
	release(NULL);
	profile.path_style = false;
	profile.endpoint = "http://s3.localhost:80/base/";
	assert_url(STORE_GET, "k", "http://bucket.s3.localhost/base/k");
}

static void test_keys_are_encoded_once_and_not_normalised(void **state)
{
	(void)state;
	profile.endpoint = "http://h";
	profile.prefix = "p q/";
	assert_url(STORE_GET, "/a//b/./../c+d%20~\xc3\xbc\n?#",
	        "http://h/bucket/p%20q//a//b/./../c%2Bd%2520~%C3%BC%0A%3F%23");
}

static void test_list_asks_for_one_level(void **state)
{
	(void)state;
	profile.endpoint = "http://h";
	profile.prefix = "p/";
	assert_url(STORE_LIST, "d e/",
	        "http://h/bucket/?delimiter=%2F&encoding-type=url&list-type=2&prefix=p%2Fd%20e%2F");
	make(&(struct store_args){
	        .op = STORE_LIST, .key = "d/", .token = "", .after = "x y", .now = NOW});
	assert_string_equal(request.url,
	        "http://h/bucket/?delimiter=%2F&encoding-type=url&list-type=2&prefix=p%2Fd%2F&"
	        "start-after=p%2Fd%2Fx%20y");
	store_request_release(&request);
	make(&(struct store_args){
	        .op = STORE_LIST, .key = "", .token = "a/+=", .max_keys = 5000, .now = NOW});
	assert_string_equal(request.url,
	        "http://h/bucket/?continuation-token=a%2F%2B%3D&delimiter=%2F&encoding-type=url&"
	        "list-type=2&max-keys=1000&prefix=p%2F");
}

static void test_request_is_signed_as_amazon_publishes(void **state)
{
	(void)state;
	profile.session_token = "token";
	profile.endpoint = "https://examplebucket.s3.amazonaws.com";
	make(&(struct store_args){.op = STORE_HEAD, .key = "k", .now = NOW});
	assert_string_equal(header("x-amz-date"), "20130524T000000Z");
	assert_string_equal(header("x-amz-content-sha256"), SIGV4_EMPTY_SHA256);
	assert_string_equal(header("x-amz-security-token"), "token");
	assert_non_null(strstr(header("authorization"),
	        "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
	        "SignedHeaders=host;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date;"
	        "x-amz-security-token,"
	        "Signature="));
}

static void test_without_keys_nothing_is_signed(void **state)
{
	(void)state;
	profile.anonymous = true;
	assert_url(STORE_GET, "k", "https://bucket.s3.us-east-1.amazonaws.com/k");
	assert_null(header("authorization"));
	assert_null(header("x-amz-date"));
}

static void test_a_bucket_is_no_object(void **state)
{
	const struct store_args a = {.op = STORE_GET, .key = "", .now = NOW};

	(void)state;
	assert_int_equal(store_s3.open(&store, &config, &profile, err), 0);
	assert_int_equal(store_s3.request(store, &a, &request, err), -EISDIR);
}

static void test_key_that_is_too_long_is_refused(void **state)
{
	static char key[STORE_KEY_MAX + 2];
	const struct store_args a = {.op = STORE_LIST, .key = key, .now = NOW};

	(void)state;
	memset(key, 'k', sizeof key - 1);
	assert_int_equal(store_s3.open(&store, &config, &profile, err), 0);
	assert_int_equal(store_s3.request(store, &a, &request, err), -ENAMETOOLONG);
}

static void test_bad_settings_are_refused(void **state)
{
	static const char *const endpoints[] = {"localhost:9000", "ftp://h", "http://u:SECRET@h",
	        "http://h/?q", "http://h/#f", "http://"};

	(void)state;
	for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
		profile.endpoint = endpoints[i];
		assert_open_refused("endpoint");
		assert_null(strstr(err, "SECRET"));
	}
	profile.endpoint = "";
	profile.region = "evil.example/";
	assert_open_refused("region");
	profile.region = "";
	profile.path_style_set = true;
	profile.authority = "Under_score";
	assert_open_refused("path_style = true");
}

static void test_ca_file_is_passed_on(void **state)
{
	(void)state;
	profile.ca_file = "/etc/ca.pem";
	make(&(struct store_args){.op = STORE_GET, .key = "k", .now = NOW});
	assert_string_equal(request.ca_file, "/etc/ca.pem");
}

/* The signatures are botocore's for the same requests. */
static void test_payer_and_key_are_signed(void **state)
{
	const struct store_args get = {.op = STORE_GET, .key = "k", .now = NOW};

	(void)state;
	profile.endpoint = "https://h";
	profile.session_token = "token";
	profile.request_payer = "requester";
	profile.encryption_key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
	make(&get);
	assert_string_equal(header("x-amz-request-payer"), "requester");
	assert_string_equal(header("x-amz-server-side-encryption-customer-algorithm"), "AES256");
	assert_string_equal(
	        header("x-amz-server-side-encryption-customer-key"), profile.encryption_key);
	assert_string_equal(header("x-amz-server-side-encryption-customer-key-md5"),
	        "KYvwGXoFFJ42a2u2GDWhwQ==");
	assert_non_null(strstr(header("authorization"),
	        "Signature=b62613ce9698c75d1d49428f2fb03127748bcd521851873c38dcc627e1eb4f36"));
	make(&(struct store_args){.op = STORE_LIST, .key = "", .now = NOW});
	assert_string_equal(header("x-amz-request-payer"), "requester");
	assert_null(header("x-amz-server-side-encryption-customer-key"));
	store_s3.close(store);
	store = NULL;
	profile.session_token = "";
	make(&get);
	assert_non_null(strstr(header("authorization"),
	        "Signature=2f450b023a7a8d86dcaf0edaf0109edb58b9975af3da74f26ad1fd6b37553f89"));
}

static void test_key_is_sent_to_nobody_without_tls(void **state)
{
	static const char key[] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

	(void)state;
	profile.encryption_key = key;
	static const char *const refused[] = {
	        "http://h", "http://localhost.example.com", "http://10.0.0.1:80", "http://[::2]"};
	static const char *const taken[] = {
	        "https://h", "http://localhost:80", "http://127.0.0.2:1", "http://[::1]:9", ""};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		profile.endpoint = refused[i];
		assert_open_refused("encryption_key is sent over https alone");
	}
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		profile.endpoint = taken[i];
		assert_int_equal(store_s3.open(&store, &config, &profile, err), 0);
		store_s3.close(store);
		store = NULL;
	}
	profile.encryption_key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MA==";
	assert_open_refused("encryption_key is no key");
	profile.encryption_key = "";
	profile.request_payer = "owner";
	assert_open_refused("request_payer is `requester`");
}

/* As botocore makes them. */
static void test_amazons_endpoints(void **state)
{
	static const struct {
		const char *region, *dualstack, *fips;
		bool path;
		const char *url;
	} rows[] = {{"eu-west-1", "", "", false, "https://bucket.s3.eu-west-1.amazonaws.com/k"},
	        {"eu-west-1", "true", "", false,
	                "https://bucket.s3.dualstack.eu-west-1.amazonaws.com/k"},
	        {"eu-west-1", "true", "", true,
	                "https://s3.dualstack.eu-west-1.amazonaws.com/bucket/k"},
	        {"us-east-1", "", "true", false,
	                "https://bucket.s3-fips.us-east-1.amazonaws.com/k"},
	        {"us-gov-west-1", "TRUE", "true", true,
	                "https://s3-fips.dualstack.us-gov-west-1.amazonaws.com/bucket/k"},
	        {"cn-north-1", "true", "false", false,
	                "https://bucket.s3.dualstack.cn-north-1.amazonaws.com.cn/k"}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		profile.region = rows[i].region;
		profile.path_style = profile.path_style_set = rows[i].path;
		setenv("AWS_USE_DUALSTACK_ENDPOINT", rows[i].dualstack, 1);
		setenv("AWS_USE_FIPS_ENDPOINT", rows[i].fips, 1);
		assert_url(STORE_GET, "k", rows[i].url);
		store_s3.close(store);
		store = NULL;
	}
	setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
	assert_open_refused("China");
	profile.endpoint = "https://h";
	profile.path_style_set = true;
	profile.path_style = true;
	assert_url(STORE_GET, "k", "https://h/bucket/k");
}

static void test_checksums_are_asked_for(void **state)
{
	(void)state;
	profile.endpoint = "http://h";
	make(&(struct store_args){.op = STORE_GET, .key = "k", .now = NOW});
	assert_string_equal(header("x-amz-checksum-mode"), "ENABLED");
	make(&(struct store_args){.op = STORE_HEAD, .key = "k", .part = 1, .now = NOW});
	assert_string_equal(header("x-amz-checksum-mode"), "ENABLED");
	assert_string_equal(request.url, "http://h/bucket/k?partNumber=1");
	make(&(struct store_args){.op = STORE_LIST, .key = "", .now = NOW});
	assert_null(header("x-amz-checksum-mode"));
	profile.check = CHECK_OFF;
	make(&(struct store_args){.op = STORE_GET, .key = "k", .now = NOW});
	assert_null(header("x-amz-checksum-mode"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(test_amazon_has_the_bucket_in_the_host),
	        TEST(test_bucket_with_dots_is_in_the_path),
	        TEST(test_endpoint_has_the_bucket_in_the_path),
	        TEST(test_path_style_can_be_chosen),
	        TEST(test_keys_are_encoded_once_and_not_normalised),
	        TEST(test_list_asks_for_one_level),
	        TEST(test_request_is_signed_as_amazon_publishes),
	        TEST(test_without_keys_nothing_is_signed),
	        TEST(test_a_bucket_is_no_object),
	        TEST(test_key_that_is_too_long_is_refused),
	        TEST(test_bad_settings_are_refused),
	        TEST(test_ca_file_is_passed_on),
	        TEST(test_payer_and_key_are_signed),
	        TEST(test_key_is_sent_to_nobody_without_tls),
	        TEST(test_amazons_endpoints),
	        TEST(test_checksums_are_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
