/*
 * Single sign-on (IAM Identity Center): keys of a role for the token that `aws sso login` has left
 * in
 * ~/.aws/sso/cache. A token that has ended is not renewed here: that is for who has a browser.
 *
 * Follows the AWS SDKs reference guide, "IAM Identity Center credential provider", and
 * GetRoleCredentials of the IAM Identity Center Portal API reference.
 */
#include "fetch/credentials_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#define TOKEN_MAX 8192
#define SSO_TRIES 3

struct sso {
	const struct section *role;
	char start_url[CREDENTIALS_ENDPOINT_MAX + 1], region[CREDENTIALS_REGION_MAX + 1];
	char where[CREDENTIALS_SOURCE_MAX + 1];
	char token[TOKEN_MAX + 64]; /* a header line */
};

/* Where the tools keep the token: by the SHA-1 of the session's name, or of the start URL. */
static int token_path(struct search *s, const char *of, char path[CREDENTIALS_PATH_SIZE])
{
	unsigned char digest[SHA_DIGEST_LENGTH];
	char hex[2 * SHA_DIGEST_LENGTH + 1];
	int n;

	SHA1((const unsigned char *)of, strlen(of), digest);
	for (int i = 0; i < SHA_DIGEST_LENGTH; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	n = snprintf(
	        path, CREDENTIALS_PATH_SIZE, "%s/.aws/sso/cache/%s.json", s->config->home, hex);
	return n < 0 || n >= CREDENTIALS_PATH_SIZE
	               ? credentials_fail(s, -ENAMETOOLONG, "home: path too long")
	               : 0;
}

static int read_token(struct search *s, struct sso *o, const char *of)
{
	char path[CREDENTIALS_PATH_SIZE], why[STORE_ERROR_MAX], end[40], token[TOKEN_MAX + 1];
	size_t len = 0;
	int err = token_path(s, of, path);
	char *text = err ? NULL : login_file(path, false, 64 << 10, &len, &err, why);
	int64_t until;

	if (!text)
		return credentials_fail(s, -EACCES,
		        "%s: no token of it is in ~/.aws/sso/cache; run `aws sso login`", o->where);
	err = login_json(text, len, "accessToken", token, sizeof token) ||
	      login_json(text, len, "expiresAt", end, sizeof end);
	login_wipe(text, len);
	until = err ? INT64_MIN : login_time(end);
	if (err || until == INT64_MIN || !login_is_token(token))
		err = credentials_fail(s, -EACCES, "%s: %.200s holds no token; run `aws sso login`",
		        o->where, path);
	else if (until <= time(NULL))
		err = credentials_fail(s, -EACCES, "%s: its token ended at %s; run `aws sso login`",
		        o->where, end);
	else
		snprintf(o->token, sizeof o->token, "x-amz-sso_bearer_token: %s", token);
	OPENSSL_cleanse(token, sizeof token);
	return err;
}

static int ask_portal(struct search *s, struct sso *o, struct credentials *out)
{
	static const char *const names[4] = {"roleCredentials/accessKeyId",
	        "roleCredentials/secretAccessKey", "roleCredentials/sessionToken",
	        "roleCredentials/expiration"};
	const char *given = s->config->cache.system ? "" : credentials_env("AWS_ENDPOINT_URL_SSO");
	const char *headers[] = {o->token, NULL};
	char url[1024], query[512];
	struct login_request q = {.url = url, .headers = headers, .tries = SSO_TRIES};
	struct login_answer a;
	size_t len = 0;
	int err = login_form(query, sizeof query, &len, "role_name", o->role->sso_role) ||
	          login_form(query, sizeof query, &len, "account_id", o->role->sso_account);
	int n = *given ? snprintf(url, sizeof url, "%s/federation/credentials?%s", given, query)
	               : snprintf(url, sizeof url,
	                         "https://portal.sso.%s.amazonaws.com%s/federation/credentials?%s",
	                         o->region, strncmp(o->region, "cn-", 3) ? "" : ".cn", query);

	if (err || n < 0 || (size_t)n >= sizeof url)
		return credentials_fail(s, -EINVAL, "%s: a setting is too long", o->where);
	err = credentials_ask(s, &q, &a, o->where);
	if (err)
		return err;
	if (a.status == 200)
		err = credentials_take_json(s, out, &a, names, o->where);
	else if (a.status == 401)
		err = credentials_fail(
		        s, -EACCES, "%s: its token is refused; run `aws sso login`", o->where);
	else
		err = credentials_fail(s, a.status >= 500 || a.status == 429 ? -EIO : -EACCES,
		        "%s: HTTP %ld; check sso_account_id and sso_role_name", o->where, a.status);
	login_answer_release(&a);
	return err;
}

/* Where the sign-on is: a section of its own, or in the profile's. */
static int find_session(struct search *s, const struct section *t, struct sso *o)
{
	const struct section *from = t;
	struct section *session = NULL;
	int err = 0;

	if (*t->sso_session) {
		session = calloc(1, sizeof *session);
		err = session ? section_read(s, "sso-session", t->sso_session, FILE_CONFIG, session)
		              : credentials_fail(s, -ENOMEM, "out of memory");
		from = session;
	}
	if (!err) {
		snprintf(o->start_url, sizeof o->start_url, "%s", from->sso_start_url);
		snprintf(o->region, sizeof o->region, "%s", from->sso_region);
	}
	section_free(session);
	if (err)
		return err;
	if (!*o->start_url || !*o->region || !*t->sso_account || !*t->sso_role ||
	        strspn(o->region, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(o->region))
		return credentials_fail(s, -EINVAL,
		        "%s needs sso_start_url, sso_region, sso_account_id and sso_role_name",
		        o->where);
	return 0;
}

int credentials_sso(struct search *s, const char *name, struct credentials *out)
{
	struct section *t;
	struct sso *o = NULL;
	int err;

	t = section_get(s, name, &err);
	if (!t || (!*t->sso_session && !*t->sso_start_url)) {
		section_free(t);
		return err;
	}
	o = calloc(1, sizeof *o);
	err = o ? 0 : credentials_fail(s, -ENOMEM, "out of memory");
	if (o) {
		o->role = t;
		snprintf(o->where, sizeof o->where, "single sign-on of [%.60s]", name);
		err = find_session(s, t, o);
	}
	if (!err && !s->deadline)
		err = -EAGAIN;
	if (!err)
		err = read_token(s, o, *t->sso_session ? t->sso_session : o->start_url);
	if (!err)
		err = ask_portal(s, o, out);
	if (o)
		OPENSSL_cleanse(o, sizeof *o);
	free(o);
	section_free(t);
	return err;
}
