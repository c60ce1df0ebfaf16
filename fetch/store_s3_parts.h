/*
 * The inside of the S3 store.
 *
 * The state of a profile is its keys, its endpoint and the region to sign for. Three things change
 * while it lives: the region, when the server names another one, the keys, when they end or the
 * server calls them expired or unknown, and the time to sign with, when the server's is another.
 * Requests that were signed before such a change fail after it, so a second failure of the same
 * kind soon after a change is answered with `again` too; the transfer layer's "at most once a
 * request" ends it.
 */
#ifndef LARDER_FETCH_STORE_S3_PARTS_H
#define LARDER_FETCH_STORE_S3_PARTS_H

#include "fetch/credentials.h"
#include "fetch/store_common.h"

#define S3_SIGNED_PREFIX "x-amz-" /* of the names of headers */
#define HOST_MAX         511      /* bytes of a host name with bucket and port */
#define BASE_MAX         511      /* bytes of an endpoint's path */
#define BUCKET_MAX       255      /* bytes of a bucket's name; Amazon's own have 63 */
#define SHOWN_MAX        200 /* bytes of a key in a message, which must have room for the remedy */
#define RENEWED_FOR      60 /* seconds after a change in which a failure may be an older request's */
#define SKEW_MIN         300 /* seconds that clocks may differ, below Amazon's 15 minutes */
#define RENEW_PAUSE      10  /* seconds between two searches for other keys */

struct store {
	const struct config *config;
	const struct profile *profile;
	struct credentials credentials;
	struct credentials fresh; /* of a login, until it is taken over; the worker's */
	bool stale;               /* the server refused the keys: there may be others by now */
	char scheme[8];
	char host[HOST_MAX + 1]; /* of the endpoint, with its port; "" for Amazon itself */
	char base[BASE_MAX + 1]; /* path of the endpoint, without a '/' at its end */
	char region[CREDENTIALS_REGION_MAX + 1];
	bool path_style;
	char key_md5[25];  /* of encryption_key, base64; "" if there is none */
	int64_t skew;      /* seconds that the server's clock is ahead of ours, if that matters */
	bool no_checksums; /* the server does not take the question for them */
	int64_t region_learnt, skew_learnt, keys_renewed,
	        keys_checked; /* when, by store_args.now; 0 is never */
};

/* Whether a version of the object is asked for, and whether its checksums are. */
bool s3_is_pinned(const struct store_args *a);
bool s3_asks_checksums(const struct store *s, const struct store_args *a);

/* Keys, region and endpoint of the profile; then what else its requests have. */
int s3_configure(struct store *s, char *err);
int s3_options(struct store *s, char *err);

/* Adds the headers of a request, signed if there are keys. 0 or -errno. */
int s3_headers(const struct store *s, const struct store_args *a, const char *host,
        const char *path, const char *query, struct curl_slist **list);

/* The host of its requests, with the port; 0 or -ENAMETOOLONG. */
int s3_host(const struct store *s, char host[HOST_MAX + 1]);

/* Whether a region's name can be part of a host's; it may come from an answer. */
bool s3_region_ok(const char *region);

/* Whether a request that failed by its keys should be sent again: there are others by now, or may
 * be. */
bool s3_renew(struct store *s, const struct store_args *a);

/* Of store_ops. */
int s3_error(struct store *s, const struct store_args *a, struct response *r, const char *body,
        size_t body_len, bool *retry, bool *again, char err[static STORE_ERROR_MAX]);
enum login_need s3_needs_login(struct store *s, int64_t now);
int s3_login(struct store *s, char err[static STORE_ERROR_MAX]);
int64_t s3_who(struct store *s, char out[static STORE_ERROR_MAX]);
void s3_logged_in(struct store *s, int error);

#endif
