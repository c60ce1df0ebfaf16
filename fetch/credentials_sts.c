/*
 * Roles: the Security Token Service gives keys of an hour or so for other keys (AssumeRole) or for
 * a token of an identity provider (AssumeRoleWithWebIdentity, unsigned).
 *
 * Follows the AWS STS API reference, version 2011-06-15, and the settings of the AWS SDKs reference
 * guide, "Assume role credential provider".
 */
#include "fetch/credentials_parts.h"
#include "fetch/said.h"
#include "fetch/sigv4.h"
#include "fetch/xml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#define STS_TRIES   3
#define STS_VERSION "2011-06-15"

/* --- the answer --- */

struct answer {
	char id[CREDENTIALS_ID_MAX + 1], secret[CREDENTIALS_SECRET_MAX + 1];
	char token[CREDENTIALS_TOKEN_MAX + 1], end[40];
	char code[64], message[200];
	const struct xml_field *now; /* whose text is being read */
};

/* Where the text of an element goes: of credentials, or of an error. */
static struct xml_field target_of(struct answer *a, int depth, const char *name)
{
	const struct {
		int depth;
		struct xml_field to;
	} all[] = {{4, {"AccessKeyId", a->id, sizeof a->id}},
	        {4, {"SecretAccessKey", a->secret, sizeof a->secret}},
	        {4, {"SessionToken", a->token, sizeof a->token}},
	        {4, {"Expiration", a->end, sizeof a->end}}, {3, {"Code", a->code, sizeof a->code}},
	        {3, {"Message", a->message, sizeof a->message}}};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (depth == all[i].depth && !strcmp(name, all[i].to.name))
			return all[i].to;
	return (struct xml_field){0};
}

/* What an element is called at its end too, for the reader does not say. */
struct reading {
	struct answer *answer;
	struct xml_field to;
};

static int on_begin(void *arg, int depth, const char *name, const char **attributes)
{
	struct reading *r = arg;

	(void)attributes;
	r->to = target_of(r->answer, depth, name);
	return r->to.out ? XML_TEXT : 0;
}

static int on_end(void *arg, int depth, const char *text, size_t len)
{
	struct reading *r = arg;

	(void)depth;
	if (!r->to.out)
		return 0;
	snprintf(r->to.out, r->to.size, "%s", len < r->to.size ? text : "");
	for (char *c = r->to.out; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = ' ';
	r->to.out = NULL;
	return 0;
}

static void read_answer(struct answer *a, const char *body, size_t len)
{
	static const struct xml_reader reader = {.begin = on_begin, .end = on_end};
	struct reading r = {.answer = a};
	struct xml *x = xml_new(&reader, &r);

	memset(a, 0, sizeof *a);
	if (x)
		xml_feed(x, body, len);
	xml_free(x);
}

/* --- the request --- */

/* The regional endpoint, but for who says otherwise. */
static int find_endpoint(struct search *s, struct role *r)
{
	bool ignored = credentials_env_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") ||
	               !strcasecmp(r->section->ignore_endpoints, "true");
	const char *given = s->config->cache.system
	                            ? ""
	                            : credentials_first(credentials_env("AWS_ENDPOINT_URL_STS"),
	                                      credentials_env("AWS_ENDPOINT_URL"), "");
	const char *region = credentials_first(credentials_env("AWS_REGION"),
	        credentials_env("AWS_DEFAULT_REGION"),
	        credentials_first(r->section->region, s->profile->region, "us-east-1"));
	int n;

	if (strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(region) ||
	        strlen(region) > CREDENTIALS_REGION_MAX)
		return credentials_fail(
		        s, -EINVAL, "%s: the region is none; write it as us-east-1", r->where);
	snprintf(r->region, sizeof r->region, "%s", region);
	given = ignored ? ""
	                : credentials_first(given, r->section->sts_endpoint, r->section->endpoint);
	if (*given)
		n = snprintf(r->endpoint, sizeof r->endpoint, "%.*s",
		        (int)(strlen(given) - (given[strlen(given) - 1] == '/')), given);
	else
		n = snprintf(r->endpoint, sizeof r->endpoint, "https://sts%s.%s.amazonaws.com%s",
		        credentials_env_true("AWS_USE_FIPS_ENDPOINT") ? "-fips" : "", region,
		        strncmp(region, "cn-", 3) ? "" : ".cn");
	if (n < 0 || (size_t)n >= sizeof r->endpoint || !strstr(r->endpoint, "://"))
		return credentials_fail(s, -EINVAL, "%s: the address of its STS is none", r->where);
	return 0;
}

int sts_add(struct search *s, struct role *r, const char *name, const char *value)
{
	if (!*value || !login_form(r->form, sizeof r->form, &r->len, name, value))
		return 0;
	return credentials_fail(s, -EINVAL, "%s: %s is too long", r->where, name);
}

int sts_begin(struct search *s, struct role *r, const char *action)
{
	const struct sigv4_pair all[] = {{"Action", action}, {"Version", STS_VERSION},
	        {"RoleArn", r->arn}, {"RoleSessionName", r->session},
	        {"DurationSeconds", r->section->duration}};
	int err = 0;

	if (strspn(r->section->duration, "0123456789") != strlen(r->section->duration))
		return credentials_fail(s, -EINVAL, "%s: duration_seconds is no number", r->where);
	for (size_t i = 0; i < sizeof all / sizeof *all && !err; i++)
		err = sts_add(s, r, all[i].name, all[i].value);
	return err;
}

/* A line of a request's head; wiped by who made it. */
struct head {
	char host[CREDENTIALS_ENDPOINT_MAX + 8];
	char date[48], token[CREDENTIALS_TOKEN_MAX + 32];
	char authorization[SIGV4_AUTH_SIZE + 24];
	const char *lines[6];
};

static int sign(struct role *r, const struct credentials *keys, struct head *h)
{
	static const char type[] = "application/x-www-form-urlencoded";
	char date[SIGV4_DATE_SIZE], hash[2 * SHA256_DIGEST_LENGTH + 1],
	        host[CREDENTIALS_ENDPOINT_MAX + 1];
	char authorization[SIGV4_AUTH_SIZE];
	unsigned char digest[SHA256_DIGEST_LENGTH];
	const char *begin = strstr(r->endpoint, "://") + 3, *slash = strchr(begin, '/');
	const struct sigv4_pair headers[] = {{"content-type", type}, {"host", host},
	        {"x-amz-date", date}, {"x-amz-security-token", keys->session_token}};
	const struct sigv4_request q = {.method = "POST",
	        .path = slash ? slash : "/",
	        .query = "",
	        .headers = headers,
	        .n_headers = *keys->session_token ? 4 : 3,
	        .payload_hash = hash,
	        .date = date,
	        .region = r->region,
	        .service = "sts"};
	int err;

	snprintf(host, sizeof host, "%.*s", (int)strcspn(begin, "/"), begin);
	SHA256((const unsigned char *)r->form, r->len, digest);
	for (int i = 0; i < SHA256_DIGEST_LENGTH; i++)
		snprintf(hash + 2 * i, 3, "%02x", digest[i]);
	err = sigv4_date(time(NULL), date);
	if (!err)
		err = sigv4_authorization(
		        &q, keys->access_key_id, keys->secret_access_key, authorization);
	snprintf(h->host, sizeof h->host, "Host: %s", host);
	snprintf(h->date, sizeof h->date, "X-Amz-Date: %s", date);
	snprintf(h->authorization, sizeof h->authorization, "Authorization: %s", authorization);
	snprintf(h->token, sizeof h->token, "X-Amz-Security-Token: %s", keys->session_token);
	h->lines[1] = h->host;
	h->lines[2] = h->date;
	h->lines[3] = h->authorization;
	h->lines[4] = *keys->session_token ? h->token : NULL;
	return err;
}

static int take(
        struct search *s, struct role *r, const struct login_answer *from, struct credentials *out)
{
	struct answer *a = malloc(sizeof *a);
	int taken;

	if (!a)
		return credentials_fail(s, -ENOMEM, "out of memory");
	read_answer(a, from->body, from->len);
	/* What it says may be made of what it was sent. */
	said_code(a->code);
	said_words(a->message, sizeof a->message);
	if (from->status != 200)
		taken = credentials_fail(s, from->status >= 500 ? -EIO : -EACCES,
		        "%s: its STS refuses (HTTP %ld %s): %s", r->where, from->status, a->code,
		        *a->message ? a->message : "check the role and who may take it on");
	else
		taken = credentials_take(s, out, a->id, a->secret, a->token, r->where);
	if (!taken)
		taken = credentials_fail(
		        s, -EACCES, "%s: what answers is no STS; check the endpoint", r->where);
	out->since = time(NULL);
	out->until = login_time(a->end);
	if (taken > 0 && out->until == INT64_MIN)
		taken = credentials_fail(s, -EACCES, "%s: the answer has no end", r->where);
	OPENSSL_cleanse(a, sizeof *a);
	free(a);
	return taken;
}

int sts_send(
        struct search *s, struct role *r, const struct credentials *keys, struct credentials *out)
{
	struct head *h;
	struct login_request q = {.body = r->form, .tries = STS_TRIES};
	char url[CREDENTIALS_ENDPOINT_MAX + 2];
	struct login_answer a;
	int err = find_endpoint(s, r);

	if (err)
		return err;
	h = calloc(1, sizeof *h);
	err = h ? 0 : -ENOMEM;

	snprintf(url, sizeof url, "%s%s", r->endpoint,
	        strchr(strstr(r->endpoint, "://") + 3, '/') ? "" : "/");
	if (!err) {
		h->lines[0] = "Content-Type: application/x-www-form-urlencoded";
		q.url = url;
		q.headers = h->lines;
		err = keys ? sign(r, keys, h) : 0;
	}
	err = err ? credentials_fail(
	                    s, err, "%s: no request can be made: %s", r->where, strerror(-err))
	          : credentials_ask(s, &q, &a, r->where);
	if (!err) {
		err = take(s, r, &a, out);
		login_answer_release(&a);
	}
	if (h)
		OPENSSL_cleanse(h, sizeof *h);
	free(h);
	return err;
}
