#include "fetch/http_head.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define DATE_MAX 63 /* bytes of a date; the three forms of RFC 9110 have at most 33 */

/*
 * Marks of a contradiction until response_finish. They stay whatever comes after them, and are no
 * valid values: sizes end at HTTP_SIZE_MAX, and an ETag begins with a quote.
 */
#define UNKNOWN  UINT64_MAX
#define CONFLICT (UINT64_MAX - 1)
#define ETAG_BAD "!"

void response_reset(struct response *r)
{
	*r = (struct response){
	        .content_length = UNKNOWN,
	        .total = UNKNOWN,
	        .stored_length = UNKNOWN,
	        .info = {.size = UNKNOWN, .mtime = STORE_MTIME_DIR},
	};
}

bool http_parse_size(const char *s, size_t len, uint64_t *out)
{
	uint64_t value = 0;

	if (!len)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned char)s[i] - '0';
		if (digit > 9 || value > (HTTP_SIZE_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

bool http_parse_etag(const char *s, size_t len, char out[static STORE_ETAG_MAX + 1])
{
	if (len < 2 || len > STORE_ETAG_MAX || s[0] != '"' || s[len - 1] != '"')
		return false;
	for (size_t i = 1; i < len - 1; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c <= ' ' || c == '"' || c == 0x7f)
			return false;
	}
	memcpy(out, s, len);
	out[len] = '\0';
	return true;
}

/* A date. curl_getdate wants a NUL, and says -1 for an error, so that second is none. */
static bool parse_date(const char *s, size_t len, int64_t *out)
{
	char text[DATE_MAX + 1];

	if (!len || len > DATE_MAX || memchr(s, '\0', len))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	time_t t = curl_getdate(text, NULL);
	if (t == -1)
		return false;
	*out = t;
	return true;
}

/* Copies a word of letters, digits and the punctuation of such values; all else gives "". */
static void copy_word(char *out, size_t size, const char *v, size_t len)
{
	out[0] = '\0';
	if (len >= size)
		return;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)v[i];
		unsigned char letter = c | 0x20;
		bool plain = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9');
		if (!plain && c != '-' && c != '_' && c != ':' && c != '.')
			return;
	}
	memcpy(out, v, len);
	out[len] = '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void on_content_length(struct response *r, const char *v, size_t len)
{
	uint64_t n;

	if (!http_parse_size(v, len, &n))
		n = CONFLICT;
	if (r->content_length == UNKNOWN)
		r->content_length = n;
	else if (r->content_length != n)
		r->content_length = CONFLICT;
}

/* Where the body has a framing of its own, Content-Length says nothing. Only chunks have one that
 * tells the end: after another coding it is that of the connection (RFC 9112, 6.3). */
static void on_transfer_encoding(struct response *r, const char *v, size_t len)
{
	static const char chunked[] = "chunked";
	size_t n = sizeof(chunked) - 1;

	r->content_length = CONFLICT;
	r->chunked = len >= n && !strncasecmp(v + len - n, chunked, n) &&
	             (len == n || v[len - n - 1] == ',' || is_blank(v[len - n - 1]));
}

/* "bytes FIRST-LAST/TOTAL"; or with an asterisk for the range, which is UNKNOWN then. */
static bool parse_range(const char *v, size_t len, uint64_t *first, uint64_t *last, uint64_t *total)
{
	static const char unit[] = "bytes ";
	const size_t unit_len = sizeof(unit) - 1;

	if (len < unit_len || strncasecmp(v, unit, unit_len) != 0)
		return false;
	v += unit_len;
	len -= unit_len;
	const char *slash = memchr(v, '/', len);
	if (!slash || !http_parse_size(slash + 1, (size_t)(v + len - slash - 1), total))
		return false;
	*first = *last = UNKNOWN;
	if (slash - v == 1 && *v == '*')
		return true;
	const char *dash = memchr(v, '-', (size_t)(slash - v));
	return dash && http_parse_size(v, (size_t)(dash - v), first) &&
	       http_parse_size(dash + 1, (size_t)(slash - dash - 1), last) && *first <= *last &&
	       *last < *total;
}

static void on_content_range(struct response *r, const char *v, size_t len)
{
	uint64_t first = 0, last = 0, total = 0;
	bool seen = r->has_range || r->total != UNKNOWN;
	bool ok = parse_range(v, len, &first, &last, &total);
	bool ranged = ok && first != UNKNOWN;

	if (!ranged)
		first = last = 0;
	if (seen && (r->has_range != ranged || r->first != first || r->last != last))
		ok = false;
	if (seen && r->total != total)
		ok = false;
	r->has_range = ok && ranged;
	r->first = ok ? first : 0;
	r->last = ok ? last : 0;
	r->total = ok ? total : CONFLICT;
}

static void on_etag(struct response *r, const char *v, size_t len)
{
	char etag[STORE_ETAG_MAX + 1];
	char *kept = r->info.etag;

	if (!http_parse_etag(v, len, etag) || (kept[0] && strcmp(kept, etag) != 0))
		memcpy(kept, ETAG_BAD, sizeof(ETAG_BAD));
	else
		memcpy(kept, etag, len + 1);
}

static void on_last_modified(struct response *r, const char *v, size_t len)
{
	(void)parse_date(v, len, &r->info.mtime);
}

static void on_content_encoding(struct response *r, const char *v, size_t len)
{
	static const char identity[] = "identity";

	if (len && (len != sizeof(identity) - 1 || strncasecmp(v, identity, len) != 0))
		r->encoded = true;
}

static void on_retry_after(struct response *r, const char *v, size_t len)
{
	uint64_t seconds = 0;
	int64_t date;

	if (!http_parse_size(v, len, &seconds) && parse_date(v, len, &date)) {
		int64_t now = time(NULL);
		seconds = date > now ? (uint64_t)date - (uint64_t)now : 0;
	}
	r->retry_after = seconds < HTTP_RETRY_AFTER_MAX ? (unsigned)seconds : HTTP_RETRY_AFTER_MAX;
}

static void on_date(struct response *r, const char *v, size_t len)
{
	(void)parse_date(v, len, &r->date);
}

static void on_region(struct response *r, const char *v, size_t len)
{
	copy_word(r->region, sizeof(r->region), v, len);
}

static void on_sse(struct response *r, const char *v, size_t len)
{
	copy_word(r->sse, sizeof(r->sse), v, len);
}

static const struct {
	const char *name;
	void (*take)(struct response *r, const char *value, size_t len);
} headers[] = {
        {"Content-Length", on_content_length},
        {"Transfer-Encoding", on_transfer_encoding},
        {"Content-Range", on_content_range},
        {"Content-Encoding", on_content_encoding},
        {"ETag", on_etag},
        {"Last-Modified", on_last_modified},
        {"Retry-After", on_retry_after},
        {"Date", on_date},
        {"x-amz-bucket-region", on_region},
        {"x-amz-server-side-encryption", on_sse},
};

/* "HTTP/1.1 206 Partial Content", "HTTP/2 200": the three digits after the version, or 0. */
static long parse_status(const char *line, size_t len)
{
	uint64_t status;
	const char *space = memchr(line, ' ', len);
	size_t rest = space ? (size_t)(line + len - space - 1) : 0;

	if (rest < 3 || (rest > 3 && space[4] != ' ') || !http_parse_size(space + 1, 3, &status))
		return 0;
	return (long)status;
}

static void offer_to_store(struct response *r, const struct store_ops *ops, struct store *s,
        const char *line, size_t name_len, const char *value, size_t len)
{
	char name[HTTP_NAME_MAX + 1];

	if (!ops || !ops->header || name_len > HTTP_NAME_MAX)
		return;
	for (size_t i = 0; i < name_len; i++)
		name[i] = (char)(line[i] >= 'A' && line[i] <= 'Z' ? line[i] | 0x20 : line[i]);
	name[name_len] = '\0';
	ops->header(s, r, name, value, len);
}

void response_header_line(struct response *r, const struct store_ops *ops, struct store *s,
        const char *line, size_t len)
{
	if (len && line[len - 1] == '\n')
		len--;
	if (len && line[len - 1] == '\r')
		len--;
	if (len >= 5 && !memcmp(line, "HTTP/", 5)) {
		struct object_info linked = r->linked;
		enum store_op op = r->op;

		response_reset(r);
		r->linked = linked;
		r->op = op;
		r->status = parse_status(line, len);
		r->chunked = len > 5 && line[5] > '1'; /* from HTTP/2 on, every body is framed */
		return;
	}

	const char *colon = memchr(line, ':', len);
	if (!colon)
		return;
	size_t name_len = (size_t)(colon - line);
	const char *value = colon + 1, *end = line + len;
	while (value < end && is_blank(*value))
		value++;
	while (end > value && is_blank(end[-1]))
		end--;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (strlen(headers[i].name) == name_len &&
		        !strncasecmp(line, headers[i].name, name_len)) {
			headers[i].take(r, value, (size_t)(end - value));
			return;
		}
	offer_to_store(r, ops, s, line, name_len, value, (size_t)(end - value));
}

void response_finish(struct response *r)
{
	if (r->content_length == CONFLICT)
		r->content_length = UNKNOWN;
	if (r->total == CONFLICT)
		r->total = UNKNOWN;
	if (r->info.etag[0] != '"')
		r->info.etag[0] = '\0';

	/* A range that is not that of the body would put bytes in the wrong place. */
	if (r->has_range &&
	        (r->status != 206 || (r->content_length != UNKNOWN &&
	                                     r->content_length != r->last - r->first + 1))) {
		r->has_range = false;
		r->total = UNKNOWN;
	}

	/* The size of an encoded body is not that of the object. */
	r->info.size = UNKNOWN;
	if (r->encoded)
		return;
	if (r->has_range || r->status == 416)
		r->info.size = r->total;
	else if (r->status == 200)
		r->info.size = r->content_length;
}

bool response_compressed(const struct response *r)
{
	return r->encoded && !r->has_range && r->content_length == UNKNOWN;
}
