/*
 * Who we are to Google: where its own libraries look, in their order, and how what is found there
 * becomes an access token.
 *
 * gcs_credentials_find, the first of:
 *	1. the profile: `anonymous`; `access_key_id` and `secret_access_key`, an HMAC key;
 *	   `credentials_file`
 *	2. STORAGE_EMULATOR_HOST, if the profile has no `endpoint`: an emulator gets no credentials
 *	3. GOOGLE_APPLICATION_CREDENTIALS, a file
 *	4. application_default_credentials.json in CLOUDSDK_CONFIG or ~/.config/gcloud, if there
 *	5. the metadata server, unless NO_GCE_CHECK is true
 *	6. nobody
 *
 * A file is JSON with a "type": service_account, authorized_user, external_account,
 * external_account_authorized_user or impersonated_service_account (Google's AIP-4110 to 4117). It
 * is read anew for each token, so that a renewed file is enough. No message holds a secret.
 */
#ifndef LARDER_FETCH_GCS_CREDENTIALS_H
#define LARDER_FETCH_GCS_CREDENTIALS_H

#include "fetch/store.h"

#define GCS_TOKEN_MAX    12288 /* bytes of an access token; federated ones are the longest */
#define GCS_PATH_MAX     4096  /* bytes of a file's path */
#define GCS_PROJECT_MAX  63    /* bytes of a project's name */
#define GCS_UNIVERSE_MAX 127   /* bytes of a universe's domain */
#define GCS_SOURCE_MAX   255   /* bytes of the text that says where credentials are from */
#define GCS_SCOPE        "https://www.googleapis.com/auth/devstorage.read_only"
#define GCS_CLOUD_SCOPE  "https://www.googleapis.com/auth/cloud-platform"

enum gcs_kind { GCS_NOBODY, GCS_HMAC, GCS_FILE, GCS_METADATA };

struct gcs_credentials {
	enum gcs_kind kind;
	bool secret;             /* the file must not be for others to read */
	char path[GCS_PATH_MAX]; /* of the file */
	char metadata[256];      /* the metadata server's host[:port] */
	bool metadata_named;     /* by the environment: then it must be there */
	const char *ca_file;     /* for all requests */
	char source[GCS_SOURCE_MAX + 1];
};

/* Never blocks on more than a look for one file. 0 or -errno with a message. */
int gcs_credentials_find(struct gcs_credentials *out, const struct config *c,
        const struct profile *p, char err[static STORE_ERROR_MAX]);

struct gcs_token {
	char value[GCS_TOKEN_MAX + 1];       /* "": nobody */
	int64_t since, until;                /* seconds since 1970; until 0 is for ever */
	char project[GCS_PROJECT_MAX + 1];   /* quota_project_id of the file */
	char universe[GCS_UNIVERSE_MAX + 1]; /* universe_domain of the file */
	char source[GCS_SOURCE_MAX + 1];     /* what to name in messages */
};

/*
 * Gets a token by a file or from the metadata server. Blocks for at most LOGIN_MS; on a worker. 0,
 * -EACCES for what will not pass by itself, -EIO where nobody answered; with a message.
 */
int gcs_token_get(
        const struct gcs_credentials *c, struct gcs_token *out, char err[static STORE_ERROR_MAX]);

#endif
