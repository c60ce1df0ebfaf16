/* What goes with AWS keys: the region, the endpoint, and which of Amazon's own it is. */
#include "fetch/credentials_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Copies the first value that is set. */
static int settle(struct search *s, char *to, size_t size, const char *what, const char *value)
{
	if (strlen(value) >= size || (*value && !login_is_token(value)))
		return credentials_fail(
		        s, -EINVAL, "%s is too long or holds a space or control character", what);
	memcpy(to, value, strlen(value) + 1);
	return 0;
}

/* A system agent's remotes are those of its configuration, whose ids are made from that alone. */
static const char *endpoint_of_user(const struct search *s, const char *name)
{
	return s->config->cache.system ? "" : credentials_env(name);
}

static bool is_true(const char *variable, const char *value, const char *other)
{
	return !strcasecmp(credentials_first(credentials_env(variable), value, other), "true");
}

/* The endpoint of the environment and of the section; the latter is read only if need be. */
static int find_endpoint(struct search *s, struct credentials *out)
{
	const char *value = s->profile->endpoint;
	bool ignored = credentials_env_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
	const struct section *t;
	int err = 0;

	if (!*value && !ignored)
		value = credentials_first(endpoint_of_user(s, "AWS_ENDPOINT_URL_S3"),
		        endpoint_of_user(s, "AWS_ENDPOINT_URL"), "");
	if (!*value && !ignored) {
		struct section *services = NULL;

		err = section_main(s, &t);
		if (!err && *t->services && strcasecmp(t->ignore_endpoints, "true")) {
			services = calloc(1, sizeof *services);
			err = services ? section_read(
			                         s, "services", t->services, FILE_CONFIG, services)
			               : credentials_fail(s, -ENOMEM, "out of memory");
		}
		if (!err && strcasecmp(t->ignore_endpoints, "true"))
			err = settle(s, out->endpoint, sizeof out->endpoint, "endpoint_url",
			        credentials_first(
			                services ? services->s3_endpoint : "", t->endpoint, ""));
		free(services);
		return err;
	}
	return settle(s, out->endpoint, sizeof out->endpoint, "endpoint", value);
}

/* Which of Amazon's own endpoints, and how the bucket is named there. */
static int find_style(struct search *s, struct credentials *out)
{
	const struct section *t;
	int err;

	/* An endpoint of larder.ini has its own settings beside it. */
	if (*s->profile->endpoint)
		return 0;
	err = section_main(s, &t);
	if (err)
		return err;
	out->dualstack = is_true("AWS_USE_DUALSTACK_ENDPOINT", t->s3_dualstack, t->dualstack);
	out->fips = is_true("AWS_USE_FIPS_ENDPOINT", t->fips, "");
	out->path_style_set =
	        !strcasecmp(t->addressing, "path") || !strcasecmp(t->addressing, "virtual");
	out->path_style = !strcasecmp(t->addressing, "path");
	return 0;
}

static int find_region(struct search *s, struct credentials *out)
{
	const char *value = credentials_first(s->profile->region, credentials_env("AWS_REGION"),
	        credentials_env("AWS_DEFAULT_REGION"));
	const struct section *t;
	int err = *value ? 0 : section_main(s, &t);

	if (!err)
		err = settle(s, out->region, sizeof out->region, "region",
		        credentials_first(value, *value ? "" : t->region, "us-east-1"));
	return err;
}

int credentials_settings(struct search *s, struct credentials *out)
{
	int err = find_region(s, out);

	if (!err)
		err = find_endpoint(s, out);
	return err ? err : find_style(s, out);
}
