#include "fetch/azure_token.h"
#include "fetch/http_head.h"
#include "fetch/login.h"
#include "fetch/said.h"
#include "fetch/store_common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/crypto.h>

#define RESOURCE       "https://storage.azure.com"
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define ASSERTION_MAX  (16 << 10) /* bytes of a federated token */
#define BODY_SIZE      (3 * (ASSERTION_MAX + AZURE_SECRET_MAX + 2 * AZURE_ID_MAX) + 512)
#define URL_SIZE       (AZURE_HOST_MAX + 3 * AZURE_ID_MAX + 256)
#define METADATA_MS    1000 /* to reach the metadata service, which is on the machine itself */
#define TRIES          3
#define LIFE_DEFAULT_S 3600
#define LIFE_MAX_S     (2 * 86400)

static const char *place(const struct azure_identity *id)
{
	static const char *const names[] = {"the client secret of Microsoft Entra ID",
	        "the workload identity (AZURE_FEDERATED_TOKEN_FILE)",
	        "the managed identity of App Service (IDENTITY_ENDPOINT)",
	        "the managed identity of this machine"};

	return names[id->kind];
}

/* The token, and when it ends: `expires_in` counts from now, `expires_on` is the time itself. */
static int take_token(const struct azure_identity *id, const struct login_answer *a, int64_t now,
        struct azure_token *out, char *err)
{
	char text[32];
	uint64_t n;

	if (login_json(a->body, a->len, "access_token", out->text, sizeof out->text) ||
	        !login_is_token(out->text)) {
		out->text[0] = '\0';
		return store_fail(err, -EIO, "%s gave an answer without a usable token", place(id));
	}
	out->since = now;
	out->until = now + LIFE_DEFAULT_S;
	if (!login_json(a->body, a->len, "expires_in", text, sizeof text) &&
	        http_parse_size(text, strlen(text), &n) && n <= LIFE_MAX_S)
		out->until = now + (int64_t)n;
	else if (!login_json(a->body, a->len, "expires_on", text, sizeof text) &&
	         http_parse_size(text, strlen(text), &n) && (int64_t)n <= now + LIFE_MAX_S)
		out->until = (int64_t)n;
	return 0;
}

/* Whether the text has the code, and not as the beginning of a longer one. */
static bool has_code(const char *text, const char *code)
{
	size_t len = strlen(code);

	while ((text = strstr(text, code)) != NULL) {
		text += len;
		if (*text < '0' || *text > '9')
			return true;
	}
	return false;
}

/* The metadata service is away for a minute while it is updated. */
static bool is_passing(const struct azure_identity *id, long status)
{
	return status == 429 || status >= 500 ||
	       (id->kind == AZURE_IMDS && (status == 404 || status == 410));
}

/* What a refusal means: the vendor's code (AADSTS…) says most of it, where there is one. */
static int refused(const struct azure_identity *id, const struct login_answer *a, char *err)
{
	static const struct {
		const char *code, *text;
	} known[] = {
	        {"AADSTS7000215", "the client secret is wrong; correct client_secret or "
	                          "AZURE_CLIENT_SECRET (the value, not the id of the secret)"},
	        {"AADSTS7000222", "the client secret has ended; make a new one"},
	        {"AADSTS700016", "the tenant knows no such client; correct client_id or "
	                         "AZURE_CLIENT_ID"},
	        {"AADSTS90002", "there is no such tenant; correct tenant_id or AZURE_TENANT_ID"},
	        {"AADSTS900023", "there is no such tenant; correct tenant_id or AZURE_TENANT_ID"},
	        {"AADSTS7000112", "the client is disabled; ask the tenant's administrator"},
	        {"AADSTS70021", "no federated credential matches; check issuer and subject"},
	        {"AADSTS50027", "the federated token is none; is it the right file?"},
	        {"AADSTS700024",
	                "the clock of this machine or the federated token is wrong; set it, "
	                "best by NTP"},
	        {"AADSTS700211", "no federated credential matches the issuer"},
	        {"AADSTS700212", "no federated credential matches the audience"},
	        {"AADSTS700213", "no federated credential matches the subject"},
	        {"Identity not found", "it is not assigned to this machine; assign it, or correct "
	                               "client_id or AZURE_CLIENT_ID"},
	};
	char said[256] = "", code[64] = "";
	const char *text = "check tenant, client and what they may do";

	login_json(a->body, a->len, "error", code, sizeof code);
	/* A long description is cut by nobody: then its code is looked for in the whole answer. */
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (has_code(a->body, known[i].code)) {
			text = known[i].text;
			snprintf(said, sizeof said, " %s", known[i].code);
			break;
		}
	said_code(code);
	if (is_passing(id, a->status))
		return store_fail(err, -EIO, "%s is busy or down: HTTP %ld; try again in a minute",
		        place(id), a->status);
	return store_fail(err, -EACCES, "%s is refused: HTTP %ld%s%s%s: %s", place(id), a->status,
	        *code ? " " : "", code, said, text);
}

static int finish(const struct azure_identity *id, const struct login_request *q, int64_t now,
        struct azure_token *out, char *err)
{
	struct login_answer a = {0};
	int code = login_http(q, &a, err);

	if (id->maybe && (code || a.status != 200))
		code = -ENOENT;
	else if (!code)
		code = a.status == 200 ? take_token(id, &a, now, out, err) : refused(id, &a, err);
	login_answer_release(&a);
	return code;
}

static int form_of(const struct azure_identity *id, const char *assertion, char *body, size_t size)
{
	const char *const fields[][2] = {
	        {"grant_type", "client_credentials"},
	        {"client_id", id->client},
	        {"scope", RESOURCE "/.default"},
	        {assertion ? "client_assertion_type" : "client_secret",
	                assertion ? ASSERTION_TYPE : id->secret},
	        {"client_assertion", assertion},
	};
	size_t len = 0;
	int err = 0;

	for (size_t i = 0; i < sizeof fields / sizeof *fields && !err; i++)
		if (fields[i][1])
			err = login_form(body, size, &len, fields[i][0], fields[i][1]);
	return err;
}

/* POST to the authority, which gives a token for a secret or for the token of another issuer. */
static int from_authority(const struct azure_identity *id, struct login_request *q, int64_t now,
        struct azure_token *out, char *err)
{
	char url[URL_SIZE], *assertion = NULL, *body = malloc(BODY_SIZE);
	int code = body ? 0 : store_fail(err, -ENOMEM, "out of memory");

	if (!code && id->kind == AZURE_WORKLOAD) {
		assertion = login_token_file(id->file, false, ASSERTION_MAX, &code, err);
		code = code ? -EACCES : 0; /* it was named: that it is missing is no -ENOENT */
	}
	if (!code && form_of(id, assertion, body, BODY_SIZE))
		code = store_fail(err, -EINVAL, "%s: it is too long", place(id));
	if (!code) {
		snprintf(url, sizeof url, "%s/%s/oauth2/v2.0/token", id->host, id->tenant);
		q->url = url;
		q->body = body;
		code = finish(id, q, now, out, err);
	}
	login_wipe(assertion, assertion ? strlen(assertion) : 0);
	if (body)
		OPENSSL_cleanse(body, BODY_SIZE);
	free(body);
	return code;
}

static int from_machine(const struct azure_identity *id, struct login_request *q, int64_t now,
        struct azure_token *out, char *err)
{
	bool app = id->kind == AZURE_APP_SERVICE;
	char url[URL_SIZE], client[3 * AZURE_ID_MAX + 1] = "", header[AZURE_SECRET_MAX + 32];
	const char *headers[] = {header, NULL};
	size_t len = 0;
	int code;

	snprintf(header, sizeof header, "%s: %s", app ? "X-IDENTITY-HEADER" : "Metadata",
	        app ? id->secret : "true");
	store_uri_encode(client, sizeof client, &len, id->client, strlen(id->client), false);
	snprintf(url, sizeof url, "%s%s?api-version=%s&resource=" RESOURCE "%s%s", id->host,
	        app ? "" : "/metadata/identity/oauth2/token", app ? "2019-08-01" : "2018-02-01",
	        *client ? "&client_id=" : "", client);
	q->url = url;
	q->headers = headers;
	q->direct = true;
	q->connect_ms = METADATA_MS;
	if (id->maybe)
		q->tries = 1;
	code = finish(id, q, now, out, err);
	OPENSSL_cleanse(header, sizeof header);
	return code;
}

int azure_token_get(const struct azure_identity *id, const char *ca_file, struct azure_token *out,
        char err[static STORE_ERROR_MAX])
{
	struct login_request q = {.ca_file = ca_file, .tries = TRIES, .deadline = login_deadline()};
	int64_t now = time(NULL);

	*out = (struct azure_token){0};
	if (id->kind == AZURE_CLIENT_SECRET || id->kind == AZURE_WORKLOAD)
		return from_authority(id, &q, now, out, err);
	return from_machine(id, &q, now, out, err);
}
