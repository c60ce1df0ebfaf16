#include "fetch/azure_error.h"
#include "fetch/said.h"
#include "fetch/xml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CLOCK "this machine's clock is more than 15 minutes wrong; set it, best by NTP"
#define ENDED "the shared access signature has ended, or does not hold yet; get a new one"

static const struct store_failure failures[] = {
        {"BlobNotFound", 0, -ENOENT, 0, "no such blob"},
        {AZURE_IS_FOLDER, 0, -EISDIR, 0, "this is a directory and no blob"},
        {"ContainerNotFound", 0, -ENOENT, 0, "no such container; check it in `remote`"},
        {"ContainerBeingDeleted", 0, -ENOENT, 0, "the container is being deleted"},
        {"ContainerDisabled", 0, -EACCES, 0, "the container is disabled; ask its owner"},
        {"ResourceNotFound", 0, -ENOENT, AZURE_KEYS,
                "no such container or blob, or not without credentials"},
        {"InvalidResourceName", 0, -ENOENT, 0, "no container can have this name"},
        {"InvalidUri", 0, -ENOENT, 0, "no blob can have this name"},
        {"OutOfRangeInput", 0, -ENOENT, 0, "no container or blob can have this name"},
        {"AuthenticationFailed", 0, -EACCES, AZURE_KEYS | AZURE_RENEW,
                "the credentials are refused; correct the account key or the shared access "
                "signature, or the proxy that changes requests"},
        {"InvalidAuthenticationInfo", 0, -EACCES, AZURE_KEYS | AZURE_RENEW,
                "the credentials are refused; if they are a token, is it of the account's tenant?"},
        {"NoAuthenticationInformation", 0, -EACCES, AZURE_KEYS, "the account wants credentials"},
        {"PublicAccessNotPermitted", 0, -EACCES, AZURE_KEYS,
                "the account allows no public access; give credentials"},
        {"KeyBasedAuthenticationNotPermitted", 0, -EACCES, AZURE_KEYS,
                "the account takes no account keys; use an identity of Microsoft Entra ID"},
        {"AuthorizationPermissionMismatch", 0, -EACCES, AZURE_KEYS,
                "the credentials do not allow this; an identity needs the role Storage Blob Data "
                "Reader, a shared access signature sp=rl"},
        {"AuthorizationFailure", 0, -EACCES, AZURE_KEYS,
                "refused; the account's firewall must let this machine in, and a shared access "
                "signature allow blobs, containers and objects (ss=b, srt=co)"},
        {"InsufficientAccountPermissions", 0, -EACCES, AZURE_KEYS,
                "the account's permissions do not allow this"},
        {"AuthorizationSourceIPMismatch", 0, -EACCES, AZURE_KEYS,
                "the shared access signature is for other addresses (sip); get one for this "
                "machine"},
        {"AuthorizationProtocolMismatch", 0, -EACCES, AZURE_KEYS,
                "the shared access signature is for https alone; write the endpoint with https"},
        {"AuthorizationServiceMismatch", 0, -EACCES, AZURE_KEYS,
                "the shared access signature is not for blobs; get one with ss=b"},
        {"AuthorizationResourceTypeMismatch", 0, -EACCES, AZURE_KEYS,
                "the shared access signature is for other resources; get one with srt=co"},
        {"AccountIsDisabled", 0, -EACCES, 0, "the account is disabled; ask its owner"},
        {"BlobArchived", 0, -EACCES, 0,
                "the blob is archived; set its access tier to Hot or Cool first, and wait for "
                "hours"},
        {"BlobBeingRehydrated", 0, -EACCES, 0,
                "the blob is on its way back from the archive; try again in some hours"},
        {"BlobUsesCustomerSpecifiedEncryption", 0, -EACCES, 0,
                "the blob is encrypted with a key of its owner's; set `encryption_key`"},
        {"BlobCustomerSpecifiedEncryptionMismatch", 0, -EACCES, 0,
                "the blob is encrypted with another key; correct `encryption_key`"},
        {"BlobDoesNotUseCustomerSpecifiedEncryption", 0, -EACCES, 0,
                "the blob is not encrypted with a key of its owner's; remove `encryption_key`"},
        {"InvalidVersionId", 0, -ENOENT, 0, "the blob has no such version"},
        {"ServerBusy", 0, -EIO, AZURE_RETRY,
                "the account is over its limits; lower max_connections"},
        {"OperationTimedOut", 0, -EIO, AZURE_RETRY, "the server did not finish in time"},
        {AZURE_NO_FEATURE, 0, -EIO, 0, "the server lacks what is asked for; is it an emulator?"},
        {"InternalError", 0, -EIO, AZURE_RETRY, "the server failed"},
        {"ConditionNotMet", 412, -ESTALE, 0, "the blob changed while it was read; open it again"},
        {"InvalidRange", 0, -ESTALE, 0, "the blob is shorter than it was; open it again"},
        {"InvalidHeaderValue", 0, -EIO, 0,
                "the server does not know this version of the protocol; is it an old emulator?"},
        {"InvalidQueryParameterValue", 0, -EIO, 0,
                "the server does not take the request; is a shared access signature cut off?"},
        {NULL, 301, -EIO, 0, "it is elsewhere; correct `endpoint`"},
        {NULL, 302, -EIO, 0, "it is elsewhere; correct `endpoint`"},
        {NULL, 307, -EIO, 0, "it is elsewhere; correct `endpoint`"},
        {NULL, 308, -EIO, 0, "it is elsewhere; correct `endpoint`"},
        {NULL, 401, -EACCES, AZURE_KEYS | AZURE_RENEW, "the server wants other credentials"},
        {NULL, 403, -EACCES, AZURE_KEYS | AZURE_RENEW,
                "access is denied; check the credentials and what they allow"},
        {NULL, 404, -ENOENT, 0, "no such blob or container"},
        {NULL, 412, -ESTALE, 0, "the blob changed while it was read; open it again"},
        {NULL, 416, -ESTALE, 0, "the blob is shorter than it was; open it again"},
        {NULL, 0, -EIO, 0,
                "an answer that cannot be used; check that `endpoint` is a Blob service"},
};

/* AuthenticationFailed says why only in a text, which is not shown: it may hold what was signed. */
static const struct store_failure *why_unauthenticated(const char *detail)
{
	static const struct store_failure clock = {NULL, 0, -EACCES, AZURE_KEYS, CLOCK};
	static const struct store_failure ended = {
	        NULL, 0, -EACCES, AZURE_KEYS | AZURE_RENEW, ENDED};

	if (strstr(detail, "Request date header"))
		return &clock;
	return strstr(detail, "not valid in the specified time frame") ? &ended : NULL;
}

const struct store_failure *azure_failure_of(
        struct response *r, const char *body, size_t len, char said[static AZURE_SAID_MAX])
{
	char code[sizeof r->server_error], detail[AZURE_SAID_MAX];
	const struct xml_field fields[] = {{"Code", code, sizeof code},
	        {"Message", said, AZURE_SAID_MAX},
	        {"AuthenticationErrorDetail", detail, sizeof detail}};
	const struct store_failure *f, *why = NULL;

	xml_fields(body, len, "Error", fields, sizeof fields / sizeof *fields);
	said_code(code);
	said_words(said, AZURE_SAID_MAX);
	if (!*r->server_error)
		memcpy(r->server_error, code, sizeof code);
	f = store_failure_of(failures, r->server_error, r->status);
	if (f->code && !strcmp(f->code, "AuthenticationFailed"))
		why = why_unauthenticated(detail);
	if (f->code || f->status)
		said[0] = '\0';
	return why ? why : f;
}
