#include "fetch/azure_credentials.h"
#include "fetch/login.h"
#include "fetch/store_common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>

#define AUTHORITY "https://login.microsoftonline.com"
#define METADATA  "http://169.254.169.254"

/* One call of azure_credentials_load. */
struct search {
	const struct profile *profile;
	const char *account;
	struct azure_credentials *out;
	char *err;
};

/* What a place has to say: found, not there (0), or -errno with a message. */
enum { NOTHING = 0, FOUND = 1 };

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static const char *first_of(const char *a, const char *b)
{
	return *a ? a : b;
}

__attribute__((format(printf, 3, 4))) static int found(
        struct search *s, enum azure_kind kind, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->out->source, sizeof s->out->source, format, ap);
	va_end(ap);
	s->out->kind = kind;
	return FOUND;
}

static int take_key(struct search *s, const char *text, const char *source)
{
	if (azure_key(text, s->out->key, &s->out->key_len))
		return store_fail(s->err, -EINVAL,
		        "%s: the account key is none (base64, as the portal shows it)", source);
	return found(s, AZURE_KEY, "the account key of %s", source);
}

static int take_sas(struct search *s, const char *text, const char *source)
{
	if (*text == '?')
		text++;
	if (strlen(text) > AZURE_SAS_MAX || !azure_sas_ok(text))
		return store_fail(s->err, -EINVAL,
		        "%s: that is no shared access signature (sv=…&sig=…, without the address "
		        "before it)",
		        source);
	memcpy(s->out->sas, text, strlen(text) + 1);
	return found(s, AZURE_SAS, "the shared access signature of %s", source);
}

/* `ours`: it has to be for this account, as nothing else is looked at. */
static int take_connection(struct search *s, const char *text, bool ours, const char *source)
{
	struct azure_connection c;
	const char *fault;
	int code = NOTHING;

	if (azure_connection_parse(&c, text, &fault))
		code = store_fail(s->err, -EINVAL, "%s is no connection string: %s", source, fault);
	else if (strcasecmp(c.account, s->account) && ours)
		code = store_fail(s->err, -EINVAL,
		        "%s is for account %.63s, and this is az://%.63s", source, c.account,
		        s->account);
	else if (!strcasecmp(c.account, s->account)) {
		code = *c.sas ? take_sas(s, c.sas, source) : take_key(s, c.key, source);
		memcpy(s->out->endpoint, c.endpoint, sizeof c.endpoint);
	}
	OPENSSL_cleanse(&c, sizeof c);
	return code;
}

static int from_file(struct search *s)
{
	const char *path = s->profile->credentials_file;
	char *text;
	size_t len;
	int code = 0;

	if (!*path)
		return NOTHING;
	text = login_file(path, true, AZURE_CONNECTION_MAX, &len, &code, s->err);
	if (!text)
		return code;
	code = take_connection(s, text, true, path);
	login_wipe(text, len);
	return code;
}

static int from_settings(struct search *s)
{
	const struct profile *p = s->profile;
	char source[64];

	snprintf(source, sizeof source, "[profile %.40s]", p->name);
	if (*p->account_key)
		return take_key(s, p->account_key, source);
	if (*p->sas_token)
		return take_sas(s, p->sas_token, source);
	return NOTHING;
}

static const char *environment_account(void)
{
	return first_of(env("AZURE_STORAGE_ACCOUNT"), env("AZURE_STORAGE_ACCOUNT_NAME"));
}

/* Keys of the environment, which are for AZURE_STORAGE_ACCOUNT where that is set, and as to the
 * Azure CLI nothing where AZURE_STORAGE_AUTH_MODE asks for an identity. */
static int from_environment(struct search *s)
{
	const char *account = environment_account();
	const char *connection = env("AZURE_STORAGE_CONNECTION_STRING");
	const char *key = first_of(env("AZURE_STORAGE_KEY"), env("AZURE_STORAGE_ACCOUNT_KEY"));
	int code = NOTHING;

	if (!strcmp(env("AZURE_STORAGE_AUTH_MODE"), "login"))
		return NOTHING;
	if (*connection)
		code = take_connection(s, connection, false, "AZURE_STORAGE_CONNECTION_STRING");
	if (code || (*account && strcasecmp(account, s->account)))
		return code;
	if (*key)
		return take_key(s, key, "AZURE_STORAGE_KEY");
	if (*env("AZURE_STORAGE_SAS_TOKEN"))
		return take_sas(s, env("AZURE_STORAGE_SAS_TOKEN"), "AZURE_STORAGE_SAS_TOKEN");
	return NOTHING;
}

/* Whether it can be a tenant, by number or domain, or a client. */
static bool is_id(const char *text)
{
	return !text[strspn(
	        text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")];
}

/* Copies the parts of an identity. */
static int take_identity(struct search *s, enum azure_identity_kind kind, const char *source,
        const char *host, const char *tenant, const char *client, const char *secret,
        const char *file)
{
	struct azure_identity *id = &s->out->identity;
	size_t len = strlen(host);

	while (len && host[len - 1] == '/')
		len--;
	if (len > AZURE_HOST_MAX || strlen(tenant) > AZURE_ID_MAX ||
	        strlen(client) > AZURE_ID_MAX || strlen(secret) > AZURE_SECRET_MAX ||
	        strlen(file) > AZURE_FILE_MAX)
		return store_fail(s->err, -EINVAL, "%s: a part of it is too long", source);
	if (!azure_endpoint_ok(host) || !is_id(tenant) || !is_id(client) ||
	        (kind == AZURE_APP_SERVICE && !login_is_token(secret)))
		return store_fail(
		        s->err, -EINVAL, "%s: its tenant, client or address is none", source);
	if (kind <= AZURE_WORKLOAD && !azure_is_private(host))
		return store_fail(s->err, -EINVAL,
		        "%s: AZURE_AUTHORITY_HOST must be an https:// address", source);
	id->kind = kind;
	memcpy(id->host, host, len);
	memcpy(id->tenant, tenant, strlen(tenant));
	memcpy(id->client, client, strlen(client));
	memcpy(id->secret, secret, strlen(secret));
	memcpy(id->file, file, strlen(file));
	return found(s, AZURE_TOKEN, "%s", source);
}

static int from_client(struct search *s)
{
	const struct profile *p = s->profile;

	if (!*p->client_secret)
		return NOTHING;
	if (!*p->tenant_id || !*p->client_id)
		return store_fail(s->err, -EINVAL,
		        "[profile %s]: client_secret without tenant_id or client_id; set all three",
		        p->name);
	return take_identity(s, AZURE_CLIENT_SECRET, "client_secret of the profile",
	        first_of(env("AZURE_AUTHORITY_HOST"), AUTHORITY), p->tenant_id, p->client_id,
	        p->client_secret, "");
}

static int from_entra(struct search *s)
{
	const struct profile *p = s->profile;
	const char *host = first_of(env("AZURE_AUTHORITY_HOST"), AUTHORITY);
	const char *tenant = first_of(p->tenant_id, env("AZURE_TENANT_ID"));
	const char *client = first_of(p->client_id, env("AZURE_CLIENT_ID"));
	const char *secret = env("AZURE_CLIENT_SECRET"), *file = env("AZURE_FEDERATED_TOKEN_FILE");

	if (*secret && *tenant && *client)
		return take_identity(s, AZURE_CLIENT_SECRET, "AZURE_CLIENT_SECRET", host, tenant,
		        client, secret, "");
	if (*file && *tenant && *client)
		return take_identity(s, AZURE_WORKLOAD, "AZURE_FEDERATED_TOKEN_FILE", host, tenant,
		        client, "", file);
	return NOTHING;
}

/* That of the machine is tried where nothing says that there is one. */
static int from_machine(struct search *s)
{
	const char *client = first_of(s->profile->client_id, env("AZURE_CLIENT_ID"));
	const char *host = first_of(env("AZURE_POD_IDENTITY_AUTHORITY_HOST"), METADATA);

	if (*env("IDENTITY_ENDPOINT") && *env("IDENTITY_HEADER"))
		return take_identity(s, AZURE_APP_SERVICE, "the managed identity of App Service",
		        env("IDENTITY_ENDPOINT"), "", client, env("IDENTITY_HEADER"), "");
	s->out->identity.maybe = !*client;
	return take_identity(
	        s, AZURE_IMDS, "the managed identity of this machine", host, "", client, "", "");
}

int azure_credentials_load(struct azure_credentials *out, const struct profile *p,
        const char *account, char err[static STORE_ERROR_MAX])
{
	static int (*const places[])(struct search * s) = {
	        from_file, from_settings, from_client, from_environment, from_entra, from_machine};
	struct search s = {.profile = p, .account = account, .out = out, .err = err};
	int code = NOTHING;

	*out = (struct azure_credentials){0};
	for (size_t i = 0; i < sizeof places / sizeof *places && !code && !p->anonymous; i++)
		code = places[i](&s);
	if (code < 0)
		azure_credentials_wipe(out);
	return code < 0 ? code : 0;
}

const char *azure_environment_endpoint(const char *account)
{
	const char *url = env("AZURE_STORAGE_SERVICE_ENDPOINT"), *named = environment_account();
	char own[AZURE_ACCOUNT_MAX + 1];

	azure_account_of(url, own);
	return strcasecmp(*named ? named : own, account) ? "" : url;
}

void azure_credentials_wipe(struct azure_credentials *c)
{
	OPENSSL_cleanse(c, sizeof *c);
}
