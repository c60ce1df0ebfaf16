#include "cache/read/config_parts.h"
#include "cache/read/hash.h"
#include "cache/read/text.h"
#include "cache/read/url_parts.h"

#include <errno.h>
#include <string.h>

static bool is_plain(const char *s)
{
	while (*s && url_plain_char(*s))
		s++;
	return !*s;
}

bool profile_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= CONFIG_NAME_MAX && *name != '.' && is_plain(name);
}

const char *config_keep_path(struct config *c, const char *path, int line)
{
	char out[CONFIG_PATH_MAX];
	size_t len = 0;

	if (path[0] == '~' && (path[1] == '/' || !path[1])) {
		len = strlen(c->home);
		if (len >= sizeof out)
			return "";
		memcpy(out, c->home, len);
		path++;
	} else if (*path != '/') {
		config_fail(c, line, "'%s' is not an absolute path", path);
		return "";
	}
	while (*path) {
		size_t n = text_until(path, '/');

		if ((n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.')) {
			config_fail(c, line, "'.' and '..' have no place in a path here");
			return "";
		}
		if (len + n + 2 > sizeof out) {
			config_fail(c, line, "a path of more than %d bytes", CONFIG_PATH_MAX - 1);
			return "";
		}
		if (n) {
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n + (path[n] == '/');
	}
	if (!len)
		out[len++] = '/';
	return config_keep(c, out, len);
}

static void inherit(uint64_t *value, uint64_t from)
{
	if (*value == SETTING_UNSET)
		*value = from;
}

int profile_prefetch(const char *text)
{
	int n = 0;

	if (strcmp(text, "off") == 0)
		return 0;
	if (strcmp(text, "auto") == 0)
		return PREFETCH_AUTO;
	if (!*text)
		return -EINVAL;
	for (; *text >= '0' && *text <= '9' && n <= PREFETCH_MAX; text++)
		n = 10 * n + *text - '0';
	return *text || n > PREFETCH_MAX ? -EINVAL : n;
}

void profile_inherit(const struct config *c, struct profile *p)
{
	inherit(&p->ttl, c->cache.ttl);
	inherit(&p->negative_ttl, c->cache.negative_ttl);
	inherit(&p->max_stale, c->cache.max_stale);
	inherit(&p->max_connections, c->cache.max_connections);
	inherit(&p->listing_connections, c->cache.listing_connections);
	if (!*p->prefetch)
		p->prefetch = c->cache.prefetch;
	p->ahead = profile_prefetch(p->prefetch);
	if (!p->lines[SETTING_INDEX_profile_offline])
		p->offline = c->cache.offline;
	if (!p->lines[SETTING_INDEX_profile_listing_refresh])
		p->listing_refresh = c->cache.listing_refresh;
	/* What is in the place of a name need not be what was recorded. */
	if (*c->replay)
		p->immutable = false;
	p->offline |= c->offline || (c->hf_offline && strcmp(p->scheme, "hf") == 0);
}

static void derive_check(struct config *c, struct profile *p)
{
	if (strcmp(p->verify, "off") == 0)
		p->check = CHECK_OFF;
	else if (strcmp(p->verify, "full") == 0)
		p->check = CHECK_FULL;
	else if (strcmp(p->verify, "store") != 0)
		config_fail(c, p->lines[SETTING_INDEX_profile_verify],
		        "'verify = %s': expected off, store or full", p->verify);
}

void profile_derive(struct config *c, struct profile *p)
{
	char dir[CONFIG_NAME_MAX + HASH_HEX_LEN + 2];
	bool known;

	p->path_style_set = p->lines[SETTING_INDEX_profile_path_style] != 0;
	p->scheme = p->authority = p->prefix = p->version = p->dir = "";
	/* Also of a profile that is wrong otherwise: its prefix is nobody's to write to. */
	p->path_len = strlen(p->path);
	derive_check(c, p);
	p->copy = strcmp(p->mode, "copy") == 0;
	if (!p->copy && strcmp(p->mode, "direct") != 0)
		config_fail(c, p->lines[SETTING_INDEX_profile_mode],
		        "'mode = %s': expected direct or copy", p->mode);
	if (p->path[0] && !p->path[1])
		config_fail(c, p->lines[SETTING_INDEX_profile_path],
		        "'path = /' would hide everything");
	known = url_of_profile(c, p);
	p->in_place = !p->cache && strcmp(p->scheme, "file") == 0;
	if (known && !p->cache && !p->in_place)
		config_fail(c, p->lines[SETTING_INDEX_profile_cache],
		        "'cache = off' is for remotes of file:// alone");
	profile_inherit(c, p);
	if (!known)
		return;
	if (profile_identity(c, p, dir, sizeof dir))
		config_fail(c, p->line, "the remote of profile '%s' is too long", p->name);
	else
		p->dir = config_keep(c, dir, p->dir_len);
}

void profile_check_overlaps(struct config *c)
{
	for (int i = 0; i < c->n_profiles; i++) {
		for (int j = 0; j < i; j++) {
			const struct profile *a = &c->profiles[i], *b = &c->profiles[j];
			const struct profile *shorter = a->path_len < b->path_len ? a : b;
			const struct profile *longer = shorter == a ? b : a;
			char after;

			if (!shorter->path_len || strncmp(a->path, b->path, shorter->path_len) != 0)
				continue;
			after = longer->path[shorter->path_len];
			if (after == '/' || after == 0)
				config_fail(c, a->lines[SETTING_INDEX_profile_path],
				        "path %s of profile '%s' overlaps %s of profile '%s' (line "
				        "%d)",
				        a->path, a->name, b->path, b->name,
				        b->lines[SETTING_INDEX_profile_path]);
		}
	}
}

const struct profile *config_profile_of(const struct config *c, const char *rel)
{
	size_t len = text_until(rel, '/');

	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		if (p->dir_len == len && memcmp(p->dir, rel, len) == 0)
			return p;
	}
	return NULL;
}

bool config_has_scheme(const struct config *c, const char *scheme, size_t len)
{
	const char *word = c->shim.schemes;

	while (*word) {
		size_t n = text_until(word, ' ');

		if (n == len && memcmp(word, scheme, len) == 0)
			return true;
		word += n + text_run(word + n, ' ');
	}
	return false;
}
