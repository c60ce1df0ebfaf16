#include "fetch/hf_list.h"
#include "fetch/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#define SHA256_HEX 64

struct page {
	store_entry_cb *cb;
	void *arg;
	char *text;
	size_t len, size;
	char prefix[STORE_KEY_MAX + 1];
};

int hf_list_begin(void **state, const char *prefix, store_entry_cb *cb, void *arg)
{
	struct page *p = calloc(1, sizeof *p);

	if (!p)
		return -ENOMEM;
	p->cb = cb;
	p->arg = arg;
	snprintf(p->prefix, sizeof p->prefix, "%s", prefix);
	*state = p;
	return 0;
}

int hf_list_feed(void *state, const char *data, size_t len)
{
	struct page *p = state;

	if (len > HF_PAGE_MAX - p->len)
		return -EPROTO;
	if (p->len + len > p->size) {
		size_t size = p->size ? p->size * 2 : 64 << 10;
		char *longer;

		while (size < p->len + len)
			size *= 2;
		longer = realloc(p->text, size);
		if (!longer)
			return -ENOMEM;
		p->text = longer;
		p->size = size;
	}
	memcpy(p->text + p->len, data, len);
	p->len += len;
	return 0;
}

bool hf_generation(struct object_info *info, const char *text, size_t len)
{
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	if (!len || len > STORE_ETAG_MAX - 2)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!strchr("0123456789abcdefABCDEF", text[i]))
			return false;
	}
	info->etag[0] = '"';
	memcpy(info->etag + 1, text, len);
	memcpy(info->etag + 1 + len, "\"", 2);
	if (len == SHA256_HEX)
		checksum_offer_hex(&info->sum, CHECKSUM_SHA256, text, len);
	return true;
}

/* The member of an object, with its length; NULL if it is no text. */
static const char *text_of(const json_t *object, const char *name, size_t *len)
{
	const json_t *value = json_object_get(object, name);

	*len = json_string_length(value);
	return json_string_value(value);
}

static int emit(struct page *p, const json_t *entry)
{
	const json_t *lfs = json_object_get(entry, "lfs");
	const json_t *size = json_object_get(entry, "size");
	struct object_info info = {.mtime = STORE_MTIME_DIR};
	size_t len, type_len, id_len;
	const char *type = text_of(entry, "type", &type_len);
	const char *path = text_of(entry, "path", &len);
	const char *id = text_of(json_is_object(lfs) ? lfs : entry, "oid", &id_len);
	char key[STORE_KEY_MAX + 2];

	if (!type || !path || !len || len > STORE_KEY_MAX)
		return -EPROTO;
	memcpy(key, path, len);
	key[len] = '/';
	if (strcmp(type, "directory") == 0)
		return page_emit(p->cb, p->arg, p->prefix, key, len + 1, true, &info);
	/* Whatever else a tree may hold one day is no file. */
	if (strcmp(type, "file") != 0)
		return 0;
	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return -EPROTO;
	info.size = (uint64_t)json_integer_value(size);
	if (id)
		hf_generation(&info, id, id_len);
	return page_emit(p->cb, p->arg, p->prefix, key, len, false, &info);
}

static int emit_all(struct page *p)
{
	json_t *page = json_loadb(p->text ? p->text : "", p->len, JSON_ALLOW_NUL, NULL);
	const json_t *entry;
	size_t i;
	int err = json_is_array(page) ? 0 : -EPROTO;

	json_array_foreach(page, i, entry)
	{
		if (err)
			break;
		err = emit(p, entry);
	}
	json_decref(page);
	return err;
}

int hf_list_end(void *state, char token[STORE_TOKEN_MAX + 1])
{
	struct page *p = state;
	int err = token ? emit_all(p) : 0;

	if (token)
		token[0] = 0;
	free(p->text);
	free(p);
	return err;
}
