/* A file with a token, of the Hub's or of another provider, and times as endpoints write them: a
 * token can stand in a header. */
#include "fetch/hf_token.h"
#include "fetch/login.h"

#include "../lib/bare_profile.h"
#include "../lib/fuzz_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hf_token token;
	struct profile p;
	char err[STORE_ERROR_MAX], endpoint[HF_ENDPOINT_MAX + 1], *text = malloc(size + 1);

	if (!text)
		return 0;
	write_file(data, size);
	bare_profile(&p);
	p.credentials_file = fuzz_path;
	if (!hf_token_load(&token, &p, err) && *token.value && !login_is_token(token.value))
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	p.endpoint = text;
	if (!hf_endpoint(&p, endpoint, err) &&
	        ((strncmp(endpoint, "https://", 8) && strncmp(endpoint, "http://", 7)) ||
	                strpbrk(endpoint, "@?#\r\n ")))
		abort();
	login_time(text);
	free(text);
	return 0;
}
