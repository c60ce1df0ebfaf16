/* Where a server sends the agent: what is followed is http or https, and never less safe than
 * before. */
#include "fetch/connection.h"
#include "fetch/transfer_parts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *to = malloc(size + 1);

	memcpy(to, data, size);
	to[size] = '\0';
	if (!transfer_redirect_fault("https://far.example/x", to) &&
	        (strncasecmp(to, "https:", 6) || connection_reach(to) != REACH_FAR))
		abort();
	if (!transfer_redirect_fault("http://127.0.0.1/x", to) &&
	        connection_reach(to) == REACH_NOWHERE)
		abort();
	free(to);
	return 0;
}
