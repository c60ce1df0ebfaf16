#include "fetch/gcs_failure.h"
#include "fetch/said.h"
#include "fetch/xml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct store_failure rows[] = {
        {"NoSuchKey", 0, -ENOENT, 0, "no such object"},
        {"NoSuchBucket", 0, -ENOENT, 0, "no such bucket; check the bucket of `remote`"},
        {"InvalidBucketName", 0, -ENOENT, 0,
                "no bucket can have this name; check the bucket of `remote`"},
        {"AccessDenied", 0, -EACCES, GCS_WHO,
                "access is denied; grant roles/storage.objectViewer on the bucket, or use other "
                "credentials"},
        {"AuthenticationRequired", 0, -EACCES, GCS_WHO | GCS_RENEW,
                "the access token is refused; log in again, or renew the key file"},
        {"ExpiredToken", 0, -EACCES, GCS_WHO | GCS_RENEW,
                "the access token has expired; log in again, or renew the key file"},
        {"InvalidToken", 0, -EACCES, GCS_WHO | GCS_RENEW,
                "the access token is refused; log in again, or renew the key file"},
        {"InvalidSecurity", 0, -EACCES, GCS_WHO | GCS_RENEW,
                "Google does not know these credentials; correct access_key_id, or renew the key "
                "file"},
        {"InvalidAccessKeyId", 0, -EACCES, GCS_WHO,
                "the server does not know the HMAC key; correct access_key_id"},
        {"SignatureDoesNotMatch", 0, -EACCES, GCS_WHO,
                "the signature is refused; correct secret_access_key, or the proxy that changes "
                "requests"},
        {"RequestTimeTooSkewed", 0, -EACCES, 0,
                "this machine's clock is more than 15 minutes wrong; set it, best by NTP"},
        {"UserProjectMissing", 0, -EACCES, 0,
                "the bucket's requesters pay; set `user_project` to a project that is billed"},
        {"UserProjectInvalid", 0, -EACCES, 0,
                "there is no such project; correct `user_project` or the quota project of the "
                "credentials"},
        {"UserProjectAccessDenied", 0, -EACCES, GCS_WHO,
                "the project in `user_project` may not be billed; grant "
                "serviceusage.services.use on it"},
        {"UserProjectAccountProblem", 0, -EACCES, 0,
                "billing is disabled for the project that pays: the bucket's, `user_project` or "
                "the quota project; link a billing account"},
        {"AccountProblem", 0, -EACCES, 0, "there is a problem with the account; ask Google"},
        {"ResourceIsEncryptedWithCustomerEncryptionKey", 0, -EACCES, 0,
                "the object is encrypted with a key of its owner; set `encryption_key`"},
        {"CustomerEncryptionKeyIsIncorrect", 0, -EACCES, 0,
                "the object is encrypted with another key; correct `encryption_key`"},
        {"ResourceNotEncryptedWithCustomerEncryptionKey", 0, -EACCES, 0,
                "the object is not encrypted with a key of its owner; remove `encryption_key`"},
        {"PreconditionFailed", 0, -ESTALE, 0,
                "the object changed while it was read; open it again"},
        /* A HEAD has no body, and so no code. */
        {"", 400, -EACCES, GCS_WHO | GCS_RENEW,
                "refused without a reason; usual ones are requesters that pay (`user_project`) "
                "and an encrypted object (`encryption_key`)"},
        {NULL, 401, -EACCES, GCS_WHO | GCS_RENEW,
                "the credentials are refused; log in again, or renew the key file"},
        {NULL, 403, -EACCES, GCS_WHO,
                "access is denied; grant roles/storage.objectViewer on the bucket, or use other "
                "credentials"},
        {NULL, 404, -ENOENT, 0, "no such object or bucket"},
        {NULL, 412, -ESTALE, 0, "the object changed while it was read; open it again"},
        {NULL, 416, -ESTALE, 0, "the object is shorter than it was; open it again"},
        {NULL, 503, -EIO, GCS_RETRY, "the server is busy or down; lower max_connections"},
        {NULL, 0, -EIO, 0, "an answer that cannot be used; check that `endpoint` is Google's"},
};

/* The permission that the details say is missing, as storage.objects.get; "" if they do not. */
static void permission_of(const char *details, char *out, size_t size)
{
	static const char *const services[] = {"storage.", "serviceusage."};
	const char *from = NULL;
	size_t n;

	for (size_t i = 0; i < sizeof services / sizeof *services && !from; i++)
		from = strstr(details, services[i]);
	n = from ? strspn(from, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.") : 0;
	while (n && from[n - 1] == '.')
		n--;
	snprintf(out, size, "%.*s", (int)n, n ? from : "");
}

int gcs_failure(const struct gcs_failure *f, unsigned *flags, char code[static 64],
        char err[static STORE_ERROR_MAX])
{
	char message[160], details[512], permission[64] = "";
	const struct xml_field fields[] = {{"Code", code, 64}, {"Message", message, sizeof message},
	        {"Details", details, sizeof details}};
	const struct store_failure *w;
	int n;

	xml_fields(f->body, f->body_len, "Error", fields, 3);
	said_code(code);
	said_words(message, sizeof message);
	w = store_failure_of(rows, code, f->r->status);
	*flags = w->flags;
	bool gone = w->err == -ENOENT && f->pinned && strcmp(code, "NoSuchBucket");
	bool keyless = f->nobody && w->flags & GCS_WHO;
	bool unknown = !w->code && !w->status && *message;

	if (w->flags & GCS_WHO)
		permission_of(details, permission, sizeof permission);
	n = snprintf(err, STORE_ERROR_MAX, "%s: HTTP %ld%s%s: %s%s%s%s%s", f->name, f->r->status,
	        *code ? " " : "", code,
	        gone      ? "this generation of the object is gone; correct the URL"
	        : keyless ? "refused without credentials; give them in one of the places"
	                  : w->text,
	        *permission ? "; missing is " : "", permission,
	        unknown ? "; the server says: " : "", unknown ? message : "");
	if (w->flags & GCS_WHO && n > 0 && n < STORE_ERROR_MAX)
		snprintf(err + n, STORE_ERROR_MAX - n, " (credentials: %s)", f->who);
	return w->err;
}
