#include "fetch/gcs_request.h"
#include "fetch/header_lines.h"
#include "fetch/s3_list.h"
#include "fetch/sigv4.h"
#include "fetch/store_common.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>

#define PATH_SIZE   (GCS_BASE_MAX + 3 * (255 + STORE_KEY_MAX) + 8)
#define QUERY_SIZE  (3 * (STORE_KEY_MAX + STORE_TOKEN_MAX) + 256)
#define HEADERS_MAX (6 + HEADER_LINES_SIGNED)

/* Headers in the order of their names, as the signature wants them. */
struct headers {
	struct sigv4_pair list[HEADERS_MAX];
	size_t n;
};

static void add(struct headers *h, const char *name, const char *value)
{
	h->list[h->n++] = (struct sigv4_pair){name, value};
}

/* What cannot be in a header is not sent. */
static bool fits_header(const char *value)
{
	return !strpbrk(value, "\r\n");
}

static int query_of(const struct gcs_request *q, const struct store_args *a, char query[QUERY_SIZE])
{
	struct sigv4_pair generation = {"generation", a->version};
	size_t len = 0;

	query[0] = '\0';
	if (a->op == STORE_LIST)
		return s3_list_query(q->prefix, a, query, QUERY_SIZE);
	return sigv4_query(&generation, a->version && *a->version, query, QUERY_SIZE, &len);
}

static int sign(const struct gcs_request *q, const struct headers *h, const struct store_args *a,
        const char *path, const char *query, const char *date, char out[SIGV4_AUTH_SIZE])
{
	return sigv4_authorization(
	        &(struct sigv4_request){.method = a->op == STORE_HEAD ? "HEAD" : "GET",
	                .path = path,
	                .query = query,
	                .headers = h->list,
	                .n_headers = h->n,
	                .payload_hash = SIGV4_EMPTY_SHA256,
	                .date = date,
	                .region = "auto",
	                .service = "storage",
	                .google = true},
	        q->access_key_id, q->secret_access_key, out);
}

/* The Host header is given although libcurl would make one: it must be the one that was signed. */
static int headers_of(const struct gcs_request *q, const struct store_args *a, const char *host,
        const char *path, const char *query, struct curl_slist **list)
{
	char date[SIGV4_DATE_SIZE], authorization[SIGV4_AUTH_SIZE], own[HEADER_LINES_TEXT];
	bool signs = *q->access_key_id;
	struct headers h = {.n = 0};
	int err = sigv4_date(a->now, date);

	add(&h, "host", host);
	if (signs) {
		add(&h, "x-goog-content-sha256", SIGV4_EMPTY_SHA256);
		add(&h, "x-goog-date", date);
	}
	if (*q->key && a->op != STORE_LIST) {
		add(&h, "x-goog-encryption-algorithm", "AES256");
		add(&h, "x-goog-encryption-key", q->key);
		add(&h, "x-goog-encryption-key-sha256", q->key_hash);
	}
	if (*q->project)
		add(&h, "x-goog-user-project", q->project);
	if (!err)
		err = header_lines_sign(
		        q->headers, GCS_SIGNED_PREFIX, h.list, &h.n, HEADERS_MAX, own);
	if (!err && signs)
		err = sign(q, &h, a, path, query, date, authorization);
	for (size_t i = 0; i < h.n && !err; i++)
		err = fits_header(h.list[i].value)
		              ? header_lines_put(list, h.list[i].name, h.list[i].value)
		              : -EINVAL;
	OPENSSL_cleanse(own, sizeof own);
	/* What is stored compressed comes as it is stored to whoever can take it so, and else
	 * decompressed, whatever the range. */
	if (!err)
		err = header_lines_put(
		        list, "accept-encoding", a->op == STORE_LIST ? "identity" : "gzip");
	if (!err && signs)
		err = header_lines_put(list, "authorization", authorization);
	else if (!err && *q->token)
		err = fits_header(q->token) ? header_lines_put_bearer(list, q->token) : -EINVAL;
	return err;
}

int gcs_request(const struct gcs_request *q, const struct store_args *a, struct store_request *out)
{
	const char *host = strstr(q->base, "://") + 3, *own = host + strcspn(host, "/");
	char path[PATH_SIZE], query[QUERY_SIZE], name[GCS_BASE_MAX + 1];
	int err;

	snprintf(name, sizeof name, "%.*s", (int)(own - host), host);
	err = store_path(path, sizeof path, own, q->bucket, q->prefix, a);
	if (!err)
		err = query_of(q, a, query);
	if (!err)
		err = headers_of(q, a, name, path, query, &out->headers);
	if (!err && asprintf(&out->url, "%.*s%s%s%s", (int)(own - q->base), q->base, path,
	                    *query ? "?" : "", query) < 0) {
		out->url = NULL;
		err = -ENOMEM;
	}
	if (err)
		store_request_release(out);
	return err;
}
