#include "fetch/azure_connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The emulator's, which every Azure tool knows. */
#define EMULATOR_ACCOUNT "devstoreaccount1"
#define EMULATOR_KEY                                                                               \
	"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/"               \
	"KBHBeksoGMGw=="
#define EMULATOR_ENDPOINT "http://127.0.0.1:10000/" EMULATOR_ACCOUNT

#define BLANKS " \t\r\n"

bool azure_account_ok(const char *name)
{
	size_t len =
	        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return len && len <= AZURE_ACCOUNT_MAX && !name[len];
}

void azure_account_of(const char *endpoint, char out[static AZURE_ACCOUNT_MAX + 1])
{
	const char *host = strstr(endpoint, "://"), *name;
	size_t host_len, len;
	bool path_style;

	out[0] = '\0';
	if (!host)
		return;
	host += 3;
	host_len = strcspn(host, "/:");
	path_style = *host == '[' || !memchr(host, '.', host_len) ||
	             strspn(host, "0123456789.") >= host_len;
	name = path_style ? strchr(host, '/') : host;
	if (!name)
		return;
	name += path_style;
	len = strcspn(name, path_style ? "/" : ".");
	if (len > AZURE_ACCOUNT_MAX)
		return;
	memcpy(out, name, len);
	out[len] = '\0';
	if (!azure_account_ok(out))
		out[0] = '\0';
}

bool azure_endpoint_ok(const char *endpoint)
{
	const char *host = strstr(endpoint, "://");

	if (strncmp(endpoint, "https://", 8) && strncmp(endpoint, "http://", 7))
		return false;
	for (const char *c = endpoint; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr("\"#<>?@\\^`{|}", *c))
			return false;
	return host[3] && host[3] != '/' && host[3] != ':';
}

bool azure_is_private(const char *endpoint)
{
	static const char *const own[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};

	if (!strncmp(endpoint, "https://", 8))
		return true;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		size_t n = strlen(own[i]);

		if (!strncmp(endpoint, own[i], n) && (!endpoint[n] || strchr("/:", endpoint[n])))
			return true;
	}
	return false;
}

/* What is read on the way, beside the result. */
struct parts {
	struct azure_connection *out;
	char protocol[8], suffix[128], development[8], proxy[AZURE_ENDPOINT_MAX + 1];
};

static const char *take(
        struct parts *p, const char *name, size_t name_len, const char *value, size_t len)
{
	const struct {
		const char *name;
		char *to;
		size_t size;
	} known[] = {
	        {"AccountName", p->out->account, sizeof p->out->account},
	        {"AccountKey", p->out->key, sizeof p->out->key},
	        {"SharedAccessSignature", p->out->sas, sizeof p->out->sas},
	        {"BlobEndpoint", p->out->endpoint, sizeof p->out->endpoint},
	        {"DefaultEndpointsProtocol", p->protocol, sizeof p->protocol},
	        {"EndpointSuffix", p->suffix, sizeof p->suffix},
	        {"UseDevelopmentStorage", p->development, sizeof p->development},
	        {"DevelopmentStorageProxyUri", p->proxy, sizeof p->proxy},
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strlen(known[i].name) != name_len || strncasecmp(name, known[i].name, name_len))
			continue;
		if (*known[i].to)
			return "it has a name twice";
		if (len >= known[i].size)
			return "a value in it is too long";
		memcpy(known[i].to, value, len);
		known[i].to[len] = '\0';
	}
	return NULL;
}

static const char *take_all(struct parts *p, const char *text)
{
	while (text += strspn(text, BLANKS ";"), *text) {
		size_t len = strcspn(text, ";\r\n"), name = strcspn(text, "=");
		const char *value = text + name + 1, *end = text + len, *fault;

		if (name >= len)
			return "it is no list of Name=value; copy it from the portal's access keys";
		while (name && strchr(BLANKS, text[name - 1]))
			name--;
		while (value < end && strchr(BLANKS, *value))
			value++;
		while (end > value && strchr(BLANKS, end[-1]))
			end--;
		fault = take(p, text, name, value, (size_t)(end - value));
		if (fault)
			return fault;
		text += len;
	}
	return NULL;
}

/* The emulator's account, where that is asked for. */
static const char *take_emulator(struct parts *p)
{
	struct azure_connection *out = p->out;

	if (*p->proxy)
		return "DevelopmentStorageProxyUri is not understood; write BlobEndpoint and "
		       "AccountKey";
	snprintf(out->endpoint, sizeof out->endpoint, "%s", EMULATOR_ENDPOINT);
	snprintf(out->account, sizeof out->account, "%s", EMULATOR_ACCOUNT);
	snprintf(out->key, sizeof out->key, "%s", EMULATOR_KEY);
	return NULL;
}

static const char *complete(struct parts *p)
{
	struct azure_connection *out = p->out;
	const char *sas = out->sas;

	if (!strcasecmp(p->development, "true"))
		return take_emulator(p);
	if (*out->endpoint && !*out->account)
		azure_account_of(out->endpoint, out->account);
	if (!azure_account_ok(out->account))
		return "it names no account: AccountName, or BlobEndpoint";
	if (!*out->endpoint && *p->suffix)
		snprintf(out->endpoint, sizeof out->endpoint, "%s://%s.blob.%s",
		        *p->protocol ? p->protocol : "https", out->account, p->suffix);
	if (*sas == '?')
		memmove(out->sas, sas + 1, strlen(sas));
	if (*out->sas && !azure_sas_ok(out->sas))
		return "its SharedAccessSignature is none";
	if (!*out->sas && !*out->key)
		return "it has neither AccountKey nor SharedAccessSignature";
	return !*out->endpoint || azure_endpoint_ok(out->endpoint)
	               ? NULL
	               : "its BlobEndpoint is no address";
}

int azure_connection_parse(struct azure_connection *out, const char *text, const char **fault)
{
	struct parts p = {.out = out};

	*out = (struct azure_connection){0};
	*fault = strlen(text) > AZURE_CONNECTION_MAX ? "it is too long" : take_all(&p, text);
	if (!*fault)
		*fault = complete(&p);
	return *fault ? -EINVAL : 0;
}
