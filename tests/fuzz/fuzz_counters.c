/* Files of counters: whatever they hold, nothing outside of the text is read, and folders are
 * single names. */
#include "fetch/counters.h"

#include <stdlib.h>
#include <string.h>

static void on_row(void *arg, const char *dir, const struct counters *c)
{
	struct counters *sum = arg;

	if (!*dir || strlen(dir) > COUNTERS_DIR_MAX || strpbrk(dir, "/\n "))
		abort();
	counters_add(sum, c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct counters sum = {0};
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	counters_parse(text, on_row, &sum);
	free(text);
	return 0;
}
