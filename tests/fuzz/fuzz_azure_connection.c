/* A connection string of Azure, and a shared access signature: whatever is taken can stand in a URL
 * and a header line. */
#include "fetch/azure_connection.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct azure_connection c;
	uint8_t key[AZURE_KEY_MAX];
	size_t key_len;
	const char *fault;
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	if (!azure_connection_parse(&c, text, &fault)) {
		check(c.account);
		check(c.endpoint);
		check(c.sas);
		if (!azure_account_ok(c.account) || (*c.sas && !azure_sas_ok(c.sas)))
			abort();
		if (!azure_key(c.key, key, &key_len) && key_len > AZURE_KEY_MAX)
			abort();
	} else if (!fault) {
		abort();
	}
	if (azure_sas_ok(text))
		check(text);
	azure_sas_end(text);
	free(text);
	return 0;
}
