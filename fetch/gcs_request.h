/*
 * Requests of Google Cloud Storage's XML API: "GET Object", "HEAD Object" and "List objects".
 *
 * Authorized by a bearer token, or signed with an HMAC key (V4 signing process), or neither. The
 * bucket is in the path, which holds for every name. No state; any thread.
 */
#ifndef LARDER_FETCH_GCS_REQUEST_H
#define LARDER_FETCH_GCS_REQUEST_H

#include "fetch/store.h"

#define GCS_BASE_MAX 511 /* bytes of the address of a server */

#define GCS_SIGNED_PREFIX "x-goog-" /* of headers that are signed */

struct gcs_request {
	const char *base; /* scheme://host[:port][/path], without a '/' at its end */
	const char *bucket, *prefix;
	/* Each is "" where there is none. */
	const char *token;
	const char *access_key_id, *secret_access_key;
	const char *project;        /* that is billed */
	const char *key, *key_hash; /* of the object's encryption, and its SHA-256, base64 */
	const char *headers;        /* of the profile */
};

/* 0; -ENAMETOOLONG, -EINVAL for what cannot be in a header, -ENOMEM. After an error `out` is
 * released. */
int gcs_request(const struct gcs_request *q, const struct store_args *a, struct store_request *out);

#endif
