/* Where the S3 store's requests go: the endpoint, the region, and the bucket in host or path. */
#include "fetch/store_s3_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool s3_region_ok(const char *region)
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
	return fault ? store_fail(err, -EINVAL,
	                       "[profile %s]: the endpoint (`endpoint`, AWS_ENDPOINT_URL_S3, "
	                       "AWS_ENDPOINT_URL or endpoint_url) %s",
	                       s->profile->name, fault)
	             : 0;
}

int s3_configure(struct store *s, char *err)
{
	const struct profile *p = s->profile;
	int code = credentials_load(&s->credentials, s->config, p, err);

	if (code)
		return code;
	if (!*p->authority || strlen(p->authority) > BUCKET_MAX)
		return store_fail(err, -EINVAL,
		        "[profile %s]: remote names no bucket; write s3://bucket", p->name);
	if (!s3_region_ok(s->credentials.region))
		return store_fail(err, -EINVAL,
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
	if (s->credentials.fips && !*s->host && !strncmp(s->region, "cn-", 3))
		return store_fail(err, -EINVAL,
		        "[profile %s]: AWS_USE_FIPS_ENDPOINT or use_fips_endpoint is set, and the "
		        "regions of China have no such endpoints",
		        p->name);
	s->path_style = p->path_style_set ? p->path_style
	                : s->credentials.path_style_set
	                        ? s->credentials.path_style
	                        : *s->host || !bucket_is_label(p->authority);
	if (!s->path_style && strspn(p->authority, "abcdefghijklmnopqrstuvwxyz0123456789-.") !=
	                              strlen(p->authority))
		return store_fail(err, -EINVAL,
		        "[profile %s]: bucket %.63s cannot be part of a host name; set path_style "
		        "= true",
		        p->name, p->authority);
	return 0;
}

int s3_host(const struct store *s, char host[HOST_MAX + 1])
{
	const char *bucket = s->path_style ? "" : s->profile->authority;
	const char *dot = s->path_style ? "" : ".";
	int n;

	if (*s->host)
		n = snprintf(host, HOST_MAX + 1, "%s%s%s", bucket, dot, s->host);
	else
		n = snprintf(host, HOST_MAX + 1, "%s%ss3%s%s.%s.amazonaws.com%s", bucket, dot,
		        s->credentials.fips ? "-fips" : "",
		        s->credentials.dualstack ? ".dualstack" : "", s->region,
		        strncmp(s->region, "cn-", 3) ? "" : ".cn");
	return n < 0 || n > HOST_MAX ? -ENAMETOOLONG : 0;
}

bool s3_is_pinned(const struct store_args *a)
{
	return a->op != STORE_LIST && a->version && *a->version;
}

bool s3_asks_checksums(const struct store *s, const struct store_args *a)
{
	return a->op != STORE_LIST && !s->no_checksums && s->profile->check != CHECK_OFF;
}
