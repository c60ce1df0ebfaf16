/* What the S3 store's failures mean, and what helps. */
#include "fetch/s3_list.h"
#include "fetch/store_s3_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { RETRY = STORE_RETRY, REGION = 2, KEYS = 4, RENEW = 8, CLOCK = 16, PAYER = 32 };

static const struct store_failure failures[] = {
        {"NoSuchKey", 0, -ENOENT, 0, "no such object"},
        {"NoSuchBucket", 0, -ENOENT, 0,
                "no such bucket; check the bucket of `remote`, and `endpoint` if it is not at "
                "Amazon"},
        {"InvalidBucketName", 0, -ENOENT, 0,
                "no bucket can have this name; check the bucket of `remote`"},
        {"AccessDenied", 0, -EACCES, KEYS | PAYER,
                "access is denied; allow s3:GetObject and s3:ListBucket, or use other keys"},
        {"AllAccessDisabled", 0, -EACCES, 0, "the bucket is disabled; ask its owner"},
        {"InvalidAccessKeyId", 0, -EACCES, KEYS | RENEW,
                "the server does not know the access key; correct it, or the endpoint"},
        {"SignatureDoesNotMatch", 0, -EACCES, KEYS | RENEW,
                "the signature is refused; correct the secret key, or the proxy that changes "
                "requests"},
        {"ExpiredToken", 0, -EACCES, KEYS | RENEW, "the session token has expired; get a new one"},
        {"TokenRefreshRequired", 0, -EACCES, KEYS | RENEW,
                "the session token has expired; get a new one"},
        {"InvalidToken", 0, -EACCES, KEYS | RENEW,
                "the session token is refused; get a new one, or remove it if the keys need none"},
        {"RequestTimeTooSkewed", 0, -EACCES, CLOCK,
                "this machine's clock is more than 15 minutes wrong; set it, best by NTP"},
        {"RequestExpired", 0, -EACCES, CLOCK, "this machine's clock is wrong; set it, best by NTP"},
        {"AuthorizationHeaderMalformed", 0, -EACCES, REGION | KEYS,
                "the server wants another region in the signature; set `region`"},
        {"PermanentRedirect", 0, -EIO, REGION,
                "the bucket is in another region; set `region`, or `endpoint` if it is not at "
                "Amazon"},
        {"TemporaryRedirect", 0, -EIO, REGION,
                "the bucket is in another region; set `region`, or wait if the bucket is new"},
        {"InvalidObjectState", 0, -EACCES, 0,
                "the object is archived; restore it, which takes minutes to days: aws s3api "
                "restore-object --bucket BUCKET --key KEY --restore-request Days=7"},
        {"RequestTimeout", 0, -EIO, RETRY, "the server waited too long for the request"},
        {"SlowDown", 0, -EIO, RETRY, "the server asks to slow down; lower max_connections"},
        {"InternalError", 0, -EIO, RETRY, "the server failed"},
        {"PreconditionFailed", 0, -ESTALE, 0,
                "the object changed while it was read; open it again"},
        /* A HEAD has no body, and so no code. */
        {"", 400, -EACCES, REGION | KEYS | RENEW,
                "refused without a reason; usual ones are an expired session token, a wrong "
                "region, "
                "and an object that is encrypted with a key of its owner (`encryption_key`)"},
        {"", 403, -EACCES, KEYS | RENEW | CLOCK | PAYER,
                "access is denied; check the keys and the clock, allow s3:GetObject and "
                "s3:ListBucket"},
        {NULL, 301, -EIO, REGION, "the bucket is elsewhere; set `region` or `endpoint`"},
        {NULL, 302, -EIO, REGION, "the bucket is elsewhere; set `region` or `endpoint`"},
        {NULL, 307, -EIO, REGION, "the bucket is elsewhere; set `region` or `endpoint`"},
        {NULL, 308, -EIO, REGION, "the bucket is elsewhere; set `region` or `endpoint`"},
        {NULL, 401, -EACCES, KEYS, "the server wants credentials"},
        {NULL, 403, -EACCES, KEYS, "access is denied; check the keys and what they allow"},
        {NULL, 404, -ENOENT, 0, "no such object or bucket"},
        {NULL, 410, -ENOENT, 0, "the object was removed for good"},
        {NULL, 412, -ESTALE, 0, "the object changed while it was read; open it again"},
        {NULL, 416, -ESTALE, 0, "the object is shorter than it was; open it again"},
        {NULL, 0, -EIO, 0, "an answer that cannot be used; check that `endpoint` speaks S3"},
};

/* Those whose code says less than the message. */
static const struct {
	const char *says;
	struct store_failure f;
} by_message[] = {
        {"Server Side Encryption",
                {"InvalidRequest", 0, -EACCES, 0,
                        "the object is encrypted with a key of its owner; set or correct "
                        "`encryption_key`"}},
        {"encryption parameters are not applicable",
                {"InvalidRequest", 0, -EACCES, 0,
                        "the object is not encrypted with a key of its owner; remove "
                        "`encryption_key`"}},
        {"hash of the key did not match",
                {"InvalidArgument", 0, -EACCES, 0,
                        "the object is encrypted with another key of its owner; correct "
                        "`encryption_key`"}},
        {"customer", {"InvalidArgument", 0, -EACCES, 0,
                             "the server does not take `encryption_key`; correct it"}},
};

/* A version that is none, or marks a deletion; a HEAD says no more than 400, 404 or 405. */
static const struct store_failure no_version = {"", 0, -ENOENT, 0,
        "no such version, or the object was deleted by it; leave ?versionId= away for the latest"};

/* No condition was sent, so nothing can have changed: Swift takes a request without keys for one of
 * its own protocol. */
static const struct store_failure no_s3 = {"", 412, -EACCES, KEYS,
        "refused, and not as S3 refuses; check the keys, and that `endpoint` speaks S3"};

static bool is_no_version(const struct response *r)
{
	if (r->status == 400)
		return !strcmp(r->server_error, "InvalidArgument");
	return r->status == 405 || (r->status == 404 && strcmp(r->server_error, "NoSuchBucket"));
}

static const struct store_failure *failure_of(
        const struct store_args *a, const struct response *r, const char *message)
{
	if (s3_is_pinned(a) && is_no_version(r))
		return &no_version;
	if (r->status == 412 && !*r->server_error && !a->if_match && !a->if_none_match)
		return &no_s3;
	for (size_t i = 0; i < sizeof by_message / sizeof *by_message; i++)
		if (!strcmp(by_message[i].f.code, r->server_error) &&
		        strcasestr(message, by_message[i].says))
			return &by_message[i].f;
	return store_failure_of(failures, r->server_error, r->status);
}

/* Whether the request was refused for its question about checksums. */
static bool refuses_checksums(
        struct store *s, const struct store_args *a, const struct response *r, const char *message)
{
	if (!s3_asks_checksums(s, a) ||
	        (r->status != 501 && (r->status != 400 || !strcasestr(message, "checksum"))))
		return false;
	s->no_checksums = true;
	return true;
}

/* Whether a request that failed by its region should be sent again. */
static bool correct_region(struct store *s, const struct store_args *a, const char *region)
{
	if (!s3_region_ok(region))
		return false;
	if (!strcmp(region, s->region))
		return s->region_learnt && a->now - s->region_learnt <= RENEWED_FOR;
	memcpy(s->region, region, strlen(region) + 1);
	s->region_learnt = a->now;
	return true;
}

/* Whether a request that failed by its time should be sent again, with the server's. Of a refusal
 * without a reason only the difference of the clocks says that it may be this. */
static bool correct_clock(struct store *s, const struct store_args *a, int64_t date)
{
	int64_t skew = date - a->now, change = skew - s->skew;

	if (!date || (change >= -SKEW_MIN && change <= SKEW_MIN))
		return date && s->skew_learnt && a->now - s->skew_learnt <= RENEWED_FOR;
	s->skew = skew;
	s->skew_learnt = a->now;
	return true;
}

/* The whole message; of a key only its beginning, without control characters. */
static void describe(const struct store *s, const struct store_args *a, const struct response *r,
        const struct store_failure *f, const char *message, char err[static STORE_ERROR_MAX])
{
	const struct credentials *c = &s->credentials;
	char name[SHOWN_MAX + 1];
	/* Amazon says of a refusal which permission is missing, to who may know it. */
	bool says =
	        *message && ((!f->code && !f->status) ||
	                            (f->flags & PAYER && strncmp(message, "Access Denied", 13)));
	bool keyless = f->flags & KEYS && !*c->access_key_id && !s->profile->anonymous;
	const char *text =
	        keyless ? "refused without keys; give them in one of the places" : f->text;
	int n;

	snprintf(name, sizeof name, "s3://%s/%s%s%s%s", s->profile->authority, s->profile->prefix,
	        a->key, s3_is_pinned(a) ? "?versionId=" : "", s3_is_pinned(a) ? a->version : "");
	store_shown(name);
	n = snprintf(err, STORE_ERROR_MAX, "%s: HTTP %ld%s%s: %s%s%s%s", name, r->status,
	        *r->server_error ? " " : "", r->server_error, text,
	        f->flags & PAYER && !keyless && !*s->profile->request_payer
	                ? "; if the bucket's requesters pay, set `request_payer = requester`"
	                : "",
	        says ? "; the server says: " : "", says ? message : "");
	if (!(f->flags & KEYS) || n < 0 || n >= STORE_ERROR_MAX)
		return;
	if (*c->access_key_id)
		snprintf(err + n, STORE_ERROR_MAX - n, " (keys: %s)", c->source);
	else if (s->profile->anonymous)
		snprintf(err + n, STORE_ERROR_MAX - n, " (sent without keys: anonymous = true)");
	else
		snprintf(err + n, STORE_ERROR_MAX - n,
		        " (no credentials were found; looked at: %s)", c->source);
}

int s3_error(struct store *s, const struct store_args *a, struct response *r, const char *body,
        size_t body_len, bool *retry, bool *again, char err[static STORE_ERROR_MAX])
{
	const struct store_failure *f;
	struct s3_error e;

	*retry = *again = false;
	err[0] = '\0';
	if (r->status == 304)
		return 0;
	s3_error_parse(&e, body, body_len);
	if (!*r->server_error)
		memcpy(r->server_error, e.code, sizeof r->server_error);
	if (!*r->region)
		memcpy(r->region, e.region, sizeof r->region);
	/* Amazon says it there alone. */
	if (r->status == 416 && r->total == UINT64_MAX && !strcmp(e.size, "0"))
		r->total = 0;
	if (refuses_checksums(s, a, r, e.message)) {
		*again = true;
		snprintf(err, STORE_ERROR_MAX, "the server wants to hear nothing of checksums");
		return -EIO;
	}
	f = failure_of(a, r, e.message);
	*retry = f->flags & RETRY;
	if (f->flags & REGION)
		*again = correct_region(s, a, r->region);
	if (f->flags & CLOCK)
		*again = correct_clock(s, a, r->date);
	if (!*again && f->flags & RENEW)
		*again = s3_renew(s, a);
	describe(s, a, r, f, e.message, err);
	return f->err;
}
