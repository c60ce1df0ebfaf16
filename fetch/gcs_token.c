#include "fetch/gcs_token.h"
#include "fetch/gcs_jwt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/crypto.h>

#define TOKEN_URL "https://oauth2.googleapis.com/token"
#define KEY_MAX   (16 << 10) /* bytes of a private key, PEM */
#define NEAR_MS   1000 /* to connect to a metadata server of which nothing says that it is there */
#define PRODUCT   "/sys/class/dmi/id/product_name" /* "Google Compute Engine" on its machines */

static int by_file(const struct gcs_login *l, const char *scope);

static int by_service_account(const struct gcs_login *l, const char *scope)
{
	char email[256], key_id[128], url[GCS_URL_MAX], token[GCS_JWT_MAX], form[2 * GCS_JWT_MAX];
	char *key = malloc(KEY_MAX);
	size_t len = 0;
	int err = key ? 0 : gcs_login_fail(l, -ENOMEM, "out of memory");

	if (!err)
		err = gcs_login_member(l, "client_email", true, email, sizeof email);
	if (!err)
		err = gcs_login_member(l, "private_key", true, key, KEY_MAX);
	if (!err)
		err = gcs_login_member(l, "private_key_id", false, key_id, sizeof key_id);
	if (!err)
		err = gcs_login_url(l, "token_uri", TOKEN_URL, url);
	if (!err) {
		struct gcs_jwt j = {key, key_id, email, url, scope, time(NULL)};

		if (gcs_jwt(&j, token))
			err = gcs_login_fail(l, -EACCES,
			        "no JWT can be signed with private_key; make a new key of the "
			        "service account");
	}
	if (!err) {
		login_form(form, sizeof form, &len, "grant_type",
		        "urn:ietf:params:oauth:grant-type:jwt-bearer");
		login_form(form, sizeof form, &len, "assertion", token);
		err = gcs_login_post(l, url, GCS_FORM_TYPE, form, NULL);
		OPENSSL_cleanse(form, sizeof form);
		OPENSSL_cleanse(token, sizeof token);
	}
	if (key)
		OPENSSL_cleanse(key, KEY_MAX);
	free(key);
	return err;
}

/* `basic`: the client is named in a header and not in the form. */
static int by_user(const struct gcs_login *l, const char *url_path, bool basic)
{
	static const char *const names[] = {"refresh_token", "client_id", "client_secret"};
	char value[4096], url[GCS_URL_MAX], form[4 * 4096], authorization[4096] = "";
	size_t len = 0;
	int err = gcs_login_url(l, url_path, basic ? NULL : TOKEN_URL, url);

	if (!err)
		err = login_form(form, sizeof form, &len, "grant_type", "refresh_token");
	for (size_t i = 0; i < (basic ? 1 : 3) && !err; i++) {
		err = gcs_login_member(l, names[i], true, value, sizeof value);
		if (!err && login_form(form, sizeof form, &len, names[i], value))
			err = gcs_login_fail(l, -EACCES, "%s is too long", names[i]);
	}
	if (!err && basic)
		err = gcs_login_basic(l, authorization, sizeof authorization);
	if (!err)
		err = gcs_login_post(
		        l, url, GCS_FORM_TYPE, form, *authorization ? authorization : NULL);
	OPENSSL_cleanse(value, sizeof value);
	OPENSSL_cleanse(form, sizeof form);
	OPENSSL_cleanse(authorization, sizeof authorization);
	return err;
}

/* What the file holds inside may act for the account at the URL. */
static int by_impersonation(const struct gcs_login *l)
{
	struct gcs_login inner = *l;
	char url[GCS_URL_MAX];
	int err = gcs_login_url(l, "service_account_impersonation_url", NULL, url);

	inner.within = "source_credentials/";
	if (!err)
		err = by_file(&inner, GCS_CLOUD_SCOPE);
	return err ? err : gcs_login_impersonate(l, url, "delegates", 0);
}

static int by_file(const struct gcs_login *l, const char *scope)
{
	char type[64];
	int err = gcs_login_member(l, "type", true, type, sizeof type);

	if (err)
		return err;
	if (!strcmp(type, "service_account"))
		return by_service_account(l, scope);
	if (!strcmp(type, "authorized_user"))
		return by_user(l, "token_uri", false);
	if (!strcmp(type, "external_account_authorized_user"))
		return by_user(l, "token_url", true);
	if (!strcmp(type, "external_account"))
		return gcs_login_external(l, scope);
	if (!strcmp(type, "impersonated_service_account") && !*l->within)
		return by_impersonation(l);
	return gcs_login_fail(l, -EACCES,
	        "its type is none that larder knows: service_account, authorized_user, "
	        "external_account, external_account_authorized_user, impersonated_service_account");
}

/* What the storage requests need to know besides the token. */
static int take_surroundings(const struct gcs_login *l)
{
	int err = gcs_login_member(
	        l, "quota_project_id", false, l->out->project, sizeof l->out->project);

	if (!err)
		err = gcs_login_member(
		        l, "universe_domain", false, l->out->universe, sizeof l->out->universe);
	return err;
}

static int with_file(struct gcs_login *l)
{
	const struct gcs_credentials *c = l->credentials;
	int err;
	char *text = login_file(c->path, c->secret, GCS_FILE_MAX, &l->len, &err, l->err);

	if (!text)
		return err == -ENOMEM || err == -EIO ? err : -EACCES;
	l->json = text;
	err = by_file(l, GCS_SCOPE);
	if (!err)
		err = take_surroundings(l);
	login_wipe(text, l->len);
	return err;
}

static bool is_google_machine(void)
{
	char name[16] = "";
	FILE *f = fopen(PRODUCT, "re");

	if (f) {
		if (!fgets(name, sizeof name, f))
			name[0] = '\0';
		fclose(f);
	}
	return !strncmp(name, "Google", 6);
}

/* Nobody, and that is no error: buckets can be public. */
static int nobody(const struct gcs_login *l, const char *why)
{
	l->out->value[0] = '\0';
	l->out->until = 0;
	snprintf(l->out->source, sizeof l->out->source, "no credentials: no file was found, and %s",
	        why);
	return 0;
}

static int with_metadata(const struct gcs_login *l)
{
	static const char *const headers[] = {"Metadata-Flavor: Google", NULL};
	const struct gcs_credentials *c = l->credentials;
	bool expected = c->metadata_named || is_google_machine();
	char url[GCS_URL_MAX];
	struct login_answer a;
	struct login_request q = {.url = url,
	        .headers = headers,
	        .want = "Metadata-Flavor",
	        .direct = true,
	        .tries = expected ? GCS_TRIES : 1,
	        .connect_ms = expected ? 0 : NEAR_MS,
	        .deadline = l->deadline};
	int err;

	snprintf(url, sizeof url,
	        "http://%s/computeMetadata/v1/instance/service-accounts/default/token",
	        c->metadata);
	err = login_http(&q, &a, l->err);
	if (err && !expected)
		err = nobody(l, "there is no metadata server");
	else if (!err && strcmp(a.wanted, "Google"))
		err = expected ? gcs_login_fail(l, -EACCES, "what answers there is not Google's")
		               : nobody(l, "the metadata server is not Google's");
	else if (!err && a.status == 404)
		err = nobody(l, "this machine has no service account");
	else if (!err)
		err = gcs_login_take(l, &a);
	login_answer_release(&a);
	return err;
}

int gcs_token_get(
        const struct gcs_credentials *c, struct gcs_token *out, char err[static STORE_ERROR_MAX])
{
	struct gcs_login l = {.credentials = c,
	        .within = "",
	        .out = out,
	        .deadline = login_deadline(),
	        .err = err};
	int code;

	memset(out, 0, sizeof *out);
	out->since = time(NULL);
	snprintf(out->source, sizeof out->source, "%s", c->source);
	code = c->kind == GCS_FILE ? with_file(&l) : with_metadata(&l);
	if (code)
		OPENSSL_cleanse(out->value, sizeof out->value);
	return code;
}
