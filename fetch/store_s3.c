/*
 * s3://: Amazon S3 and what speaks its protocol. docs/stores/s3.md is its page for users.
 *
 * The state of a profile is its keys, its endpoint and the region to sign for. Two things change
 * while it lives: the region, when the server names another one, and the keys, when the server
 * calls them expired or unknown and the files they came from hold others by now. Requests that were
 * signed before such a change fail after it, so a second failure of the same kind soon after a
 * change is answered with `again` too; the transfer layer's "at most once a request" ends it.
 *
 * One file although it is long: the table of failures and their remedies is a third of it.
 */
#include "fetch/store.h"
#include "fetch/credentials.h"
#include "fetch/http_head.h"
#include "fetch/s3_checksum.h"
#include "fetch/s3_list.h"
#include "fetch/sigv4.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#define HOST_MAX   511 /* bytes of a host name with bucket and port */
#define BASE_MAX   511 /* bytes of an endpoint's path */
#define BUCKET_MAX 255 /* bytes of a bucket's name; Amazon's own have 63 */
#define SHOWN_MAX  200 /* bytes of a key in a message, which must have room for the remedy */
#define RENEWED_FOR                                                                                \
	60 /* seconds after a change in which a failure may be that of an older request */
#define RENEW_PAUSE  10 /* seconds between two looks into the credential files */
#define PATH_SIZE    (BASE_MAX + 3 * (BUCKET_MAX + STORE_KEY_MAX) + 8)
#define QUERY_SIZE   (3 * (STORE_KEY_MAX + STORE_TOKEN_MAX) + 256)
#define MAX_KEYS_MAX 1000 /* names in a page; Amazon gives no more, others may */

struct store {
	const struct config *config;
	const struct profile *profile;
	struct credentials credentials;
	char scheme[8];
	char host[HOST_MAX + 1]; /* of the endpoint, with its port; "" for Amazon itself */
	char base[BASE_MAX + 1]; /* path of the endpoint, without a '/' at its end */
	char region[CREDENTIALS_REGION_MAX + 1];
	bool path_style;
	bool no_checksums; /* the server does not take the question for them */
	int64_t region_learnt, keys_renewed, keys_checked; /* when, by store_args.now; 0 is never */
};

__attribute__((format(printf, 3, 4))) static int fail(char *err, int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err, STORE_ERROR_MAX, format, ap);
	va_end(ap);
	return code;
}

/* Regions become part of a host name, and may come from an answer. */
static bool region_ok(const char *region)
{
	size_t len =
	        strspn(region, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return len && len <= CREDENTIALS_REGION_MAX && !region[len];
}

/* Whether a bucket can be a label of a host name under Amazon's certificate, which covers one
 * level. */
static bool bucket_is_label(const char *bucket)
{
	size_t len = strlen(bucket);

	return len && len <= 63 && strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* The parts of an endpoint's URL: each is "" where it is missing. */
struct endpoint {
	char *scheme, *host, *port, *path, *user, *query, *fragment;
};

static const char *endpoint_fault(struct endpoint *e)
{
	if (!e->scheme || !e->host || (strcmp(e->scheme, "https") && strcmp(e->scheme, "http")))
		return "is no address; write https://host or https://host:port";
	if (e->user)
		return "holds a user name or password; remove it, keys have settings of their own";
	if (e->query || e->fragment)
		return "holds a '?' or '#'; write https://host:port/path";
	return NULL;
}

static int endpoint_take(struct store *s, struct endpoint *e)
{
	/* libcurl leaves a port that is the scheme's default out of the Host header, which is
	 * signed. */
	bool port = e->port && strcmp(e->port, strcmp(e->scheme, "https") ? "80" : "443");
	int n = snprintf(
	        s->host, sizeof s->host, "%s%s%s", e->host, port ? ":" : "", port ? e->port : "");
	size_t len = e->path ? strlen(e->path) : 0;

	for (; len && e->path[len - 1] == '/'; len--)
		;
	if (n < 0 || n > HOST_MAX || len > BASE_MAX)
		return -ENAMETOOLONG;
	memcpy(s->base, e->path ? e->path : "", len);
	snprintf(s->scheme, sizeof s->scheme, "%s", e->scheme);
	return 0;
}

static int endpoint_parse(struct store *s, char *err)
{
	struct endpoint e = {0};
	CURLU *url = curl_url();
	const char *fault = "is no address; write https://host or https://host:port";
	const struct {
		CURLUPart part;
		char **to;
	} parts[] = {{CURLUPART_SCHEME, &e.scheme}, {CURLUPART_HOST, &e.host},
	        {CURLUPART_PORT, &e.port}, {CURLUPART_PATH, &e.path}, {CURLUPART_USER, &e.user},
	        {CURLUPART_QUERY, &e.query}, {CURLUPART_FRAGMENT, &e.fragment}};

	if (url && !curl_url_set(url, CURLUPART_URL, s->credentials.endpoint, 0)) {
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
			if (curl_url_get(url, parts[i].part, parts[i].to, 0))
				*parts[i].to = NULL;
		fault = endpoint_fault(&e);
		if (!fault && endpoint_take(s, &e))
			fault = "is too long";
	}
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		curl_free(*parts[i].to);
	curl_url_cleanup(url);
	/* The address is not shown: it may be the part with the password. */
	return fault ? fail(err, -EINVAL,
	                       "[profile %s]: the endpoint (`endpoint`, AWS_ENDPOINT_URL_S3, "
	                       "AWS_ENDPOINT_URL or endpoint_url) %s",
	                       s->profile->name, fault)
	             : 0;
}

static int configure(struct store *s, char *err)
{
	const struct profile *p = s->profile;
	int code = credentials_load(&s->credentials, s->config, p, err);

	if (code)
		return code;
	if (!*p->authority || strlen(p->authority) > BUCKET_MAX)
		return fail(err, -EINVAL, "[profile %s]: remote names no bucket; write s3://bucket",
		        p->name);
	if (!region_ok(s->credentials.region))
		return fail(err, -EINVAL,
		        "[profile %s]: the region (`region`, AWS_REGION, AWS_DEFAULT_REGION or the "
		        "AWS config "
		        "file) is no region; write it as us-east-1",
		        p->name);
	memcpy(s->region, s->credentials.region, sizeof s->region);
	snprintf(s->scheme, sizeof s->scheme, "https");
	if (*s->credentials.endpoint)
		code = endpoint_parse(s, err);
	if (code)
		return code;
	s->path_style =
	        p->path_style_set ? p->path_style : *s->host || !bucket_is_label(p->authority);
	if (!s->path_style && strspn(p->authority, "abcdefghijklmnopqrstuvwxyz0123456789-.") !=
	                              strlen(p->authority))
		return fail(err, -EINVAL,
		        "[profile %s]: bucket %.63s cannot be part of a host name; set path_style "
		        "= true",
		        p->name, p->authority);
	return 0;
}

static void s3_close(struct store *s)
{
	if (s)
		credentials_wipe(&s->credentials);
	free(s);
}

static int s3_open(struct store **out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	struct store *s = calloc(1, sizeof *s);
	int code;

	*out = NULL;
	if (!s)
		return fail(err, -ENOMEM, "[profile %s]: out of memory", p->name);
	s->config = c;
	s->profile = p;
	code = configure(s, err);
	if (code) {
		s3_close(s);
		return code;
	}
	*out = s;
	return 0;
}

static int host_of(const struct store *s, char host[HOST_MAX + 1])
{
	const char *bucket = s->path_style ? "" : s->profile->authority;
	const char *dot = s->path_style ? "" : ".";
	int n;

	if (*s->host)
		n = snprintf(host, HOST_MAX + 1, "%s%s%s", bucket, dot, s->host);
	else
		n = snprintf(host, HOST_MAX + 1, "%s%ss3.%s.amazonaws.com%s", bucket, dot,
		        s->region, strncmp(s->region, "cn-", 3) ? "" : ".cn");
	return n < 0 || n > HOST_MAX ? -ENAMETOOLONG : 0;
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

static int prefix_of(const struct store *s, const struct store_args *a, char out[STORE_KEY_MAX + 1])
{
	int n = snprintf(out, STORE_KEY_MAX + 1, "%s%s", s->profile->prefix, a->key);

	return n < 0 || n > STORE_KEY_MAX ? -ENAMETOOLONG : 0;
}

static bool is_pinned(const struct store_args *a)
{
	return a->op != STORE_LIST && a->version && *a->version;
}

static int query_of(const struct store *s, const struct store_args *a, char query[QUERY_SIZE])
{
	char prefix[STORE_KEY_MAX + 1], start[2 * STORE_KEY_MAX + 1], max_keys[16], part[16];
	struct sigv4_pair params[6] = {{"list-type", "2"}, {"delimiter", "/"},
	        {"encoding-type", "url"}, {"prefix", prefix}};
	size_t n = 4, len = 0;
	int err;

	query[0] = '\0';
	if (a->op != STORE_LIST) {
		n = 0;
		snprintf(part, sizeof part, "%u", a->part);
		if (a->op == STORE_HEAD && a->part)
			params[n++] = (struct sigv4_pair){"partNumber", part};
		if (is_pinned(a))
			params[n++] = (struct sigv4_pair){"versionId", a->version};
		return n ? sigv4_query(params, n, query, QUERY_SIZE, &len) : 0;
	}
	err = prefix_of(s, a, prefix);
	if (err)
		return err;
	if (a->max_keys) {
		snprintf(max_keys, sizeof max_keys, "%u",
		        a->max_keys < MAX_KEYS_MAX ? a->max_keys : MAX_KEYS_MAX);
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

/* Adds "name: value", and wipes what it needed for that. */
static int add_header(struct curl_slist **list, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 3;
	char *line = malloc(size);
	struct curl_slist *longer = NULL;

	if (line) {
		snprintf(line, size, "%s: %s", name, value);
		longer = curl_slist_append(*list, line);
		OPENSSL_cleanse(line, size);
		free(line);
	}
	if (!longer)
		return -ENOMEM;
	*list = longer;
	return 0;
}

static bool asks_checksums(const struct store *s, const struct store_args *a)
{
	return a->op != STORE_LIST && !s->no_checksums && s->profile->check != CHECK_OFF;
}

/* The Host header is given although libcurl would make one: it must be the one that was signed. */
static int add_headers(const struct store *s, const struct store_args *a, const char *host,
        const char *path, const char *query, struct curl_slist **list)
{
	const struct credentials *c = &s->credentials;
	char date[SIGV4_DATE_SIZE], authorization[SIGV4_AUTH_SIZE];
	struct sigv4_pair headers[5] = {{"host", host}};
	size_t n = 1;
	struct sigv4_request r = {.method = a->op == STORE_HEAD ? "HEAD" : "GET",
	        .path = path,
	        .query = query,
	        .headers = headers,
	        .payload_hash = SIGV4_EMPTY_SHA256,
	        .date = date,
	        .region = s->region,
	        .service = "s3"};
	int err = add_header(list, "accept-encoding", "identity");

	if (asks_checksums(s, a))
		headers[n++] = (struct sigv4_pair){"x-amz-checksum-mode", "ENABLED"};
	if (*c->access_key_id) {
		headers[n++] = (struct sigv4_pair){"x-amz-content-sha256", SIGV4_EMPTY_SHA256};
		headers[n++] = (struct sigv4_pair){"x-amz-date", date};
		if (*c->session_token)
			headers[n++] =
			        (struct sigv4_pair){"x-amz-security-token", c->session_token};
		if (!err)
			err = sigv4_date(a->now, date);
		r.n_headers = n;
		if (!err)
			err = sigv4_authorization(
			        &r, c->access_key_id, c->secret_access_key, authorization);
	}
	for (size_t i = 0; i < n && !err; i++)
		err = add_header(list, headers[i].name, headers[i].value);
	if (err || !*c->access_key_id)
		return err;
	return add_header(list, "authorization", authorization);
}

static int s3_request(struct store *s, const struct store_args *a, struct store_request *out,
        char err[static STORE_ERROR_MAX])
{
	char host[HOST_MAX + 1], path[PATH_SIZE], query[QUERY_SIZE];
	int code;

	*out = (struct store_request){.ca_file = s->credentials.ca_file};
	if (a->op != STORE_LIST && !*s->profile->prefix && !*a->key)
		return fail(err, -EISDIR, "s3://%s is a bucket and not an object; name a key in it",
		        s->profile->authority);
	code = host_of(s, host);
	if (!code)
		code = path_of(s, a, path);
	if (!code)
		code = query_of(s, a, query);
	if (!code)
		code = add_headers(s, a, host, path, query, &out->headers);
	if (!code && asprintf(&out->url, "%s://%s%s%s%s", s->scheme, host, path, *query ? "?" : "",
	                     query) < 0) {
		out->url = NULL;
		code = -ENOMEM;
	}
	if (code) {
		store_request_release(out);
		return fail(err, code, "s3://%s/%s%.*s: no request can be made: %s",
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

/* Whether the request was refused for its question about checksums. */
static bool refuses_checksums(
        struct store *s, const struct store_args *a, const struct response *r, const char *message)
{
	if (!asks_checksums(s, a) ||
	        (r->status != 501 && (r->status != 400 || !strcasestr(message, "checksum"))))
		return false;
	s->no_checksums = true;
	return true;
}

enum { RETRY = 1, REGION = 2, KEYS = 4, RENEW = 8 };

/* What a failure means: the first row of its code, else of its status with code NULL ("": where no
 * code was given). */
static const struct failure {
	const char *code;
	long status; /* 0: any */
	int err;
	unsigned flags;
	const char *text;
} failures[] = {
        {"NoSuchKey", 0, -ENOENT, 0, "no such object"},
        {"NoSuchBucket", 0, -ENOENT, 0,
                "no such bucket; check the bucket of `remote`, and `endpoint` if it is not at "
                "Amazon"},
        {"InvalidBucketName", 0, -ENOENT, 0,
                "no bucket can have this name; check the bucket of `remote`"},
        {"AccessDenied", 0, -EACCES, KEYS,
                "access is denied; allow s3:GetObject and s3:ListBucket, or use other keys"},
        {"AllAccessDisabled", 0, -EACCES, 0, "the bucket is disabled; ask its owner"},
        {"InvalidAccessKeyId", 0, -EACCES, KEYS | RENEW,
                "the server does not know the access key; correct it, or the endpoint"},
        {"SignatureDoesNotMatch", 0, -EACCES, KEYS | RENEW,
                "the signature is refused; correct the secret key, or the proxy that changes "
                "requests"},
        {"ExpiredToken", 0, -EACCES, KEYS | RENEW, "the session token has expired; get a new one"},
        {"TokenRefreshRequired", 0, -EACCES, KEYS | RENEW,
                "the session token has expired; get a new one"},
        {"InvalidToken", 0, -EACCES, KEYS | RENEW,
                "the session token is refused; get a new one, or remove it if the keys need none"},
        {"RequestTimeTooSkewed", 0, -EACCES, 0,
                "this machine's clock is more than 15 minutes wrong; set it, best by NTP"},
        {"RequestExpired", 0, -EACCES, 0, "this machine's clock is wrong; set it, best by NTP"},
        {"AuthorizationHeaderMalformed", 0, -EACCES, REGION | KEYS,
                "the server wants another region in the signature; set `region`"},
        {"PermanentRedirect", 0, -EIO, REGION,
                "the bucket is in another region; set `region`, or `endpoint` if it is not at "
                "Amazon"},
        {"TemporaryRedirect", 0, -EIO, REGION,
                "the bucket is in another region; set `region`, or wait if the bucket is new"},
        {"InvalidObjectState", 0, -EACCES, 0, "the object is archived; restore it first"},
        {"RequestTimeout", 0, -EIO, RETRY, "the server waited too long for the request"},
        {"SlowDown", 0, -EIO, RETRY, "the server asks to slow down; lower max_connections"},
        {"InternalError", 0, -EIO, RETRY, "the server failed"},
        {"PreconditionFailed", 0, -ESTALE, 0,
                "the object changed while it was read; open it again"},
        /* A HEAD has no body, and so no code. */
        {"", 400, -EACCES, REGION | KEYS | RENEW,
                "refused without a reason; usual ones are an expired session token and a wrong "
                "region"},
        {"", 403, -EACCES, KEYS | RENEW,
                "access is denied; check the keys and the clock, allow s3:GetObject and "
                "s3:ListBucket"},
        {NULL, 301, -EIO, REGION, "the bucket is elsewhere; set `region` or `endpoint`"},
        {NULL, 302, -EIO, REGION, "the bucket is elsewhere; set `region` or `endpoint`"},
        {NULL, 307, -EIO, REGION, "the bucket is elsewhere; set `region` or `endpoint`"},
        {NULL, 308, -EIO, REGION, "the bucket is elsewhere; set `region` or `endpoint`"},
        {NULL, 401, -EACCES, KEYS, "the server wants credentials"},
        {NULL, 403, -EACCES, KEYS, "access is denied; check the keys and what they allow"},
        {NULL, 404, -ENOENT, 0, "no such object or bucket"},
        {NULL, 407, -EACCES, 0,
                "the proxy wants credentials; correct the proxy of the environment"},
        {NULL, 408, -EIO, RETRY, "the server waited too long for the request"},
        {NULL, 410, -ENOENT, 0, "the object was removed for good"},
        {NULL, 412, -ESTALE, 0, "the object changed while it was read; open it again"},
        {NULL, 416, -ESTALE, 0, "the object is shorter than it was; open it again"},
        {NULL, 429, -EIO, RETRY, "too many requests; lower max_connections"},
        {NULL, 500, -EIO, RETRY, "the server failed"},
        {NULL, 502, -EIO, RETRY, "the gateway cannot reach the server"},
        {NULL, 503, -EIO, RETRY, "the server is busy or down"},
        {NULL, 504, -EIO, RETRY, "the gateway cannot reach the server"},
        {NULL, 0, -EIO, 0, "an answer that cannot be used; check that `endpoint` speaks S3"},
};

/* A version that is none, or marks a deletion; a HEAD says no more than 400, 404 or 405. */
static const struct failure no_version = {"", 0, -ENOENT, 0,
        "no such version, or the object was deleted by it; leave ?versionId= away for the latest"};

static bool is_no_version(const struct response *r)
{
	if (r->status == 400)
		return !strcmp(r->server_error, "InvalidArgument");
	return r->status == 405 || (r->status == 404 && strcmp(r->server_error, "NoSuchBucket"));
}

static const struct failure *failure_of(const struct store_args *a, const struct response *r)
{
	const struct failure *f = failures;

	if (is_pinned(a) && is_no_version(r))
		return &no_version;

	for (; f->code || f->status; f++) {
		bool status = !f->status || f->status == r->status;

		if (status && (!f->code || !strcmp(f->code, r->server_error)))
			break;
	}
	return f;
}

/* Whether a request that failed by its region should be sent again. */
static bool correct_region(struct store *s, const struct store_args *a, const char *region)
{
	if (!region_ok(region))
		return false;
	if (!strcmp(region, s->region))
		return s->region_learnt && a->now - s->region_learnt <= RENEWED_FOR;
	memcpy(s->region, region, strlen(region) + 1);
	s->region_learnt = a->now;
	return true;
}

/* Whether a request that failed by its keys should be sent again: there are others by now. */
static bool renew_keys(struct store *s, const struct store_args *a)
{
	struct credentials *fresh;
	char err[STORE_ERROR_MAX];
	bool changed;

	if (s->keys_renewed && a->now - s->keys_renewed <= RENEWED_FOR)
		return true;
	if (s->keys_checked && a->now - s->keys_checked < RENEW_PAUSE)
		return false;
	s->keys_checked = a->now;
	fresh = malloc(sizeof *fresh);
	if (!fresh)
		return false;
	changed = !credentials_load(fresh, s->config, s->profile, err) && *fresh->access_key_id &&
	          !credentials_same_keys(fresh, &s->credentials);
	if (changed) {
		memcpy(s->credentials.access_key_id, fresh->access_key_id,
		        sizeof fresh->access_key_id);
		memcpy(s->credentials.secret_access_key, fresh->secret_access_key,
		        sizeof fresh->secret_access_key);
		memcpy(s->credentials.session_token, fresh->session_token,
		        sizeof fresh->session_token);
		memcpy(s->credentials.source, fresh->source, sizeof fresh->source);
		s->keys_renewed = a->now;
	}
	credentials_wipe(fresh);
	free(fresh);
	return changed;
}

/* The whole message; of a key only its beginning, without control characters. */
static void describe(const struct store *s, const struct store_args *a, const struct response *r,
        const struct failure *f, const char *message, char err[static STORE_ERROR_MAX])
{
	const struct credentials *c = &s->credentials;
	char name[SHOWN_MAX + 1];
	bool unknown = !f->code && !f->status;
	bool keyless = f->flags & KEYS && !*c->access_key_id && !s->profile->anonymous;
	const char *text =
	        keyless ? "refused without keys; give them in one of the places" : f->text;
	int n;

	snprintf(name, sizeof name, "s3://%s/%s%s%s%s", s->profile->authority, s->profile->prefix,
	        a->key, is_pinned(a) ? "?versionId=" : "", is_pinned(a) ? a->version : "");
	for (char *ch = name; *ch; ch++)
		if ((unsigned char)*ch < ' ' || *ch == 0x7f)
			*ch = '?';
	n = snprintf(err, STORE_ERROR_MAX, "%s: HTTP %ld%s%s: %s%s%s", name, r->status,
	        *r->server_error ? " " : "", r->server_error, text,
	        unknown && *message ? "; the server says: " : "", unknown ? message : "");
	if (!(f->flags & KEYS) || n < 0 || n >= STORE_ERROR_MAX)
		return;
	if (*c->access_key_id)
		snprintf(err + n, STORE_ERROR_MAX - n, " (keys: %s)", c->source);
	else if (s->profile->anonymous)
		snprintf(err + n, STORE_ERROR_MAX - n, " (sent without keys: anonymous = true)");
	else
		snprintf(err + n, STORE_ERROR_MAX - n,
		        " (no credentials were found; looked at: %s)", c->source);
}

static int s3_error(struct store *s, const struct store_args *a, struct response *r,
        const char *body, size_t body_len, bool *retry, bool *again,
        char err[static STORE_ERROR_MAX])
{
	const struct failure *f;
	struct s3_error e;

	*retry = *again = false;
	err[0] = '\0';
	if (r->status == 304)
		return 0;
	s3_error_parse(&e, body, body_len);
	if (!*r->server_error)
		memcpy(r->server_error, e.code, sizeof r->server_error);
	if (!*r->region)
		memcpy(r->region, e.region, sizeof r->region);
	if (refuses_checksums(s, a, r, e.message)) {
		*again = true;
		snprintf(err, STORE_ERROR_MAX, "the server wants to hear nothing of checksums");
		return -EIO;
	}
	f = failure_of(a, r);
	*retry = f->flags & RETRY;
	if (f->flags & REGION)
		*again = correct_region(s, a, r->region);
	if (!*again && f->flags & RENEW && *s->credentials.access_key_id)
		*again = renew_keys(s, a);
	describe(s, a, r, f, e.message, err);
	return f->err;
}

static int s3_list_page(
        struct store *s, const struct store_args *a, store_entry_cb *cb, void *arg, void **state)
{
	char prefix[STORE_KEY_MAX + 1];
	int err = prefix_of(s, a, prefix);

	return err ? err : s3_list_begin(state, prefix, a->token ? a->token : "", cb, arg);
}

const struct store_ops store_s3 = {
        .name = "s3",
        .lists = true,
        .listing_etags = true,
        .sums_by_head = true,
        .splits = true,
        .open = s3_open,
        .close = s3_close,
        .request = s3_request,
        .is_version = s3_is_version,
        .head = s3_head,
        .header = s3_header,
        .error = s3_error,
        .list_begin = s3_list_page,
        .list_feed = s3_list_feed,
        .list_end = s3_list_end,
};
