#include "fetch/page.h"

#include <errno.h>
#include <string.h>

int page_emit(store_entry_cb *cb, void *arg, const char *prefix, const char *key, size_t len,
        bool is_dir, const struct object_info *info)
{
	struct store_entry entry = {.is_dir = is_dir, .info = info};
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

/* Two digits at `at`, or -1. */
static int two(const char *at)
{
	unsigned tens = (unsigned)at[0] - '0', ones = tens > 9 ? 10 : (unsigned)at[1] - '0';

	return ones > 9 ? -1 : (int)(tens * 10 + ones);
}

/* Days since 1970 of a day in the Gregorian calendar, whose years are taken to begin in March. */
static int64_t days(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

int page_time(const char *text, int64_t *seconds)
{
	static const char form[] = "00-00-00T00:00:00";
	int part[6], century = two(text);

	if (century < 0)
		return -EPROTO;
	text += 2;
	for (size_t i = 0; i < 6; i++, text += 3) {
		char after = form[3 * i + 2];

		part[i] = two(text);
		if (part[i] < 0 || (after && text[2] != after))
			return -EPROTO;
	}
	text--;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (strcmp(text, "Z") || part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 ||
	        part[3] > 23 || part[4] > 59 || part[5] > 60)
		return -EPROTO;
	*seconds = 86400 * days(100 * century + part[0], part[1], part[2]) + 3600 * part[3] +
	           60 * part[4] + part[5];
	return 0;
}

void page_forget(struct object_info *info)
{
	info->size = 0;
	info->mtime = 0;
	info->etag[0] = info->version[0] = 0;
	info->executable = false;
	info->sum = (struct checksum){0};
}
