#include "fetch/page.h"

#include <errno.h>
#include <string.h>

int page_emit(store_entry_cb *cb, void *arg, const char *prefix, const char *key, size_t len,
        bool is_dir, const struct object_info *info)
{
	struct store_entry entry = {.is_dir = is_dir};
	size_t prefix_len = strlen(prefix);

	if (len > STORE_KEY_MAX || len < prefix_len || memcmp(key, prefix, prefix_len))
		return -EPROTO;
	entry.name = key + prefix_len;
	entry.name_len = len - prefix_len;
	if (is_dir && (!entry.name_len || entry.name[--entry.name_len] != '/'))
		return -EPROTO;
	if (memchr(entry.name, '/', entry.name_len))
		return -EPROTO;
	if (memchr(entry.name, '\0', entry.name_len))
		return 0;
	if (!is_dir)
		entry.info = *info;
	return cb(arg, &entry);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int page_decode(char *s, size_t *len, bool form)
{
	size_t n = 0;

	for (size_t i = 0; i < *len; i++) {
		char c = s[i];

		if (c == '+' && form) {
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

void page_etag(const char *text, size_t len, char etag[STORE_ETAG_MAX + 1])
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
