/* What the entries of a record name in a configuration. */
#include "fetch/record.h"

#include <errno.h>
#include <string.h>

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *d = c ? strchr(digits, c | 0x20) : NULL;

	return d ? (int)(d - digits) : -1;
}

int record_decode(char *key)
{
	char *out = key;

	for (const char *p = key; *p; p++) {
		int high, low;

		if (*p != '%') {
			*out++ = *p;
			continue;
		}
		high = hex(p[1]);
		low = high < 0 ? -1 : hex(p[2]);
		if (low < 0 || !(high | low))
			return -EINVAL;
		*out++ = (char)(high << 4 | low);
		p += 2;
	}
	*out = 0;
	return 0;
}

/* The encoded key of a URL of that profile, and its length. False: it is not. */
static bool key_in(const struct profile *p, const char *url, const char **key, size_t *len)
{
	struct url_tail tail = url_tail(p);
	size_t all = strlen(url), mark = strlen(tail.mark), version = strlen(tail.version);
	char head[CONFIG_PATH_MAX];
	size_t n = url_head(p, "://", head, sizeof head);

	if (!n || strncmp(url, head, n) != 0 || url[n] != '/' || all - n < mark + version + 1)
		return false;
	*key = url + n + 1;
	*len = all - n - 1 - mark - version;
	/* Neither is in an encoded key: this pins a version that the profile does not. */
	return strcspn(*key, "?#") == *len && strncmp(*key + *len, tail.mark, mark) == 0 &&
	       strcmp(*key + *len + mark, tail.version) == 0;
}

static const struct profile *named(const struct config *c, const char *name)
{
	for (int i = 0; i < c->n_profiles; i++) {
		if (strcmp(c->profiles[i].name, name) == 0)
			return &c->profiles[i];
	}
	return NULL;
}

int record_resolve(const struct config *c, const struct record_entry *e, struct own_profile *own,
        const struct profile **profile, char key[static KEY_MAX + 1])
{
	char url[CONFIG_PATH_MAX + 3 * KEY_MAX + URL_VERSION_MAX], *encoded;
	const char *found;
	size_t len = strlen(e->url);

	if (len >= sizeof url)
		return -ENOENT;
	memcpy(url, e->url, len + 1);
	*profile = named(c, e->profile);
	if (!*profile || !key_in(*profile, url, &found, &len)) {
		/* While the key is encoded, nothing in it is taken for a version. */
		if (config_profile_of_url(c, url, own, profile, &found) != 0)
			return -ENOENT;
		len = strlen(found);
	}
	encoded = url + (found - url);
	encoded[len] = 0;
	if (record_decode(encoded) != 0 || strlen(encoded) > KEY_MAX)
		return -ENOENT;
	len = strlen(encoded);
	memcpy(key, encoded, len + 1);
	/* The name of a folder is no object's. */
	return len && key[len - 1] != '/' ? 0 : -ENOENT;
}
