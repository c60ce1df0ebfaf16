/*
 * external_account: a token that another identity provider gave - in a file or at a URL - is
 * exchanged for one of Google's (workload identity federation; Google's AIP-4117, RFC 8693). From
 * Amazon's credentials and from the output of a program it is not.
 */
#include "fetch/gcs_token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#define STS_URL     "https://sts.googleapis.com/v1/token"
#define HEADERS_MAX 8
#define HEADER_SIZE 2048
#define SOURCE      "credential_source/"

/* The token in what a file or a URL held: all of it, or a member. Into `out`, of GCS_FILE_MAX. */
static int subject_of(const struct gcs_login *l, const char *text, size_t len, char *out)
{
	char type[16], field[64];
	int err = gcs_login_member(l, SOURCE "format/type", false, type, sizeof type);

	if (!err)
		err = gcs_login_member(l, SOURCE "format/subject_token_field_name",
		        !strcmp(type, "json"), field, sizeof field);
	if (err)
		return err;
	if (!strcmp(type, "json")) {
		err = login_json(text, len, field, out, GCS_FILE_MAX);
	} else {
		const char *from = text + strspn(text, " \t\r\n");
		size_t n = strcspn(from, " \t\r\n");

		err = n < GCS_FILE_MAX ? 0 : -EMSGSIZE;
		snprintf(out, GCS_FILE_MAX, "%.*s", (int)n, from);
	}
	if (err || !login_is_token(out))
		return gcs_login_fail(l, -EACCES, "what `credential_source` names holds no token");
	return 0;
}

static int subject_from_file(const struct gcs_login *l, const char *path, char *out)
{
	char why[STORE_ERROR_MAX];
	size_t len;
	int err;
	char *text = login_file(path, false, GCS_FILE_MAX, &len, &err, why);

	if (!text)
		return gcs_login_fail(l, -EACCES, "credential_source: %s", why);
	err = subject_of(l, text, len, out);
	login_wipe(text, len);
	return err;
}

/* The members of `credential_source/headers` as lines of a request. */
static int headers_of(
        const struct gcs_login *l, char lines[][HEADER_SIZE], const char *headers[HEADERS_MAX + 1])
{
	char name[128], value[HEADER_SIZE - sizeof name - 2], path[256];
	unsigned n = 0;

	for (; n <= HEADERS_MAX; n++) {
		headers[n] = NULL;
		if (gcs_login_name(l, SOURCE "headers", n, name, sizeof name))
			return 0;
		snprintf(path, sizeof path, SOURCE "headers/%s", name);
		if (n == HEADERS_MAX || strpbrk(name, ": /") || !login_is_token(name) ||
		        gcs_login_member(l, path, true, value, sizeof value) ||
		        strpbrk(value, "\r\n"))
			break;
		snprintf(lines[n], HEADER_SIZE, "%s: %s", name, value);
		headers[n] = lines[n];
	}
	return gcs_login_fail(l, -EACCES, SOURCE "headers cannot be used; correct the file");
}

static int subject_from_url(const struct gcs_login *l, const char *url, char *out)
{
	char(*lines)[HEADER_SIZE] = calloc(HEADERS_MAX, HEADER_SIZE);
	const char *headers[HEADERS_MAX + 1];
	char why[STORE_ERROR_MAX];
	struct login_answer a = {0};
	int err =
	        lines ? headers_of(l, lines, headers) : gcs_login_fail(l, -ENOMEM, "out of memory");

	if (!err && login_http(&(struct login_request){.url = url,
	                               .headers = headers,
	                               .ca_file = l->credentials->ca_file,
	                               .tries = GCS_TRIES,
	                               .deadline = l->deadline},
	                    &a, why))
		err = gcs_login_fail(l, -EIO, "credential_source: %s", why);
	else if (!err && a.status != 200)
		err = gcs_login_fail(l, a.status >= 500 ? -EIO : -EACCES,
		        "credential_source: its URL answered HTTP %ld", a.status);
	else if (!err)
		err = subject_of(l, a.body, a.len, out);
	login_answer_release(&a);
	if (lines)
		OPENSSL_cleanse(lines, (size_t)HEADERS_MAX * HEADER_SIZE);
	free(lines);
	return err;
}

static int subject_get(const struct gcs_login *l, char *out)
{
	char place[GCS_PATH_MAX];
	int err = gcs_login_member(l, SOURCE "file", false, place, sizeof place);

	if (err || *place)
		return err ? err : subject_from_file(l, place, out);
	err = gcs_login_member(l, SOURCE "environment_id", false, place, sizeof place);
	if (!err && !*place)
		err = gcs_login_member(l, SOURCE "url", false, place, sizeof place);
	else if (!err)
		place[0] = '\0';
	if (!err && !*place)
		err = gcs_login_fail(l, -EACCES,
		        "credential_source has neither `file` nor `url`; Amazon's credentials, "
		        "programs and certificates are not supported");
	return err ? err : subject_from_url(l, place, out);
}

/* Without a client, a pool of a workforce names the project that pays. */
static int add_options(const struct gcs_login *l, char *form, size_t *len)
{
	char project[GCS_PROJECT_MAX + 1], options[256];
	int err =
	        gcs_login_member(l, "workforce_pool_user_project", false, project, sizeof project);

	if (err || !*project || !login_is_token(project) || strpbrk(project, "\"\\"))
		return err;
	snprintf(options, sizeof options, "{\"userProject\":\"%s\"}", project);
	return login_form(form, GCS_FORM_MAX, len, "options", options);
}

static int exchange(const struct gcs_login *l, const char *subject, const char *scope, char *form)
{
	char url[GCS_URL_MAX], audience[GCS_URL_MAX], type[128], basic[4096];
	size_t len = 0;
	int err = gcs_login_url(l, "token_url", STS_URL, url);

	if (!err)
		err = gcs_login_member(l, "audience", true, audience, sizeof audience);
	if (!err)
		err = gcs_login_member(l, "subject_token_type", true, type, sizeof type);
	if (!err)
		err = gcs_login_basic(l, basic, sizeof basic);
	if (err)
		return err;
	const char *const pairs[][2] = {
	        {"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
	        {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
	        {"audience", audience}, {"scope", scope}, {"subject_token_type", type},
	        {"subject_token", subject}};

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs && !err; i++)
		err = login_form(form, GCS_FORM_MAX, &len, pairs[i][0], pairs[i][1]);
	if (!err && !*basic)
		err = add_options(l, form, &len);
	if (err)
		err = gcs_login_fail(l, -EACCES, "the token from elsewhere is too long");
	else
		err = gcs_login_post(l, url, GCS_FORM_TYPE, form, *basic ? basic : NULL);
	OPENSSL_cleanse(basic, sizeof basic);
	return err;
}

int gcs_login_external(const struct gcs_login *l, const char *scope)
{
	static const char path[] = "service_account_impersonation_url";
	char url[GCS_URL_MAX], life[16];
	char *form = malloc(GCS_FORM_MAX + GCS_FILE_MAX), *subject = form + GCS_FORM_MAX;
	int err = form ? gcs_login_member(l, path, false, url, sizeof url)
	               : gcs_login_fail(l, -ENOMEM, "out of memory");
	bool acts = !err && *url;

	if (acts)
		err = gcs_login_url(l, path, NULL, url);
	if (!err)
		err = gcs_login_member(l, "service_account_impersonation/token_lifetime_seconds",
		        false, life, sizeof life);
	if (!err)
		err = subject_get(l, subject);
	if (!err)
		err = exchange(l, subject, acts ? GCS_CLOUD_SCOPE : scope, form);
	if (!err && acts)
		err = gcs_login_impersonate(l, url, NULL, strtoul(life, NULL, 10));
	if (form)
		OPENSSL_cleanse(form, GCS_FORM_MAX + GCS_FILE_MAX);
	free(form);
	return err;
}
