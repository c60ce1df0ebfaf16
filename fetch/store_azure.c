/*
 * az://: Azure Blob Storage, and azurite, which speaks its protocol. docs/stores/azure.md is its
 * page for users.
 *
 * The state of a profile is its credentials. With an account key each request is signed; a shared
 * access signature goes into its query; a token is got by `login` on a worker, renewed ahead of its
 * end, and got anew when the server calls it bad. A machine that turns out to have no identity is
 * without credentials for a while (NOBODY_S), and then is asked again.
 */
#include "fetch/store.h"
#include "fetch/azure.h"
#include "fetch/azure_error.h"
#include "fetch/azure_list.h"
#include "fetch/http_head.h"
#include "fetch/login.h"
#include "fetch/said.h"
#include "fetch/store_common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define DEFAULT_CLOUD "blob.core.windows.net"
#define SHOWN_MAX     200 /* bytes of a key in a message, which must have room for the remedy */
#define RENEWED_FOR                                                                                \
	60             /* seconds after a login in which a refusal may be that of an older token   \
	                */
#define RENEW_PAUSE 10 /* seconds between two looks into the credentials file */
#define NOBODY_S    600

/* The address is not shown: it may be one with a password or a signature. */
static int set_endpoint(struct store *s, const char *url, char *err)
{
	size_t len = strlen(url);
	const char *host;

	while (len && url[len - 1] == '/')
		len--;
	if (len > AZURE_ENDPOINT_MAX)
		return store_fail(
		        err, -EINVAL, "[profile %s]: endpoint is too long", s->profile->name);
	memcpy(s->endpoint, url, len);
	host = strstr(s->endpoint, "://");
	if (!azure_endpoint_ok(s->endpoint))
		return store_fail(err, -EINVAL,
		        "[profile %s]: the endpoint is no address of a Blob service; write "
		        "https://host or http://host:port/account",
		        s->profile->name);
	host += 3;
	s->base = host + strcspn(host, "/");
	return 0;
}

/* "ACCOUNT/CONTAINER"; the account may be a whole host, as in other clouds than the public one. */
static int place(struct store *s, const char **host, size_t *host_len, char *err)
{
	const char *a = s->profile->authority;
	size_t len = strcspn(a, "/"), label = strcspn(a, "./");

	if (label && label <= AZURE_ACCOUNT_MAX)
		memcpy(s->account, a, label);
	s->container = a + len + (a[len] == '/');
	if (!azure_account_ok(s->account) || !*s->container ||
	        strlen(s->container) > AZURE_CONTAINER_MAX || strchr(s->container, '/'))
		return store_fail(err, -EINVAL,
		        "[profile %s]: remote names no account and container; write "
		        "az://account/container",
		        s->profile->name);
	*host = a;
	*host_len = label < len ? len : 0;
	return 0;
}

static int configure(struct store *s, char *err)
{
	const struct profile *p = s->profile;
	char url[AZURE_ENDPOINT_MAX + 1];
	const char *host = NULL;
	size_t host_len = 0;
	int code = place(s, &host, &host_len, err);

	if (!code)
		code = azure_credentials_load(&s->credentials, p, s->account, err);
	if (code)
		return code;
	if (*p->endpoint)
		return set_endpoint(s, p->endpoint, err);
	if (*s->credentials.endpoint)
		return set_endpoint(s, s->credentials.endpoint, err);
	if (!host_len && *azure_environment_endpoint(s->account))
		return set_endpoint(s, azure_environment_endpoint(s->account), err);
	if (host_len)
		snprintf(url, sizeof url, "https://%.*s", (int)host_len, host);
	else
		snprintf(url, sizeof url, "https://%s." DEFAULT_CLOUD, s->account);
	return set_endpoint(s, url, err);
}

static void store_close(struct store *s)
{
	if (s)
		OPENSSL_cleanse(s, sizeof *s);
	free(s);
}

static int store_open(struct store **out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	struct store *s = calloc(1, sizeof *s);
	int code;

	(void)c;
	*out = NULL;
	if (!s)
		return store_fail(err, -ENOMEM, "[profile %s]: out of memory", p->name);
	s->profile = p;
	code = configure(s, err);
	if (!code)
		code = store_key_hash(p, s->key_hash, err);
	if (!code && *s->key_hash && !azure_is_private(s->endpoint))
		code = store_fail(err, -EINVAL,
		        "[profile %s]: encryption_key is not sent over plain http; write the "
		        "endpoint with https",
		        p->name);
	if (!code && s->credentials.kind == AZURE_TOKEN && !azure_is_private(s->endpoint) &&
	        !s->credentials.identity.maybe)
		code = store_fail(err, -EINVAL,
		        "[profile %s]: a token is not sent over plain http; write the endpoint "
		        "with "
		        "https",
		        p->name);
	if (code) {
		store_close(s);
		return code;
	}
	*out = s;
	return 0;
}

/* -- Logging in -- */

static bool is_logged_in(const struct store *s)
{
	return s->credentials.kind == AZURE_TOKEN && *s->token.text;
}

static enum login_need needs_login(struct store *s, int64_t now)
{
	if (s->credentials.kind != AZURE_TOKEN || now < s->nobody_until)
		return LOGIN_NONE;
	return is_logged_in(s) ? login_due(s->token.since, s->token.until, now) : LOGIN_NOW;
}

static int login(struct store *s, char err[static STORE_ERROR_MAX])
{
	int code = azure_token_get(&s->credentials.identity, s->profile->ca_file, &s->fresh, err);

	return code == -ENOENT ? 0 : code;
}

static void logged_in(struct store *s, int error)
{
	if (!error && *s->fresh.text)
		s->token = s->fresh;
	s->nobody_until = error || *s->fresh.text ? 0 : time(NULL) + NOBODY_S;
	OPENSSL_cleanse(&s->fresh, sizeof s->fresh);
}

/* Whether a request that was refused should be sent again, with other credentials than it had. */
static bool renew(struct store *s, const struct store_args *a)
{
	struct azure_credentials *c;
	char err[STORE_ERROR_MAX];
	bool changed;

	if (is_logged_in(s)) {
		if (a->now - s->token.since > RENEWED_FOR)
			s->token.text[0] = '\0';
		return a->now < s->token.since || !*s->token.text;
	}
	if (!*s->profile->credentials_file || a->now - s->looked < RENEW_PAUSE)
		return false;
	s->looked = a->now;
	c = malloc(sizeof *c);
	changed = c && !azure_credentials_load(c, s->profile, s->account, err) &&
	          (c->kind != s->credentials.kind || c->key_len != s->credentials.key_len ||
	                  memcmp(c->key, s->credentials.key, c->key_len) != 0 ||
	                  strcmp(c->sas, s->credentials.sas) != 0);
	if (changed)
		s->credentials = *c;
	if (c)
		azure_credentials_wipe(c);
	free(c);
	return changed;
}

/* -- Requests -- */

/* A name for messages: the beginning of a key, without control characters. */
static void name_of(const struct store *s, const struct store_args *a, char out[SHOWN_MAX + 1])
{
	snprintf(out, SHOWN_MAX + 1, "az://%s/%s%s", s->profile->authority, s->profile->prefix,
	        a->key);
	store_shown(out);
}

static int store_request_of(struct store *s, const struct store_args *a, struct store_request *out,
        char err[static STORE_ERROR_MAX])
{
	char name[SHOWN_MAX + 1];
	int code;

	*out = (struct store_request){0};
	name_of(s, a, name);
	if (a->op != STORE_LIST && !*s->profile->prefix && !*a->key)
		return store_fail(
		        err, -EISDIR, "%s is a container and not a blob; name a blob in it", name);
	if (s->credentials.kind == AZURE_SAS && azure_sas_end(s->credentials.sas) <= a->now &&
	        !renew(s, a))
		return store_fail(err, -EACCES, "%s: %s has ended; get a new one", name,
		        s->credentials.source);
	if (is_logged_in(s) && !azure_is_private(s->endpoint))
		return store_fail(err, -EACCES,
		        "%s: a token is not sent over plain http; write the endpoint with https",
		        name);
	code = azure_request_build(s, a, out);
	return code ? store_fail(err, code, "%s: no request can be made: %s", name, strerror(-code))
	            : 0;
}

/* -- Answers -- */

static bool is(const char *value, size_t len, const char *text)
{
	return len == strlen(text) && !strncasecmp(value, text, len);
}

/* A short text of a header; "" if it is too long. */
static void take_text(char *out, size_t size, const char *value, size_t len)
{
	if (len >= size || memchr(value, '\0', len))
		len = 0;
	memcpy(out, value, len);
	out[len] = '\0';
}

static void take_code(char *out, size_t size, const char *value, size_t len)
{
	take_text(out, size, value, len);
	said_code(out);
}

/* It is sent little-endian. */
static void take_crc64(struct checksum *sum, const char *value, size_t len)
{
	struct checksum little = {0};
	uint8_t big[8];

	if (!checksum_offer_base64(&little, CHECKSUM_CRC64NVME, value, len))
		return;
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = little.value[sizeof big - 1 - i];
	checksum_offer(sum, CHECKSUM_CRC64NVME, big);
}

static void store_header(
        struct store *s, struct response *r, const char *name, const char *value, size_t len)
{
	(void)s;
	if (!strcmp(name, "x-ms-error-code"))
		take_code(r->server_error, sizeof r->server_error, value, len);
	else if (!strcmp(name, "x-ms-version-id"))
		take_text(r->info.version, sizeof r->info.version, value, len);
	else if (!strcmp(name, "x-ms-content-crc64"))
		take_crc64(&r->part, value, len);
	else if (!strcmp(name, "x-ms-blob-content-md5") ||
	         (!strcmp(name, "content-md5") && r->status == 200))
		/* Of a part, the one is that of the whole, and the other that of the part. */
		checksum_offer_base64(&r->info.sum, CHECKSUM_MD5, value, len);
	else if ((!strcmp(name, "x-ms-meta-hdi_isfolder") && is(value, len, "true")) ||
	         (!strcmp(name, "x-ms-resource-type") && is(value, len, "directory")))
		memcpy(r->server_error, AZURE_IS_FOLDER, sizeof AZURE_IS_FOLDER);
}

/* An answer does not say which snapshot it is of; a server without snapshots would refuse them. */
static bool is_version(const char *told, const char *wanted)
{
	return !strncasecmp(wanted, "snapshot=", 9) || !strcmp(told, azure_version(wanted));
}

/*
 * A Content-Encoding is a note of whoever stored the blob: the bytes are sent as they were stored.
 * And a directory's own blob, of no bytes, is none: error() gets it.
 */
static void store_head(struct store *s, struct response *r)
{
	(void)s;
	if (r->encoded)
		r->info.size = r->has_range ? r->total : r->content_length;
	r->encoded = response_compressed(r);
	if (r->part.kind && (!r->has_range || (!r->first && r->last + 1 == r->total)))
		checksum_offer(&r->info.sum, r->part.kind, r->part.value);
	if (r->status == 200 && !r->info.size && !strcmp(r->server_error, AZURE_IS_FOLDER))
		r->status = 404;
}

static int store_error(struct store *s, const struct store_args *a, struct response *r,
        const char *body, size_t body_len, bool *retry, bool *again,
        char err[static STORE_ERROR_MAX])
{
	const struct store_failure *f;
	bool keyless = s->credentials.kind == AZURE_ANONYMOUS ||
	               (s->credentials.kind == AZURE_TOKEN && !*s->token.text);
	char name[SHOWN_MAX + 1], said[AZURE_SAID_MAX];
	int n;

	*retry = *again = false;
	err[0] = '\0';
	if (r->status == 304)
		return 0;
	f = azure_failure_of(r, body, body_len, said);
	*retry = f->flags & AZURE_RETRY;
	*again = f->flags & AZURE_RENEW && renew(s, a);
	/* Also for what was under way when it was learnt. */
	if (!strcmp(r->server_error, AZURE_NO_FEATURE) && a->op == STORE_GET)
		*again = s->no_crc64 = true;
	name_of(s, a, name);
	n = snprintf(err, STORE_ERROR_MAX, "%s: HTTP %ld%s%s: %s%s%s", name, r->status,
	        *r->server_error ? " " : "", r->server_error, f->text,
	        *said ? "; the server says: " : "", said);
	if (!(f->flags & AZURE_KEYS) || n < 0 || n >= STORE_ERROR_MAX)
		return f->err;
	snprintf(err + n, STORE_ERROR_MAX - n, " (%s)",
	        s->profile->anonymous ? "sent without credentials: anonymous = true"
	        : keyless             ? "no credentials were found"
	                              : s->credentials.source);
	return f->err;
}

static int list_page(
        struct store *s, const struct store_args *a, store_entry_cb *cb, void *arg, void **state)
{
	char prefix[STORE_KEY_MAX + 1];
	int err = store_prefix(s->profile->prefix, a->key, prefix);

	return err ? err : azure_list_begin(state, prefix, a->token ? a->token : "", cb, arg);
}

static int64_t azure_who(struct store *s, char out[static STORE_ERROR_MAX])
{
	snprintf(out, STORE_ERROR_MAX, "%s", s->credentials.source);
	return s->credentials.kind == AZURE_TOKEN && *s->token.text ? s->token.until : 0;
}

const struct store_ops store_azure = {
        .name = "az",
        .lists = true,
        .prefixes = true,
        .listing_etags = true,
        .marks_dirs = true,
        .sums_up_to = AZURE_CRC_RANGE_MAX,
        .signed_prefix = AZURE_SIGNED_PREFIX,
        .open = store_open,
        .close = store_close,
        .request = store_request_of,
        .needs_login = needs_login,
        .login = login,
        .logged_in = logged_in,
        .header = store_header,
        .is_version = is_version,
        .head = store_head,
        .error = store_error,
        .who = azure_who,
        .list_begin = list_page,
        .list_feed = azure_list_feed,
        .list_end = azure_list_end,
};
