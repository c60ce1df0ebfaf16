/*
 * What a Blob service answers: the first byte says how the rest is cut into pieces, the rest is a
 * page of a listing and then the body of an error. Whatever comes, each name is a single segment
 * within its limits.
 */
#include "fetch/azure_error.h"
#include "fetch/azure_list.h"
#include "../lib/fuzz_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char token[STORE_TOKEN_MAX + 1], said[AZURE_SAID_MAX];
	struct response r = {.status = 403};
	void *list;

	if (size < 1)
		return 0;
	size_t step = data[0] ? data[0] : size;
	const char *prefix = data[0] & 1 ? "a/" : "";

	data++;
	size--;
	azure_failure_of(&r, (const char *)data, size, said);
	if (strlen(said) >= AZURE_SAID_MAX || strlen(r.server_error) >= sizeof r.server_error)
		abort();
	if (azure_list_begin(&list, prefix, "t", check_entry, NULL))
		return 0;
	feed_page(azure_list_feed, list, data, size, step);
	azure_list_end(list, data[-1] == 2 ? NULL : token);
	return 0;
}
