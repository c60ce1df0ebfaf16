/*
 * JSON Web Tokens that a Google service account signs with its own key, to get an access token for
 * them: RFC 7519, RS256 of RFC 7518, and the grant of RFC 7523.
 *
 * No state; any thread.
 */
#ifndef LARDER_FETCH_GCS_JWT_H
#define LARDER_FETCH_GCS_JWT_H

#include "fetch/store.h"

#define GCS_JWT_LIFE_S 3600 /* seconds; Google takes no more */
#define GCS_JWT_MAX    4096 /* bytes, with the NUL */

struct gcs_jwt {
	const char *key;    /* PEM, unencrypted; a secret */
	const char *key_id; /* "" if not known */
	const char *issuer, *audience, *scope;
	int64_t now; /* seconds since 1970 */
};

/*
 * Writes the signed token. 0; -EINVAL for a key that is no RSA key of 2048 bits or more or for
 * texts that would need escapes, -EMSGSIZE, -ENOMEM. What was written is to be wiped after use.
 */
int gcs_jwt(const struct gcs_jwt *j, char out[static GCS_JWT_MAX]);

#endif
