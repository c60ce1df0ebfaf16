/*
 * What Azure's Blob service means by a refusal, and what to do about it. Follows "Common REST API
 * error codes", "Blob service error codes" and "Azure Storage authorization" of the REST reference.
 */
#ifndef LARDER_FETCH_AZURE_ERROR_H
#define LARDER_FETCH_AZURE_ERROR_H

#include "fetch/store_common.h"

enum {
	AZURE_RETRY = STORE_RETRY, /* the same request may succeed later */
	AZURE_KEYS = 2,            /* a matter of credentials: say where they are from */
	AZURE_RENEW = 4,           /* others may be accepted: they are looked for again */
};

/* The code of a directory's own blob, which head() makes of its metadata (store_azure.c). */
#define AZURE_IS_FOLDER "PathIsDirectory"

/* Of azurite, for what it does not do. */
#define AZURE_NO_FEATURE "FeatureNotSupported"

/*
 * The row for an answer; r->server_error is filled from the body where no header gave it. `said`
 * gets the server's own words, of which only printable ASCII is left, where no row knows better.
 */
#define AZURE_SAID_MAX 160
const struct store_failure *azure_failure_of(
        struct response *r, const char *body, size_t len, char said[static AZURE_SAID_MAX]);

#endif
