#include "fetch/gcs_request.h"
#include "fetch/header_lines.h"
#include "fetch/sigv4.h"
#include "fetch/store_common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#define PATH_SIZE   (GCS_BASE_MAX + 3 * (255 + STORE_KEY_MAX) + 8)
#define QUERY_SIZE  (3 * (STORE_KEY_MAX + STORE_TOKEN_MAX) + 256)
#define HEADERS_MAX (6 + HEADER_LINES_SIGNED)
#define BEARER      "Bearer "

/* Headers in the order of their names, as the signature wants them. */
struct headers {
	struct sigv4_pair list[HEADERS_MAX];
	size_t n;
};

static void add(struct headers *h, const char *name, const char *value)
{
	h->list[h->n++] = (struct sigv4_pair){name, value};
}

/* Appends "name: value", and wipes what it needed for that. */
static int append(struct curl_slist **list, const char *name, const char *before, const char *value)
{
	size_t size = strlen(name) + strlen(before) + strlen(value) + 3;
	char *line = malloc(size);
	struct curl_slist *longer = NULL;

	if (strpbrk(value, "\r\n")) {
		free(line);
		return -EINVAL;
	}
	if (line) {
		snprintf(line, size, "%s: %s%s", name, before, value);
		longer = curl_slist_append(*list, line);
		OPENSSL_cleanse(line, size);
		free(line);
	}
	if (!longer)
		return -ENOMEM;
	*list = longer;
	return 0;
}

/* The path as it is sent and signed; `own` is that of the base. */
static int path_of(
        const struct gcs_request *q, const struct store_args *a, const char *own, char *path)
{
	size_t len = snprintf(path, PATH_SIZE, "%s/", own);
	int err = store_uri_encode(path, PATH_SIZE, &len, q->bucket, strlen(q->bucket), false);

	if (err || a->op == STORE_LIST)
		return err;
	err = store_uri_encode(path, PATH_SIZE, &len, "/", 1, true);
	if (!err)
		err = store_uri_encode(path, PATH_SIZE, &len, q->prefix, strlen(q->prefix), true);
	return err ? err : store_uri_encode(path, PATH_SIZE, &len, a->key, strlen(a->key), true);
}

static int query_of(const struct gcs_request *q, const struct store_args *a, char query[QUERY_SIZE])
{
	char prefix[STORE_KEY_MAX + 1], start[2 * STORE_KEY_MAX + 1], max_keys[16];
	struct sigv4_pair params[6] = {{"list-type", "2"}, {"delimiter", "/"},
	        {"encoding-type", "url"}, {"prefix", prefix}};
	size_t n = 4, len = 0;
	int err;

	query[0] = '\0';
	if (a->op != STORE_LIST) {
		params[0] = (struct sigv4_pair){"generation", a->version};
		return sigv4_query(params, a->version && *a->version, query, QUERY_SIZE, &len);
	}
	err = store_prefix(q->prefix, a->key, prefix);
	if (err)
		return err;
	if (a->max_keys) {
		snprintf(max_keys, sizeof max_keys, "%u",
		        a->max_keys < GCS_MAX_KEYS_MAX ? a->max_keys : GCS_MAX_KEYS_MAX);
		params[n++] = (struct sigv4_pair){"max-keys", max_keys};
	}
	if (a->token && *a->token) {
		params[n++] = (struct sigv4_pair){"continuation-token", a->token};
	} else if (a->after && *a->after) {
		snprintf(start, sizeof start, "%s%s", prefix, a->after);
		params[n++] = (struct sigv4_pair){"start-after", start};
	}
	return sigv4_query(params, n, query, QUERY_SIZE, &len);
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
		err = append(list, h.list[i].name, "", h.list[i].value);
	OPENSSL_cleanse(own, sizeof own);
	/* What is stored compressed comes as it is stored to whoever can take it so, and else
	 * decompressed, whatever the range. */
	if (!err)
		err = append(
		        list, "accept-encoding", "", a->op == STORE_LIST ? "identity" : "gzip");
	if (!err && signs)
		err = append(list, "authorization", "", authorization);
	else if (!err && *q->token)
		err = append(list, "authorization", BEARER, q->token);
	return err;
}

int gcs_request(const struct gcs_request *q, const struct store_args *a, struct store_request *out)
{
	const char *host = strstr(q->base, "://") + 3, *own = host + strcspn(host, "/");
	char path[PATH_SIZE], query[QUERY_SIZE], name[GCS_BASE_MAX + 1];
	int err;

	snprintf(name, sizeof name, "%.*s", (int)(own - host), host);
	err = path_of(q, a, own, path);
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
