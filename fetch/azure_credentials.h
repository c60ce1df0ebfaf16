/*
 * Who we are to Azure's Blob service, from the places where Azure's own tools look. The first of:
 *
 *	1. `credentials_file` of the profile: a connection string
 *	2. `account_key`, then `sas_token`, of the profile
 *	3. `tenant_id`, `client_id` and `client_secret` of the profile
 *	4. AZURE_STORAGE_CONNECTION_STRING; AZURE_STORAGE_KEY; AZURE_STORAGE_SAS_TOKEN
 *	5. AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET
 *	6. a workload identity: AZURE_FEDERATED_TOKEN_FILE, with tenant and client
 *	7. a managed identity: IDENTITY_ENDPOINT and IDENTITY_HEADER, else the metadata service
 *	8. none
 *
 * So the environment has the order of the Azure CLI (4) and then that of the SDKs'
 * DefaultAzureCredential (5 to 7). AZURE_STORAGE_AUTH_MODE = login leaves 4 out, and `anonymous =
 * true` everything. What belongs to another account (4; by AZURE_STORAGE_ACCOUNT or the connection
 * string itself) is passed over. What is there and cannot be understood, and half of what belongs
 * together, are errors. No message ever holds a value that was read.
 */
#ifndef LARDER_FETCH_AZURE_CREDENTIALS_H
#define LARDER_FETCH_AZURE_CREDENTIALS_H

#include "fetch/azure_connection.h"
#include "fetch/azure_token.h"

#define AZURE_SOURCE_MAX 255 /* bytes of the text that says where credentials are from */

enum azure_kind { AZURE_ANONYMOUS, AZURE_KEY, AZURE_SAS, AZURE_TOKEN };

struct azure_credentials {
	enum azure_kind kind;
	char source[AZURE_SOURCE_MAX + 1];
	char endpoint[AZURE_ENDPOINT_MAX + 1]; /* of a connection string; or "" */
	uint8_t key[AZURE_KEY_MAX];
	size_t key_len;
	char sas[AZURE_SAS_MAX + 1];
	struct azure_identity identity;
};

/* Fills `out` for the account of a profile. Reads the environment and maybe a file. 0, or -errno
 * with a message that names the setting, variable or file. */
int azure_credentials_load(struct azure_credentials *out, const struct profile *p,
        const char *account, char err[static STORE_ERROR_MAX]);

/* AZURE_STORAGE_SERVICE_ENDPOINT if that is this account's, by AZURE_STORAGE_ACCOUNT or by itself;
 * else "". */
const char *azure_environment_endpoint(const char *account);

/* Overwrites everything. */
void azure_credentials_wipe(struct azure_credentials *c);

#endif
