#include "cache/read/config_parts.h"
#include "cache/read/hash.h"
#include "cache/read/text.h"

#include <string.h>

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
		return has_prefix(entry, "CURL_");
	case 'G':
		return has_prefix(entry, "GOOGLE_");
	case 'H':
		return has_prefix(entry, "HF_") || has_prefix(entry, "HOME=") ||
		       has_prefix(entry, "HTTPS_PROXY=");
	case 'S':
		return has_prefix(entry, "SSL_CERT_");
	case 'N':
		return has_prefix(entry, "NO_PROXY=") || has_prefix(entry, "NETRC=");
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
