/*
 * Who we are to AWS and to what speaks its protocol: keys, region and endpoint, from the places
 *where the vendor's own tools look.
 *
 * Keys, the first of:
 *	1. `access_key_id` and `secret_access_key` (and `session_token`) of the profile in
 *larder.ini
 *	2. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; not looked at where the
 *profile sets `credentials_profile`, which is the more particular choice
 *	3. a section of the profile's `credentials_file`, and then of no other place; it must be
 *the agent's alone to read (trust.h)
 *	4. a section of the shared files: AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials, then
 *AWS_CONFIG_FILE or
 *	   ~/.aws/config. Which: `credentials_profile`, AWS_PROFILE, AWS_DEFAULT_PROFILE, "default"
 * With `anonymous = true` none of them. Each is one function in a table of providers; a further
 *place is a further row.
 *
 * Region: the profile, AWS_REGION, AWS_DEFAULT_REGION, the section, us-east-1. Endpoint: the
 *profile, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the section. Certificates: the profile's
 *`ca_file`, AWS_CA_BUNDLE.
 *
 * A file that is there and cannot be understood, and half a pair of keys, are errors: to go on with
 *other keys would be a surprise. No message ever holds a value that was read.
 */
#ifndef LARDER_FETCH_CREDENTIALS_H
#define LARDER_FETCH_CREDENTIALS_H

#include "fetch/store.h"

#define CREDENTIALS_ID_MAX       256       /* bytes of an access key */
#define CREDENTIALS_SECRET_MAX   256       /* bytes of a secret key, as SIGV4_SECRET_MAX */
#define CREDENTIALS_TOKEN_MAX    8000      /* bytes of a session token; S3 takes 8 KiB of headers */
#define CREDENTIALS_REGION_MAX   63        /* bytes of a region */
#define CREDENTIALS_ENDPOINT_MAX 511       /* bytes of an endpoint's URL */
#define CREDENTIALS_SOURCE_MAX   255       /* bytes of the text that says where keys are from */
#define CREDENTIALS_FILE_MAX     (1 << 20) /* bytes of a shared file */

struct credentials {
	/* Keys: all "" if there are none. */
	char access_key_id[CREDENTIALS_ID_MAX + 1];
	char secret_access_key[CREDENTIALS_SECRET_MAX + 1];
	char session_token[CREDENTIALS_TOKEN_MAX + 1];
	char source[CREDENTIALS_SOURCE_MAX +
	            1]; /* where they are from; without keys, where they were looked for */

	char region[CREDENTIALS_REGION_MAX + 1];
	char endpoint[CREDENTIALS_ENDPOINT_MAX + 1]; /* "" for AWS itself */
	const char *ca_file; /* "" for the system's; lives as long as profile and environment */
};

/*
 * Fills `out` for a profile. Reads the environment and the two files, so it may block for a moment.
 * No keys at all is a success. -errno with a message that names the setting, variable or file with
 * its line.
 */
int credentials_load(struct credentials *out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX]);

/* Whether both hold the same keys. */
bool credentials_same_keys(const struct credentials *a, const struct credentials *b);

/* Overwrites everything. */
void credentials_wipe(struct credentials *c);

#endif
