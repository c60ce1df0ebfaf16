/* Header lines of a configuration: what is taken is one line each, and within its limits. */
#include "fetch/header_lines.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sigv4_pair pairs[1 + HEADER_LINES_SIGNED] = {{"host", "h"}};
	char buf[HEADER_LINES_TEXT], *text = malloc(size + 1);
	struct curl_slist *list = NULL;
	size_t n = 1;

	memcpy(text, data, size);
	text[size] = '\0';
	if (!header_lines_fault(text)) {
		if (!header_lines_sign(
		            text, "x-amz-", pairs, &n, sizeof pairs / sizeof *pairs, buf))
			for (size_t i = 1; i < n; i++)
				if (strcmp(pairs[i - 1].name, pairs[i].name) >= 0 ||
				        strpbrk(pairs[i].value, "\r\n"))
					abort();
		if (header_lines_add(text, "x-amz-", &list))
			abort();
		for (struct curl_slist *l = list; l; l = l->next)
			if (!strchr(l->data, ':') || strpbrk(l->data, "\r\n"))
				abort();
		header_lines_wipe(list);
	}
	free(text);
	return 0;
}
