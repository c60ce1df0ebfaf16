/* Requests to a Blob service: address, query, headers, and what is signed of them. */
#include "fetch/azure.h"
#include "fetch/azure_sign.h"
#include "fetch/header_lines.h"
#include "fetch/sigv4.h"
#include "fetch/store_common.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>

#define API_VERSION "2023-11-03" /* of the REST protocol, which every cloud has by now */
#define PATH_SIZE   (AZURE_ENDPOINT_MAX + 3 * (AZURE_CONTAINER_MAX + STORE_KEY_MAX) + 8)
#define QUERY_SIZE  (3 * (STORE_KEY_MAX + STORE_TOKEN_MAX) + 256)
#define HEADERS_MAX 6    /* that are signed */
#define PAGE_MAX    5000 /* names in a page; Azure gives no more */

/* What of a request is in its query, by name. */
#define PARAMS_MAX 8
struct query {
	struct sigv4_pair params[PARAMS_MAX];
	size_t n;
	char prefix[STORE_KEY_MAX + 1], most[16];
};

static void add_param(struct query *q, const char *name, const char *value)
{
	q->params[q->n++] = (struct sigv4_pair){name, value};
}

/* How a version is asked for: by the name that it had in a URL, or as the server called it. */
static void add_version(struct query *q, const char *version)
{
	bool snapshot = !strncasecmp(version, "snapshot=", 9);

	if (*version)
		add_param(q, snapshot ? "snapshot" : "versionid", azure_version(version));
}

const char *azure_version(const char *version)
{
	const char *value = strchr(version, '=');

	return value ? value + 1 : version;
}

static int query_of(const struct store *s, const struct store_args *a, struct query *q)
{
	int err;

	q->n = 0;
	if (a->op != STORE_LIST) {
		add_version(q, a->version ? a->version : "");
		return 0;
	}
	err = store_prefix(s->profile->prefix, a->key, q->prefix);
	if (err)
		return err;
	add_param(q, "comp", "list");
	add_param(q, "delimiter", "/");
	add_param(q, "include", "metadata");
	if (a->token && *a->token)
		add_param(q, "marker", a->token);
	if (a->max_keys && a->max_keys < PAGE_MAX) {
		snprintf(q->most, sizeof q->most, "%u", a->max_keys);
		add_param(q, "maxresults", q->most);
	}
	if (*q->prefix)
		add_param(q, "prefix", q->prefix);
	add_param(q, "restype", "container");
	return 0;
}

static int url_of(const struct store *s, const char *path, struct query *q, char **url)
{
	bool signature = s->credentials.kind == AZURE_SAS;
	char query[QUERY_SIZE] = "";
	size_t len = 0;
	int err = sigv4_query(q->params, q->n, query, sizeof query, &len);

	if (!err && asprintf(url, "%.*s%s%s%s%s%s", (int)(s->base - s->endpoint), s->endpoint, path,
	                    len || signature ? "?" : "", query, len && signature ? "&" : "",
	                    signature ? s->credentials.sas : "") < 0) {
		*url = NULL;
		err = -ENOMEM;
	}
	return err;
}

/* Range and conditions are signed too, as the transfer layer will send them. */
static int add_signature(const struct store *s, const struct store_args *a, const char *path,
        const struct query *q, const struct sigv4_pair *headers, size_t n, struct curl_slist **list)
{
	char range[64] = "", value[AZURE_AUTH_SIZE];
	const struct azure_request r = {.method = a->op == STORE_HEAD ? "HEAD" : "GET",
	        .account = s->account,
	        .path = path,
	        .params = q->params,
	        .n_params = q->n,
	        .headers = headers,
	        .n_headers = n,
	        .if_match = a->if_match ? a->if_match : "",
	        .if_none_match = a->if_none_match ? a->if_none_match : "",
	        .range = range};
	int err;

	if (a->op == STORE_GET && a->ranged)
		snprintf(range, sizeof range, "bytes=%llu-%llu", (unsigned long long)a->first,
		        (unsigned long long)a->last);
	err = azure_authorization(&r, s->credentials.key, s->credentials.key_len, value);
	return err ? err : header_lines_put(list, "authorization", value);
}

bool azure_wants_crc64(const struct store *s, const struct store_args *a)
{
	return !s->no_crc64 && a->op == STORE_GET && a->ranged && s->profile->check != CHECK_OFF &&
	       a->last - a->first < AZURE_CRC_RANGE_MAX;
}

static int add_headers(const struct store *s, const struct store_args *a, const char *path,
        const struct query *q, struct curl_slist **list)
{
	char date[AZURE_DATE_SIZE];
	struct sigv4_pair headers[HEADERS_MAX + HEADER_LINES_SIGNED] = {{"x-ms-date", date}};
	char own[HEADER_LINES_TEXT];
	size_t n = 1, max = sizeof headers / sizeof *headers;
	int err = azure_date(a->now, date);

	if (*s->key_hash && a->op != STORE_LIST) {
		headers[n++] = (struct sigv4_pair){"x-ms-encryption-algorithm", "AES256"};
		headers[n++] =
		        (struct sigv4_pair){"x-ms-encryption-key", s->profile->encryption_key};
		headers[n++] = (struct sigv4_pair){"x-ms-encryption-key-sha256", s->key_hash};
	}
	if (azure_wants_crc64(s, a))
		headers[n++] = (struct sigv4_pair){"x-ms-range-get-content-crc64", "true"};
	headers[n++] = (struct sigv4_pair){"x-ms-version", API_VERSION};
	if (!err)
		err = header_lines_sign(
		        s->profile->headers, AZURE_SIGNED_PREFIX, headers, &n, max, own);
	for (size_t i = 0; i < n && !err; i++)
		err = header_lines_put(list, headers[i].name, headers[i].value);
	if (!err)
		err = header_lines_put(list, "accept-encoding", "identity");
	if (!err && s->credentials.kind == AZURE_KEY)
		err = add_signature(s, a, path, q, headers, n, list);
	else if (!err && s->credentials.kind == AZURE_TOKEN && *s->token.text)
		err = header_lines_put_bearer(list, s->token.text);
	OPENSSL_cleanse(own, sizeof own);
	return err;
}

int azure_request_build(
        const struct store *s, const struct store_args *a, struct store_request *out)
{
	char path[PATH_SIZE];
	struct query q;
	int err = store_path(path, sizeof path, s->base, s->container, s->profile->prefix, a);

	*out = (struct store_request){.ca_file = s->profile->ca_file};
	if (!err)
		err = query_of(s, a, &q);
	/* Sorts the query, as the signature needs it. */
	if (!err)
		err = url_of(s, path, &q, &out->url);
	if (!err)
		err = add_headers(s, a, path, &q, &out->headers);
	if (err)
		store_request_release(out);
	return err;
}
