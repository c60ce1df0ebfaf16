/* SigV4 against what AWS published: the S3 examples of the API reference, and the aws4 test suite.
 */
#include "fetch/sigv4.h"
#include "fetch/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *signature_of(const char *authorization)
{
	const char *at = strstr(authorization, ",Signature=");

	assert_non_null(at);
	return at + strlen(",Signature=");
}

/* The S3 examples: examplebucket on 2013-05-24, with the header `extra` (or none) between host and
 * x-amz-*. */
static void assert_s3_example(const char *path, struct sigv4_pair *params, size_t n_params,
        const char *range, const char *want)
{
	static char authorization[SIGV4_AUTH_SIZE];
	struct sigv4_pair headers[4] = {{"host", "examplebucket.s3.amazonaws.com"}};
	size_t n = 1, len = 0;
	char query[256] = "";

	if (range)
		headers[n++] = (struct sigv4_pair){"range", range};
	headers[n++] = (struct sigv4_pair){"x-amz-content-sha256", SIGV4_EMPTY_SHA256};
	headers[n++] = (struct sigv4_pair){"x-amz-date", "20130524T000000Z"};
	assert_int_equal(sigv4_query(params, n_params, query, sizeof query, &len), 0);
	struct sigv4_request r = {.method = "GET",
	        .path = path,
	        .query = query,
	        .headers = headers,
	        .n_headers = n,
	        .payload_hash = SIGV4_EMPTY_SHA256,
	        .date = "20130524T000000Z",
	        .region = "us-east-1",
	        .service = "s3"};
	assert_int_equal(sigv4_authorization(&r, "AKIAIOSFODNN7EXAMPLE",
	                         "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", authorization),
	        0);
	assert_string_equal(signature_of(authorization), want);
}

static void test_signs_s3_get_object_with_range(void **state)
{
	(void)state;
	assert_s3_example("/test.txt", NULL, 0, "bytes=0-9",
	        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void test_signs_s3_parameter_without_value(void **state)
{
	struct sigv4_pair params[] = {{"lifecycle", ""}};

	(void)state;
	assert_s3_example("/", params, COUNT(params), NULL,
	        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

static void test_signs_s3_list_objects(void **state)
{
	struct sigv4_pair params[] = {{"prefix", "J"}, {"max-keys", "2"}};

	(void)state;
	assert_s3_example("/", params, COUNT(params), NULL,
	        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void assert_suite(
        const char *path, struct sigv4_pair *params, size_t n_params, const char *want)
{
	static const struct sigv4_pair headers[] = {
	        {"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}};
	char authorization[SIGV4_AUTH_SIZE], query[256] = "";
	size_t len = 0;

	assert_int_equal(sigv4_query(params, n_params, query, sizeof query, &len), 0);
	struct sigv4_request r = {.method = "GET",
	        .path = path,
	        .query = query,
	        .headers = headers,
	        .n_headers = COUNT(headers),
	        .payload_hash = SIGV4_EMPTY_SHA256,
	        .date = "20150830T123600Z",
	        .region = "us-east-1",
	        .service = "service"};
	assert_int_equal(sigv4_authorization(&r, "AKIDEXAMPLE",
	                         "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", authorization),
	        0);
	assert_string_equal(signature_of(authorization), want);
}

static void test_suite_get_vanilla(void **state)
{
	(void)state;
	assert_suite(
	        "/", NULL, 0, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

static void test_suite_get_vanilla_query_order_key_case(void **state)
{
	struct sigv4_pair params[] = {{"Param2", "value2"}, {"Param1", "value1"}};

	(void)state;
	assert_suite("/", params, COUNT(params),
	        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

static void test_suite_query_order_value(void **state)
{
	struct sigv4_pair params[] = {{"Param1", "value2"}, {"Param1", "Value1"}};

	(void)state;
	assert_suite("/", params, COUNT(params),
	        "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1");
}

static void test_suite_query_order_of_encoded_names(void **state)
{
	struct sigv4_pair params[] = {
	        {"Param-3", "Value3"}, {"Param", "Value2"}, {"\xe1\x88\xb4", "Value1"}};

	(void)state;
	assert_suite("/", params, COUNT(params),
	        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac");
}

static void test_suite_get_vanilla_utf8_query(void **state)
{
	struct sigv4_pair params[] = {{"\xe1\x88\xb4", "bar"}};

	(void)state;
	assert_suite("/", params, COUNT(params),
	        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04");
}

static void test_suite_encodes_paths_once(void **state)
{
	static const struct {
		const char *key, *want;
	} rows[] = {
	        {"/\xe1\x88\xb4",
	                "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
	        {"/example space/",
	                "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
	        {"/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	                "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char path[256];
		size_t len = 0;

		assert_int_equal(store_uri_encode(path, sizeof path, &len, rows[i].key,
		                         strlen(rows[i].key), true),
		        0);
		assert_suite(path, NULL, 0, rows[i].want);
	}
}

static void test_uri_encode_stops_at_the_end_of_the_buffer(void **state)
{
	char out[8];
	size_t len = 0;

	(void)state;
	assert_int_equal(store_uri_encode(out, sizeof out, &len, "a+/", 3, true), 0);
	assert_string_equal(out, "a%2B/");
	assert_int_equal(store_uri_encode(out, sizeof out, &len, "+", 1, true), -ENAMETOOLONG);
	assert_int_equal(store_uri_encode(out, sizeof out, &len, "bc", 2, true), 0);
	assert_int_equal(store_uri_encode(out, sizeof out, &len, "d", 1, true), -ENAMETOOLONG);
	assert_string_equal(out, "a%2B/bc");
}

static void test_date_is_utc(void **state)
{
	char date[SIGV4_DATE_SIZE];

	(void)state;
	assert_int_equal(sigv4_date(1369353600, date), 0);
	assert_string_equal(date, "20130524T000000Z");
	assert_int_equal(sigv4_date(INT64_C(1) << 40, date), -ERANGE);
}

/* The same by Google's names; the signature was made by another implementation. */
static void test_signs_by_googles_names(void **state)
{
	char authorization[SIGV4_AUTH_SIZE];
	const struct sigv4_pair headers[] = {{"host", "storage.googleapis.com"},
	        {"x-goog-content-sha256", SIGV4_EMPTY_SHA256}, {"x-goog-date", "20191201T190859Z"}};
	const struct sigv4_request r = {.method = "GET",
	        .path = "/example-bucket/cat.jpeg",
	        .query = "generation=1360887697105000",
	        .headers = headers,
	        .n_headers = 3,
	        .payload_hash = SIGV4_EMPTY_SHA256,
	        .date = "20191201T190859Z",
	        .region = "auto",
	        .service = "storage",
	        .google = true};

	(void)state;
	assert_int_equal(
	        sigv4_authorization(&r, "GOOG1EXAMPLE", "example-secret", authorization), 0);
	assert_string_equal(authorization,
	        "GOOG4-HMAC-SHA256 Credential=GOOG1EXAMPLE/20191201/auto/storage/goog4_request,"
	        "SignedHeaders=host;x-goog-content-sha256;x-goog-date,"
	        "Signature=18e4ef845f3504a817823bbd0a66c7a12d29a56365a722de42adaf07cb84799d");
}

static void test_refuses_a_secret_that_is_too_long(void **state)
{
	char authorization[SIGV4_AUTH_SIZE], secret[SIGV4_SECRET_MAX + 2];
	struct sigv4_request r = {.method = "GET",
	        .path = "/",
	        .query = "",
	        .payload_hash = SIGV4_EMPTY_SHA256,
	        .date = "20150830T123600Z",
	        .region = "us-east-1",
	        .service = "s3"};

	(void)state;
	memset(secret, 'x', sizeof secret - 1);
	secret[sizeof secret - 1] = '\0';
	assert_int_equal(sigv4_authorization(&r, "key", secret, authorization), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_signs_s3_get_object_with_range),
	        cmocka_unit_test(test_signs_s3_parameter_without_value),
	        cmocka_unit_test(test_signs_s3_list_objects),
	        cmocka_unit_test(test_suite_get_vanilla),
	        cmocka_unit_test(test_suite_get_vanilla_query_order_key_case),
	        cmocka_unit_test(test_suite_query_order_value),
	        cmocka_unit_test(test_suite_query_order_of_encoded_names),
	        cmocka_unit_test(test_suite_get_vanilla_utf8_query),
	        cmocka_unit_test(test_suite_encodes_paths_once),
	        cmocka_unit_test(test_uri_encode_stops_at_the_end_of_the_buffer),
	        cmocka_unit_test(test_date_is_utc),
	        cmocka_unit_test(test_signs_by_googles_names),
	        cmocka_unit_test(test_refuses_a_secret_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
