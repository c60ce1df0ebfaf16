/*
 * AWS Signature Version 4, as a header, for requests without a body.
 *
 * Follows "Authenticating Requests (AWS Signature Version 4)" of the Amazon S3 API reference: the
 *path is encoded once and never normalised, so the caller encodes it and sends exactly what is
 *signed here. Google Cloud Storage's V4 signing process with an HMAC key is the same in other
 *words.
 *
 *	sigv4_date(now, date);
 *	sigv4_query(params, n, query, sizeof query, &query_len);    (also the query of the URL)
 *	sigv4_authorization(&request, access_key_id, secret, authorization);
 *
 * Nothing is kept between calls; any thread may call.
 */
#ifndef LARDER_FETCH_SIGV4_H
#define LARDER_FETCH_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGV4_DATE_SIZE    17   /* "YYYYMMDDTHHMMSSZ" and the NUL */
#define SIGV4_AUTH_SIZE    2048 /* the value of Authorization and the NUL */
#define SIGV4_SECRET_MAX   256  /* bytes of a secret key */
#define SIGV4_EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct sigv4_pair {
	const char *name, *value;
};

struct sigv4_request {
	const char *method;
	const char *path;                 /* percent-encoded, with its leading '/' */
	const char *query;                /* from sigv4_query */
	const struct sigv4_pair *headers; /* names in lower case and sorted; values as sent */
	size_t n_headers;
	const char *payload_hash; /* hexadecimal, or a word such as UNSIGNED-PAYLOAD */
	const char *date;         /* from sigv4_date, equal to the x-amz-date header */
	const char *region, *service;
	bool google; /* by Google's names for the same: GOOG4-HMAC-SHA256, goog4_request */
};

/* Writes `now`, seconds since 1970, as x-amz-date has it. -ERANGE for a year of more than four
 * digits. */
int sigv4_date(int64_t now, char date[static SIGV4_DATE_SIZE]);

/*
 * Sorts the parameters, which are not encoded yet, into the canonical order and appends them as
 * "a=b&c=d" to out[*len]. Returns 0 or -ENAMETOOLONG.
 */
int sigv4_query(struct sigv4_pair *params, size_t n, char *out, size_t size, size_t *len);

/* Writes the value of the Authorization header. 0, -EINVAL where a part is too long, or -ENOMEM. */
int sigv4_authorization(const struct sigv4_request *r, const char *access_key_id,
        const char *secret, char out[static SIGV4_AUTH_SIZE]);

#endif
