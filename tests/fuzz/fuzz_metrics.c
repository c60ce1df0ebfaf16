/* Requests for metrics, and addresses: whatever the bytes, nothing beyond them is read. */
#include "fetch/metrics.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct metrics_address address;
	char *text;
	int status;

	if (size > METRICS_REQUEST_MAX)
		size = METRICS_REQUEST_MAX;
	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	status = metrics_judge(text, size);
	if ((status == 0 && size == METRICS_REQUEST_MAX) ||
	        (status == 200 && memcmp(text, "GET /metrics", 12) != 0))
		abort();
	text[size] = 0;
	metrics_parse(text, &address);
	free(text);
	return 0;
}
