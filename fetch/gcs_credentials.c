#include "fetch/gcs_credentials.h"
#include "fetch/store_common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define METADATA_ADDRESS "169.254.169.254" /* of metadata.google.internal, without a resolver */
#define SHOWN_MAX        180               /* bytes of a path in a message */

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static int take_file(struct gcs_credentials *out, const char *path, const char *place, char *err)
{
	if (strlen(path) >= sizeof out->path)
		return store_fail(err, -ENAMETOOLONG, "%s: the path is too long", place);
	memcpy(out->path, path, strlen(path) + 1);
	out->kind = GCS_FILE;
	snprintf(out->source, sizeof out->source, "%s %.*s", place, SHOWN_MAX, path);
	return 0;
}

/* 1 if the profile says who we are, 0 if not, or -errno. */
static int by_profile(struct gcs_credentials *out, const struct profile *p, char *err)
{
	if (p->anonymous) {
		snprintf(out->source, sizeof out->source, "anonymous = true");
		return 1;
	}
	if (!*p->access_key_id != !*p->secret_access_key)
		return store_fail(err, -EINVAL,
		        "[profile %s]: access_key_id and secret_access_key belong together; set "
		        "both, or neither",
		        p->name);
	if (*p->access_key_id) {
		out->kind = GCS_HMAC;
		snprintf(out->source, sizeof out->source, "HMAC key of [profile %s]", p->name);
		return 1;
	}
	if (!*p->credentials_file)
		return 0;
	out->secret = true;
	int code = take_file(out, p->credentials_file, "credentials_file", err);
	return code ? code : 1;
}

/* The same where gcloud itself puts it. It need not be there. */
static int by_gcloud(struct gcs_credentials *out, const struct config *c, char *err)
{
	char path[GCS_PATH_MAX];
	const char *folder = env("CLOUDSDK_CONFIG");
	int n = snprintf(path, sizeof path, "%s%s/application_default_credentials.json",
	        *folder ? folder : c->home, *folder ? "" : "/.config/gcloud");

	if (n < 0 || n >= (int)sizeof path)
		return store_fail(err, -ENAMETOOLONG, "CLOUDSDK_CONFIG: the path is too long");
	return access(path, F_OK) ? 0 : take_file(out, path, "application default", err);
}

static void by_metadata(struct gcs_credentials *out)
{
	static const char *const names[] = {
	        "GCE_METADATA_HOST", "GCE_METADATA_ROOT", "GCE_METADATA_IP"};
	const char *host = "";

	for (size_t i = 0; i < sizeof names / sizeof *names && !*host; i++)
		host = env(names[i]);
	out->kind = GCS_METADATA;
	out->metadata_named = *host;
	snprintf(out->metadata, sizeof out->metadata, "%s", *host ? host : METADATA_ADDRESS);
	snprintf(out->source, sizeof out->source, "metadata server %.*s", SHOWN_MAX, out->metadata);
}

int gcs_credentials_find(struct gcs_credentials *out, const struct config *c,
        const struct profile *p, char err[static STORE_ERROR_MAX])
{
	const char *file = env("GOOGLE_APPLICATION_CREDENTIALS");
	int code;

	*out = (struct gcs_credentials){.kind = GCS_NOBODY, .ca_file = p->ca_file};
	code = by_profile(out, p, err);
	if (code)
		return code < 0 ? code : 0;
	if (*env("STORAGE_EMULATOR_HOST") && !*p->endpoint) {
		snprintf(out->source, sizeof out->source, "none are sent to STORAGE_EMULATOR_HOST");
		return 0;
	}
	if (*file)
		return take_file(out, file, "GOOGLE_APPLICATION_CREDENTIALS", err);
	code = by_gcloud(out, c, err);
	if (code || out->kind == GCS_FILE)
		return code;
	if (strcasecmp(env("NO_GCE_CHECK"), "true"))
		by_metadata(out);
	else
		snprintf(out->source, sizeof out->source,
		        "no file was found, and NO_GCE_CHECK is true");
	return 0;
}
