/*
 * A page of a listing is a document of depth three: <ListBucketResult> holds some plain fields and
 * any number of <Contents> and <CommonPrefixes>, which hold fields of their own. `in` is the
 * element of depth two that we are in, `field` the field whose text arrives; both are 0 in what is
 * none of ours. An entry goes out when its element ends.
 *
 * Keys are percent-encoded if the page says <EncodingType>url, and some servers say so only at its
 * end. A key with a
 * '%' or '+' that comes before is kept until then; all others mean the same either way.
 *
 * The body of an error is here too, below, since it is the other half of what expat does for us:
 * hence the length.
 */
#include "fetch/s3_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <expat.h>

enum field {
	NONE,
	CONTENTS,
	PREFIXES,
	KEY,
	PREFIX,
	MODIFIED,
	ETAG,
	SIZE,
	TRUNCATED,
	TOKEN,
	ENCODING
};

static const struct {
	const char *name;
	enum field in, field;
} fields[] = {
        {"Contents", NONE, CONTENTS},
        {"CommonPrefixes", NONE, PREFIXES},
        {"IsTruncated", NONE, TRUNCATED},
        {"NextContinuationToken", NONE, TOKEN},
        {"EncodingType", NONE, ENCODING},
        {"Key", CONTENTS, KEY},
        {"LastModified", CONTENTS, MODIFIED},
        {"ETag", CONTENTS, ETAG},
        {"Size", CONTENTS, SIZE},
        {"Prefix", PREFIXES, PREFIX},
};

/* An entry that waits for <EncodingType>. */
struct kept {
	struct kept *next;
	struct object_info info;
	bool is_dir;
	size_t len;
	char key[];
};

struct s3_list {
	XML_Parser parser;
	char prefix[STORE_KEY_MAX + 1], asked_token[STORE_TOKEN_MAX + 1];
	size_t prefix_len, bytes;
	store_entry_cb *cb;
	void *arg;
	int err; /* the first; sticky */

	int depth;
	enum field in, field;
	unsigned seen; /* bits of the fields of this entry, and of the page */
	bool truncated, url;
	char token[STORE_TOKEN_MAX + 1];
	struct object_info info;
	struct kept *kept;
	size_t kept_size;

	size_t text_len, key_len;
	char text[S3_TEXT_MAX + 1], key[S3_TEXT_MAX + 1];
};

static void fail(struct s3_list *l, int err)
{
	if (!l->err)
		l->err = err;
	XML_StopParser(l->parser, XML_FALSE);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes in place, with '+' as a space: S3 encodes as forms do, and a '+' of its own is always
 * %2B. */
static int decode(char *s, size_t *len)
{
	size_t n = 0;

	for (size_t i = 0; i < *len; i++) {
		char c = s[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = i + 2 < *len ? hex_digit(s[i + 1]) : -1;
			int low = high < 0 ? -1 : hex_digit(s[i + 2]);

			if (low < 0)
				return -EPROTO;
			c = high << 4 | low;
			i += 2;
		}
		s[n++] = c;
	}
	*len = n;
	return 0;
}

/* Checks a key that is plain by now, and hands on the segment below the prefix. */
static int emit(
        struct s3_list *l, const char *key, size_t len, bool is_dir, const struct object_info *info)
{
	struct store_entry entry = {.is_dir = is_dir};

	if (len > STORE_KEY_MAX || len < l->prefix_len || memcmp(key, l->prefix, l->prefix_len))
		return -EPROTO;
	entry.name = key + l->prefix_len;
	entry.name_len = len - l->prefix_len;
	if (is_dir && (!entry.name_len || entry.name[--entry.name_len] != '/'))
		return -EPROTO;
	if (memchr(entry.name, '/', entry.name_len))
		return -EPROTO;
	if (memchr(entry.name, '\0', entry.name_len))
		return 0;
	if (!is_dir)
		entry.info = *info;
	return l->cb(l->arg, &entry);
}

static int keep(struct s3_list *l, bool is_dir)
{
	size_t size = sizeof(struct kept) + l->key_len;
	struct kept *k;

	if (size > S3_KEPT_MAX - l->kept_size)
		return -EPROTO;
	k = malloc(size);
	if (!k)
		return -ENOMEM;
	*k = (struct kept){.next = l->kept, .info = l->info, .is_dir = is_dir, .len = l->key_len};
	memcpy(k->key, l->key, l->key_len);
	l->kept = k;
	l->kept_size += size;
	return 0;
}

/* Hands on what waited, now that it is known whether keys are encoded. With a negative `err` it
 * only frees. */
static int release_kept(struct s3_list *l, int err)
{
	while (l->kept) {
		struct kept *k = l->kept;

		l->kept = k->next;
		if (!err && l->url)
			err = decode(k->key, &k->len);
		if (!err)
			err = emit(l, k->key, k->len, k->is_dir, &k->info);
		free(k);
	}
	return err;
}

static int take_entry(struct s3_list *l, bool is_dir)
{
	unsigned need = is_dir ? 1u << PREFIX : 1u << KEY | 1u << SIZE | 1u << MODIFIED;
	int err = 0;

	if ((l->seen & need) != need)
		return -EPROTO;
	if (!l->url && (memchr(l->key, '%', l->key_len) || memchr(l->key, '+', l->key_len)))
		return keep(l, is_dir);
	if (l->url)
		err = decode(l->key, &l->key_len);
	return err ? err : emit(l, l->key, l->key_len, is_dir, &l->info);
}

/* "2013-05-24T00:00:00[.fraction]Z", rounded down as every server's Last-Modified is
 * (docs/stores/s3.md). */
static int take_time(const char *text, int64_t *mtime)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (end && *end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (!end || strcmp(end, "Z"))
		return -EPROTO;
	*mtime = timegm(&tm);
	return 0;
}

static int take_size(const char *text, uint64_t *size)
{
	uint64_t n = 0;

	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '9' || n > (INT64_MAX - (uint64_t)(*c - '0')) / 10)
			return -EPROTO;
		n = n * 10 + (*c - '0');
	}
	*size = n;
	return *text ? 0 : -EPROTO;
}

/*
 * An ETag goes into If-Match one day: only what RFC 9110 allows in one. Quotes are added where a
 * server leaves them out of the listing, since its header has them.
 */
static void take_etag(const char *text, size_t len, char etag[STORE_ETAG_MAX + 1])
{
	size_t n = 0;

	etag[0] = '\0';
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	if (!len || len > STORE_ETAG_MAX - 2 || (len > 2 && !memcmp(text, "W/\"", 3)))
		return;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '"')
			return;
	etag[n++] = '"';
	memcpy(etag + n, text, len);
	etag[n + len] = '"';
	etag[n + len + 1] = '\0';
}

static int take_field(struct s3_list *l)
{
	switch (l->field) {
	case KEY:
	case PREFIX:
		memcpy(l->key, l->text, l->text_len + 1);
		l->key_len = l->text_len;
		return 0;
	case MODIFIED:
		return take_time(l->text, &l->info.mtime);
	case SIZE:
		return take_size(l->text, &l->info.size);
	case ETAG:
		take_etag(l->text, l->text_len, l->info.etag);
		return 0;
	case TRUNCATED:
		l->truncated = !strcmp(l->text, "true");
		return l->truncated || !strcmp(l->text, "false") ? 0 : -EPROTO;
	case TOKEN:
		if (l->text_len > STORE_TOKEN_MAX)
			return -EPROTO;
		memcpy(l->token, l->text, l->text_len + 1);
		return 0;
	case ENCODING:
		l->url = !strcmp(l->text, "url");
		return release_kept(l, 0);
	default:
		return 0;
	}
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct s3_list *l = arg;
	int depth = ++l->depth;

	(void)attributes;
	l->field = NONE;
	l->text_len = 0;
	if (depth > S3_DEPTH_MAX || (depth == 1 && strcmp(name, "ListBucketResult"))) {
		fail(l, -EPROTO);
		return;
	}
	if (depth == 2)
		l->in = NONE;
	if (depth != 2 && (depth != 3 || !l->in))
		return;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i].in == l->in && !strcmp(fields[i].name, name))
			l->field = fields[i].field;
	if (l->field == CONTENTS || l->field == PREFIXES) {
		/* What the page itself says stays. */
		l->seen &= 1u << TRUNCATED | 1u << TOKEN | 1u << ENCODING;
		l->info = (struct object_info){0};
		l->in = l->field;
		l->field = NONE;
	} else if (l->field && l->seen & 1u << l->field) {
		fail(l, -EPROTO);
	} else {
		l->seen |= 1u << l->field;
	}
}

static void on_end(void *arg, const XML_Char *name)
{
	struct s3_list *l = arg;
	int depth = l->depth--;
	int err = 0;

	(void)name;
	/* expat still delivers the end of an empty element in which it was stopped. */
	if (l->err)
		return;
	l->text[l->text_len] = '\0';
	if (l->field)
		err = take_field(l);
	else if (depth == 2 && l->in)
		err = take_entry(l, l->in == PREFIXES);
	l->field = NONE;
	if (err)
		fail(l, err);
}

static void on_text(void *arg, const XML_Char *s, int len)
{
	struct s3_list *l = arg;

	if (!l->field || l->err)
		return;
	if ((size_t)len > S3_TEXT_MAX - l->text_len) {
		fail(l, -EPROTO);
		return;
	}
	memcpy(l->text + l->text_len, s, len);
	l->text_len += len;
}

static void on_doctype(
        void *arg, const XML_Char *name, const XML_Char *sys, const XML_Char *pub, int subset)
{
	struct s3_list *l = arg;

	(void)name, (void)sys, (void)pub, (void)subset;
	fail(l, -EPROTO);
}

int s3_list_begin(void **list, const char *prefix, const char *token, store_entry_cb *cb, void *arg)
{
	struct s3_list *l;

	*list = NULL;
	if (strlen(prefix) > STORE_KEY_MAX || strlen(token) > STORE_TOKEN_MAX)
		return -ENAMETOOLONG;
	l = calloc(1, sizeof *l);
	if (!l)
		return -ENOMEM;
	l->parser = XML_ParserCreate("UTF-8");
	if (!l->parser) {
		free(l);
		return -ENOMEM;
	}
	l->prefix_len = strlen(prefix);
	memcpy(l->prefix, prefix, l->prefix_len);
	memcpy(l->asked_token, token, strlen(token));
	l->cb = cb;
	l->arg = arg;
	XML_SetUserData(l->parser, l);
	XML_SetElementHandler(l->parser, on_start, on_end);
	XML_SetCharacterDataHandler(l->parser, on_text);
	XML_SetStartDoctypeDeclHandler(l->parser, on_doctype);
	*list = l;
	return 0;
}

static int parse(struct s3_list *l, const char *data, size_t len, bool last)
{
	if (l->err)
		return l->err;
	if (len > S3_PAGE_MAX - l->bytes) {
		l->err = -EPROTO;
	} else {
		l->bytes += len;
		if (XML_Parse(l->parser, data, (int)len, last) == XML_STATUS_ERROR && !l->err)
			l->err = XML_GetErrorCode(l->parser) == XML_ERROR_NO_MEMORY ? -ENOMEM
			                                                            : -EPROTO;
	}
	return l->err;
}

int s3_list_feed(void *list, const char *data, size_t len)
{
	return parse(list, data, len, false);
}

int s3_list_end(void *list, char token[STORE_TOKEN_MAX + 1])
{
	struct s3_list *l = list;
	int err = token ? parse(l, "", 0, true) : -ECANCELED;

	/* A short listing that passes for a whole one would hide files: the page must say that it
	 * is the last. */
	if (!err && !(l->seen & 1u << TRUNCATED))
		err = -EPROTO;
	if (!err && l->truncated && (!*l->token || !strcmp(l->token, l->asked_token)))
		err = -EPROTO;
	err = release_kept(l, err);
	if (!err)
		snprintf(token, STORE_TOKEN_MAX + 1, "%s", l->truncated ? l->token : "");
	XML_ParserFree(l->parser);
	free(l);
	return token ? err : 0;
}

/* An error's body: <Error> with fields of its own. */
struct error_parser {
	XML_Parser parser;
	int depth;
	char *to; /* the field whose text arrives, or NULL */
	size_t size;
	struct s3_error *e;
};

static void on_error_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct error_parser *p = arg;
	const struct {
		const char *name;
		char *to;
		size_t size;
	} wanted[] = {
	        {"Code", p->e->code, sizeof p->e->code},
	        {"Message", p->e->message, sizeof p->e->message},
	        {"Region", p->e->region, sizeof p->e->region},
	};

	(void)attributes;
	p->to = NULL;
	if (++p->depth > S3_DEPTH_MAX || (p->depth == 1 && strcmp(name, "Error")))
		XML_StopParser(p->parser, XML_FALSE);
	for (size_t i = 0; p->depth == 2 && i < sizeof wanted / sizeof *wanted; i++) {
		if (strcmp(name, wanted[i].name) || *wanted[i].to)
			continue;
		p->to = wanted[i].to;
		p->size = wanted[i].size;
	}
}

static void on_error_end(void *arg, const XML_Char *name)
{
	struct error_parser *p = arg;

	(void)name;
	p->depth--;
	p->to = NULL;
}

static void on_error_text(void *arg, const XML_Char *s, int len)
{
	struct error_parser *p = arg;
	size_t n = p->to ? strlen(p->to) : 0;

	for (int i = 0; p->to && i < len && n + 1 < p->size; i++)
		p->to[n++] = s[i] >= ' ' && s[i] <= '~' ? s[i] : ' ';
}

static void on_error_doctype(
        void *arg, const XML_Char *name, const XML_Char *sys, const XML_Char *pub, int subset)
{
	struct error_parser *p = arg;

	(void)name, (void)sys, (void)pub, (void)subset;
	XML_StopParser(p->parser, XML_FALSE);
}

void s3_error_parse(struct s3_error *e, const char *body, size_t len)
{
	struct error_parser p = {.parser = XML_ParserCreate("UTF-8"), .e = e};

	memset(e, 0, sizeof *e);
	if (!p.parser)
		return;
	XML_SetUserData(p.parser, &p);
	XML_SetElementHandler(p.parser, on_error_start, on_error_end);
	XML_SetCharacterDataHandler(p.parser, on_error_text);
	XML_SetStartDoctypeDeclHandler(p.parser, on_error_doctype);
	XML_Parse(p.parser, body, len < S3_PAGE_MAX ? (int)len : 0, XML_FALSE);
	XML_ParserFree(p.parser);
}
