/*
 * <EnumerationResults> holds <Blobs> and <NextMarker>; <Blobs> any number of <Blob> and
 * <BlobPrefix>, each with its <Name> and, one level further down, <Properties> and <Metadata>. `in`
 * is the element of depth three that we are in, `group` that of depth four, `field` the one whose
 * text arrives; each is NONE in what is none of ours. An entry goes out when its element ends.
 */
#include "fetch/azure_list.h"
#include "fetch/http_head.h"
#include "fetch/page_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DATE_MAX 63

enum field {
	NONE,
	BLOBS,
	MARKER,
	BLOB,
	PREFIX,
	NAME,
	PROPERTIES,
	METADATA,
	MODIFIED,
	ETAG,
	SIZE,
	MD5,
	TYPE,
	FOLDER
};

/* Where each element stands: the one around it, or NONE for the root. */
static const struct {
	const char *name;
	int depth;
	enum field around, field;
} fields[] = {
        {"Blobs", 2, NONE, BLOBS},
        {"NextMarker", 2, NONE, MARKER},
        {"Blob", 3, BLOBS, BLOB},
        {"BlobPrefix", 3, BLOBS, PREFIX},
        {"Name", 4, BLOB, NAME},
        {"Name", 4, PREFIX, NAME},
        {"Properties", 4, BLOB, PROPERTIES},
        {"Metadata", 4, BLOB, METADATA},
        {"Last-Modified", 5, PROPERTIES, MODIFIED},
        {"Etag", 5, PROPERTIES, ETAG},
        {"Content-Length", 5, PROPERTIES, SIZE},
        {"Content-MD5", 5, PROPERTIES, MD5},
        {"ResourceType", 5, PROPERTIES, TYPE},
        {"hdi_isfolder", 5, METADATA, FOLDER},
};

struct azure_list {
	struct page_list page;
	enum field path[XML_DEPTH_MAX + 1]; /* what the elements around us are, by depth */
	unsigned seen;                      /* bits of the fields of this entry */
	bool marker_seen, encoded, folder;
	struct object_info info;
	size_t key_len;
	char key[XML_TEXT_MAX + 1];
};

static int take_date(const char *text, size_t len, int64_t *mtime)
{
	time_t t = len <= DATE_MAX && !memchr(text, '\0', len) ? curl_getdate(text, NULL) : -1;

	*mtime = t;
	return t == -1 ? -EPROTO : 0;
}

static int take_field(struct azure_list *l, enum field field, const char *text, size_t len)
{
	switch (field) {
	case MARKER:
		if (len > STORE_TOKEN_MAX || memchr(text, '\0', len))
			return -EPROTO;
		memcpy(l->page.token, text, len + 1);
		return 0;
	case NAME:
		memcpy(l->key, text, len + 1);
		l->key_len = len;
		return l->encoded ? page_decode(l->key, &l->key_len, false) : 0;
	case MODIFIED:
		return take_date(text, len, &l->info.mtime);
	case ETAG:
		page_etag(text, len, l->info.etag);
		return 0;
	case SIZE:
		return http_parse_size(text, len, &l->info.size) ? 0 : -EPROTO;
	case MD5:
		checksum_offer_base64(&l->info.sum, CHECKSUM_MD5, text, len);
		return 0;
	case TYPE:
		l->folder |= !strcasecmp(text, "directory");
		return 0;
	case FOLDER:
		l->folder |= !strcasecmp(text, "true");
		return 0;
	default:
		return 0;
	}
}

static int take_entry(struct azure_list *l, enum field in)
{
	unsigned need = in == PREFIX ? 1u << NAME : 1u << NAME | 1u << SIZE | 1u << MODIFIED;

	if ((l->seen & need) != need)
		return -EPROTO;
	/* Shown as the prefix is that what is in it has, and beside that; it may be empty. */
	if (in == BLOB && l->folder && !l->info.size && l->key_len != strlen(l->page.prefix)) {
		if (l->key_len == XML_TEXT_MAX)
			return -EPROTO;
		l->key[l->key_len++] = '/';
		in = PREFIX;
	}
	return page_emit(l->page.cb, l->page.arg, l->page.prefix, l->key, l->key_len, in == PREFIX,
	        &l->info);
}

static bool is_encoded(const char **attributes)
{
	for (; *attributes; attributes += 2)
		if (!strcmp(attributes[0], "Encoded"))
			return !strcasecmp(attributes[1], "true");
	return false;
}

static int on_begin(void *arg, int depth, const char *name, const char **attributes)
{
	struct azure_list *l = arg;
	enum field field = NONE;

	if (depth == 1)
		return strcmp(name, "EnumerationResults") ? -EPROTO : 0;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i].depth == depth && fields[i].around == l->path[depth - 1] &&
		        *fields[i].name == *name && !strcmp(fields[i].name, name))
			field = fields[i].field;
	l->path[depth] = field;
	if (field == BLOB || field == PREFIX) {
		l->seen = 0;
		l->folder = false;
		page_forget(&l->info);
		l->key_len = 0;
	}
	if (field == NONE || field == BLOBS || field == BLOB || field == PREFIX ||
	        field == PROPERTIES || field == METADATA)
		return 0;
	if (field == MARKER ? l->marker_seen : (l->seen & 1u << field) != 0)
		return -EPROTO;
	if (field == MARKER)
		l->marker_seen = true;
	l->seen |= 1u << field;
	if (field == NAME)
		l->encoded = is_encoded(attributes);
	return XML_TEXT;
}

static int on_end(void *arg, int depth, const char *text, size_t len)
{
	struct azure_list *l = arg;
	enum field field = l->path[depth]; /* that of the root stays NONE */

	l->path[depth] = NONE;
	if (field == BLOB || field == PREFIX)
		return take_entry(l, field);
	return take_field(l, field, text, len);
}

int azure_list_begin(
        void **list, const char *prefix, const char *token, store_entry_cb *cb, void *arg)
{
	static const struct xml_reader reader = {on_begin, on_end};

	return page_list_begin(list, sizeof(struct azure_list), &reader, prefix, token, cb, arg);
}

int azure_list_feed(void *list, const char *data, size_t len)
{
	return page_list_feed(list, data, len);
}

int azure_list_end(void *list, char token[STORE_TOKEN_MAX + 1])
{
	struct azure_list *l = list;
	int err = token ? xml_finish(l->page.xml) : 0;

	/* A short listing that passes for a whole one would hide files: the page must say whether
	 * it is the last. */
	if (!err && (!l->marker_seen ||
	                    (*l->page.token && !strcmp(l->page.token, l->page.asked_token))))
		err = -EPROTO;
	if (!err && token)
		memcpy(token, l->page.token, strlen(l->page.token) + 1);
	page_list_free(&l->page);
	return token ? err : 0;
}
