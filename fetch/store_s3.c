/*
 * s3://: Amazon S3 and what speaks its protocol. docs/stores/s3.md is its page for users.
 *
 * Requests, and what the head of an answer says. Where they go is in store_s3_endpoint.c, their
 * headers and signature in store_s3_sign.c, with which keys in store_s3_login.c, and what failures
 * mean in store_s3_errors.c.
 */
#include "fetch/http_head.h"
#include "fetch/s3_checksum.h"
#include "fetch/s3_list.h"
#include "fetch/sigv4.h"
#include "fetch/store_s3_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE  (BASE_MAX + 3 * (BUCKET_MAX + STORE_KEY_MAX) + 8)
#define QUERY_SIZE (3 * (STORE_KEY_MAX + STORE_TOKEN_MAX) + 256)

static void s3_close(struct store *s)
{
	if (s) {
		credentials_wipe(&s->credentials);
		credentials_wipe(&s->fresh);
	}
	free(s);
}

static int s3_open(struct store **out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	struct store *s = calloc(1, sizeof *s);
	int code;

	*out = NULL;
	if (!s)
		return store_fail(err, -ENOMEM, "[profile %s]: out of memory", p->name);
	s->config = c;
	s->profile = p;
	code = s3_configure(s, err);
	if (!code)
		code = s3_options(s, err);
	if (code) {
		s3_close(s);
		return code;
	}
	*out = s;
	return 0;
}

/* The path as it is sent and signed: never normalised, so that "a//b", "./a" and "../a" are keys
 * like any other. */
static int path_of(const struct store *s, const struct store_args *a, char path[PATH_SIZE])
{
	const struct profile *p = s->profile;
	size_t len = snprintf(path, PATH_SIZE, "%s/", s->base);
	int err = 0;

	if (s->path_style) {
		err = store_uri_encode(
		        path, PATH_SIZE, &len, p->authority, strlen(p->authority), false);
		if (!err)
			err = store_uri_encode(path, PATH_SIZE, &len, "/", 1, true);
	}
	if (!err && a->op != STORE_LIST)
		err = store_uri_encode(path, PATH_SIZE, &len, p->prefix, strlen(p->prefix), true);
	if (!err && a->op != STORE_LIST)
		err = store_uri_encode(path, PATH_SIZE, &len, a->key, strlen(a->key), true);
	return err;
}

static int query_of(const struct store *s, const struct store_args *a, char query[QUERY_SIZE])
{
	struct sigv4_pair params[2];
	size_t n = 0, len = 0;
	char part[16];

	query[0] = '\0';
	if (a->op == STORE_LIST)
		return s3_list_query(s->profile->prefix, a, query, QUERY_SIZE);
	snprintf(part, sizeof part, "%u", a->part);
	if (a->op == STORE_HEAD && a->part)
		params[n++] = (struct sigv4_pair){"partNumber", part};
	if (s3_is_pinned(a))
		params[n++] = (struct sigv4_pair){"versionId", a->version};
	return n ? sigv4_query(params, n, query, QUERY_SIZE, &len) : 0;
}

static int s3_request(struct store *s, const struct store_args *a, struct store_request *out,
        char err[static STORE_ERROR_MAX])
{
	char host[HOST_MAX + 1], path[PATH_SIZE], query[QUERY_SIZE];
	int code;

	*out = (struct store_request){.ca_file = s->credentials.ca_file};
	if (a->op != STORE_LIST && !*s->profile->prefix && !*a->key)
		return store_fail(err, -EISDIR,
		        "s3://%s is a bucket and not an object; name a key in it",
		        s->profile->authority);
	code = s3_host(s, host);
	if (!code)
		code = path_of(s, a, path);
	if (!code)
		code = query_of(s, a, query);
	if (!code)
		code = s3_headers(s, a, host, path, query, &out->headers);
	if (!code && asprintf(&out->url, "%s://%s%s%s%s", s->scheme, host, path, *query ? "?" : "",
	                     query) < 0) {
		out->url = NULL;
		code = -ENOMEM;
	}
	if (code) {
		store_request_release(out);
		return store_fail(err, code, "s3://%s/%s%.*s: no request can be made: %s",
		        s->profile->authority, s->profile->prefix, SHOWN_MAX, a->key,
		        strerror(-code));
	}
	return 0;
}

static void s3_header(
        struct store *s, struct response *r, const char *name, const char *value, size_t len)
{
	(void)s;
	if (!strcmp(name, "x-amz-version-id") && len <= STORE_VERSION_MAX) {
		memcpy(r->info.version, value, len);
		r->info.version[len] = '\0';
	} else {
		s3_checksum_header(r, name, value, len);
	}
}

/* "null" is of before the bucket had versions: a server may have none for it. */
static bool s3_is_version(const char *told, const char *wanted)
{
	return !strcmp(told, wanted) || (!*told && !strcmp(wanted, "null"));
}

/* The ETag of an object in a directory bucket (NAME--ZONE--x-s3) is no MD5. */
static bool has_md5_etags(const struct store *s)
{
	static const char express[] = "--x-s3";
	size_t len = strlen(s->profile->authority), n = sizeof express - 1;

	return len < n || strcmp(s->profile->authority + len - n, express) != 0;
}

/* A Content-Encoding is a note of whoever stored the object: the bytes are sent as they were
 * stored, and their length and checksum are the object's. */
static void s3_head(struct store *s, struct response *r)
{
	if (r->encoded)
		r->info.size = r->has_range ? r->total : r->content_length;
	r->encoded = response_compressed(r);
	s3_checksum_head(r, has_md5_etags(s));
}

static int s3_list_page(
        struct store *s, const struct store_args *a, store_entry_cb *cb, void *arg, void **state)
{
	char prefix[STORE_KEY_MAX + 1];
	int err = store_prefix(s->profile->prefix, a->key, prefix);

	return err ? err : s3_list_begin(state, prefix, a->token ? a->token : "", cb, arg);
}

const struct store_ops store_s3 = {
        .name = "s3",
        .lists = true,
        .prefixes = true,
        .listing_etags = true,
        .signed_prefix = S3_SIGNED_PREFIX,
        .sums_by_head = true,
        .splits = true,
        .open = s3_open,
        .close = s3_close,
        .request = s3_request,
        .is_version = s3_is_version,
        .head = s3_head,
        .header = s3_header,
        .error = s3_error,
        .needs_login = s3_needs_login,
        .login = s3_login,
        .logged_in = s3_logged_in,
        .who = s3_who,
        .list_begin = s3_list_page,
        .list_feed = s3_list_feed,
        .list_end = s3_list_end,
};
