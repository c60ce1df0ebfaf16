#include "fetch/s3_checksum.h"
#include "fetch/http_head.h"

#include <string.h>

static const char prefix[] = "x-amz-checksum-", full[] = "FULL_OBJECT";
static const char customer[] = "x-amz-server-side-encryption-customer-algorithm";

/* The number behind the last '-' of a text, or 0; *head is the length of what is before it. */
static unsigned parts_of(const char *text, size_t len, size_t *head)
{
	const char *dash = len ? memrchr(text, '-', len) : NULL;
	uint64_t n;

	if (!dash || !http_parse_size(dash + 1, (size_t)(text + len - dash - 1), &n) || !n ||
	        n > S3_PARTS_MAX)
		return 0;
	*head = (size_t)(dash - text);
	return (unsigned)n;
}

void s3_checksum_header(struct response *r, const char *name, const char *value, size_t len)
{
	const size_t n = sizeof prefix - 1;
	struct checksum sum = {0};
	size_t digits = len;
	unsigned parts;

	if (strcmp(name, customer) == 0)
		r->sse_customer = true;
	if (strncmp(name, prefix, n) != 0)
		return;
	if (strcmp(name + n, "type") == 0) {
		r->sum_full = len == sizeof full - 1 && memcmp(value, full, len) == 0;
		return;
	}
	parts = parts_of(value, len, &digits);
	checksum_offer_base64(&sum, checksum_kind_of(name + n, strlen(name + n)), value, digits);
	sum.parts = parts;
	checksum_offer_sum(&r->sum, &sum);
}

/* What the ETag says: the MD5 of the object or of its parts' MD5s. */
static struct checksum etag_sum(const char *etag)
{
	struct checksum sum = {0};
	size_t len = strlen(etag), digits;
	unsigned parts;

	if (len < 2)
		return sum;
	digits = len -= 2;
	parts = parts_of(etag + 1, len, &digits);
	checksum_offer_hex(&sum, CHECKSUM_MD5, etag + 1, digits);
	sum.parts = parts;
	return sum;
}

void s3_checksum_head(struct response *r, bool md5)
{
	const struct checksum etag = etag_sum(r->info.etag);
	bool ranged = r->status == 206;
	bool whole = !ranged || (r->has_range && r->first == 0 && r->last + 1 == r->total);

	/* CRC64NVME is never composite. */
	if (ranged && !r->sum.parts && !r->sum_full && r->sum.kind != CHECKSUM_CRC64NVME)
		r->sum.parts = etag.parts;
	if (whole)
		checksum_offer_sum(&r->info.sum, &r->sum);
	if (md5 && !r->sse_customer && (!*r->sse || strcmp(r->sse, "AES256") == 0))
		checksum_offer_sum(&r->info.sum, &etag);
}
