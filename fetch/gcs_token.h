/*
 * What the ways to a token have in common: requests to endpoints that answer with one, and what
 * their refusals mean. Between the files of gcs_token_get alone.
 */
#ifndef LARDER_FETCH_GCS_TOKEN_H
#define LARDER_FETCH_GCS_TOKEN_H

#include "fetch/gcs_credentials.h"
#include "fetch/login.h"

#define GCS_FILE_MAX (64 << 10) /* bytes of a credentials file, and of a token from elsewhere */
#define GCS_URL_MAX  1024       /* bytes of an endpoint's address */
#define GCS_FORM_MAX (96 << 10) /* bytes of a form: a federated token thrice */
#define GCS_TRIES    3          /* of a request to an endpoint */

#define GCS_FORM_TYPE "Content-Type: application/x-www-form-urlencoded"

/* One gcs_token_get. */
struct gcs_login {
	const struct gcs_credentials *credentials;
	const char *json; /* of the file */
	size_t len;
	const char *within; /* path in it of what is read: "", or "source_credentials/" */
	struct gcs_token *out;
	uint64_t deadline;
	char *err;
};

__attribute__((format(printf, 3, 4))) int gcs_login_fail(
        const struct gcs_login *l, int code, const char *format, ...);

/* A text of the file by its path ("credential_source/url"). Without `required`, "" where it is not
 * there. What was read is to be wiped where it is a secret. */
int gcs_login_member(
        const struct gcs_login *l, const char *path, bool required, char *out, size_t size);

/* The name of a member of an object in the file, by its number. -ENOENT if there are fewer. */
int gcs_login_name(const struct gcs_login *l, const char *path, unsigned i, char *out, size_t size);

/* The address of an endpoint that gets secrets: https, or this very machine. `fallback` may be
 * NULL, then the file must have it. */
int gcs_login_url(const struct gcs_login *l, const char *path, const char *fallback,
        char out[static GCS_URL_MAX]);

/* Posts a body, and takes the token and its end out of the answer: "access_token" and "expires_in",
 * or "accessToken" and "expireTime". `authorization` is a header line or NULL. */
int gcs_login_post(const struct gcs_login *l, const char *url, const char *type, const char *body,
        const char *authorization);

/* The same with an answer that there is already: a token, or a refusal with its remedy. */
int gcs_login_take(const struct gcs_login *l, const struct login_answer *a);

/* "Authorization: Basic …" of client_id and client_secret, "" if the file has no client_id. */
int gcs_login_basic(const struct gcs_login *l, char *out, size_t size);

/* The token that there is becomes one of the service account at `url`, for `life` seconds (0: an
 * hour). `delegates` is the path of an array in the file, or NULL. */
int gcs_login_impersonate(
        const struct gcs_login *l, const char *url, const char *delegates, unsigned life);

/* external_account: the token of another place is exchanged. */
int gcs_login_external(const struct gcs_login *l, const char *scope);

#endif
