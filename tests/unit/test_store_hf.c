/* Pages of a repository's tree and the heads of the Hub's answers, well formed and hostile. */
#include "fetch/hf_list.h"
#include "unit/page_test.h"

#include <stdlib.h>

#define SHA256           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define COMMIT           "0123456789012345678901234567890123456789"
#define FILE_ENTRY(path) "{\"type\":\"file\",\"path\":\"" path "\",\"size\":7,\"oid\":\"ab12\"}"

static int parse(const char *prefix, const char *text)
{
	char token[STORE_TOKEN_MAX + 1];
	void *page;

	names[0] = 0;
	assert_int_equal(hf_list_begin(&page, prefix, collect, NULL), 0);
	for (; *text; text++)
		assert_int_equal(hf_list_feed(page, text, 1), 0);
	return hf_list_end(page, token);
}

static void a_page_has_files_and_folders(void **state)
{
	(void)state;
	assert_int_equal(
	        parse("d/",
	                "[" FILE_ENTRY("d/x") ",{\"type\":\"directory\",\"path\":\"d/"
	                                      "sub\"},{\"type\":\"commit\",\"path\":\"d/other\"}]"),
	        0);
	assert_string_equal(names, "x|sub/|");
	assert_int_equal(last_info.size, 7);
	assert_string_equal(last_info.etag, "\"ab12\"");
	assert_int_equal(last_info.sum.kind, CHECKSUM_NONE);
}

static void what_lies_in_lfs_has_its_sha256(void **state)
{
	(void)state;
	assert_int_equal(parse("", "[{\"type\":\"file\",\"path\":\"w\",\"size\":9,\"oid\":\"00\","
	                           "\"lfs\":{\"oid\":\"" SHA256 "\",\"size\":9}}]"),
	        0);
	assert_string_equal(last_info.etag, "\"" SHA256 "\"");
	assert_int_equal(last_info.sum.kind, CHECKSUM_SHA256);
	assert_int_equal(last_info.sum.value[0], 0xe3);
}

static void what_is_no_page_is_refused(void **state)
{
	static const char *const bad[] = {"", "{}", "[", "[1]", "[{}]", "null",
	        "[" FILE_ENTRY("e/x") "]", "[" FILE_ENTRY("d/x/y") "]", "[" FILE_ENTRY("d") "]",
	        "[{\"type\":\"file\",\"path\":\"d/x\",\"size\":-1}]",
	        "[{\"type\":\"file\",\"path\":\"d/x\",\"size\":\"7\"}]",
	        "[{\"type\":\"file\",\"path\":\"d/x\"}]",
	        "[{\"type\":\"file\",\"path\":7,\"size\":1}]"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (parse("d/", bad[i]) != -EPROTO)
			fail_msg("taken: %s", bad[i]);
	}
}

static void a_page_without_an_end_is_refused(void **state)
{
	static char piece[1 << 16];
	void *page;
	int err = 0;

	(void)state;
	memset(piece, ' ', sizeof piece);
	assert_int_equal(hf_list_begin(&page, "", collect, NULL), 0);
	for (size_t n = 0; !err && n <= 2 * HF_PAGE_MAX; n += sizeof piece)
		err = hf_list_feed(page, piece, sizeof piece);
	assert_int_equal(err, -EPROTO);
	hf_list_end(page, NULL);
}

static void take(struct response *r, const char *name, const char *value)
{
	size_t len = strlen(value);
	char *own = malloc(len); /* nothing behind it may be read */

	memcpy(own, value, len);
	store_hf.header(NULL, r, name, own, len);
	free(own);
}

static void a_redirect_says_what_the_bytes_are(void **state)
{
	struct response r = {.op = STORE_GET, .status = 206, .info = {.etag = "\"other\""}};

	(void)state;
	take(&r, "x-repo-commit", COMMIT);
	take(&r, "x-linked-etag", "\"" SHA256 "\"");
	take(&r, "x-linked-size", "123");
	/* What the other host says of that is not believed. */
	take(&r, "x-linked-etag", "\"ff\"");
	store_hf.head(NULL, &r);
	assert_string_equal(r.info.etag, "\"" SHA256 "\"");
	assert_string_equal(r.info.version, COMMIT);
	assert_int_equal(r.info.sum.kind, CHECKSUM_SHA256);
	assert_int_equal(r.info.mtime, STORE_MTIME_DIR);
}

static void a_head_needs_no_answer_of_the_other_host(void **state)
{
	struct response r = {.op = STORE_HEAD, .status = 403};

	(void)state;
	take(&r, "x-linked-etag", "\"" SHA256 "\"");
	take(&r, "x-linked-size", "123");
	store_hf.head(NULL, &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(r.info.size, 123);
	/* It need not say the size; then it is not known. */
	r = (struct response){.op = STORE_HEAD, .status = 403};
	take(&r, "x-linked-etag", "\"" SHA256 "\"");
	store_hf.head(NULL, &r);
	assert_true(r.info.size == UINT64_MAX);
}

static void what_is_no_commit_is_no_version(void **state)
{
	struct response r = {0};

	(void)state;
	take(&r, "x-repo-commit", "main");
	take(&r, "x-repo-commit", COMMIT "0");
	take(&r, "x-linked-etag", "\"not hexadecimal\"");
	take(&r, "x-linked-size", "-1");
	store_hf.head(NULL, &r);
	assert_string_equal(r.info.version, "");
	assert_string_equal(r.info.etag, "");
}

static void a_code_that_repeats_the_request_is_not_shown(void **state)
{
	struct response r = {0};

	(void)state;
	take(&r, "x-error-code", "GatedRepo");
	assert_string_equal(r.server_error, "GatedRepo");
	take(&r, "x-error-code", "Authorization: Bearer hf_secret");
	assert_string_equal(r.server_error, "");
}

static void the_next_page_is_in_a_link(void **state)
{
	static const struct {
		const char *link, *want;
	} rows[] = {
	        {"<https://h/api/x?limit=9&cursor=a%2Fb%3D&z=1>; rel=\"next\"", "a/b="},
	        {"<https://h/api/x?cursor=abc>; rel=\"next\"", "abc"},
	        {"<https://h/api/x?cursor=abc>; rel=\"prev\"", ""},
	        {"<https://h/api/x?mycursor=abc>; rel=\"next\"", ""},
	        {"<https://h/api/x?cursor=a%00b>; rel=\"next\"", ""},
	        {"<https://h/api/x?cursor=a%zz>; rel=\"next\"", ""},
	        {"cursor=abc>; rel=\"next\"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct response r = {0};

		take(&r, "link", rows[i].link);
		assert_string_equal(r.next, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_page_has_files_and_folders),
	        cmocka_unit_test(what_lies_in_lfs_has_its_sha256),
	        cmocka_unit_test(what_is_no_page_is_refused),
	        cmocka_unit_test(a_page_without_an_end_is_refused),
	        cmocka_unit_test(a_redirect_says_what_the_bytes_are),
	        cmocka_unit_test(a_head_needs_no_answer_of_the_other_host),
	        cmocka_unit_test(what_is_no_commit_is_no_version),
	        cmocka_unit_test(a_code_that_repeats_the_request_is_not_shown),
	        cmocka_unit_test(the_next_page_is_in_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
