/*
 * The resolver: (dirfd, path) → real, ours, or an error. One for every call.
 *
 * Most paths of ours are plain: a prefix as it is configured, or a name in an open directory, and
 * their rel is made in one pass. Any other becomes an absolute path in order; if that lies in a
 * prefix, is a virtual URL, or a folder above a prefix that the disk does not have, it is ours.
 */
#include "shim/resolve.h"
#include "cache/read/above.h"

#define BASE_MAX 3072 /* bytes for a working directory's path; half of it in either form */
#define SLACK    512  /* for "<profile>~<id>", "/s3:/" and what a symbolic link leads to */

size_t place_room(const char *path)
{
	size_t len = path ? strnlen(path, PATH_MAX) : 0;

	/* Names of over 255 bytes get three more for every 200. A relative path is joined with its
	 * directory. */
	return 2 * (len + len / 64 + SLACK) + (path && path[0] != '/' ? BASE_MAX : 0);
}

bool ours_slow(const char *path)
{
	const struct config *c = &shim.config;
	const char *dot;

	/* Spellings that have to be put in order first; and the root, which is above all prefixes.
	 */
	if (path[1] == '/' || path[1] == '.' || !path[1])
		return true;
	for (int i = 0; i < c->n_profiles; i++) {
		const char *prefix = c->profiles[i].path;
		size_t n;

		if (!*prefix || path[1] != prefix[1])
			continue;
		n = 1 + text_until(prefix + 1, '/');
		if (same_bytes(path, prefix, n) && (path[n] == '/' || path[n] == 0))
			return true;
	}
	for (dot = path; (dot = strchr(dot, '.')); dot++) {
		if (dot[1] == '.')
			return true;
	}
	return ours_bent(path);
}

void place_fail(struct place *p, int error)
{
	p->kind = PLACE_ERROR;
	p->error = error;
}

const struct profile *place_prefix(const char *path, const char **rest)
{
	const struct config *c = &shim.config;

	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		if (!p->path_len || path[1] != p->path[1] ||
		        !same_bytes(path, p->path, p->path_len))
			continue;
		if (path[p->path_len] == '/' || path[p->path_len] == 0) {
			*rest = path + p->path_len;
			return p;
		}
	}
	return NULL;
}

int place_append(struct place *p, size_t size, const char *rest)
{
	int err = 0;

	while (*rest && !err) {
		size_t n = text_until(rest += *rest == '/', '/');

		if (n)
			err = key_append_disk(p->rel, size, &p->rel_len, rest, n);
		rest += n;
	}
	return err;
}

void place_begin(struct place *p, const struct profile *profile)
{
	p->profile = profile;
	memcpy(p->rel, profile->dir, profile->dir_len + 1);
	p->rel_len = profile->dir_len;
	p->kind = PLACE_OURS;
}

/* A relative path can only be ours if it may climb, if its directory is ours, or if it begins with
 * a part of a prefix. */
static bool relative_may_be_ours(int dirfd, const char *path)
{
	size_t n = text_until(path, '/');
	const char *dots = path;

	if (dirfd == AT_FDCWD ? shim.cwd_ours : dirs_may_be_open())
		return true;
	while ((dots = strstr(dots, ".."))) {
		if ((dots == path || dots[-1] == '/') && (dots[2] == '/' || !dots[2]))
			return true;
		dots += 2;
	}
	while (n == 1 && path[0] == '.' && path[1] == '/') {
		path += 2;
		n = text_until(path, '/');
	}
	for (int i = 0; i < shim.config.n_profiles; i++) {
		const char *p = shim.config.profiles[i].path;

		while (*p) {
			size_t m = text_until(p += *p == '/', '/');

			if (m == n && memcmp(p, path, n) == 0)
				return true;
			p += m;
		}
	}
	return n == 0;
}

/*
 * Whether the disk does not have the first `len` bytes of the path, a folder above a prefix. What
 * was seen there once is not looked for again: below /home, every call would pay for that.
 */
static bool is_missing(struct order *o, size_t len, int profile)
{
	static _Atomic uint16_t seen[CONFIG_PROFILES_MAX]; /* so much of the profile's path */
	struct stat st;
	char c = o->buf[len];
	int err;

	if (atomic_load_explicit(&seen[profile], memory_order_relaxed) >= len)
		return false;
	o->buf[len] = 0;
	err = sys_fstatat(AT_FDCWD, o->buf, &st, 0);
	o->buf[len] = c;
	if (!err)
		atomic_store_explicit(&seen[profile], (uint16_t)len, memory_order_relaxed);
	return err == -ENOENT;
}

/* In a folder above a prefix: that is ours, and all below it, if the disk does not have it. */
static void resolve_above(struct place *p, struct order *o)
{
	int profile = 0;
	size_t len = above_part(&shim.config, o->buf, &profile);

	p->above = len == o->len && (len || above_is(&shim.config, "", 0));
	if (!len || !is_missing(o, len, profile))
		return;
	p->above = false;
	if (ABOVE_DIR_LEN + o->len + 1 > o->rel_size) {
		place_fail(p, -ENAMETOOLONG);
		return;
	}
	place_begin(p, &above_profile);
	memcpy(p->rel + p->rel_len, o->buf, o->len + 1);
	p->rel_len += o->len;
}

void place_absolute(struct place *p, struct order *o)
{
	const struct profile *profile;
	const char *rest, *url;

	profile = place_prefix(o->buf, &rest);
	if (profile) {
		place_begin(p, profile);
		if (place_append(p, o->rel_size, rest))
			place_fail(p, -ENAMETOOLONG);
		return;
	}
	url = url_find(o->buf);
	if (url && !url_is_shadowed(o->buf, url))
		url_resolve(p, o, url);
	else
		resolve_above(p, o);
}

/*
 * The usual case in one pass: a prefix as it is written in the configuration, and behind it nothing
 * that needs to be put in order. False: the long way.
 */
static bool resolve_plain(struct place *p, const char *path, size_t size)
{
	const struct profile *profile;
	const char *rest, *name;
	size_t len;

	profile = place_prefix(path, &rest);
	if (!profile)
		return false;
	for (name = rest; *name; name += len) {
		const char *c = ++name;

		while (*c && *c != '/')
			c++;
		len = (size_t)(c - name);
		if (!len || len > KEY_NAME_MAX || (*name == '.' && len <= 2))
			return false;
	}
	len = (size_t)(name - rest);
	if (profile->path_len + len >= PATH_MAX || profile->dir_len + len >= size)
		return false;
	place_begin(p, profile);
	memcpy(p->rel + p->rel_len, rest, len + 1);
	p->rel_len += len;
	return true;
}

void place_keep_real(struct place *p, struct order *o, const char *end)
{
	end = o->verbatim ? "" : *end ? end : p->must_be_dir ? "/." : "";
	if (o->len + strlen(end) + 2 > o->size) {
		place_fail(p, -ENAMETOOLONG);
		return;
	}
	if (!o->len && !*end)
		end = "/";
	memcpy(o->buf + o->len, end, strlen(end) + 1);
	p->path = o->buf;
}

/* The long way. ".." is first taken to go back from real folders; if that leads to something of
 * ours, it is looked at. */
static void resolve_in_order(struct place *p, struct order *o, int dirfd, const char *path)
{
	long base = 0;
	int err;

	p->kind = PLACE_REAL;
	o->left = o->guessed = false;
	if (path[0] != '/')
		base = order_base(o, dirfd);
	if (base == -ENAMETOOLONG)
		place_fail(p, -ENAMETOOLONG);
	if (base < 0)
		return;
	o->len = o->base_len = base == 1 ? 0 : (size_t)base;
	err = order_append(o, path, &p->must_be_dir);
	/* A real folder so deep is not above a prefix. */
	if (err == -ENAMETOOLONG && !o->left)
		return;
	if (err)
		place_fail(p, err);
	else if (!o->verbatim)
		place_absolute(p, o);
	if (o->guessed && !o->exact && (p->kind != PLACE_REAL || o->left || p->above)) {
		o->exact = true;
		p->above = false;
		resolve_in_order(p, o, dirfd, path);
	} else if (p->kind == PLACE_REAL && (o->left || o->verbatim)) {
		place_keep_real(p, o, path[strlen(path) - 1] == '/' ? "/" : "");
	}
}

const struct profile *place_profile(struct place *p, const char *rel)
{
	return config_profile_of_dir(&shim.config, rel, p->own);
}

/* A plain name in an open directory of ours: what find, du and tar ask for, again and again. */
static bool resolve_in_dir(struct place *p, int dirfd, const char *path, size_t size)
{
	size_t n = text_until(path, '/');
	const struct profile *profile;
	long dir;

	if (path[n] || !n || n > KEY_NAME_MAX || (path[0] == '.' && n <= 2))
		return false;
	dir = fd_rel(dirfd, p->rel, size);
	if (dir < 0 || (size_t)dir + n + 2 > size)
		return false;
	profile = place_profile(p, p->rel);
	if (!profile)
		return false;
	p->profile = profile;
	p->rel[dir] = '/';
	memcpy(p->rel + dir + 1, path, n + 1);
	p->rel_len = (size_t)dir + 1 + n;
	p->kind = PLACE_OURS;
	return true;
}

void place_clear(struct place *p, struct order *o)
{
	memset(o, 0, sizeof *o);
	o->buf = p->buf;
	o->size = p->room / 2;
	o->rel_buf = p->buf + o->size;
	o->rel_size = p->room - o->size;
	p->kind = PLACE_REAL;
	p->error = shim.broken;
	p->must_be_dir = false;
	p->above = false;
	p->followed = 0;
	p->rel = o->rel_buf;
	p->rel_len = 0;
}

void place_resolve(struct place *p, int dirfd, const char *path, char *buf, size_t size)
{
	struct order o;
	int err;

	p->buf = buf;
	p->room = size;
	place_clear(p, &o);
	p->path = path;
	if (path && path[0] == '/' && !shim.broken && resolve_plain(p, path, o.rel_size))
		return;
	if (path && path[0] != '/' && dirfd != AT_FDCWD && dirs_may_be_open() && !shim.broken &&
	        resolve_in_dir(p, dirfd, path, o.rel_size))
		return;
	p->must_be_dir = path && *path && path[strlen(path) - 1] == '/';
	if (!path || !*path || strnlen(path, PATH_MAX) == PATH_MAX)
		return;
	if (path[0] != '/' && dirfd == AT_FDCWD && url_scheme_at(path) &&
	        !url_is_shadowed(path, path)) {
		/* Its own dots are put in order as those of a path are. */
		err = order_append(&o, path, &p->must_be_dir);
		if (err)
			place_fail(p, err);
		else if (o.len && url_scheme_at(o.buf + 1))
			url_resolve(p, &o, o.buf + 1);
		else if (config_has_scheme(&shim.config, path, text_until(path, ':')))
			place_fail(p, -ENOENT); /* ".." left the bucket, or there is none */
	} else if (path[0] == '/' || relative_may_be_ours(dirfd, path)) {
		resolve_in_order(p, &o, dirfd, path);
	}
	if (p->kind == PLACE_REAL)
		place_leave_disk(p, dirfd, false);
	if (p->kind == PLACE_OURS && shim.broken)
		place_fail(p, shim.broken);
}
