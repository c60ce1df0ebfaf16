/* A netrc that anybody may have written: words end in time, and hold nothing that a header line
 * could not. */
#include "fetch/netrc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *word)
{
	size_t len = strnlen(word, NETRC_WORD_MAX + 1);

	if (len > NETRC_WORD_MAX)
		abort();
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)word[i] < ' ' || word[i] == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct netrc_entry e;
	char *text = malloc(size ? size : 1);

	memcpy(text, data, size);
	netrc_find(text, size, "host", &e);
	check(e.user);
	check(e.password);
	free(text);
	return 0;
}
