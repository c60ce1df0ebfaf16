/* The requests that the Azure store makes, what it makes of answers, and where credentials are
 * from. */
#define NOW   1369353600 /* 2013-05-24T00:00:00Z */
#define KEY   "c2VjcmV0LWtleQ=="
#define SAS   "sv=2022-11-02&sp=rl&se=2033-05-24&sig=s3cr3t"
#define STORE store_azure

#include "fetch/azure.h"
#include "fetch/crc.h"
#include "unit/store_test.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *const variables[] = {"AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT",
        "AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_AUTH_MODE", "AZURE_STORAGE_SERVICE_ENDPOINT",
        "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "IDENTITY_HEADER",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST"};

static struct azure_credentials credentials;

static int fresh(void **state)
{
	(void)state;
	bare_store(variables, sizeof variables / sizeof *variables);
	profile.scheme = "az";
	profile.authority = "acct/box";
	secrets[0] = profile.account_key = KEY;
	secrets[1] = "s3cr3t";
	return 0;
}

static void test_address_of_an_account(void **state)
{
	(void)state;
	assert_url(STORE_GET, "d/k", "https://acct.blob.core.windows.net/box/d/k");
	release(NULL);
	profile.authority = "acct.blob.core.chinacloudapi.cn/box";
	assert_url(STORE_HEAD, "k", "https://acct.blob.core.chinacloudapi.cn/box/k");
	release(NULL);
	profile.endpoint = "http://127.0.0.1:10000/acct/";
	assert_url(STORE_GET, "k", "http://127.0.0.1:10000/acct/box/k");
	release(NULL);
	profile.prefix = "p/";
	assert_url(
	        STORE_GET, "a b+%\xc3\xa4", "http://127.0.0.1:10000/acct/box/p/a%20b%2B%25%C3%A4");
}

static void test_listing_asks_for_a_directory(void **state)
{
	(void)state;
	assert_url(STORE_LIST, "",
	        "https://acct.blob.core.windows.net/box?comp=list&delimiter=%2F&include=metadata&"
	        "restype=container");
	profile.prefix = "p/";
	make(&(struct store_args){
	        .op = STORE_LIST, .key = "d e/", .token = "2!8!a+", .max_keys = 3, .now = NOW});
	assert_string_equal(request.url,
	        "https://acct.blob.core.windows.net/box?comp=list&delimiter=%2F&include=metadata&"
	        "marker=2%218%21a%2B&maxresults=3&prefix=p%2Fd%20e%2F&restype=container");
}

static void test_requests_are_signed_by_the_key(void **state)
{
	char first[256];

	(void)state;
	make(&(struct store_args){.op = STORE_GET, .key = "k", .now = NOW});
	assert_string_equal(header("x-ms-date"), "Fri, 24 May 2013 00:00:00 GMT");
	assert_string_equal(header("x-ms-version"), "2023-11-03");
	snprintf(first, sizeof first, "%s", header("authorization"));
	assert_int_equal(strncmp(first, "SharedKey acct:", 15), 0);
	/* What the transfer layer adds is signed too. */
	make(&(struct store_args){.op = STORE_GET, .key = "k", .now = NOW, .if_match = "\"e\""});
	assert_string_not_equal(first, header("authorization"));
	make(&(struct store_args){
	        .op = STORE_GET, .key = "k", .now = NOW, .ranged = true, .last = 8 << 20});
	assert_string_not_equal(first, header("authorization"));
	assert_null(header("x-ms-range-get-content-crc64"));
}

static void test_signature_goes_into_the_query_and_is_checked_for_its_end(void **state)
{
	const struct store_args late = {.op = STORE_GET, .key = "k", .now = 2000505600};

	(void)state;
	profile.account_key = "";
	profile.sas_token = "?" SAS;
	assert_url(STORE_GET, "k", "https://acct.blob.core.windows.net/box/k?" SAS);
	assert_null(header("authorization"));
	assert_url(STORE_LIST, "",
	        "https://acct.blob.core.windows.net/box?comp=list&delimiter=%2F&include=metadata&"
	        "restype=container&" SAS);
	store_request_release(&request);
	assert_int_equal(store_azure.request(store, &late, &request, err), -EACCES);
	assert_non_null(strstr(err, "has ended; get a new one"));
	assert_null(strstr(err, "s3cr3t"));
}

static void test_version_is_asked_for_by_name(void **state)
{
	(void)state;
	make(&(struct store_args){
	        .op = STORE_GET, .key = "k", .version = "2020-01-01T00:00:00.1Z", .now = NOW});
	assert_string_equal(request.url,
	        "https://acct.blob.core.windows.net/box/k?versionid=2020-01-01T00%3A00%3A00.1Z");
	make(&(struct store_args){
	        .op = STORE_GET, .key = "k", .version = "versionId=2020-01-01T1", .now = NOW});
	assert_string_equal(
	        request.url, "https://acct.blob.core.windows.net/box/k?versionid=2020-01-01T1");
	make(&(struct store_args){
	        .op = STORE_HEAD, .key = "k", .version = "snapshot=2020-01-01T1", .now = NOW});
	assert_string_equal(
	        request.url, "https://acct.blob.core.windows.net/box/k?snapshot=2020-01-01T1");
	assert_true(store_azure.is_version("2020-01-01T1", "versionId=2020-01-01T1"));
	assert_true(store_azure.is_version("2020-01-01T1", "2020-01-01T1"));
	assert_false(store_azure.is_version("", "2020-01-01T1"));
	assert_true(store_azure.is_version("", "snapshot=2020-01-01T1"));
}

static void test_key_of_the_owner_is_sent_with_each_blob(void **state)
{
	char first[256];

	(void)state;
	profile.encryption_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
	make(&(struct store_args){.op = STORE_GET, .key = "k", .now = NOW});
	assert_string_equal(header("x-ms-encryption-key"), profile.encryption_key);
	assert_string_equal(header("x-ms-encryption-key-sha256"),
	        "Yw3NKWbEM2aRElRIu7JbT/QSpJxzLbLIq8G4WBvXEN0=");
	assert_string_equal(header("x-ms-encryption-algorithm"), "AES256");
	snprintf(first, sizeof first, "%s", header("authorization"));
	make(&(struct store_args){.op = STORE_LIST, .key = "", .now = NOW});
	assert_null(header("x-ms-encryption-key"));
	release(NULL);
	profile.encryption_key = "";
	make(&(struct store_args){.op = STORE_GET, .key = "k", .now = NOW});
	assert_null(header("x-ms-encryption-key"));
	assert_string_not_equal(first, header("authorization"));
	release(NULL);
	profile.encryption_key = "c2hvcnQ=";
	assert_open_refused("encryption_key is no key");
	profile.encryption_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
	profile.endpoint = "http://acct.example";
	assert_open_refused("encryption_key is not sent over plain http");
}

static void test_anonymous_sends_nothing(void **state)
{
	(void)state;
	profile.anonymous = true;
	assert_url(STORE_GET, "k", "https://acct.blob.core.windows.net/box/k");
	assert_null(header("authorization"));
	assert_int_equal(store_azure.needs_login(store, NOW), LOGIN_NONE);
}

static void test_wrong_settings_are_told(void **state)
{
	(void)state;
	profile.account_key = "s3cr3t";
	assert_open_refused("[profile p]: the account key is none");
	profile.account_key = "";
	profile.sas_token = "https://acct.blob.core.windows.net/?sig=s3cr3t";
	assert_open_refused("no shared access signature");
	profile.sas_token = "";
	profile.client_secret = "s3cr3t";
	assert_open_refused("client_secret without tenant_id");
	profile.tenant_id = profile.client_id = "x";
	profile.endpoint = "http://example.com/acct";
	assert_open_refused("a token is not sent over plain http");
	profile.account_key = KEY;
	profile.endpoint = "https://u:s3cr3t@example.com";
	assert_open_refused("the endpoint is no address");
	profile.endpoint = "";
	profile.authority = "acct";
	assert_open_refused("names no account and container");
}

static void test_container_is_no_blob(void **state)
{
	(void)state;
	assert_url(STORE_LIST, "",
	        "https://acct.blob.core.windows.net/box?comp=list&delimiter=%2F&"
	        "include=metadata&restype=container");
	store_request_release(&request);
	assert_int_equal(store_azure.request(store,
	                         &(struct store_args){.op = STORE_GET, .key = "", .now = NOW},
	                         &request, err),
	        -EISDIR);
}

static void give(const char *name, const char *value)
{
	store_azure.header(store, &answer, name, value, strlen(value));
}

static void test_digest_of_the_whole_blob(void **state)
{
	(void)state;
	assert_url(STORE_GET, "k", "https://acct.blob.core.windows.net/box/k");
	answer = (struct response){.status = 206, .has_range = true, .last = 9, .total = 20};
	give("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==");
	assert_int_equal(answer.info.sum.kind, CHECKSUM_NONE);
	give("x-ms-blob-content-md5", "sQqNsWTgdUEFt6mb5y4/5Q==");
	/* A part's CRC64 is not the whole's. */
	give("x-ms-content-crc64", "AQIDBAUGBwg=");
	store_azure.head(store, &answer);
	assert_int_equal(answer.info.sum.kind, CHECKSUM_MD5);
	assert_int_equal(answer.info.sum.value[0], 0xb1);
	answer = (struct response){.status = 206, .has_range = true, .last = 9, .total = 10};
	give("x-ms-content-crc64", "AQIDBAUGBwg=");
	store_azure.head(store, &answer);
	assert_int_equal(answer.info.sum.kind, CHECKSUM_CRC64NVME);
	assert_int_equal(answer.info.sum.value[0], 8);
	answer = (struct response){.status = 200};
	give("content-md5", "sQqNsWTgdUEFt6mb5y4/5Q==");
	assert_int_equal(answer.info.sum.kind, CHECKSUM_MD5);
	make(&(struct store_args){
	        .op = STORE_GET, .key = "k", .now = NOW, .ranged = true, .last = 99});
	assert_string_equal(header("x-ms-range-get-content-crc64"), "true");
}

/* As Azure answers for a blob of these bytes: CRC-64/NVME, little-endian. */
static void test_crc64_of_the_server_is_that_of_the_bytes(void **state)
{
	const struct crc *c = crc_of(CHECKSUM_CRC64NVME);

	(void)state;
	assert_url(STORE_GET, "k", "https://acct.blob.core.windows.net/box/k");
	answer = (struct response){.status = 206, .has_range = true, .last = 10, .total = 11};
	give("x-ms-content-crc64", "YeJLfssylmU=");
	store_azure.head(store, &answer);
	assert_int_equal(answer.info.sum.kind, CHECKSUM_CRC64NVME);
	assert_true(crc_number(&answer.info.sum) == crc_feed(c, 0, "Hello World", 11));
	assert_false(crc_number(&answer.info.sum) == crc_feed(c, 0, "Hello world", 11));
}

static void test_blob_of_a_directory_is_none(void **state)
{
	(void)state;
	assert_url(STORE_GET, "k", "https://acct.blob.core.windows.net/box/k");
	answer = (struct response){.status = 200};
	give("x-ms-meta-hdi_isfolder", "true");
	store_azure.head(store, &answer);
	assert_int_equal(answer.status, 404);
	answer = (struct response){.status = 200, .info = {.size = 1}};
	give("x-ms-meta-hdi_isfolder", "true");
	store_azure.head(store, &answer);
	assert_int_equal(answer.status, 200);
}

static void test_encoding_is_a_note_of_the_blob(void **state)
{
	(void)state;
	assert_url(STORE_GET, "k", "https://acct.blob.core.windows.net/box/k");
	answer = (struct response){.status = 200, .encoded = true, .content_length = 7};
	store_azure.head(store, &answer);
	assert_false(answer.encoded);
	assert_true(answer.info.size == 7);
	answer = (struct response){.status = 200, .encoded = true, .content_length = UINT64_MAX};
	store_azure.head(store, &answer);
	assert_true(answer.encoded);
}

#define BODY(code, more)                                                                           \
	"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>" code                 \
	"</Code><Message>said\nRequestId:1</Message>" more "</Error>"
#define DETAIL(text) "<AuthenticationErrorDetail>" text "</AuthenticationErrorDetail>"

static void test_errors_have_remedies(void **state)
{
	static const struct {
		long status;
		const char *body;
		int err;
		bool retry;
		const char *text;
	} cases[] = {
	        {404, BODY("BlobNotFound", ""), -ENOENT, false, "no such blob"},
	        {404, BODY("ContainerNotFound", ""), -ENOENT, false, "no such container"},
	        {404, "", -ENOENT, false, "no such blob or container"},
	        {403, BODY("AuthenticationFailed", DETAIL("The MAC signature")), -EACCES, false,
	                "correct the account key"},
	        {403, BODY("AuthenticationFailed", DETAIL("Request date header too old: 'x'")),
	                -EACCES, false, "this machine's clock"},
	        {403,
	                BODY("AuthenticationFailed",
	                        DETAIL("Signature not valid in the specified time frame: Start")),
	                -EACCES, false, "has ended"},
	        {403, BODY("AuthorizationFailure", ""), -EACCES, false, "firewall"},
	        {403, BODY("AuthorizationPermissionMismatch", ""), -EACCES, false,
	                "Storage Blob Data Reader"},
	        {409, BODY("PublicAccessNotPermitted", ""), -EACCES, false, "no public access"},
	        {409, BODY("BlobArchived", ""), -EACCES, false, "access tier"},
	        {409, BODY("BlobBeingRehydrated", ""), -EACCES, false, "some hours"},
	        {412, BODY("ConditionNotMet", ""), -ESTALE, false, "changed"},
	        {416, BODY("InvalidRange", ""), -ESTALE, false, "shorter"},
	        {429, "", -EIO, true, "max_connections"},
	        {407, "", -EACCES, false, "`proxy`"},
	        {503, BODY("ServerBusy", ""), -EIO, true, "max_connections"},
	        {500, BODY("OperationTimedOut", ""), -EIO, true, "in time"},
	        {401, BODY("InvalidAuthenticationInfo", ""), -EACCES, false,
	                "of the account's tenant"},
	        {307, "", -EIO, false, "correct `endpoint`"},
	        {418, BODY("Teapot", ""), -EIO, false, "the server says: said RequestId:1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_error(cases[i].status, cases[i].body, cases[i].err, cases[i].text);
		assert_int_equal(retry, cases[i].retry);
		assert_false(again);
	}
	assert_error(
	        403, BODY("AuthenticationFailed", ""), -EACCES, "(the account key of [profile p])");
	release(NULL);
	profile.anonymous = true;
	assert_error(404, BODY("ResourceNotFound", ""), -ENOENT, "anonymous = true");
}

/* Loads them for the profile; kind and a part of the text that says where from. */
static void assert_from(enum azure_kind kind, const char *source)
{
	if (azure_credentials_load(&credentials, &profile, "acct", err))
		fail_msg("%s", err);
	if (credentials.kind != kind || !strstr(credentials.source, source))
		fail_msg("%d from \"%s\"", credentials.kind, credentials.source);
}

static void test_places_are_looked_at_in_order(void **state)
{
	(void)state;
	profile.account_key = "";
	assert_from(AZURE_TOKEN, "managed identity of this machine");
	assert_true(credentials.identity.maybe);
	setenv("IDENTITY_ENDPOINT", "http://localhost:4141/msi/token", 1);
	setenv("IDENTITY_HEADER", "header", 1);
	assert_from(AZURE_TOKEN, "App Service");
	setenv("AZURE_TENANT_ID", "contoso.example", 1);
	setenv("AZURE_CLIENT_ID", "id", 1);
	setenv("AZURE_FEDERATED_TOKEN_FILE", "/token", 1);
	assert_from(AZURE_TOKEN, "AZURE_FEDERATED_TOKEN_FILE");
	setenv("AZURE_CLIENT_SECRET", "s3cr3t", 1);
	assert_from(AZURE_TOKEN, "AZURE_CLIENT_SECRET");
	assert_int_equal(credentials.identity.kind, AZURE_CLIENT_SECRET);
	setenv("AZURE_STORAGE_SAS_TOKEN", SAS, 1);
	assert_from(AZURE_SAS, "AZURE_STORAGE_SAS_TOKEN");
	setenv("AZURE_STORAGE_KEY", KEY, 1);
	assert_from(AZURE_KEY, "AZURE_STORAGE_KEY");
	setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=acct;SharedAccessSignature=" SAS, 1);
	assert_from(AZURE_SAS, "AZURE_STORAGE_CONNECTION_STRING");
	profile.client_secret = "s3cr3t";
	profile.client_id = profile.tenant_id = "x";
	assert_from(AZURE_TOKEN, "client_secret of the profile");
	profile.sas_token = SAS;
	assert_from(AZURE_SAS, "[profile p]");
	profile.account_key = KEY;
	assert_from(AZURE_KEY, "[profile p]");
	profile.anonymous = true;
	assert_from(AZURE_ANONYMOUS, "");
}

static void test_keys_of_another_account_are_passed_over(void **state)
{
	(void)state;
	profile.account_key = "";
	setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=other;AccountKey=" KEY, 1);
	setenv("AZURE_STORAGE_ACCOUNT", "other", 1);
	setenv("AZURE_STORAGE_KEY", KEY, 1);
	setenv("AZURE_STORAGE_SAS_TOKEN", SAS, 1);
	assert_from(AZURE_TOKEN, "managed identity");
	setenv("AZURE_STORAGE_ACCOUNT", "acct", 1);
	assert_from(AZURE_KEY, "AZURE_STORAGE_KEY");
}

static void test_connection_string_says_where(void **state)
{
	(void)state;
	profile.account_key = "";
	setenv("AZURE_STORAGE_CONNECTION_STRING",
	        "AccountName=acct;AccountKey=" KEY ";BlobEndpoint=http://127.0.0.1:1/acct", 1);
	assert_url(STORE_GET, "k", "http://127.0.0.1:1/acct/box/k");
}

static void test_credentials_file_is_a_connection_string(void **state)
{
	char path[] = "/tmp/larder.XXXXXX";
	static const char text[] = "AccountName=acct\nSharedAccessSignature=" SAS "\n";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	profile.credentials_file = path;
	assert_from(AZURE_SAS, path);
	assert_string_equal(credentials.sas, SAS);
	assert_int_equal(azure_credentials_load(&credentials, &profile, "other", err), -EINVAL);
	assert_non_null(strstr(err, "is for account acct"));
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_not_equal(azure_credentials_load(&credentials, &profile, "acct", err), 0);
	close(fd);
	unlink(path);
}

static void test_authority_is_asked_over_https_alone(void **state)
{
	(void)state;
	profile.account_key = "";
	profile.client_secret = "s3cr3t";
	profile.client_id = profile.tenant_id = "x";
	setenv("AZURE_AUTHORITY_HOST", "http://login.example", 1);
	assert_open_refused("AZURE_AUTHORITY_HOST must be an https:// address");
	setenv("AZURE_AUTHORITY_HOST", "https://login.example/", 1);
	assert_from(AZURE_TOKEN, "client_secret");
	assert_string_equal(credentials.identity.host, "https://login.example");
	profile.tenant_id = "a/../b";
	assert_open_refused("tenant, client or address");
}

static void test_refused_token_is_got_anew(void **state)
{
	(void)state;
	profile.account_key = "";
	profile.tenant_id = profile.client_id = profile.client_secret = "x";
	profile.endpoint = "https://acct.example";
	make(&(struct store_args){.op = STORE_GET, .key = "k", .now = NOW});
	assert_null(header("authorization"));
	assert_int_equal(store_azure.needs_login(store, NOW), LOGIN_NOW);
	store->fresh = (struct azure_token){"t0k3n", NOW - 100, NOW + 3500};
	store_azure.logged_in(store, 0);
	make(&(struct store_args){.op = STORE_GET, .key = "k", .now = NOW});
	assert_string_equal(header("authorization"), "Bearer t0k3n");
	assert_string_equal(store->fresh.text, "");
	assert_int_equal(store_azure.needs_login(store, NOW), LOGIN_NONE);
	assert_int_equal(store_azure.needs_login(store, NOW + 3300), LOGIN_SOON);
	assert_int_equal(store_azure.needs_login(store, NOW + 3600), LOGIN_NOW);
	/* The answer to a request of before the login tells nothing of what came with it. */
	store->token.since = NOW - 10;
	assert_error(401, "<Error><Code>InvalidAuthenticationInfo</Code></Error>", -EACCES, "");
	assert_false(again);
	store->token.since = NOW - 100;
	assert_error(401, "<Error><Code>InvalidAuthenticationInfo</Code></Error>", -EACCES, "");
	assert_true(again);
	assert_int_equal(store_azure.needs_login(store, NOW), LOGIN_NOW);
	/* One that could not be had leaves what there is. */
	store->token = (struct azure_token){"t0k3n", NOW - 100, NOW + 3500};
	store_azure.logged_in(store, -EIO);
	assert_int_equal(store_azure.needs_login(store, NOW), LOGIN_NONE);
}

static void test_endpoint_of_the_environment(void **state)
{
	(void)state;
	setenv("AZURE_STORAGE_SERVICE_ENDPOINT", "https://acct.blob.core.usgovcloudapi.net/", 1);
	assert_url(STORE_GET, "k", "https://acct.blob.core.usgovcloudapi.net/box/k");
	release(NULL);
	setenv("AZURE_STORAGE_SERVICE_ENDPOINT", "https://other.blob.core.windows.net", 1);
	assert_url(STORE_GET, "k", "https://acct.blob.core.windows.net/box/k");
	release(NULL);
	setenv("AZURE_STORAGE_SERVICE_ENDPOINT", "https://private.example", 1);
	setenv("AZURE_STORAGE_ACCOUNT", "acct", 1);
	assert_url(STORE_GET, "k", "https://private.example/box/k");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, fresh, release)
	        TEST(address_of_an_account),
	        TEST(listing_asks_for_a_directory),
	        TEST(requests_are_signed_by_the_key),
	        TEST(signature_goes_into_the_query_and_is_checked_for_its_end),
	        TEST(version_is_asked_for_by_name),
	        TEST(key_of_the_owner_is_sent_with_each_blob),
	        TEST(anonymous_sends_nothing),
	        TEST(wrong_settings_are_told),
	        TEST(container_is_no_blob),
	        TEST(digest_of_the_whole_blob),
	        TEST(crc64_of_the_server_is_that_of_the_bytes),
	        TEST(blob_of_a_directory_is_none),
	        TEST(encoding_is_a_note_of_the_blob),
	        TEST(errors_have_remedies),
	        TEST(places_are_looked_at_in_order),
	        TEST(keys_of_another_account_are_passed_over),
	        TEST(connection_string_says_where),
	        TEST(credentials_file_is_a_connection_string),
	        TEST(authority_is_asked_over_https_alone),
	        TEST(refused_token_is_got_anew),
	        TEST(endpoint_of_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
