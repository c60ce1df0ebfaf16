#include "fetch/hf_token.h"
#include "fetch/login.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HUB "https://huggingface.co"

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static int from_variable(struct hf_token *t, const char *name, char *err)
{
	const char *value = env(name);

	if (!*value)
		return 0;
	if (strlen(value) > HF_TOKEN_MAX || !login_is_token(value)) {
		snprintf(err, STORE_ERROR_MAX,
		        "%s is no token: it holds a space or control character, or is too long",
		        name);
		return -EINVAL;
	}
	snprintf(t->value, sizeof t->value, "%s", value);
	snprintf(t->source, sizeof t->source, "%s", name);
	return 1;
}

static int from_file(struct hf_token *t, const char *path, bool must, char *err)
{
	int error = 0;
	char *value = login_token_file(path, true, HF_TOKEN_MAX, &error, err);

	snprintf(t->source, sizeof t->source, "%.*s", (int)sizeof t->source - 1, path);
	if (!value)
		return !must && (error == -ENOENT || error == -ENOTDIR) ? 0 : error;
	snprintf(t->value, sizeof t->value, "%s", value);
	login_wipe(value, strlen(value));
	return 1;
}

/* The file that `hf auth login` writes. */
static int usual_file(char *out, size_t size)
{
	const char *file = env("HF_TOKEN_PATH"), *hf = env("HF_HOME"),
	           *cache = env("XDG_CACHE_HOME"), *home = env("HOME");
	int n;

	if (*file)
		n = snprintf(out, size, "%s", file);
	else if (*hf)
		n = snprintf(out, size, "%s/token", hf);
	else if (*cache)
		n = snprintf(out, size, "%s/huggingface/token", cache);
	else
		n = snprintf(out, size, "%s/.cache/huggingface/token", home);
	return n < 0 || (size_t)n >= size || *out != '/' ? -EINVAL : 0;
}

static bool is_on(const char *value)
{
	return !strcmp(value, "1") || !strcasecmp(value, "true") || !strcasecmp(value, "yes") ||
	       !strcasecmp(value, "on");
}

int hf_token_load(struct hf_token *t, const struct profile *p, char err[static STORE_ERROR_MAX])
{
	char path[CONFIG_PATH_MAX];
	int got;

	*t = (struct hf_token){.source = "none is sent: anonymous = true"};
	if (p->anonymous)
		return 0;
	if (*p->credentials_file) {
		got = from_file(t, p->credentials_file, true, err);
		return got < 0 ? got : 0;
	}
	got = from_variable(t, "HF_TOKEN", err);
	if (!got)
		got = from_variable(t, "HUGGING_FACE_HUB_TOKEN", err);
	if (!got && is_on(env("HF_HUB_DISABLE_IMPLICIT_TOKEN")))
		snprintf(
		        t->source, sizeof t->source, "none is sent: HF_HUB_DISABLE_IMPLICIT_TOKEN");
	else if (!got && usual_file(path, sizeof path) == 0)
		got = from_file(t, path, false, err);
	if (!got && strchr(t->source, '/')) {
		snprintf(path, sizeof path, "none was found in HF_TOKEN and %s", t->source);
		snprintf(t->source, sizeof t->source, "%.255s", path);
	}
	return got < 0 ? got : 0;
}

int hf_endpoint(const struct profile *p, char out[static HF_ENDPOINT_MAX + 1],
        char err[static STORE_ERROR_MAX])
{
	const char *address = *p->endpoint          ? p->endpoint
	                      : *env("HF_ENDPOINT") ? env("HF_ENDPOINT")
	                                            : HUB;
	size_t len = strlen(address), scheme = strcspn(address, ":") + 3;

	while (len && address[len - 1] == '/')
		len--;
	/* Not shown: it may be the part with a password. */
	if (len > HF_ENDPOINT_MAX || len <= scheme || strpbrk(address, "@?# \"<>\\^`{|}") ||
	        !login_is_token(address) ||
	        (strncmp(address, "https://", 8) && strncmp(address, "http://", 7))) {
		snprintf(err, STORE_ERROR_MAX,
		        "[profile %s]: the endpoint (`endpoint` or HF_ENDPOINT) is no address; "
		        "write "
		        "https://host",
		        p->name);
		return -EINVAL;
	}
	snprintf(out, HF_ENDPOINT_MAX + 1, "%.*s", (int)len, address);
	return 0;
}
