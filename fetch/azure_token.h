/*
 * Tokens of Microsoft Entra ID for Azure Storage: where an identity gets them.
 *
 * Follows "OAuth 2.0 client credentials flow" of the Microsoft identity platform (a secret, or a
 * federated token as the assertion), "How to use managed identities … on an Azure VM to acquire an
 * access token" (IMDS) and "Managed identities for App Service" (IDENTITY_ENDPOINT).
 */
#ifndef LARDER_FETCH_AZURE_TOKEN_H
#define LARDER_FETCH_AZURE_TOKEN_H

#include "fetch/store.h"

#define AZURE_TOKEN_MAX  8000 /* bytes of a token; Azure takes 16 KiB of headers */
#define AZURE_SECRET_MAX 255  /* bytes of a client's secret */
#define AZURE_ID_MAX     127  /* bytes of a tenant or client */
#define AZURE_FILE_MAX   1023 /* bytes of a path */
#define AZURE_HOST_MAX   511  /* bytes of an address */

enum azure_identity_kind {
	AZURE_CLIENT_SECRET,
	AZURE_WORKLOAD,    /* the assertion is in a file, as Kubernetes writes it */
	AZURE_APP_SERVICE, /* a local endpoint that the platform names */
	AZURE_IMDS,        /* the machine's metadata service */
};

struct azure_identity {
	enum azure_identity_kind kind;
	bool maybe; /* it was not asked for: that there is none is no error */
	char tenant[AZURE_ID_MAX + 1], client[AZURE_ID_MAX + 1]; /* client "": the machine's own */
	char secret[AZURE_SECRET_MAX + 1];                       /* or the header of App Service */
	char file[AZURE_FILE_MAX + 1];
	char host[AZURE_HOST_MAX + 1]; /* the authority, or the endpoint of App Service or IMDS */
};

struct azure_token {
	char text[AZURE_TOKEN_MAX + 1]; /* "" if there is none */
	int64_t since, until;           /* seconds since 1970 */
};

/*
 * Gets one. Blocks, on a worker, for LOGIN_MS at most. 0; -ENOENT where `maybe` is set and there is
 * no such identity; -EACCES if it is refused, -EIO if nobody answered, with a message that names
 * the place and the remedy.
 */
int azure_token_get(const struct azure_identity *id, const char *ca_file, struct azure_token *out,
        char err[static STORE_ERROR_MAX]);

#endif
