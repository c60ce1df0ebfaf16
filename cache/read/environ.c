#include "cache/read/config_parts.h"
#include "cache/read/hash.h"
#include "cache/read/text.h"

#include <string.h>

#define AZURE_SUFFIX "core.windows.net" /* of the endpoints of its public cloud */

const char *environ_get(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++) {
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	}
	return NULL;
}

bool environ_is_on(char *const *env, const char *name)
{
	static const char *const words[] = {"1", "true", "yes", "on"};
	const char *value = environ_get(env, name);

	for (size_t i = 0; value && i < sizeof words / sizeof words[0]; i++) {
		const char *w = words[i], *v = value;

		while (*w && (*v | 0x20) == (*w | 0x20))
			w++, v++;
		if (!*w && !*v)
			return true;
	}
	return false;
}

static bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool is_credential(const char *entry)
{
	size_t name_len;

	switch (*entry) {
	case 'A':
		return has_prefix(entry, "AWS_") || has_prefix(entry, "AZURE_") ||
		       has_prefix(entry, "ALL_PROXY=");
	case 'C':
		return has_prefix(entry, "CURL_") || has_prefix(entry, "CLOUDSDK_");
	case 'G':
		return has_prefix(entry, "GOOGLE_") || has_prefix(entry, "GCE_METADATA_");
	case 'H':
		return has_prefix(entry, "HF_") || has_prefix(entry, "HOME=") ||
		       has_prefix(entry, "HTTPS_PROXY=") ||
		       has_prefix(entry, "HUGGING_FACE_HUB_TOKEN=");
	case 'I':
		return has_prefix(entry, "IDENTITY_");
	case 'N':
		return has_prefix(entry, "NO_PROXY=") || has_prefix(entry, "NETRC=") ||
		       has_prefix(entry, "NO_GCE_CHECK=");
	case 'S':
		return has_prefix(entry, "SSL_CERT_") ||
		       has_prefix(entry, "STORAGE_EMULATOR_HOST=");
	case 'X': /* where the Hub's token is */
		return has_prefix(entry, "XDG_CACHE_HOME=");
	default:
		if (*entry < 'a' || *entry > 'z')
			return false;
		name_len = text_until(entry, '=');
		return name_len > 6 && has_prefix(entry + name_len - 6, "_proxy=");
	}
}

bool environ_matters(const char *entry)
{
	return is_credential(entry) || has_prefix(entry, "LARDER_") ||
	       has_prefix(entry, "XDG_CONFIG_HOME=") || has_prefix(entry, "XDG_CACHE_HOME=") ||
	       has_prefix(entry, "XDG_RUNTIME_DIR=");
}

uint64_t environ_credentials_hash(char *const *env)
{
	uint64_t sum = 0;

	for (; env && *env; env++) {
		if (is_credential(*env))
			sum += hash64(HASH_CONFIG, *env, strlen(*env));
	}
	return sum;
}

/* Of "Name=value;Name=value" the value, whatever the case of the name; *len is 0 if it has none. */
static const char *part_of(const char *text, const char *name, size_t *len)
{
	*len = 0;
	for (size_t n; *text; text += n + (text[n] == ';')) {
		size_t i = text_run(text, ' ');

		n = text_until(text, ';');
		text += i;
		n -= i;
		for (i = 0; name[i] && (text[i] | 0x20) == (name[i] | 0x20);)
			i++;
		if (name[i] || text[i] != '=')
			continue;
		*len = n - i - 1;
		return text + i + 1;
	}
	return text;
}

/* What of a connection string of Azure's says where the server is: nothing else of it is kept. */
static const char *azure_endpoint(struct config *c, const char *text)
{
	static const char *const names[] = {
	        "BlobEndpoint", "EndpointSuffix", "UseDevelopmentStorage"};
	const char *usual = AZURE_SUFFIX, *value = "";
	size_t len = 0;

	for (size_t i = 0; !len && i < sizeof names / sizeof *names; i++)
		value = part_of(text, names[i], &len);
	if (len == strlen(usual) && strncmp(value, usual, len) == 0)
		len = 0;
	return len ? config_keep(c, value, len) : "";
}

/* Where the Blob service is; "" if that is the account's usual place. */
static const char *azure_service(struct config *c, const char *url)
{
	static const char usual[] = ".blob." AZURE_SUFFIX;
	size_t len = strlen(url), n = sizeof usual - 1;

	while (len && url[len - 1] == '/')
		len--;
	return len >= n && strncmp(url + len - n, usual, n) == 0 ? "" : config_keep(c, url, len);
}

void environ_endpoints(struct config *c, char *const *env)
{
	/* The first that is set to something, for each scheme. */
	static const struct {
		const char *scheme, *name;
	} names[] = {{"s3", "AWS_ENDPOINT_URL_S3"}, {"s3", "AWS_ENDPOINT_URL"},
	        {"gs", "STORAGE_EMULATOR_HOST"}, {"az", "AZURE_STORAGE_CONNECTION_STRING"},
	        {"az", "AZURE_STORAGE_SERVICE_ENDPOINT"}, {"hf", "HF_ENDPOINT"}};

	c->n_endpoints = 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = environ_get(env, names[i].name);

		if (!value || !*value || *environ_endpoint(c, names[i].scheme))
			continue;
		value = has_prefix(names[i].name, "AZURE_STORAGE_C") ? azure_endpoint(c, value)
		        : has_prefix(names[i].name, "AZURE_STORAGE_S")
		                ? azure_service(c, value)
		                : config_keep(c, value, strlen(value));
		if (*value)
			c->endpoints[c->n_endpoints++] =
			        (struct config_endpoint){names[i].scheme, value};
	}
}

const char *environ_endpoint(const struct config *c, const char *scheme)
{
	for (unsigned i = 0; i < c->n_endpoints; i++) {
		if (strcmp(c->endpoints[i].scheme, scheme) == 0)
			return c->endpoints[i].address;
	}
	return "";
}
