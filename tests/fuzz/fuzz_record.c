/* Records: whatever the bytes, in whatever pieces; and what was taken is written and taken again.
 */
#include "fetch/record.h"

#include <stdlib.h>
#include <string.h>

static void check(int ok)
{
	if (!ok)
		abort();
}

static char *written(const struct record *r, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	check(f != NULL);
	record_write(r, NULL, f);
	fclose(f);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record one = {0}, two = {0};
	const char *bytes = (const char *)data;
	size_t piece = size ? data[0] + 1u : 1, one_len, two_len;
	char *first, *second;

	for (size_t at = 0; at < size; at += piece)
		check(record_feed(&one, bytes + at, size - at < piece ? size - at : piece) == 0);
	check(record_end(&one) == 0);
	first = written(&one, &one_len);
	check(record_feed(&two, first, one_len) == 0 && record_end(&two) == 0 && !two.damaged);
	second = written(&two, &two_len);
	check(one_len == two_len && memcmp(first, second, one_len) == 0);
	for (const struct record_entry *e = one.entries; e; e = e->hh.next) {
		char *key = strdup(e->url);

		check(key != NULL);
		record_decode(key);
		free(key);
	}
	free(first);
	free(second);
	record_release(&one);
	record_release(&two);
	return 0;
}
