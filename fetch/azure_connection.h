/*
 * Connection strings of Azure Storage: "Name=value;Name=value", as the portal shows them and
 * AZURE_STORAGE_CONNECTION_STRING holds them. Follows "Configure Azure Storage connection strings".
 * Names are taken whatever their case; those of other services are skipped.
 */
#ifndef LARDER_FETCH_AZURE_CONNECTION_H
#define LARDER_FETCH_AZURE_CONNECTION_H

#include "fetch/azure_sign.h"

#define AZURE_CONNECTION_MAX (16 << 10) /* bytes */
#define AZURE_ACCOUNT_MAX    63         /* bytes of an account's name; Azure's have at most 24 */
#define AZURE_SAS_MAX        4000       /* bytes of a shared access signature */
#define AZURE_ENDPOINT_MAX   511        /* bytes of an address */
#define AZURE_KEY_TEXT_MAX   172        /* bytes of a key in base64 */

struct azure_connection {
	char account[AZURE_ACCOUNT_MAX + 1];   /* also from the endpoint's host or path; or "" */
	char endpoint[AZURE_ENDPOINT_MAX + 1]; /* of the Blob service; "" if it is to be made of
	                                          the account's name */
	char key[AZURE_KEY_TEXT_MAX + 1];      /* base64; or "" */
	char sas[AZURE_SAS_MAX + 1];           /* without '?'; or "" */
};

/*
 * 0, or -EINVAL with *fault saying what is wrong with it, without its values. Blanks and newlines
 * around names and values are skipped, and a newline ends a value too, so that a file may have one
 * on each line. Wipe `out` after use.
 */
int azure_connection_parse(struct azure_connection *out, const char *text, const char **fault);

/* Whether this can be the name of an account: letters, digits and '-'. */
bool azure_account_ok(const char *name);

/* The account in the address of a Blob service: the first label of its host, or the first segment
 * of its path where the host is a number or has no dot (as azurite has it). "" if there is none. */
void azure_account_of(const char *endpoint, char out[static AZURE_ACCOUNT_MAX + 1]);

/* Whether this is an address: http or https, a host, maybe a port and a path; no user, no query. */
bool azure_endpoint_ok(const char *endpoint);

/* Whether what is sent there can be heard by nobody else: https, or this machine. */
bool azure_is_private(const char *endpoint);

#endif
