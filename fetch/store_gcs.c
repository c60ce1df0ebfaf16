/*
 * gs://: Google Cloud Storage. docs/stores/gcs.md is its page for users.
 *
 * All requests are those of its XML API, which is one protocol for all that is needed: data,
 * listings with the ETag that GET gives, and HMAC keys, which the JSON API does not take. Its
 * listings and errors are those of S3.
 *
 * The state of a profile is who we are (gcs_credentials.h) and, where that is a matter of tokens,
 * the one that is used and the one that a login lays aside for it.
 */
#include "fetch/store.h"
#include "fetch/gcs_credentials.h"
#include "fetch/gcs_failure.h"
#include "fetch/gcs_request.h"
#include "fetch/http_head.h"
#include "fetch/login.h"
#include "fetch/s3_list.h"
#include "fetch/store_common.h"
#include "fetch/store_key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#define UNIVERSE  "googleapis.com"
#define SHOWN_MAX 200 /* bytes of a name in a message, which must have room for the remedy */
#define RENEW_PAUSE                                                                                \
	60 /* seconds between two tokens that are got because one was refused: what is refused     \
	      meanwhile may have been under way with the one before */

struct store {
	const struct config *config;
	const struct profile *profile;
	struct gcs_credentials credentials;
	char endpoint[GCS_BASE_MAX + 1]; /* scheme://host[:port][/path]; "": of the universe */
	char key_hash[STORE_KEY_BASE64 + 1];
	bool has_token;
	int64_t renewed;               /* when a token was last refused and another one wanted */
	struct gcs_token token, fresh; /* `fresh` belongs to a login that is under way */
};

/* The profile's endpoint, or the emulator that Google's own libraries would ask. */
static int take_endpoint(struct store *s, char *err)
{
	const char *emulator = getenv("STORAGE_EMULATOR_HOST");
	const char *from = *s->profile->endpoint ? s->profile->endpoint : emulator ? emulator : "";
	bool bare = *from && !strstr(from, "://");
	int n = snprintf(s->endpoint, sizeof s->endpoint, "%s%s", bare ? "http://" : "", from);
	size_t host = strcspn(s->endpoint, ":") + 3;

	while (n > 0 && s->endpoint[n - 1] == '/')
		s->endpoint[--n] = '\0';
	if (!*from)
		return 0;
	if (n >= (int)sizeof s->endpoint || (int)host >= n || !login_is_token(s->endpoint) ||
	        strpbrk(s->endpoint + host, "@?#\\") ||
	        (strncmp(s->endpoint, "https://", 8) && strncmp(s->endpoint, "http://", 7)))
		return store_fail(err, -EINVAL,
		        "[profile %s]: `endpoint` or STORAGE_EMULATOR_HOST is no address; write "
		        "https://host or http://host:port",
		        s->profile->name);
	return 0;
}

static void gcs_close(struct store *s)
{
	if (s)
		OPENSSL_cleanse(s, sizeof *s);
	free(s);
}

static int gcs_open(struct store **out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	struct store *s = calloc(1, sizeof *s);
	int code;

	*out = NULL;
	if (!s)
		return store_fail(err, -ENOMEM, "[profile %s]: out of memory", p->name);
	s->config = c;
	s->profile = p;
	code = gcs_credentials_find(&s->credentials, c, p, err);
	if (!code)
		code = take_endpoint(s, err);
	if (!code)
		code = store_key_hash(p, s->key_hash, err);
	if (code)
		gcs_close(s);
	else
		*out = s;
	return code;
}

static enum login_need gcs_needs_login(struct store *s, int64_t now)
{
	if (s->credentials.kind != GCS_FILE && s->credentials.kind != GCS_METADATA)
		return LOGIN_NONE;
	return s->has_token ? login_due(s->token.since, s->token.until, now) : LOGIN_NOW;
}

static int gcs_login(struct store *s, char err[static STORE_ERROR_MAX])
{
	return gcs_token_get(&s->credentials, &s->fresh, err);
}

static void gcs_logged_in(struct store *s, int error)
{
	if (!error) {
		s->token = s->fresh;
		s->has_token = true;
	}
	OPENSSL_cleanse(&s->fresh, sizeof s->fresh);
}

/* Where requests go. */
static int base_of(const struct store *s, char base[GCS_BASE_MAX + 1])
{
	const char *universe = *s->token.universe ? s->token.universe : UNIVERSE;
	int n = *s->endpoint ? snprintf(base, GCS_BASE_MAX + 1, "%s", s->endpoint)
	                     : snprintf(base, GCS_BASE_MAX + 1, "https://storage.%s", universe);

	return n < 0 || n > GCS_BASE_MAX ? -ENAMETOOLONG : 0;
}

/* Who pays: Google's own libraries take it from the same places. */
static const char *project_of(const struct store *s)
{
	const char *quota = getenv("GOOGLE_CLOUD_QUOTA_PROJECT");

	if (*s->profile->user_project)
		return s->profile->user_project;
	return quota && *quota && *s->token.value ? quota : s->token.project;
}

static int gcs_request_make(struct store *s, const struct store_args *a, struct store_request *out,
        char err[static STORE_ERROR_MAX])
{
	const struct profile *p = s->profile;
	char base[GCS_BASE_MAX + 1];
	bool hmac = s->credentials.kind == GCS_HMAC;
	const struct gcs_request q = {.base = base,
	        .bucket = p->authority,
	        .prefix = p->prefix,
	        .token = s->token.value,
	        .access_key_id = hmac ? p->access_key_id : "",
	        .secret_access_key = hmac ? p->secret_access_key : "",
	        .project = project_of(s),
	        .key = p->encryption_key,
	        .headers = p->headers,
	        .key_hash = s->key_hash};
	int code;

	*out = (struct store_request){.ca_file = p->ca_file};
	if (a->op != STORE_LIST && !*p->prefix && !*a->key)
		return store_fail(err, -EISDIR,
		        "gs://%s is a bucket and not an object; name a key in it", p->authority);
	code = base_of(s, base);
	if (!code)
		code = gcs_request(&q, a, out);
	if (code)
		return store_fail(err, code, "gs://%s/%s%.*s: no request can be made: %s",
		        p->authority, p->prefix, SHOWN_MAX, a->key, strerror(-code));
	return 0;
}

static bool gcs_is_version(const char *told, const char *wanted)
{
	return !strcmp(told, wanted);
}

/* "crc32c=n03x6A==,md5=Ojk9c3dhfxgoKVVHYwFbHQ==" */
static void take_hashes(struct checksum *sum, const char *value, size_t len)
{
	static const struct {
		const char *name;
		enum checksum_kind kind;
	} kinds[] = {{"crc32c=", CHECKSUM_CRC32C}, {"md5=", CHECKSUM_MD5}};
	const char *end = value + len;

	while (value < end) {
		const char *comma = memchr(value, ',', end - value);
		size_t n = (comma ? comma : end) - value;

		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
			size_t name = strlen(kinds[i].name);

			if (n > name && !memcmp(value, kinds[i].name, name))
				checksum_offer_base64(sum, kinds[i].kind, value + name, n - name);
		}
		for (value += n; value < end && (*value == ',' || *value == ' '); value++)
			;
	}
}

static void gcs_header(
        struct store *s, struct response *r, const char *name, const char *value, size_t len)
{
	uint64_t generation;

	(void)s;
	if (!strcmp(name, "x-goog-hash"))
		take_hashes(&r->info.sum, value, len);
	else if (!strcmp(name, "x-goog-generation") && http_parse_size(value, len, &generation))
		snprintf(r->info.version, sizeof r->info.version, "%" PRIu64, generation);
	else if (!strcmp(name, "x-goog-stored-content-encoding"))
		r->stored_encoded = len != 8 || strncmp(value, "identity", 8);
	else if (!strcmp(name, "x-goog-stored-content-length") &&
	         !http_parse_size(value, len, &r->stored_length))
		r->stored_length = UINT64_MAX;
}

/*
 * What is stored compressed is asked for as it is stored, and then the Content-Encoding is a note
 * of whoever stored it. If it has none in spite of that, somebody has decompressed it on the way:
 * these are not the bytes that sizes, ranges and checksums speak of.
 */
static void gcs_head(struct store *s, struct response *r)
{
	(void)s;
	bool decompressed = r->stored_encoded && !r->encoded;
	bool compressed = !r->stored_encoded && response_compressed(r);

	if (r->encoded)
		r->info.size = r->has_range ? r->total : r->content_length;
	if (!r->has_range && r->info.size == UINT64_MAX && !decompressed)
		r->info.size = r->stored_length;
	r->encoded = decompressed || compressed;
	if (decompressed)
		r->info.sum.kind = CHECKSUM_NONE;
}

static int gcs_error(struct store *s, const struct store_args *a, struct response *r,
        const char *body, size_t body_len, bool *retry, bool *again,
        char err[static STORE_ERROR_MAX])
{
	char name[SHOWN_MAX + 1];
	unsigned flags;
	int code;

	*retry = *again = false;
	err[0] = '\0';
	if (r->status == 304)
		return 0;
	snprintf(name, sizeof name, "gs://%s/%s%s", s->profile->authority, s->profile->prefix,
	        a->key);
	store_shown(name);
	const struct gcs_failure f = {.name = name,
	        .r = r,
	        .body = body,
	        .body_len = body_len,
	        .pinned = a->version && *a->version,
	        .nobody = !*s->token.value && s->credentials.kind != GCS_HMAC,
	        .who = s->has_token ? s->token.source : s->credentials.source};

	code = gcs_failure(&f, &flags, r->server_error, err);
	*retry = flags & GCS_RETRY;
	*again = flags & GCS_RENEW && *s->token.value;
	if (*again && a->now - s->renewed > RENEW_PAUSE) {
		s->renewed = a->now;
		s->has_token = false;
	}
	return code;
}

static int gcs_list_page(
        struct store *s, const struct store_args *a, store_entry_cb *cb, void *arg, void **state)
{
	char prefix[STORE_KEY_MAX + 1];
	int err = store_prefix(s->profile->prefix, a->key, prefix);

	return err ? err : s3_list_begin(state, prefix, a->token ? a->token : "", cb, arg);
}

static int64_t gcs_who(struct store *s, char out[static STORE_ERROR_MAX])
{
	snprintf(
	        out, STORE_ERROR_MAX, "%s", s->has_token ? s->token.source : s->credentials.source);
	return s->has_token ? s->token.until : 0;
}

const struct store_ops store_gcs = {
        .name = "gs",
        .lists = true,
        .prefixes = true,
        .listing_etags = true,
        .splits = true,
        .signed_prefix = GCS_SIGNED_PREFIX,
        .open = gcs_open,
        .close = gcs_close,
        .needs_login = gcs_needs_login,
        .login = gcs_login,
        .logged_in = gcs_logged_in,
        .request = gcs_request_make,
        .header = gcs_header,
        .is_version = gcs_is_version,
        .head = gcs_head,
        .error = gcs_error,
        .who = gcs_who,
        .list_begin = gcs_list_page,
        .list_feed = s3_list_feed,
        .list_end = s3_list_end,
};
