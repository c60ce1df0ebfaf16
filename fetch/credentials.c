#include "fetch/credentials_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <openssl/crypto.h>

int credentials_fail(struct search *s, int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->err, STORE_ERROR_MAX, format, ap);
	va_end(ap);
	return code;
}

const char *credentials_env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

bool credentials_env_true(const char *name)
{
	return !strcasecmp(credentials_env(name), "true");
}

bool credentials_env_counts(const struct search *s)
{
	return !*s->profile->credentials_profile && !*s->profile->credentials_file;
}

int credentials_take(struct search *s, struct credentials *out, const char *id, const char *secret,
        const char *token, const char *where)
{
	if (!*id && !*secret)
		return 0;
	if (!*id || !*secret)
		return credentials_fail(s, -EINVAL, "%s: %s without %s; both belong together",
		        where, *id ? "an access key" : "a secret key",
		        *id ? "its secret key" : "its access key");
	if (strlen(id) > CREDENTIALS_ID_MAX || strlen(secret) > CREDENTIALS_SECRET_MAX ||
	        strlen(token) > CREDENTIALS_TOKEN_MAX || !login_is_token(id) ||
	        !login_is_token(secret) || (*token && !login_is_token(token)))
		return credentials_fail(s, -EINVAL,
		        "%s: a key is too long or holds a space or control character", where);
	memcpy(out->access_key_id, id, strlen(id) + 1);
	memcpy(out->secret_access_key, secret, strlen(secret) + 1);
	memcpy(out->session_token, token, strlen(token) + 1);
	snprintf(out->source, sizeof out->source, "%s", where);
	return 1;
}

int credentials_take_json(struct search *s, struct credentials *out, const struct login_answer *a,
        const char *const names[4], const char *where)
{
	struct {
		char id[CREDENTIALS_ID_MAX + 1], secret[CREDENTIALS_SECRET_MAX + 1];
		char token[CREDENTIALS_TOKEN_MAX + 1], end[40];
	} t = {0};
	int taken = login_json(a->body, a->len, names[0], t.id, sizeof t.id) ||
	                            login_json(a->body, a->len, names[1], t.secret, sizeof t.secret)
	                    ? -EACCES
	                    : 0;
	int token = login_json(a->body, a->len, names[2], t.token, sizeof t.token);
	int end = login_json(a->body, a->len, names[3], t.end, sizeof t.end);

	if (taken || (token && token != -ENOENT) || (end && end != -ENOENT))
		taken = credentials_fail(s, -EACCES, "%s: its answer is no JSON with keys", where);
	else
		taken = credentials_take(s, out, t.id, t.secret, t.token, where);
	out->since = time(NULL);
	/* A time as text, or as milliseconds since 1970. */
	out->until = !*t.end ? 0
	             : strspn(t.end, "0123456789") == strlen(t.end)
	                     ? strtoll(t.end, NULL, 10) / 1000
	                     : login_time(t.end);
	if (taken > 0 && out->until == INT64_MIN)
		taken = credentials_fail(s, -EACCES, "%s: its end is no time", where);
	OPENSSL_cleanse(&t, sizeof t);
	return taken ? taken : credentials_fail(s, -EACCES, "%s: its answer has no keys", where);
}

int credentials_ask(
        struct search *s, struct login_request *q, struct login_answer *a, const char *where)
{
	char why[STORE_ERROR_MAX] = "";
	int err;

	q->deadline = s->deadline;
	if (!q->ca_file)
		q->ca_file = credentials_first(
		        s->profile->ca_file, credentials_env("AWS_CA_BUNDLE"), "");
	err = login_http(q, a, why);
	return err ? credentials_fail(s, err == -EIO ? -EIO : -EACCES, "%s: %.300s", where, why)
	           : 0;
}

/* --- the places that are read at once --- */

static int keys_of_profile(struct search *s, const char *section, struct credentials *out)
{
	const struct profile *p = s->profile;
	char where[CREDENTIALS_SOURCE_MAX + 1];

	(void)section;
	snprintf(where, sizeof where, "access_key_id of [profile %s]", p->name);
	out->fixed = true;
	return credentials_take(
	        s, out, p->access_key_id, p->secret_access_key, p->session_token, where);
}

static int keys_of_environment(struct search *s, const char *section, struct credentials *out)
{
	(void)section;
	out->fixed = true;
	if (!credentials_env_counts(s))
		return 0;
	return credentials_take(s, out, credentials_env("AWS_ACCESS_KEY_ID"),
	        credentials_env("AWS_SECRET_ACCESS_KEY"), credentials_env("AWS_SESSION_TOKEN"),
	        "AWS_ACCESS_KEY_ID in the environment");
}

static int keys_of_file(struct search *s, const char *name, int which, struct credentials *out)
{
	struct section *t = calloc(1, sizeof *t);
	char where[CREDENTIALS_SOURCE_MAX + 1];
	int taken = t ? section_read(s, NULL, name, which, t)
	              : credentials_fail(s, -ENOMEM, "out of memory");

	if (!taken) {
		snprintf(where, sizeof where, "%.180s:%d: [%.60s]", s->paths[which == FILE_CONFIG],
		        t->id_line ? t->id_line : t->secret_line, name);
		taken = credentials_take(
		        s, out, t->access_key_id, t->secret_access_key, t->session_token, where);
	}
	section_free(t);
	return taken;
}

static int keys_of_credentials_file(struct search *s, const char *name, struct credentials *out)
{
	return keys_of_file(s, name, FILE_CREDENTIALS, out);
}

static int keys_of_config_file(struct search *s, const char *name, struct credentials *out)
{
	return keys_of_file(s, name, FILE_CONFIG, out);
}

/* --- the order --- */

/* `of_section`: also where a section is the source of a role. `shared`: not with a credentials file
 * of the profile's own. */
static const struct provider {
	provider_fn *find;
	bool of_section, shared;
	const char *waits; /* what has to be waited for */
} providers[] = {
        {keys_of_profile, false, false, ""},
        {keys_of_environment, false, false, ""},
        {credentials_role, true, false, "a role"},
        {credentials_web_identity, true, false, "a role, by web identity"},
        {credentials_sso, true, true, "single sign-on"},
        {keys_of_credentials_file, true, false, ""},
        {credentials_process, true, false, "credential_process"},
        {keys_of_config_file, true, true, ""},
        {credentials_container, false, true,
                "the container's endpoint (AWS_CONTAINER_CREDENTIALS_*)"},
        {credentials_imds, false, true, "the machine's metadata service"},
};

static int ask_providers(
        struct search *s, const char *section, bool of_section, struct credentials *out)
{
	int found = 0;

	for (size_t i = 0; i < sizeof providers / sizeof *providers && !found; i++) {
		const struct provider *p = &providers[i];

		if ((of_section && !p->of_section) || (p->shared && *s->profile->credentials_file))
			continue;
		out->fixed = false;
		out->since = out->until = 0;
		found = p->find(s, section, out);
		if (found == -EAGAIN)
			snprintf(out->source, sizeof out->source,
			        "%s, asked when it is needed (section [%.60s])", p->waits, section);
	}
	return found;
}

int credentials_of_section(struct search *s, const char *section, struct credentials *out)
{
	return ask_providers(s, section, true, out);
}

/* A section that is named must be there, even if the keys are from elsewhere in the end. */
static int check_section(struct search *s)
{
	const char *name = section_name(s);
	const struct section *t;
	int err = section_main(s, &t);

	if (err || t->found || !strcmp(name, "default"))
		return err;
	return credentials_fail(s, -EINVAL,
	        "no section [%.60s] in %.130s or %.130s, which %s names; correct it or add the "
	        "section",
	        name, s->paths[0], s->paths[1],
	        *s->profile->credentials_profile ? "credentials_profile"
	                                         : "AWS_PROFILE or AWS_DEFAULT_PROFILE");
}

static int find_keys(struct search *s, struct credentials *out)
{
	int found;

	if (s->profile->anonymous) {
		snprintf(out->source, sizeof out->source, "none, since anonymous = true");
		out->fixed = true;
		return 0;
	}
	/* The profile's own keys, and those of the environment, ask for no section. */
	found = keys_of_profile(s, "", out);
	if (!found)
		found = keys_of_environment(s, "", out);
	if (!found)
		found = check_section(s);
	if (!found)
		found = ask_providers(s, section_name(s), false, out);
	out->pending = found == -EAGAIN;
	if (found)
		return found < 0 && found != -EAGAIN ? found : 0;
	if (s->deadline)
		out->until = (out->since = time(NULL)) + CREDENTIALS_NONE_S;
	snprintf(out->source, sizeof out->source,
	        "access_key_id of the profile, %s[%.40s] of %.60s and %.60s%s",
	        credentials_env_counts(s) ? "AWS_ACCESS_KEY_ID, " : "", section_name(s),
	        s->paths[0], s->paths[1], s->deadline ? ", the container and the machine" : "");
	return 0;
}

static int search_all(struct credentials *out, const struct config *c, const struct profile *p,
        uint64_t deadline, char err[static STORE_ERROR_MAX])
{
	struct search s = {.config = c, .profile = p, .deadline = deadline, .err = err};
	int code;

	memset(out, 0, sizeof *out);
	code = find_keys(&s, out);
	if (!code)
		code = credentials_settings(&s, out);
	out->ca_file = credentials_first(p->ca_file, credentials_env("AWS_CA_BUNDLE"), "");
	section_free(s.main);
	if (code)
		credentials_wipe(out);
	return code;
}

int credentials_load(struct credentials *out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	return search_all(out, c, p, 0, err);
}

int credentials_login(struct credentials *out, const struct config *c, const struct profile *p,
        uint64_t deadline, char err[static STORE_ERROR_MAX])
{
	return search_all(out, c, p, deadline, err);
}

bool credentials_same_keys(const struct credentials *a, const struct credentials *b)
{
	return !strcmp(a->access_key_id, b->access_key_id) &&
	       !strcmp(a->secret_access_key, b->secret_access_key) &&
	       !strcmp(a->session_token, b->session_token);
}

void credentials_wipe(struct credentials *c)
{
	OPENSSL_cleanse(c, sizeof *c);
}
