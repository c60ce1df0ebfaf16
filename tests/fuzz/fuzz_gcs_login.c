/* A credentials file of Google's and what the endpoints that it names answer, both as anybody may
 * have written them: what comes out is a token that can stand in a header, or a message. */
#include "fetch/gcs_credentials.h"

#include <errno.h>
#include <stdio.h>

#include "../lib/fuzz_file.h"
#include "../lib/fuzz_login.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	if (strnlen(text, size) == size)
		abort();
	for (; *text; text++)
		if (*text == '\n' || *text == '\r')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gcs_credentials c;
	static struct gcs_token token;
	char err[STORE_ERROR_MAX] = "";
	size_t len = login_split(data, size);
	int code;

	write_file(data, len);
	c.kind = len ? GCS_FILE : GCS_METADATA;
	c.ca_file = "";
	c.metadata_named = true;
	snprintf(c.path, sizeof c.path, "%s", fuzz_path);
	snprintf(c.metadata, sizeof c.metadata, "metadata");
	snprintf(c.source, sizeof c.source, "a file");
	code = gcs_token_get(&c, &token, err);
	check_text(err, sizeof err);
	if (code)
		return 0;
	if ((*token.value && !login_is_token(token.value)) ||
	        (*token.value && token.until <= token.since))
		abort();
	check_text(token.value, sizeof token.value);
	check_text(token.project, sizeof token.project);
	check_text(token.universe, sizeof token.universe);
	check_text(token.source, sizeof token.source);
	return 0;
}
