/* Shared Key, shared access signatures and connection strings. */
#include "fetch/azure_connection.h"
#include "fetch/azure_sign.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define KEY                                                                                        \
	"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/"               \
	"KBHBeksoGMGw=="
#define NOW 1435361952

static struct azure_connection connection;

static void assert_authorization(const struct azure_request *r, const char *want)
{
	char out[AZURE_AUTH_SIZE];
	uint8_t key[AZURE_KEY_MAX];
	size_t len;

	assert_int_equal(azure_key(KEY, key, &len), 0);
	assert_int_equal(len, 64);
	assert_int_equal(azure_authorization(r, key, len, out), 0);
	assert_string_equal(out, want);
}

/* The strings to sign are those of the page "Authorize with Shared Key"; their signatures are by
 * another implementation of HMAC. */
static void test_range_and_condition_are_signed(void **state)
{
	char date[AZURE_DATE_SIZE];
	const struct sigv4_pair headers[] = {{"x-ms-date", date}, {"x-ms-version", "2023-11-03"}};
	const struct azure_request r = {.method = "GET",
	        .account = "myaccount",
	        .path = "/mycontainer/a%20b",
	        .headers = headers,
	        .n_headers = 2,
	        .if_match = "\"0x8D\"",
	        .if_none_match = "",
	        .range = "bytes=0-99"};

	(void)state;
	assert_int_equal(azure_date(NOW, date), 0);
	assert_string_equal(date, "Fri, 26 Jun 2015 23:39:12 GMT");
	assert_authorization(
	        &r, "SharedKey myaccount:HTpHCn0ovirzXcUAadjDuSRNhv8SD3D8h3vYP5Yfggs=");
}

static void test_query_is_signed_as_it_is_meant(void **state)
{
	char date[AZURE_DATE_SIZE];
	const struct sigv4_pair headers[] = {{"x-ms-date", date}, {"x-ms-version", "2023-11-03"}};
	const struct sigv4_pair params[] = {{"comp", "list"}, {"delimiter", "/"},
	        {"include", "metadata"}, {"prefix", "a b/"}, {"restype", "container"}};
	struct azure_request r = {.method = "GET",
	        .account = "devstoreaccount1",
	        .path = "/devstoreaccount1/c",
	        .params = params,
	        .n_params = 5,
	        .headers = headers,
	        .n_headers = 2,
	        .if_match = "",
	        .if_none_match = "",
	        .range = ""};

	(void)state;
	assert_int_equal(azure_date(NOW, date), 0);
	assert_authorization(
	        &r, "SharedKey devstoreaccount1:LuJXqrkAgpl9+17JBZfXNIGm32OBsI36JB5vzwdvMmg=");
	r.method = "HEAD";
	r.path = "/devstoreaccount1/c/k";
	r.n_params = 0;
	assert_authorization(
	        &r, "SharedKey devstoreaccount1:V4ZatckL0WNztb0tPTnuBuBkz7pZh1sZFto78Te4TW8=");
}

static void test_dates_have_limits(void **state)
{
	char date[AZURE_DATE_SIZE];

	(void)state;
	assert_int_equal(azure_date(784111777, date), 0);
	assert_string_equal(date, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_int_equal(azure_date(INT64_C(253402300800), date), -ERANGE);
	assert_int_equal(azure_date(INT64_MAX, date), -ERANGE);
}

static void test_keys_are_base64(void **state)
{
	static const char *const wrong[] = {
	        "", "=", "abc", "ab cd", "abc\n", "ab=c", "====", "a===", "abcdefg!", "AB==CD=="};
	uint8_t key[AZURE_KEY_MAX];
	char longer[4 * AZURE_KEY_MAX];
	size_t len;

	(void)state;
	assert_int_equal(azure_key("a2V5", key, &len), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(key, "key", 3);
	assert_int_equal(azure_key("a2U=", key, &len), 0);
	assert_int_equal(len, 2);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (azure_key(wrong[i], key, &len) != -EINVAL)
			fail_msg("\"%s\" is taken", wrong[i]);
	memset(longer, 'A', sizeof longer);
	longer[172 + 4] = '\0';
	assert_int_equal(azure_key(longer, key, &len), -EINVAL);
	longer[168] = '\0';
	assert_int_equal(azure_key(longer, key, &len), 0);
}

static void test_end_of_a_shared_access_signature(void **state)
{
	(void)state;
	assert_int_equal(azure_sas_end("sv=2022&se=2015-06-26T23%3A39%3A12Z&sig=x"), NOW);
	assert_int_equal(azure_sas_end("se=2015-06-26T23:39Z&sig=x"), NOW - 12);
	assert_int_equal(azure_sas_end("sig=x&se=2015-06-26"), 1435276800);
	assert_true(azure_sas_end("se=later&sig=x") == INT64_MAX);
	assert_true(azure_sas_end("sig=x") == INT64_MAX);
	assert_true(azure_sas_end("use=2015-06-26&sig=x") == INT64_MAX);
	assert_true(azure_sas_ok("sv=2022-11-02&sp=rl&sig=a%2Bb%3D"));
	assert_false(azure_sas_ok("sv=2022-11-02&sp=rl"));
	assert_false(azure_sas_ok("sig="));
	assert_false(azure_sas_ok("sig=a b"));
	assert_false(azure_sas_ok("sig=a\r\nX: y"));
	assert_false(azure_sas_ok("sig=a#b"));
	assert_false(azure_sas_ok("https://a.blob.core.windows.net/c?sig=a"));
}

static void assert_connection(const char *text, const char *account, const char *endpoint,
        const char *key, const char *sas)
{
	const char *fault;

	if (azure_connection_parse(&connection, text, &fault))
		fail_msg("%s: %s", text, fault);
	assert_string_equal(connection.account, account);
	assert_string_equal(connection.endpoint, endpoint);
	assert_string_equal(connection.key, key);
	assert_string_equal(connection.sas, sas);
}

static void test_connection_strings(void **state)
{
	(void)state;
	assert_connection("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=" KEY
	                  ";EndpointSuffix=core.chinacloudapi.cn",
	        "acct", "https://acct.blob.core.chinacloudapi.cn", KEY, "");
	assert_connection("accountname=acct;ACCOUNTKEY=a2V5;", "acct", "", "a2V5", "");
	assert_connection(
	        "BlobEndpoint=https://acct.blob.core.windows.net/;QueueEndpoint=https://x;"
	        "SharedAccessSignature=sv=2022-11-02&sig=a%3D",
	        "acct", "https://acct.blob.core.windows.net/", "", "sv=2022-11-02&sig=a%3D");
	assert_connection("AccountName = acct \n AccountKey = a2V5 \r\n"
	                  "BlobEndpoint=http://127.0.0.1:1/acct\n",
	        "acct", "http://127.0.0.1:1/acct", "a2V5", "");
	assert_connection("BlobEndpoint=http://azurite:10000/dev;SharedAccessSignature=?sig=x",
	        "dev", "http://azurite:10000/dev", "", "sig=x");
	assert_connection("UseDevelopmentStorage=true", "devstoreaccount1",
	        "http://127.0.0.1:10000/devstoreaccount1", KEY, "");
}

static void test_wrong_connection_strings_say_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *fault;
	} wrong[] = {
	        {"", "names no account"},
	        {"hello", "Name=value"},
	        {"AccountName=a;hello;AccountKey=x=", "Name=value"},
	        {"AccountName=a;AccountName=b;AccountKey=a2V5", "twice"},
	        {"AccountName=a", "neither AccountKey nor"},
	        {"AccountName=a/b;AccountKey=a2V5", "names no account"},
	        {"AccountKey=a2V5", "names no account"},
	        {"AccountName=a;SharedAccessSignature=hello", "SharedAccessSignature is none"},
	        {"AccountName=a;AccountKey=a2V5;BlobEndpoint=ftp://a", "no address"},
	        {"AccountName=a;AccountKey=a2V5;BlobEndpoint=https://u@a", "no address"},
	        {"AccountName=a;AccountKey=a2V5;BlobEndpoint=https://", "no address"},
	        {"UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://x", "BlobEndpoint"},
	};
	const char *fault;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(
		        azure_connection_parse(&connection, wrong[i].text, &fault), -EINVAL);
		if (!strstr(fault, wrong[i].fault))
			fail_msg("\"%s\": \"%s\"", wrong[i].text, fault);
	}
}

static void test_addresses(void **state)
{
	char account[AZURE_ACCOUNT_MAX + 1];

	(void)state;
	assert_true(azure_is_private("https://example.com"));
	assert_true(azure_is_private("http://127.0.0.1:10000/x"));
	assert_true(azure_is_private("http://localhost"));
	assert_false(azure_is_private("http://localhost.example.com"));
	assert_false(azure_is_private("http://127.0.0.1.example.com/"));
	assert_false(azure_is_private("http://10.0.0.1"));
	azure_account_of("https://acct.z12.blob.storage.azure.net/c", account);
	assert_string_equal(account, "acct");
	azure_account_of("http://[::1]:10000/dev/c", account);
	assert_string_equal(account, "dev");
	azure_account_of("http://10.0.0.1:10000", account);
	assert_string_equal(account, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_range_and_condition_are_signed),
	        cmocka_unit_test(test_query_is_signed_as_it_is_meant),
	        cmocka_unit_test(test_dates_have_limits),
	        cmocka_unit_test(test_keys_are_base64),
	        cmocka_unit_test(test_end_of_a_shared_access_signature),
	        cmocka_unit_test(test_connection_strings),
	        cmocka_unit_test(test_wrong_connection_strings_say_what_is_wrong),
	        cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
