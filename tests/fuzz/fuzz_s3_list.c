/*
 * What an S3 server answers: the first byte says how the rest is cut into pieces, the rest is a
 * page of a listing and then the body of an error.
 */
#include "fetch/s3_list.h"
#include "../lib/fuzz_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char token[STORE_TOKEN_MAX + 1];
	struct s3_error e;
	void *list;

	if (size < 1)
		return 0;
	size_t step = data[0] ? data[0] : size;
	const char *prefix = data[0] & 1 ? "a/" : "";

	data++;
	size--;
	s3_error_parse(&e, (const char *)data, size);
	if (s3_list_begin(&list, prefix, "t", check_entry, NULL))
		return 0;
	feed_page(s3_list_feed, list, data, size, step);
	s3_list_end(list, data[-1] == 2 ? NULL : token);
	return 0;
}
