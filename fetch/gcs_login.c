/* What the ways to a token have in common (gcs_token.h). */
#include "fetch/gcs_token.h"
#include "fetch/said.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define LIFE_MAX_S    86400 /* of any token: Google's end before */
#define LIFE_S        3600  /* of a token whose answer does not say */
#define SAYS_MAX      160   /* bytes of what it says, in a message */
#define SCOPES        "{\"scope\":[\"" GCS_SCOPE "\"],\"lifetime\":\"%us\",\"delegates\":[%s]}"
#define DELEGATES_MAX 16

/* What a refusal means: the first row with its code, and a part of its description if one is given.
 */
static const struct refusal {
	const char *code, *part, *text;
} refusals[] = {
        {"invalid_grant", "reasonable timeframe",
                "this machine's clock is wrong; set it, best by NTP"},
        {"invalid_grant", "JWT Signature",
                "the private key is not known any more; make a new key of the service account"},
        {"invalid_grant", "account not found", "the service account was deleted; use another one"},
        {"invalid_grant", "ID Token issued at",
                "the token from elsewhere has expired, or this machine's clock is wrong"},
        {"invalid_grant", NULL,
                "it is expired or revoked; log in again (gcloud auth application-default login), "
                "or renew the key or the token that the file names"},
        {"invalid_rapt", NULL, "log in again: gcloud auth application-default login"},
        {"invalid_client", NULL, "client_id or client_secret is refused; get a new file"},
        {"deleted_client", NULL, "the client of the file was deleted; get a new file"},
        {"unauthorized_client", NULL,
                "the client may not do this; check client_email and what the project allows"},
        {"invalid_target", NULL,
                "`audience` names no provider of a workload identity pool; correct the file"},
        {"invalid_scope", NULL, "the account may not read from Cloud Storage"},
        {"PERMISSION_DENIED", NULL,
                "allow iam.serviceAccounts.getAccessToken on the service account: "
                "roles/iam.serviceAccountTokenCreator or workloadIdentityUser"},
        {"NOT_FOUND", NULL, "there is no such service account to act for; correct the file"},
        {NULL, NULL, "no token was given; correct the file"},
};

int gcs_login_fail(const struct gcs_login *l, int code, const char *format, ...)
{
	va_list ap;
	int n = snprintf(l->err, STORE_ERROR_MAX, "%s: ", l->credentials->source);

	va_start(ap, format);
	if (n > 0 && n < STORE_ERROR_MAX)
		vsnprintf(l->err + n, STORE_ERROR_MAX - n, format, ap);
	va_end(ap);
	return code;
}

int gcs_login_member(
        const struct gcs_login *l, const char *path, bool required, char *out, size_t size)
{
	char whole[128];
	int err;

	snprintf(whole, sizeof whole, "%s%s", l->within, path);
	err = login_json(l->json, l->len, whole, out, size);
	if (!err && (*out || !required))
		return 0;
	if (err == -ENOENT && !required)
		return 0;
	return gcs_login_fail(l, -EACCES, "%s %s; get a new file", whole,
	        !err || err == -ENOENT ? "is missing"
	        : err == -EMSGSIZE     ? "is too long"
	                               : "is no text, or the file is no JSON");
}

int gcs_login_name(const struct gcs_login *l, const char *path, unsigned i, char *out, size_t size)
{
	char whole[128];

	snprintf(whole, sizeof whole, "%s%s/@%u", l->within, path, i);
	return login_json(l->json, l->len, whole, out, size);
}

/* Whether secrets may go there: nobody can listen. */
static bool is_safe(const char *url)
{
	static const char *const near[] = {
	        "https://", "http://127.0.0.1:", "http://localhost:", "http://[::1]:"};

	for (size_t i = 0; i < sizeof near / sizeof *near; i++)
		if (!strncasecmp(url, near[i], strlen(near[i])))
			return true;
	return false;
}

int gcs_login_url(const struct gcs_login *l, const char *path, const char *fallback,
        char out[static GCS_URL_MAX])
{
	int err = gcs_login_member(l, path, !fallback, out, GCS_URL_MAX);

	if (!err && !*out)
		snprintf(out, GCS_URL_MAX, "%s", fallback);
	if (!err && (!is_safe(out) || !login_is_token(out)))
		err = gcs_login_fail(l, -EACCES,
		        "%s%s is no https address; correct the file, or do not use it", l->within,
		        path);
	return err;
}

/* What a server says, without control characters and without what may be a secret. */
static void words_of(const char *from, char out[SAYS_MAX + 1])
{
	static const char blanks[] = " \t\r\n\"";
	size_t n = 0;

	out[0] = '\0';
	for (from += strspn(from, blanks); *from; from += strspn(from, blanks)) {
		size_t len = strcspn(from, blanks);
		bool shown = len <= SAID_WORD_MAX;
		int more = snprintf(out + n, SAYS_MAX + 1 - n, "%s%.*s", n ? " " : "",
		        shown ? (int)len : 3, shown ? from : "...");

		if (more < 0 || n + more > SAYS_MAX)
			break;
		n += more;
		from += len;
	}
	for (char *c = out; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static int refused(const struct gcs_login *l, const struct login_answer *a)
{
	char code[64], description[1024], says[SAYS_MAX + 1];
	const struct refusal *r = refusals;
	bool passing = a->status == 429 || a->status >= 500;

	/* OAuth's own errors are a word and a text; Google's other services have an object. */
	if (login_json(a->body, a->len, "error", code, sizeof code)) {
		login_json(a->body, a->len, "error/status", code, sizeof code);
		login_json(a->body, a->len, "error/message", description, sizeof description);
	} else {
		login_json(a->body, a->len, "error_description", description, sizeof description);
	}
	said_code(code);
	for (; r->code; r++)
		if (!strcmp(r->code, code) && (!r->part || strstr(description, r->part)))
			break;
	words_of(description, says);
	return gcs_login_fail(l, passing ? -EIO : -EACCES, "HTTP %ld %s: %s%s%s", a->status, code,
	        passing ? "the login service is busy or down" : r->text,
	        *says ? "; the server says: " : "", says);
}

int gcs_login_take(const struct gcs_login *l, const struct login_answer *a)
{
	struct gcs_token *t = l->out;
	char end[64];
	int64_t life = LIFE_S;
	int err;

	if (a->status != 200)
		return refused(l, a);
	err = login_json(a->body, a->len, "access_token", t->value, sizeof t->value);
	if (err == -ENOENT)
		err = login_json(a->body, a->len, "accessToken", t->value, sizeof t->value);
	if (err || !login_is_token(t->value))
		return gcs_login_fail(l, -EACCES,
		        "the answer of the login service has no token that can be used");
	if (!login_json(a->body, a->len, "expires_in", end, sizeof end))
		life = strtol(end, NULL, 10) < LIFE_MAX_S ? strtol(end, NULL, 10) : LIFE_MAX_S;
	else if (!login_json(a->body, a->len, "expireTime", end, sizeof end))
		life = login_time(end) > t->since ? login_time(end) - t->since : LIFE_S;
	t->until = t->since + (life > 0 ? life : 1);
	return 0;
}

int gcs_login_post(const struct gcs_login *l, const char *url, const char *type, const char *body,
        const char *authorization)
{
	const char *const headers[] = {type, authorization, NULL};
	struct login_answer a;
	char why[STORE_ERROR_MAX];
	int err = login_http(&(struct login_request){.url = url,
	                             .headers = headers,
	                             .body = body,
	                             .ca_file = l->credentials->ca_file,
	                             .tries = GCS_TRIES,
	                             .deadline = l->deadline},
	        &a, why);

	if (err)
		err = gcs_login_fail(l, -EIO, "%s; check the network and any proxy", why);
	else
		err = gcs_login_take(l, &a);
	login_answer_release(&a);
	return err;
}

int gcs_login_basic(const struct gcs_login *l, char *out, size_t size)
{
	char id[256], secret[512], both[sizeof id + sizeof secret], text[2 * sizeof both];
	int err = gcs_login_member(l, "client_id", false, id, sizeof id);

	out[0] = '\0';
	if (!err)
		err = gcs_login_member(l, "client_secret", false, secret, sizeof secret);
	if (err || !*id)
		return err;
	int n = snprintf(both, sizeof both, "%s:%s", id, secret);
	EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)both, n);
	n = snprintf(out, size, "Authorization: Basic %s", text);
	OPENSSL_cleanse(secret, sizeof secret);
	OPENSSL_cleanse(both, sizeof both);
	OPENSSL_cleanse(text, sizeof text);
	return n < 0 || (size_t)n >= size ? gcs_login_fail(l, -EACCES, "client_id is too long") : 0;
}

/* The array at `path` as JSON has it. */
static int delegates_of(const struct gcs_login *l, const char *path, char *out, size_t size)
{
	char item[64], name[256];
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = 0; path && i <= DELEGATES_MAX; i++) {
		snprintf(item, sizeof item, "%s/%u", path, i);
		int err = gcs_login_member(l, item, false, name, sizeof name);

		if (err || !*name)
			return err;
		if (i == DELEGATES_MAX || strpbrk(name, "\"\\") || !login_is_token(name))
			break;
		len += snprintf(out + len, size - len, "%s\"%s\"", i ? "," : "", name);
		if (len >= size)
			break;
	}
	return path ? gcs_login_fail(l, -EACCES, "delegates cannot be used; correct the file") : 0;
}

int gcs_login_impersonate(
        const struct gcs_login *l, const char *url, const char *delegates, unsigned life)
{
	char list[2048], body[sizeof list + 256];
	char authorization[GCS_TOKEN_MAX + 32];
	int err = delegates_of(l, delegates, list, sizeof list);

	if (err)
		return err;
	snprintf(body, sizeof body, SCOPES, life ? life : LIFE_S, list);
	snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", l->out->value);
	err = gcs_login_post(l, url, "Content-Type: application/json", body, authorization);
	OPENSSL_cleanse(authorization, sizeof authorization);
	return err;
}
