#include "cache/read/url_parts.h"
#include "cache/read/config_parts.h"
#include "cache/read/settings.h"
#include "cache/read/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define SCHEME_SHOWN      32 /* bytes of a wrong one in a message */
#define GENERATION_MAX    20 /* digits of 64 bits */
#define COMMIT_LEN        40 /* hexadecimal digits of a git commit */
#define AZURE_ACCOUNT_MIN 3
#define AZURE_ACCOUNT_MAX 24
#define NULL_VERSION      "null" /* of S3: of before a bucket had versions, and can be overwritten */

static const struct url_scheme schemes[] = {
        {"s3", "?versionId=", 1, URL_ALONE, "s3://bucket/key"},
        {"gs", "#", 1, URL_ALONE, "gs://bucket/object"},
        {"az", "?", 2, URL_ALONE | URL_QUERY, "az://account/container/blob"},
        {"hf", "", 2, URL_ALONE | URL_REVISIONS, "hf://[datasets/]org/name[@revision]/file"},
        {"http", "", 1, 0, "http://host/path"},
        {"https", "", 1, 0, "https://host/path"},
        {"file", "", 0, 0, "file:///path"},
        {"larder", "", 1, URL_NAMES, "larder://profile/key"},
        {"msc", "", 1, URL_NAMES, "msc://profile/key"},
};

bool url_plain_char(char c)
{
	char lower = (char)(c | 0x20);

	return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
	       c == '-';
}

const struct url_scheme *url_scheme_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (strlen(schemes[i].name) == len && memcmp(schemes[i].name, name, len) == 0)
			return &schemes[i];
	}
	return NULL;
}

const char *url_usage(const char *scheme, size_t len)
{
	const struct url_scheme *s = url_scheme_find(scheme, len);

	return s ? s->usage : NULL;
}

/* -- Versions -- */

static int hex_digit(char c)
{
	char lower = (char)(c | 0x20);

	return c >= '0' && c <= '9'           ? c - '0'
	       : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
	                                      : -1;
}

/* Whether a byte may stand in a version: nothing that ends a URL's part, or that is not seen. */
static bool is_version_char(char c)
{
	return c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '&';
}

/* Decodes %XX. False if that is no version, or too long. */
bool url_decode_version(char out[static URL_VERSION_MAX + 1], const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (c == '%') {
			if (len - i < 3 || hex_digit(s[i + 1]) < 0 || hex_digit(s[i + 2]) < 0)
				return false;
			c = (char)(hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2]));
			i += 2;
		}
		if (n == URL_VERSION_MAX || !is_version_char(c))
			return false;
		out[n++] = c;
	}
	out[n] = 0;
	return n != 0;
}

/* The reverse: plain characters stand for themselves. 0 or -ENAMETOOLONG. */
int url_append_version(char *out, size_t size, size_t *len, const char *version)
{
	static const char hex[16] = "0123456789ABCDEF";

	for (; *version; version++) {
		unsigned char c = (unsigned char)*version;

		if (size - *len <= 3)
			return -ENAMETOOLONG;
		if (url_plain_char(*version)) {
			out[(*len)++] = *version;
		} else {
			out[(*len)++] = '%';
			out[(*len)++] = hex[c >> 4];
			out[(*len)++] = hex[c & 15];
		}
	}
	out[*len] = 0;
	return 0;
}

/* Whether what is behind a mark looks like a version, up to the end. */
static bool is_pin(const struct url_scheme *s, const char *text)
{
	/* As Azure's own addresses have them. */
	static const char names[][12] = {"versionid=", "snapshot="};
	bool digits = !(s->flags & URL_QUERY) && !s->mark[1];
	size_t n = 0;

	for (size_t i = 0; (s->flags & URL_QUERY) && i < sizeof names / sizeof *names; i++)
		if (!strncasecmp(text, names[i], strlen(names[i])))
			n = strlen(names[i]);
	if ((s->flags & URL_QUERY) && (!n || !text[n]))
		return false;
	for (n = 0; text[n]; n++)
		if (text[n] == '/' || !is_version_char(text[n]) ||
		        (digits && (text[n] < '0' || text[n] > '9' || n == GENERATION_MAX)))
			return false;
	return n && n <= URL_VERSION_MAX;
}

/*
 * Finds the version at the end of a path: behind the last mark, and nothing that a key goes on
 * with. A key may hold the mark too, so what does not look like a version is part of it.
 */
static const char *find_pin(const struct url_scheme *s, const char *path)
{
	size_t mark = strlen(s->mark);
	const char *found = NULL, *p = path;

	if (!mark)
		return NULL;
	while ((p = strstr(p, s->mark))) {
		found = p;
		p += mark;
	}
	return found && found != path && is_pin(s, found + mark) ? found : NULL;
}

/* Whether what a version names never changes: not a branch, a tag or S3's "null". */
bool url_is_final(const struct url_scheme *s, const char *version)
{
	size_t n = 0;

	if (!(s->flags & URL_REVISIONS))
		return *version && strcmp(version, NULL_VERSION) != 0;
	while (hex_digit(version[n]) >= 0)
		n++;
	return n == COMMIT_LEN && !version[n];
}

/* -- Taking a URL apart -- */

/* Bytes of a revision behind '@', which ends at a '/' but in refs/pr/1 and refs/convert/parquet. */
static size_t revision_len(const char *s)
{
	size_t n = text_until(s, '/');

	if (strncmp(s, "refs/pr/", 8) == 0)
		n = 8 + text_until(s + 8, '/');
	else if (strncmp(s, "refs/convert/", 13) == 0)
		n = 13 + text_until(s + 13, '/');
	return n;
}

/* Bytes of an authority of `segments` that are not empty; 0 if there are fewer. */
static size_t authority_len(const char *s, unsigned segments)
{
	size_t len = 0;

	for (; segments; segments--) {
		size_t n = text_until(s + len, '/');

		if (!n || (segments > 1 && !s[len + n]))
			return 0;
		len += n + (segments > 1);
	}
	return len;
}

static bool is_kind(const char *s)
{
	return strncmp(s, "datasets/", 9) == 0 || strncmp(s, "spaces/", 7) == 0;
}

/* Of a blob's address, the bytes of the account; 0 if it is none. */
static size_t blob_account(const char *host, size_t *len)
{
	/* Clouds, of which the first needs no host in az://. */
	static const char domains[][34] = {".blob.core.windows.net/",
	        ".blob.core.chinacloudapi.cn/", ".blob.core.usgovcloudapi.net/"};
	size_t n = strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789");

	for (size_t i = 0; n >= AZURE_ACCOUNT_MIN && n <= AZURE_ACCOUNT_MAX &&
	                   i < sizeof domains / sizeof *domains;
	        i++) {
		size_t domain = strlen(domains[i]);

		if (strncmp(host + n, domains[i], domain) == 0) {
			*len = i ? n + domain - 1 : n;
			return n + domain - 1;
		}
	}
	return 0;
}

void url_as_az(char *text)
{
	static const char from[] = "https://", to[] = "az://";
	size_t account, host;

	if (strncmp(text, from, sizeof from - 1) != 0 || strchr(text, '?'))
		return;
	host = blob_account(text + sizeof from - 1, &account);
	if (!host)
		return;
	memcpy(text, to, sizeof to - 1);
	memmove(text + sizeof to - 1, text + sizeof from - 1, account);
	text += sizeof to - 1 + account;
	memmove(text, text + (sizeof from - sizeof to) + host - account,
	        strlen(text + (sizeof from - sizeof to) + host - account) + 1);
}

/* 0; -EPROTONOSUPPORT of a scheme that is not known, -EINVAL without all of the authority. */
int url_take_apart(const char *text, struct url *u)
{
	size_t scheme = text_until(text, ':'), len;
	const char *s = text + scheme;
	unsigned segments;

	u->scheme = url_scheme_find(text, scheme);
	u->version[0] = 0;
	if (!u->scheme || strncmp(s, "://", 3) != 0)
		return -EPROTONOSUPPORT;
	s += 3;
	segments = u->scheme->segments;
	if ((u->scheme->flags & URL_REVISIONS) && is_kind(s))
		segments++;
	len = authority_len(s, segments);
	if ((segments && !len) || (!segments && *s != '/'))
		return -EINVAL;
	u->authority = s;
	u->authority_len = len;
	if (u->scheme->flags & URL_REVISIONS) {
		const char *at = memchr(s, '@', len);

		if (at) {
			len = revision_len(at + 1);
			u->authority_len = (size_t)(at - s);
			if (!url_decode_version(u->version, at + 1, len))
				return -EINVAL;
			len += u->authority_len + 1;
		} else {
			memcpy(u->version, URL_MAIN, sizeof URL_MAIN);
		}
	}
	u->path = s + len + text_run(s + len, '/');
	return 0;
}

/* A remote of the configuration: "" or ends in '/' is the prefix. */
static bool keep_prefix(struct config *c, struct profile *p, const char *path)
{
	char prefix[CONFIG_PATH_MAX];
	size_t n = strlen(path);

	if (n + 2 > sizeof prefix) {
		config_fail(c, p->lines[SETTING_INDEX_profile_remote],
		        "a remote of more than %d bytes", CONFIG_PATH_MAX);
		return false;
	}
	memcpy(prefix, path, n + 1);
	if (n && prefix[n - 1] != '/')
		prefix[n++] = '/';
	p->prefix = config_keep(c, prefix, n);
	return true;
}

bool url_of_profile(struct config *c, struct profile *p)
{
	int line = p->lines[SETTING_INDEX_profile_remote];
	struct url u;
	const char *remote = p->remote;
	int err;
	/* What follows a wrong scheme is not shown: it may hold a password. */
	const char *sep = strstr(p->remote, "://");
	size_t n = sep ? (size_t)(sep - p->remote) : 0;

	/* With a manifest, it is as any web server. */
	if (!*p->manifest && strncmp(remote, "https:", 6) == 0) {
		remote = config_keep(c, remote, strlen(remote));
		url_as_az((char *)remote);
	}
	err = url_take_apart(remote, &u);
	if (err == -EPROTONOSUPPORT || (!err && (u.scheme->flags & URL_NAMES))) {
		config_fail(c, line ? line : p->line,
		        "%.*s%sprofile '%s' needs remote = s3://…, gs://…, az://…, hf://…, "
		        "https://…, http://… or file:///…",
		        (int)(n < SCHEME_SHOWN ? n : SCHEME_SHOWN), p->remote,
		        sep ? ":// is not the scheme of a remote; " : "", p->name);
		return false;
	}
	if (err) {
		config_fail(c, line, "this remote names no %s; write it as %s",
		        u.scheme->segments ? "bucket or host" : "local folder", u.scheme->usage);
		return false;
	}
	p->scheme = u.scheme->name;
	p->authority = config_keep(c, u.authority, u.authority_len);
	p->version = config_keep(c, u.version, strlen(u.version));
	if (url_is_final(u.scheme, u.version) && !p->lines[SETTING_INDEX_profile_immutable])
		p->immutable = true;
	return keep_prefix(c, p, u.path);
}

void url_cut_pin(char *url, struct url *u)
{
	const char *pin = find_pin(u->scheme, u->path);

	if (!pin)
		return;
	memcpy(u->version, pin + strlen(u->scheme->mark),
	        strlen(pin + strlen(u->scheme->mark)) + 1);
	url[pin - url] = 0;
}

/* -- From a profile back -- */

size_t url_write_head(const struct url_scheme *s, const char *sep, const char *authority,
        const char *version, const char *prefix, char *out, size_t size)
{
	bool shown = (s->flags & URL_REVISIONS) && strcmp(version, URL_MAIN) != 0;
	size_t len = text_join(out, size, s->name, sep, authority, shown ? "@" : "", NULL);
	size_t n = strlen(prefix);

	if (!len || (shown && url_append_version(out, size, &len, version)) || n >= size - len)
		return 0;
	if (n) {
		out[len++] = '/';
		memcpy(out + len, prefix, --n);
		len += n;
		out[len] = 0;
	}
	return len;
}

size_t url_head(const struct profile *p, const char *sep, char *out, size_t size)
{
	const struct url_scheme *s = url_scheme_find(p->scheme, strlen(p->scheme));

	return s ? url_write_head(s, sep, p->authority, p->version, p->prefix, out, size) : 0;
}

struct url_tail url_tail(const struct profile *p)
{
	const struct url_scheme *s = url_scheme_find(p->scheme, strlen(p->scheme));

	return p->pinned && s ? (struct url_tail){s->mark, p->version} : (struct url_tail){"", ""};
}
