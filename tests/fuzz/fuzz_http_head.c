/* The head of an answer, line by line as a server may send it: what comes out holds together. */
#include "fetch/http_head.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct response *r)
{
	if (r->has_range && (r->status != 206 || r->first > r->last || r->last >= r->total ||
	                            r->total > HTTP_SIZE_MAX))
		abort();
	if (r->info.size != UINT64_MAX && (r->info.size > HTTP_SIZE_MAX || r->encoded))
		abort();
	if (r->content_length != UINT64_MAX && r->content_length > HTTP_SIZE_MAX)
		abort();
	if (r->retry_after > HTTP_RETRY_AFTER_MAX || strlen(r->info.etag) > STORE_ETAG_MAX)
		abort();
	if (r->info.etag[0] && (r->info.etag[0] != '"' || strchr(r->info.etag, '\n')))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct response r;

	response_reset(&r);
	while (size) {
		const uint8_t *newline = memchr(data, '\n', size);
		size_t len = newline ? (size_t)(newline - data) + 1 : size;
		/* A block of just this length, so that a byte too far is seen. */
		char *line = malloc(len);
		memcpy(line, data, len);
		response_header_line(&r, &store_s3, NULL, line, len);
		free(line);
		data += len;
		size -= len;
	}
	response_finish(&r);
	check(&r);
	return 0;
}
