/*
 * A profile at Azure, as store_azure.c and azure_request.c share it.
 */
#ifndef LARDER_FETCH_AZURE_H
#define LARDER_FETCH_AZURE_H

#include "fetch/azure_credentials.h"
#include "fetch/store.h"
#include "fetch/store_key.h"

#define AZURE_CONTAINER_MAX 63
#define AZURE_CRC_RANGE_MAX (4 << 20) /* bytes of a range whose CRC64 the server computes */
#define AZURE_SIGNED_PREFIX "x-ms-"   /* of headers that are signed */

struct store {
	const struct profile *profile;
	char account[AZURE_ACCOUNT_MAX + 1];
	const char *container;
	char endpoint[AZURE_ENDPOINT_MAX + 1]; /* without '/' at its end */
	const char *base;                      /* its path, within it */
	char key_hash[STORE_KEY_BASE64 + 1];   /* of `encryption_key` */
	struct azure_credentials credentials;
	struct azure_token token, fresh; /* `fresh` is the worker's until logged_in */
	int64_t nobody_until;            /* no identity was found; 0 otherwise */
	bool no_crc64;                   /* the server does not compute it: an emulator */
	int64_t looked;                  /* into the credentials file, by store_args.now */
};

/* The version or the time of a snapshot in what a URL is pinned by: without "versionId=". */
const char *azure_version(const char *version);

/* Whether the server is asked for the CRC64 of a range. */
bool azure_wants_crc64(const struct store *s, const struct store_args *a);

/* Builds a request, with the credentials that there are. 0, -ENAMETOOLONG, -ENOMEM or -ERANGE. */
int azure_request_build(
        const struct store *s, const struct store_args *a, struct store_request *out);

#endif
