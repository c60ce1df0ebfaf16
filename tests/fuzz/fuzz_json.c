/* Reports: whatever the text, nothing outside of it is read or written, and rows point into it. */
#include "fetch/json.h"

#include <stdlib.h>
#include <string.h>

struct bounds {
	const char *text;
	size_t len;
};

static void check(int ok)
{
	if (!ok)
		abort();
}

static void on_row(void *arg, const char *section, const struct json_row *r)
{
	const struct bounds *b = arg;

	check(strlen(section) <= b->len && r->n <= JSON_FIELDS_MAX);
	for (unsigned i = 0; i < r->n; i++) {
		const char *key = r->fields[i].key, *text = r->fields[i].text;

		check(key >= b->text && key + strlen(key) <= b->text + b->len);
		check(!*text || (text >= b->text && text + strlen(text) <= b->text + b->len));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct bounds b = {.text = text, .len = size};

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	json_read(text, size, on_row, &b);
	free(text);
	return 0;
}
