/* Profiles that are not configured: of buckets and of pinned versions, from a URL or a rel. */
#include "cache/read/config_parts.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/settings.h"
#include "cache/read/text.h"
#include "cache/read/url_parts.h"

#include <errno.h>
#include <string.h>

/* Bytes of all that an id is made from: each is part of a line of larder.ini, but for the endpoint
 * of the environment. */
#define REMOTE_MAX 1024

int profile_identity(const struct config *c, struct profile *p, char *out, size_t size)
{
	char remote[REMOTE_MAX], hex[HASH_HEX_LEN + 1];
	const char *endpoint = p->endpoint[0] ? p->endpoint : environ_endpoint(c, p->scheme);
	size_t n = text_join(remote, sizeof remote, p->scheme, "\n", endpoint, "\n", p->authority,
	        "\n", p->prefix, *p->version ? "\n" : "", p->version, NULL);

	if (!n)
		return -ENAMETOOLONG;
	p->id = hash64(HASH_PROFILE, remote, n);
	p->dev = identity_dev(p->id);
	hash_hex(p->id, hex);
	n = text_join(out, size, p->name, "~", hex, NULL);
	if (!n)
		return -ENAMETOOLONG;
	p->dir = out;
	p->dir_len = n;
	return 0;
}

/* The default of a number, which is plain digits or not set; a test holds it against the parser. */
static uint64_t number_of(const char *s)
{
	uint64_t n = *s ? 0 : SETTING_UNSET;

	for (; *s; s++)
		n = n * 10 + (uint64_t)(*s - '0');
	return n;
}

static const uint16_t no_lines[SETTING_COUNT_ALL]; /* only the parser writes there */

static void set_defaults(struct profile *p)
{
#define DEFAULT_PATH(def)   def
#define DEFAULT_TEXT(def)   def
#define DEFAULT_URL(def)    def
#define DEFAULT_WORDS(def)  def
#define DEFAULT_LINES(def)  def
#define DEFAULT_SECRET(def) def
#define DEFAULT_SIZE(def)   number_of(def)
#define DEFAULT_TIME(def)   number_of(def)
#define DEFAULT_COUNT(def)  number_of(def)
#define DEFAULT_BOOL(def)   ((def)[0] == 't')
#define SET_cache(...)
#define SET_local(...)
#define SET_shim(...)
#define SET_category(...)
#define SET_profile(type, key, def)                      p->key = DEFAULT_##type(def);
#define SETTING(section, key, type, def, min, max, help) SET_##section(type, key, def)
	memset(p, 0, sizeof *p);
	p->lines = (uint16_t *)no_lines;
#include "cache/read/settings.def"
#undef SETTING
	p->scheme = p->authority = p->prefix = "";
}

/* Plain segments that do not begin with '.'; containers of Azure may begin with '$'. */
static bool authority_is_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool first = !i || s[i - 1] == '/';

		if (s[i] == '/' ? first : s[i] == '$' ? !first || !i : !url_plain_char(s[i]))
			return false;
		if (first && s[i] == '.')
			return false;
	}
	return len && len <= URL_AUTHORITY_MAX;
}

/* Of a bucket: "s3=bucket", "az=account,container". */
static int name_bucket(struct own_profile *own, const struct url *u, size_t *len)
{
	size_t scheme = strlen(u->scheme->name);

	if (!authority_is_plain(u->authority, u->authority_len))
		return -EINVAL;
	memcpy(own->authority, u->authority, u->authority_len);
	own->authority[u->authority_len] = 0;
	if (scheme + 1 + u->authority_len > URL_NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(own->name, u->scheme->name, scheme);
	own->name[scheme] = '=';
	for (size_t i = 0; i < u->authority_len; i++)
		own->name[scheme + 1 + i] = u->authority[i] == '/' ? ',' : u->authority[i];
	*len = scheme + 1 + u->authority_len;
	own->name[*len] = 0;
	own->profile.scheme = u->scheme->name;
	own->profile.authority = own->authority;
	return 0;
}

/* Makes the profile of a bucket (`base` is NULL), of a version in a profile, or of both. */
static int make_own(const struct config *c, const struct profile *base, const struct url *u,
        struct own_profile *own)
{
	struct profile *p = &own->profile;
	bool main_alone =
	        !base && (u->scheme->flags & URL_REVISIONS) && strcmp(u->version, URL_MAIN) == 0;
	size_t len = 0;
	int err = 0;

	memcpy(own->version, u->version, strlen(u->version) + 1);
	if (base) {
		*p = *base;
		p->path = "";
		p->path_len = 0;
		len = strlen(base->name);
		memcpy(own->name, base->name, len + 1);
	} else {
		set_defaults(p);
		err = name_bucket(own, u, &len);
		profile_inherit(c, p);
	}
	if (!err && *own->version && !main_alone) {
		own->name[len++] = '@';
		err = url_append_version(own->name, sizeof own->name, &len, own->version);
		p->immutable =
		        url_is_final(u->scheme, own->version) ||
		        (base && base->immutable && base->lines[SETTING_INDEX_profile_immutable]);
	}
	p->version = own->version;
	p->pinned = *own->version && *u->scheme->mark;
	p->name = own->name;
	return err ? err : profile_identity(c, p, own->dir, sizeof own->dir);
}

/* -- Profiles of URLs -- */

static const struct profile *find_named(const struct config *c, const char *name, size_t len)
{
	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		if (strncmp(p->name, name, len) == 0 && !p->name[len])
			return p;
	}
	return NULL;
}

/* How much of a URL a profile covers, in whole segments; 0 if it does not. */
static size_t covers(const struct profile *p, const struct url *u)
{
	size_t n = strlen(p->prefix);

	if (strcmp(p->scheme, u->scheme->name) != 0 ||
	        strncmp(p->authority, u->authority, u->authority_len) != 0 ||
	        p->authority[u->authority_len])
		return 0;
	if (!n || strncmp(u->path, p->prefix, n) == 0)
		return n + 1;
	return strncmp(u->path, p->prefix, n - 1) == 0 && !u->path[n - 1] ? n : 0;
}

/* Of several that cover as much, the one that shows the same version. */
static const struct profile *find_covering(const struct config *c, struct url *u)
{
	const struct profile *best = NULL;
	size_t best_len = 0;

	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];
		size_t n = 2 * covers(p, u);

		if (n)
			n += strcmp(p->version, u->version) == 0;
		if (n > best_len) {
			best = p;
			best_len = n;
		}
	}
	if (best_len / 2)
		u->path += best_len / 2 - 1;
	u->path += text_run(u->path, '/');
	return best;
}

int config_profile_of_url(const struct config *c, char *url, struct own_profile *own,
        const struct profile **profile, const char **key)
{
	const struct profile *base;
	struct url u;
	int err;

	url_as_az(url);
	err = url_take_apart(url, &u);
	if (err)
		return err == -EINVAL ? err : -ENOENT;
	if (u.scheme->flags & URL_NAMES) {
		base = find_named(c, u.authority, u.authority_len);
		if (!base || !*base->dir)
			return -ENOENT;
		u.scheme = url_scheme_find(base->scheme, strlen(base->scheme));
		memcpy(u.version, base->version, strlen(base->version) + 1);
		url_cut_pin(url, &u);
	} else {
		url_cut_pin(url, &u);
		base = find_covering(c, &u);
	}
	*key = u.path;
	*profile = base;
	if (base && strcmp(base->version, u.version) == 0)
		return 0;
	if (!base && !(u.scheme->flags & URL_ALONE))
		return -ENOENT;
	*profile = &own->profile;
	return make_own(c, base, &u, own);
}

/* -- From a rel back -- */

bool url_name_is_own(const char *name)
{
	return strchr(name, '=') || strchr(name, '@');
}

const struct profile *config_settings_of(const struct config *c, const char *rel)
{
	const struct profile *p = config_profile_of(c, rel);
	size_t n = text_until(rel, '@');

	if (p || n >= text_until(rel, '~'))
		return p;
	return find_named(c, rel, n);
}

/* What the first component of a rel says: the profile that it is a version in, or the URL of a
 * bucket, with its authority in `authority`. False if it says nothing. */
static bool take_dir_apart(const struct config *c, const char *rel, struct url *u,
        char authority[static URL_AUTHORITY_MAX + 1], const struct profile **base)
{
	size_t name = text_until(rel, '~'), at = text_until(rel, '@'), n = text_until(rel, '=');

	*base = NULL;
	if (at > name)
		at = name;
	if (n < at) {
		u->scheme = url_scheme_find(rel, n);
		u->authority_len = at - n - 1;
		if (!u->scheme || !(u->scheme->flags & URL_ALONE) ||
		        u->authority_len > URL_AUTHORITY_MAX)
			return false;
		for (size_t i = 0; i < u->authority_len; i++)
			authority[i] = rel[n + 1 + i] == ',' ? '/' : rel[n + 1 + i];
		authority[u->authority_len] = 0;
	} else {
		*base = at < name ? find_named(c, rel, at) : NULL;
		if (!*base || !*(*base)->dir)
			return false;
		u->scheme = url_scheme_find((*base)->scheme, strlen((*base)->scheme));
	}
	u->authority = authority;
	u->path = u->version;
	u->version[0] = 0;
	if (at < name)
		return url_decode_version(u->version, rel + at + 1, name - at - 1);
	if (u->scheme->flags & URL_REVISIONS)
		memcpy(u->version, URL_MAIN, sizeof URL_MAIN);
	return true;
}

const struct profile *config_profile_of_dir(
        const struct config *c, const char *rel, struct own_profile *own)
{
	const struct profile *base = config_profile_of(c, rel);
	char authority[URL_AUTHORITY_MAX + 1];
	size_t len = text_until(rel, '/');
	struct url u;

	if (base)
		return base;
	/* Only what a URL leads to is a profile: the same dir comes out again. */
	if (!take_dir_apart(c, rel, &u, authority, &base) || make_own(c, base, &u, own) ||
	        own->profile.dir_len != len || memcmp(own->dir, rel, len) != 0)
		return NULL;
	return &own->profile;
}

size_t url_of_dir(const struct config *c, const char *rel, const char *sep, char *out, size_t size,
        char tail[static URL_TAIL_SIZE])
{
	const struct profile *p = config_profile_of(c, rel);
	char authority[URL_AUTHORITY_MAX + 1];
	struct url u;

	tail[0] = 0;
	if (p)
		return url_head(p, sep, out, size);
	if (!take_dir_apart(c, rel, &u, authority, &p))
		return 0;
	if (*u.scheme->mark && *u.version)
		text_join(tail, URL_TAIL_SIZE, u.scheme->mark, u.version, NULL);
	return url_write_head(u.scheme, sep, p ? p->authority : authority, u.version,
	        p ? p->prefix : "", out, size);
}
