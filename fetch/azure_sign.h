/*
 * Azure's Shared Key, for requests without a body, and the checks of what stands for a key.
 *
 * Follows "Authorize with Shared Key" of the Azure Storage REST reference, for the Blob service in
 * version 2015-02-21 and later. Nothing is kept between calls; any thread may call.
 */
#ifndef LARDER_FETCH_AZURE_SIGN_H
#define LARDER_FETCH_AZURE_SIGN_H

#include "fetch/sigv4.h"

#include <stdbool.h>

#define AZURE_DATE_SIZE 30  /* "Sun, 06 Nov 1994 08:49:37 GMT" and the NUL */
#define AZURE_AUTH_SIZE 160 /* the value of Authorization and the NUL */
#define AZURE_KEY_MAX   128 /* bytes of an account's key; Azure's have 64 */

struct azure_request {
	const char *method, *account;
	const char *path;                 /* percent-encoded, as it is sent, with its leading '/' */
	const struct sigv4_pair *params;  /* of the query, not encoded; by name, in lower case */
	const struct sigv4_pair *headers; /* all x-ms- ones, likewise; values as sent */
	size_t n_params, n_headers;
	const char *if_match, *if_none_match, *range; /* as sent; "" if not */
};

/* Writes `now`, seconds since 1970, as x-ms-date has it. -ERANGE for a year of more than four
 * digits. */
int azure_date(int64_t now, char date[static AZURE_DATE_SIZE]);

/* Decodes an account's key from base64. 0 or -EINVAL. */
int azure_key(const char *text, uint8_t key[static AZURE_KEY_MAX], size_t *len);

/* Writes the value of the Authorization header. 0, -EINVAL where it is too long, or -ENOMEM. */
int azure_authorization(const struct azure_request *r, const uint8_t *key, size_t key_len,
        char out[static AZURE_AUTH_SIZE]);

/* Whether `sas` can be a shared access signature, without the '?' before it: parameters as they
 * stand in a query, with a signature among them. */
bool azure_sas_ok(const char *sas);

/* When it ends (`se`), in seconds since 1970; INT64_MAX if it does not say. */
int64_t azure_sas_end(const char *sas);

#endif
