/*
 * A page of a listing is a document of depth three: <ListBucketResult> holds some plain fields and
 * any number of <Contents> and <CommonPrefixes>, which hold fields of their own. `in` is the
 * element of depth two that we are in, `field` the field whose text arrives; both are 0 in what is
 * none of ours. An entry goes out when its element ends.
 *
 * Keys are percent-encoded if the page says <EncodingType>url, and some servers say so only at its
 * end. A key with a
 * '%' or '+' that comes before is kept until then; all others mean the same either way.
 */
#include "fetch/s3_list.h"
#include "fetch/http_head.h"
#include "fetch/page_list.h"
#include "fetch/said.h"
#include "fetch/sigv4.h"
#include "fetch/store_common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	struct page_list page;
	enum field in, field;
	unsigned seen; /* bits of the fields of this entry, and of the page */
	bool truncated, url;
	struct object_info info;
	struct kept *kept;
	size_t kept_size;

	size_t key_len;
	char key[XML_TEXT_MAX + 1];
};

static int emit(
        struct s3_list *l, const char *key, size_t len, bool is_dir, const struct object_info *info)
{
	return page_emit(l->page.cb, l->page.arg, l->page.prefix, key, len, is_dir, info);
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
			err = page_decode(k->key, &k->len, true);
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
		err = page_decode(l->key, &l->key_len, true);
	return err ? err : emit(l, l->key, l->key_len, is_dir, &l->info);
}

static int take_field(struct s3_list *l, const char *text, size_t len)
{
	switch (l->field) {
	case KEY:
	case PREFIX:
		memcpy(l->key, text, len + 1);
		l->key_len = len;
		return 0;
	case MODIFIED:
		return page_time(text, &l->info.mtime);
	case SIZE:
		return http_parse_size(text, len, &l->info.size) ? 0 : -EPROTO;
	case ETAG:
		page_etag(text, len, l->info.etag);
		return 0;
	case TRUNCATED:
		l->truncated = !strcmp(text, "true");
		return l->truncated || !strcmp(text, "false") ? 0 : -EPROTO;
	case TOKEN:
		if (len > STORE_TOKEN_MAX)
			return -EPROTO;
		memcpy(l->page.token, text, len + 1);
		return 0;
	case ENCODING:
		l->url = !strcmp(text, "url");
		return release_kept(l, 0);
	default:
		return 0;
	}
}

static int on_begin(void *arg, int depth, const char *name, const char **attributes)
{
	struct s3_list *l = arg;

	(void)attributes;
	l->field = NONE;
	if (depth == 1)
		return strcmp(name, "ListBucketResult") ? -EPROTO : 0;
	if (depth == 2)
		l->in = NONE;
	if (depth != 2 && (depth != 3 || !l->in))
		return 0;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i].in == l->in && *fields[i].name == *name &&
		        !strcmp(fields[i].name, name))
			l->field = fields[i].field;
	if (l->field == CONTENTS || l->field == PREFIXES) {
		/* What the page itself says stays. */
		l->seen &= 1u << TRUNCATED | 1u << TOKEN | 1u << ENCODING;
		page_forget(&l->info);
		l->in = l->field;
		l->field = NONE;
		return 0;
	}
	if (l->field && l->seen & 1u << l->field)
		return -EPROTO;
	l->seen |= 1u << l->field;
	return l->field ? XML_TEXT : 0;
}

static int on_end(void *arg, int depth, const char *text, size_t len)
{
	struct s3_list *l = arg;
	int err = 0;

	if (l->field)
		err = take_field(l, text, len);
	else if (depth == 2 && l->in)
		err = take_entry(l, l->in == PREFIXES);
	l->field = NONE;
	return err;
}

int s3_list_query(const char *prefix, const struct store_args *a, char *query, size_t size)
{
	char whole[STORE_KEY_MAX + 1], start[2 * STORE_KEY_MAX + 1], max_keys[16];
	struct sigv4_pair params[6] = {{"list-type", "2"}, {"delimiter", "/"},
	        {"encoding-type", "url"}, {"prefix", whole}};
	size_t n = 4, len = 0;
	int err = store_prefix(prefix, a->key, whole);

	if (err)
		return err;
	if (a->max_keys) {
		snprintf(max_keys, sizeof max_keys, "%u",
		        a->max_keys < S3_MAX_KEYS ? a->max_keys : S3_MAX_KEYS);
		params[n++] = (struct sigv4_pair){"max-keys", max_keys};
	}
	if (a->token && *a->token) {
		params[n++] = (struct sigv4_pair){"continuation-token", a->token};
	} else if (a->after && *a->after) {
		snprintf(start, sizeof start, "%s%s", whole, a->after);
		params[n++] = (struct sigv4_pair){"start-after", start};
	}
	return sigv4_query(params, n, query, size, &len);
}

int s3_list_begin(void **list, const char *prefix, const char *token, store_entry_cb *cb, void *arg)
{
	static const struct xml_reader reader = {on_begin, on_end};

	return page_list_begin(list, sizeof(struct s3_list), &reader, prefix, token, cb, arg);
}

int s3_list_feed(void *list, const char *data, size_t len)
{
	return page_list_feed(list, data, len);
}

int s3_list_end(void *list, char token[STORE_TOKEN_MAX + 1])
{
	struct s3_list *l = list;
	int err = token ? xml_finish(l->page.xml) : -ECANCELED;

	/* A short listing that passes for a whole one would hide files: the page must say that it
	 * is the last. */
	if (!err && !(l->seen & 1u << TRUNCATED))
		err = -EPROTO;
	if (!err && l->truncated && !page_list_goes_on(&l->page))
		err = -EPROTO;
	err = release_kept(l, err);
	if (!err)
		snprintf(token, STORE_TOKEN_MAX + 1, "%s", l->truncated ? l->page.token : "");
	page_list_free(&l->page);
	return token ? err : 0;
}

void s3_error_parse(struct s3_error *e, const char *body, size_t len)
{
	const struct xml_field wanted[] = {
	        {"Code", e->code, sizeof e->code},
	        {"Message", e->message, sizeof e->message},
	        {"Region", e->region, sizeof e->region},
	        {"ActualObjectSize", e->size, sizeof e->size},
	};

	xml_fields(body, len, "Error", wanted, sizeof wanted / sizeof *wanted);
	said_code(e->code);
	said_words(e->message, sizeof e->message);
}
