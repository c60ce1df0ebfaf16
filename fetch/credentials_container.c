/*
 * Keys of where we run: the endpoint of a container (ECS, EKS, Greengrass) and the metadata service
 * of the machine (IMDSv2).
 *
 * Follows the AWS SDKs reference guide, "Container credential provider" and "IMDS credential
 * provider", and the EC2 user guide, "Retrieve security credentials from instance metadata".
 */
#include "fetch/credentials_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>

#define CONTAINER_HOST     "http://169.254.170.2"
#define CONTAINER_TRIES    3
#define IMDS_CONNECT_MS    1000 /* a machine without it does not answer at all */
#define IMDS_TOKEN_SECONDS "21600"
#define TOKEN_MAX          8192
#define ROLE_MAX           128
#define URL_SIZE           1024

/* --- the container's endpoint --- */

/* Whether the token may be sent to a host without TLS: this machine, and the addresses that the
 * container services answer at. */
static bool may_be_plain(const char *host)
{
	struct in_addr v4;

	if (!strcmp(host, "localhost") || !strcmp(host, "[::1]") || !strcmp(host, "[fd00:ec2::23]"))
		return true;
	if (inet_pton(AF_INET, host, &v4) != 1)
		return false;
	return ntohl(v4.s_addr) >> 24 == 127 || !strcmp(host, "169.254.170.2") ||
	       !strcmp(host, "169.254.170.23");
}

/* 0, or -EINVAL for an address that keys are not asked for at. */
static int check_address(struct search *s, const char *url)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL;
	bool good = u && !curl_url_set(u, CURLUPART_URL, url, 0) &&
	            !curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) &&
	            !curl_url_get(u, CURLUPART_HOST, &host, 0) &&
	            (!strcmp(scheme, "https") || (!strcmp(scheme, "http") && may_be_plain(host)));

	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return good ? 0
	            : credentials_fail(s, -EINVAL,
	                      "AWS_CONTAINER_CREDENTIALS_FULL_URI: only https, or http to this "
	                      "machine or the container services' own addresses, is asked for "
	                      "keys");
}

/* "Authorization: TOKEN", or "" if none is wanted. A token may begin with a word such as Basic. */
static int authorization(struct search *s, char out[TOKEN_MAX + 32])
{
	const char *file = credentials_env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = credentials_env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	char why[STORE_ERROR_MAX], *read = NULL;
	size_t size = 0, len;
	int err = 0;

	out[0] = '\0';
	if (*file) {
		token = read = login_file(file, false, TOKEN_MAX, &size, &err, why);
		if (!read)
			return credentials_fail(s, -EACCES, "%.400s", why);
	}
	len = strcspn(token, "\r\n");
	for (size_t i = 0; i < len && !err; i++)
		if (token[i] < ' ' || token[i] > '~')
			err = -EINVAL;
	if (err || len > TOKEN_MAX || token[len + strspn(token + len, "\r\n")])
		err = credentials_fail(s, -EINVAL,
		        "AWS_CONTAINER_AUTHORIZATION_TOKEN: too long, or with a control character");
	else if (len)
		snprintf(out, TOKEN_MAX + 32, "Authorization: %.*s", (int)len, token);
	login_wipe(read, size);
	return err;
}

static int ask_container(struct search *s, const char *url, struct credentials *out)
{
	static const char *const names[4] = {
	        "AccessKeyId", "SecretAccessKey", "Token", "Expiration"};
	char line[TOKEN_MAX + 32];
	const char *headers[] = {"Accept: application/json", line, NULL};
	struct login_request q = {.url = url, .headers = headers, .tries = CONTAINER_TRIES};
	struct login_answer a;
	const char *where = "the container's endpoint (AWS_CONTAINER_CREDENTIALS_*)";
	int err = authorization(s, line);

	if (!*line)
		headers[1] = NULL;
	if (!err)
		err = credentials_ask(s, &q, &a, where);
	OPENSSL_cleanse(line, sizeof line);
	if (err)
		return err;
	if (a.status == 200)
		err = credentials_take_json(s, out, &a, names, where);
	else
		err = credentials_fail(s, a.status >= 500 || a.status == 429 ? -EIO : -EACCES,
		        "%s refuses: HTTP %ld; check the role of the task or pod, and the token",
		        where, a.status);
	login_answer_release(&a);
	return err;
}

int credentials_container(struct search *s, const char *section, struct credentials *out)
{
	const char *relative = credentials_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = credentials_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	char url[URL_SIZE];
	int n, err = 0;

	(void)section;
	if (!*relative && !*full)
		return 0;
	if (*relative)
		n = snprintf(url, sizeof url, CONTAINER_HOST "%s%s", *relative == '/' ? "" : "/",
		        relative);
	else
		n = snprintf(url, sizeof url, "%s", full);
	if (n < 0 || n >= URL_SIZE)
		err = credentials_fail(
		        s, -EINVAL, "AWS_CONTAINER_CREDENTIALS_*: the address is too long");
	if (!err && !*relative)
		err = check_address(s, url);
	if (!err && !s->deadline)
		return -EAGAIN;
	return err ? err : ask_container(s, url, out);
}

/* --- the machine's metadata service --- */

struct imds {
	char base[256];
	char token[TOKEN_MAX + 64]; /* a header line, or "" */
	char role[ROLE_MAX + 1];
};

static int imds_get(
        struct search *s, const struct imds *m, const char *path, struct login_answer *a)
{
	char url[URL_SIZE], why[STORE_ERROR_MAX];
	const char *headers[] = {*m->token ? m->token : NULL, NULL};
	struct login_request q = {.url = url,
	        .headers = headers,
	        .direct = true,
	        .tries = 2,
	        .connect_ms = IMDS_CONNECT_MS,
	        .deadline = s->deadline};

	snprintf(url, sizeof url, "%s%s%s", m->base, path, m->role);
	return login_http(&q, a, why);
}

/* 1 with a token, or without where the service is an old one; 0 if it is not there; -errno. */
static int imds_token(struct search *s, struct imds *m)
{
	static const char *const headers[] = {
	        "X-aws-ec2-metadata-token-ttl-seconds: " IMDS_TOKEN_SECONDS, NULL};
	char url[URL_SIZE], why[STORE_ERROR_MAX];
	struct login_request q = {.url = url,
	        .method = "PUT",
	        .headers = headers,
	        .direct = true,
	        .connect_ms = IMDS_CONNECT_MS};
	uint64_t patience = login_deadline() - LOGIN_MS + 2 * IMDS_CONNECT_MS;
	struct login_answer a;

	/* Through more hops than it allows, the answer never comes. */
	q.deadline = patience < s->deadline ? patience : s->deadline;
	snprintf(url, sizeof url, "%s/latest/api/token", m->base);
	if (login_http(&q, &a, why))
		return 0;
	long status = a.status;

	if (status == 200 && login_is_token(a.body) && a.len <= TOKEN_MAX)
		snprintf(m->token, sizeof m->token, "X-aws-ec2-metadata-token: %s", a.body);
	login_answer_release(&a);
	if (*m->token)
		return 1;
	if ((status == 403 || status == 404 || status == 405) &&
	        !credentials_env_true("AWS_EC2_METADATA_V1_DISABLED"))
		return 1;
	/* Other clouds have another service there, which refuses. */
	return status < 500
	               ? 0
	               : credentials_fail(s, -EIO,
	                         "the machine's metadata service gives no token: HTTP %ld", status);
}

/* The name of the machine's role: 1, 0 if it has none, -errno. */
static int imds_role(struct search *s, struct imds *m)
{
	struct login_answer a;
	int err = imds_get(s, m, "/latest/meta-data/iam/security-credentials/", &a);

	if (err)
		return credentials_fail(
		        s, -EIO, "the machine's metadata service stopped answering");
	long status = a.status;
	size_t len = status == 200 ? strcspn(a.body, "\r\n") : 0;

	if (len && len <= ROLE_MAX)
		snprintf(m->role, sizeof m->role, "%.*s", (int)len, a.body);
	login_answer_release(&a);
	/* It becomes a part of an address. */
	if (status == 200 && *m->role &&
	        strspn(m->role, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                        "0123456789+=,.@_-") == strlen(m->role))
		return 1;
	return status < 500
	               ? 0
	               : credentials_fail(s, -EIO,
	                         "the machine's metadata service names no role: HTTP %ld", status);
}

static int imds_keys(struct search *s, struct imds *m, struct credentials *out)
{
	static const char *const names[4] = {
	        "AccessKeyId", "SecretAccessKey", "Token", "Expiration"};
	char where[CREDENTIALS_SOURCE_MAX + 1], code[32];
	struct login_answer a;
	int err = imds_get(s, m, "/latest/meta-data/iam/security-credentials/", &a);

	if (err)
		return credentials_fail(
		        s, -EIO, "the machine's metadata service stopped answering");
	snprintf(where, sizeof where, "the machine's metadata service (IMDS), role %s", m->role);
	login_json(a.body, a.len, "Code", code, sizeof code);
	if (a.status == 200 && (!*code || !strcmp(code, "Success")))
		err = credentials_take_json(s, out, &a, names, where);
	else
		err = credentials_fail(s, a.status >= 500 ? -EIO : -EACCES,
		        "%s: HTTP %ld %s; check the role of the instance", where, a.status,
		        login_is_token(code) ? code : "");
	login_answer_release(&a);
	return err;
}

int credentials_imds(struct search *s, const char *section, struct credentials *out)
{
	const char *endpoint = credentials_env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	bool v6 = !strcasecmp(credentials_env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "IPv6");
	struct imds *m;
	int found;

	(void)section;
	if (credentials_env_true("AWS_EC2_METADATA_DISABLED"))
		return 0;
	if (!s->deadline)
		return -EAGAIN;
	m = calloc(1, sizeof *m);
	if (!m)
		return credentials_fail(s, -ENOMEM, "out of memory");
	if (!*endpoint)
		endpoint = v6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
	snprintf(m->base, sizeof m->base, "%.*s",
	        (int)(strlen(endpoint) - (endpoint[strlen(endpoint) - 1] == '/')), endpoint);
	found = imds_token(s, m);
	if (found > 0)
		found = imds_role(s, m);
	if (found > 0)
		found = imds_keys(s, m, out);
	OPENSSL_cleanse(m, sizeof *m);
	free(m);
	return found;
}
