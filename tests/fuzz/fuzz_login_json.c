/* Values of a JSON text that anybody may have written: nothing outside of it is read or written. */
#include "fetch/login.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"", "a", "a/b", "0/a", "Credentials/AccessKeyId"};
	char out[16], *text = malloc(size ? size : 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		int err = login_json(text, size, paths[i], out, sizeof out);

		if (strnlen(out, sizeof out) == sizeof out || (err && *out))
			abort();
	}
	free(text);
	return 0;
}
