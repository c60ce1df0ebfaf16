/*
 * Who we are to AWS and to what speaks its protocol: keys, region and endpoint, from the places
 * where the vendor's own tools look, in their order.
 *
 * Keys, the first of these (the table in credentials.c):
 *	 1. `access_key_id` and `secret_access_key` (and `session_token`) of the profile in
 *	    larder.ini
 *	 2. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *	 3. a role of the section: `role_arn` with `source_profile` or `credential_source`
 *	 4. a web identity: AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, or the section's
 *	 5. single sign-on of the section, with a token that `aws sso login` has left
 *	 6. keys of the section in the credentials file
 *	 7. `credential_process` of the section
 *	 8. keys of the section in the config file
 *	 9. the container's endpoint: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI
 *	10. the machine's metadata service (IMDSv2)
 * The section is `credentials_profile`, AWS_PROFILE, AWS_DEFAULT_PROFILE or "default", of
 * AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials and AWS_CONFIG_FILE or ~/.aws/config. A profile
 * that sets `credentials_profile` is asked for that one, and not for what the environment says (2
 * and 4). With `credentials_file` the section is of that file, and of no other place; the file must
 * be the agent's alone to read (trust.h). With `anonymous = true` there are no keys.
 *
 * Region: the profile, AWS_REGION, AWS_DEFAULT_REGION, the section, us-east-1. Endpoint: the
 * profile, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the section's services, the section; of the
 * profile alone with AWS_IGNORE_CONFIGURED_ENDPOINT_URLS. Certificates: the profile's `ca_file`,
 * AWS_CA_BUNDLE.
 *
 * A file that is there and cannot be understood, and half a pair of keys, are errors: to go on with
 * other keys would be a surprise. No message ever holds a value that was read.
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
#define CREDENTIALS_NONE_S       300       /* for which it is believed that there are none */

struct credentials {
	/* Keys: all "" if there are none. */
	char access_key_id[CREDENTIALS_ID_MAX + 1];
	char secret_access_key[CREDENTIALS_SECRET_MAX + 1];
	char session_token[CREDENTIALS_TOKEN_MAX + 1];
	int64_t since, until; /* seconds since 1970; `until` is 0 where they do not end */
	bool fixed;           /* asking again would give the same */
	bool pending;         /* not known yet: only credentials_login can tell */
	char source[CREDENTIALS_SOURCE_MAX +
	            1]; /* where they are from; without keys, where they were looked for */

	char region[CREDENTIALS_REGION_MAX + 1];
	char endpoint[CREDENTIALS_ENDPOINT_MAX + 1]; /* "" for AWS itself */
	const char *ca_file;  /* "" for the system's; lives as long as profile and environment */
	bool dualstack, fips; /* which of AWS's own endpoints */
	bool path_style, path_style_set; /* addressing_style of the section */
};

/*
 * Fills `out` for a profile, with the keys that can be had without waiting: it reads the
 * environment and the two files. No keys at all is a success. -errno with a message that names the
 * setting, variable or file with its line.
 */
int credentials_load(struct credentials *out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX]);

/* The same with whatever keys there are; blocks until the deadline of login.h, so it is for a
 * worker. -EIO if an endpoint did not answer. */
int credentials_login(struct credentials *out, const struct config *c, const struct profile *p,
        uint64_t deadline, char err[static STORE_ERROR_MAX]);

/* Whether both hold the same keys. */
bool credentials_same_keys(const struct credentials *a, const struct credentials *b);

/* Overwrites everything. */
void credentials_wipe(struct credentials *c);

#endif
