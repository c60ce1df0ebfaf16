/*
 * What a Blob service answers: the first byte says how the rest is cut into pieces, the rest is a
 * page of a listing and then the body of an error. Whatever comes, each name is a single segment
 * within its limits.
 */
#include "fetch/azure_error.h"
#include "fetch/azure_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check(void *arg, const struct store_entry *e)
{
	(void)arg;
	if (e->name_len > STORE_KEY_MAX || memchr(e->name, '/', e->name_len) ||
	        memchr(e->name, '\0', e->name_len) || e->info->size > INT64_MAX ||
	        strlen(e->info->etag) > STORE_ETAG_MAX)
		abort();
	return 0;
}

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
	if (azure_list_begin(&list, prefix, "t", check, NULL))
		return 0;
	for (size_t at = 0; at < size; at += step)
		if (azure_list_feed(
		            list, (const char *)data + at, size - at < step ? size - at : step))
			break;
	azure_list_end(list, data[-1] == 2 ? NULL : token);
	return 0;
}
