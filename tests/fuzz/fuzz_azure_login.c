/* A file with a token of another issuer, and what Entra ID and a machine's services answer: a token
 * can stand in a header, or there is a message. The first byte chooses who is asked. */
#include "fetch/azure_token.h"

#include <errno.h>

#include "../lib/fuzz_file.h"
#include "../lib/fuzz_login.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct azure_token token;
	static struct azure_identity id;
	char err[STORE_ERROR_MAX] = "";
	size_t len = login_split(data, size);

	write_file(data, len);
	id.kind = len ? data[0] % 4 : AZURE_IMDS;
	snprintf(id.tenant, sizeof id.tenant, "tenant");
	snprintf(id.client, sizeof id.client, "client");
	snprintf(id.secret, sizeof id.secret, "secret");
	snprintf(id.file, sizeof id.file, "%s", fuzz_path);
	snprintf(id.host, sizeof id.host, "https://login");
	if (!azure_token_get(&id, "", &token, err)) {
		if (!login_is_token(token.text) || token.until <= token.since)
			abort();
	} else if (*token.text) {
		abort();
	}
	if (strnlen(err, sizeof err) == sizeof err || strpbrk(err, "\r\n"))
		abort();
	return 0;
}
