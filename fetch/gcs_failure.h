/*
 * What Google Cloud Storage means by an answer that is an error, and what to do about it.
 *
 * Follows "HTTP status and error codes for XML" of its reference. No state; any thread.
 */
#ifndef LARDER_FETCH_GCS_FAILURE_H
#define LARDER_FETCH_GCS_FAILURE_H

#include "fetch/store_common.h"

enum {
	GCS_RETRY = STORE_RETRY, /* the same request may succeed later */
	GCS_WHO = 2,             /* it depends on who asked: the message says who did */
	GCS_RENEW = 4,           /* with a new token it may succeed */
};

struct gcs_failure {
	const char *name;         /* gs://bucket/key, without control characters */
	const struct response *r; /* server_error is taken as the code if it is set */
	const char *body;
	size_t body_len;
	bool pinned;     /* a generation was asked for */
	bool nobody;     /* without credentials */
	const char *who; /* where the credentials are from, or were looked for */
};

/* -errno and the message, with the code of the body in `code` and flags of above. */
int gcs_failure(const struct gcs_failure *f, unsigned *flags, char code[static 64],
        char err[static STORE_ERROR_MAX]);

#endif
