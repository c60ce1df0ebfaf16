#include "cache/read/config_parts.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/settings.h"
#include "cache/read/text.h"

#include <errno.h>
#include <string.h>

#define SCHEME_SHOWN 32  /* bytes of a wrong one in a message */
#define BUCKET_MAX   128 /* S3 allows 63; others a little more */

/* Letters, digits, '.', '_' and '-', of whatever locale. */
static bool is_plain(const char *s)
{
	for (; *s; s++) {
		char lower = (char)(*s | 0x20);

		if (!(lower >= 'a' && lower <= 'z') && !(*s >= '0' && *s <= '9') && *s != '.' &&
		        *s != '_' && *s != '-')
			return false;
	}
	return true;
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

/* The id, the folder's name and the device number, from scheme, endpoint, authority and prefix. */
static int derive_identity(const struct config *c, struct profile *p, char *out, size_t size)
{
	char remote[2 * CONFIG_PATH_MAX], hex[HASH_HEX_LEN + 1];
	const char *endpoint =
	        p->endpoint[0] || strcmp(p->scheme, "s3") != 0 ? p->endpoint : c->endpoint;
	size_t n = text_join(remote, sizeof remote, p->scheme, "\n", endpoint, "\n", p->authority,
	        "\n", p->prefix, NULL);

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

static bool known_scheme(const char *s, size_t len)
{
	static const char known[][6] = {"s3", "http", "https", "file"};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strlen(known[i]) == len && memcmp(known[i], s, len) == 0)
			return true;
	}
	return false;
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

/* remote = SCHEME://AUTHORITY/PREFIX */
static bool derive_remote(struct config *c, struct profile *p)
{
	int line = p->lines[SETTING_INDEX_profile_remote];
	const char *sep = strstr(p->remote, "://"), *rest, *slash;
	char prefix[CONFIG_PATH_MAX];
	size_t n;

	if (!sep || !known_scheme(p->remote, (size_t)(sep - p->remote))) {
		/* What follows the scheme is not shown: it may hold a password. */
		n = sep ? (size_t)(sep - p->remote) : 0;
		config_fail(c, line ? line : p->line,
		        "%.*s%sprofile '%s' needs remote = s3://…, https://…, http://… or "
		        "file:///…",
		        (int)(n < SCHEME_SHOWN ? n : SCHEME_SHOWN), p->remote,
		        sep ? ":// is not a known scheme; " : "", p->name);
		return false;
	}
	p->scheme = config_keep(c, p->remote, (size_t)(sep - p->remote));
	rest = sep + 3;
	slash = rest + text_until(rest, '/');
	p->authority = config_keep(c, rest, (size_t)(slash - rest));
	if ((strcmp(p->scheme, "file") == 0) != (*p->authority == 0)) {
		config_fail(c, line, "'%s' names no %s", p->remote,
		        *p->authority ? "local folder; write file:///folder" : "bucket or host");
		return false;
	}
	slash += text_run(slash, '/');
	n = strlen(slash);
	if (n + 2 > sizeof prefix) {
		config_fail(c, line, "a remote of more than %d bytes", CONFIG_PATH_MAX);
		return false;
	}
	memcpy(prefix, slash, n + 1);
	if (n && prefix[n - 1] != '/')
		prefix[n++] = '/';
	p->prefix = config_keep(c, prefix, n);
	return true;
}

void profile_derive(struct config *c, struct profile *p)
{
	char dir[CONFIG_NAME_MAX + HASH_HEX_LEN + 2];

	inherit(&p->ttl, c->cache.ttl);
	inherit(&p->negative_ttl, c->cache.negative_ttl);
	inherit(&p->max_stale, c->cache.max_stale);
	inherit(&p->max_connections, c->cache.max_connections);
	if (!*p->prefetch)
		p->prefetch = c->cache.prefetch;
	p->ahead = profile_prefetch(p->prefetch);
	if (!p->lines[SETTING_INDEX_profile_offline])
		p->offline = c->cache.offline;
	p->path_style_set = p->lines[SETTING_INDEX_profile_path_style] != 0;
	p->scheme = p->authority = p->prefix = p->dir = "";
	/* Also of a profile that is wrong otherwise: its prefix is nobody's to write to. */
	p->path_len = strlen(p->path);
	p->copy = strcmp(p->mode, "copy") == 0;
	if (!p->copy && strcmp(p->mode, "direct") != 0)
		config_fail(c, p->lines[SETTING_INDEX_profile_mode],
		        "'mode = %s': expected direct or copy", p->mode);
	if (p->path[0] && !p->path[1])
		config_fail(c, p->lines[SETTING_INDEX_profile_path],
		        "'path = /' would hide everything");
	if (!derive_remote(c, p))
		return;
	p->offline |= c->offline || (c->hf_offline && strcmp(p->scheme, "hf") == 0);
	if (derive_identity(c, p, dir, sizeof dir))
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

const struct profile *config_profile_of_url(
        const struct config *c, const char *url, const char **key)
{
	const struct profile *best = NULL;
	size_t best_len = 0;

	for (int i = 0; i < c->n_profiles; i++) {
		const char *remote = c->profiles[i].remote;
		size_t len = strlen(remote);

		while (len && remote[len - 1] == '/')
			len--;
		if (len <= best_len || strncmp(url, remote, len) != 0 ||
		        (url[len] && url[len] != '/'))
			continue;
		best = &c->profiles[i];
		best_len = len;
	}
	if (best)
		*key = url + best_len + text_run(url + best_len, '/');
	return best;
}

int config_bucket(const struct config *c, struct profile *p, const char *bucket, size_t len,
        char *pool, size_t pool_size)
{
	char *dir;

	if (!len || len > BUCKET_MAX || *bucket == '.')
		return -EINVAL;
	memset(p, 0, sizeof *p);
	p->remote = p->path = p->endpoint = p->region = p->access_key_id = p->secret_access_key =
	        "";
	p->session_token = p->credentials_profile = p->ca_file = p->manifest = p->bypass =
	        p->credentials_file = p->allow = p->executable = p->evict = p->prefix = "";
	p->mode = "direct";
	p->prefetch = c->cache.prefetch;
	p->ahead = profile_prefetch(p->prefetch);
	p->max_connections = c->cache.max_connections;
	p->ttl = c->cache.ttl;
	p->negative_ttl = c->cache.negative_ttl;
	p->max_stale = c->cache.max_stale;
	p->offline = c->cache.offline || c->offline;
	p->scheme = "s3";
	if (pool_size < len + 5)
		return -EINVAL;
	memcpy(pool, "s3=", 3);
	memcpy(pool + 3, bucket, len);
	pool[3 + len] = 0;
	p->name = pool;
	p->authority = pool + 3;
	if (!is_plain(p->authority) || strlen(p->authority) != len)
		return -EINVAL;
	dir = pool + len + 4;
	return derive_identity(c, p, dir, pool_size - len - 4);
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
