/*
 * What the Hub answers: a page of a tree in pieces, as the first byte says, and a line of the head.
 * Whatever comes, each name is a single segment within its limits.
 *
 *	clang -fsanitize=fuzzer,address -I. tests/fuzz/fuzz_hf_list.c …
 */
#include "fetch/hf_list.h"
#include "../lib/fuzz_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_headers(const char *value, size_t len)
{
	static const char *const names[] = {
	        "link", "x-repo-commit", "x-linked-etag", "x-linked-size", "x-error-code"};
	struct response r = {.op = STORE_HEAD};
	char *own = malloc(len ? len : 1);

	if (!own)
		return;
	memcpy(own, value, len);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		store_hf.header(NULL, &r, names[i], own, len);
	store_hf.head(NULL, &r);
	if (strlen(r.next) > STORE_TOKEN_MAX || strlen(r.info.etag) > STORE_ETAG_MAX ||
	        strlen(r.info.version) > STORE_VERSION_MAX)
		abort();
	free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char token[STORE_TOKEN_MAX + 1];
	void *page;

	if (size < 1)
		return 0;
	size_t step = data[0] ? data[0] : size;

	take_headers((const char *)data + 1, size - 1);
	if (hf_list_begin(&page, data[0] & 1 ? "a/" : "", check_entry, NULL))
		return 0;
	feed_page(hf_list_feed, page, data + 1, size - 1, step);
	hf_list_end(page, token);
	return 0;
}
