#include "fetch/cmd_target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Appends the components of `path` to an absolute path in `out` ("" is the root), without ".", ".."
 * and empty ones. */
static int normalise(char out[static PATH_MAX], size_t *len, const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (*len && out[--*len] != '/')
				;
		} else if (n && (n != 1 || path[0] != '.')) {
			if (*len + n + 2 > PATH_MAX)
				return -ENAMETOOLONG;
			out[(*len)++] = '/';
			memcpy(out + *len, path, n);
			*len += n;
		}
		path += n + (path[n] == '/');
	}
	out[*len] = 0;
	return 0;
}

/* Appends "/a/b", names as programs see them, in their form on disk. */
static int make_rel(struct target *t, const struct profile *p, const char *rest)
{
	size_t len = p->dir_len;
	int err = 0;

	t->profile = p;
	memcpy(t->rel, p->dir, len + 1);
	while (*rest && !err) {
		size_t n = strcspn(rest += *rest == '/', "/");

		if (n)
			err = key_append_disk(t->rel, sizeof t->rel, &len, rest, n);
		rest += n;
	}
	return err;
}

/* The bytes of a scheme's name where the argument is a URL of one that we know of; 0 otherwise. */
static size_t scheme_len(const struct config *c, const char *arg)
{
	size_t n = strcspn(arg, ":/");

	if (!n || arg[n] != ':' || arg[n + 1] != '/')
		return 0;
	if (arg[n + 2] == '/' || config_has_scheme(c, arg, n))
		return n;
	for (int i = 0; i < c->n_profiles; i++) {
		if (strlen(c->profiles[i].scheme) == n &&
		        memcmp(c->profiles[i].scheme, arg, n) == 0)
			return n;
	}
	return 0;
}

static int resolve_url(const struct config *c, const char *arg, size_t scheme, struct target *t,
        char err[static TARGET_ERROR_MAX])
{
	char rest[PATH_MAX], url[PATH_MAX + 64];
	const char *key = "", *usage = url_usage(arg, scheme);
	const struct profile *p;
	size_t len = 0;
	int ret;

	if (scheme > URL_SCHEME_MAX || normalise(rest, &len, arg + scheme + 1))
		return -ENAMETOOLONG;
	snprintf(url, sizeof url, "%.*s:/%s%s", (int)scheme, arg,
	        strncmp(arg, "file:", 5) == 0 ? "/" : "", len ? rest : "/");
	ret = config_profile_of_url(c, url, &t->own, &p, &key);
	if (!ret)
		return make_rel(t, p, key);
	if (ret == -EINVAL)
		snprintf(
		        err, TARGET_ERROR_MAX, "this names no bucket or the like; write %s", usage);
	if (ret == -ENOENT && usage && strstr(usage, "://profile/"))
		snprintf(err, TARGET_ERROR_MAX,
		        "no profile has this name; 'larder config' shows the profiles");
	else if (ret == -ENOENT)
		snprintf(err, TARGET_ERROR_MAX,
		        "no profile has this URL; add [profile NAME] with remote = %.300s to "
		        "larder.ini",
		        url);
	return ret;
}

static int match_prefix(const struct config *c, const char *path, struct target *t)
{
	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		if (p->path_len && strncmp(path, p->path, p->path_len) == 0 &&
		        (path[p->path_len] == '/' || path[p->path_len] == 0))
			return make_rel(t, p, path + p->path_len);
	}
	return -ENOENT;
}

/* Replaces the first component that is a real symbolic link by what it says. Whether there was one.
 */
static bool follow_link(char path[static PATH_MAX])
{
	char link[PATH_MAX], rest[PATH_MAX];

	for (char *end = path; *end;) {
		size_t len = (size_t)(end - path);
		ssize_t n;
		char c;

		end += 1 + strcspn(end + 1, "/");
		c = *end;
		*end = 0;
		n = readlink(path, link, sizeof link - 1);
		*end = c;
		if (n <= 0)
			continue;
		link[n] = 0;
		memcpy(rest, end, strlen(end) + 1);
		if (link[0] == '/')
			len = 0;
		return normalise(path, &len, link) == 0 && normalise(path, &len, rest) == 0;
	}
	return false;
}

static int resolve_path(const struct config *c, const char *arg, struct target *t,
        char err[static TARGET_ERROR_MAX])
{
	char path[PATH_MAX] = "", cwd[PATH_MAX];
	size_t len = 0;
	int ret = 0;

	if (*arg != '/')
		ret = getcwd(cwd, sizeof cwd) ? normalise(path, &len, cwd) : -errno;
	if (!ret)
		ret = normalise(path, &len, arg);
	if (ret) {
		snprintf(err, TARGET_ERROR_MAX, "%s", strerror(-ret));
		return ret;
	}
	ret = match_prefix(c, path, t);
	for (int i = 0; ret == -ENOENT && i < TARGET_LINKS_MAX && follow_link(path); i++)
		ret = match_prefix(c, path, t);
	if (ret == -ENOENT)
		snprintf(err, TARGET_ERROR_MAX,
		        "is in no profile's path and is no virtual URL; 'larder config' shows the "
		        "profiles");
	return ret;
}

int target_resolve(const struct config *c, const char *arg, struct target *t,
        char err[static TARGET_ERROR_MAX])
{
	size_t scheme = scheme_len(c, arg);
	int ret;

	err[0] = 0;
	ret = scheme ? resolve_url(c, arg, scheme, t, err) : resolve_path(c, arg, t, err);
	if (ret && !err[0])
		snprintf(err, TARGET_ERROR_MAX, "the name is too long");
	return ret;
}

void target_url(const struct profile *p, const char *rel, char *out, size_t size)
{
	struct url_tail tail = url_tail(p);
	char key[KEY_MAX + 1];
	size_t len = url_head(p, "://", out, size);

	if (key_from_rel(key, sizeof key, rel) != 0)
		snprintf(key, sizeof key, "%s", rel + strcspn(rel, "/"));
	snprintf(out + len, size - len, "/%s%s%s", key, tail.mark, tail.version);
}

void target_rel_url(const struct config *c, const char *rel, char *out, size_t size)
{
	struct own_profile own;
	const struct profile *p = config_profile_of_dir(c, rel, &own);
	size_t len = strlen(rel);

	if (!p) {
		snprintf(out, size, "%s", rel);
	} else if (len && rel[len - 1] == '/') {
		char folder[KEY_REL_MAX];

		snprintf(folder, sizeof folder, "%.*s", (int)len - 1, rel);
		target_url(p, folder, out, size);
		len = strlen(out);
		if (len && len + 1 < size && out[len - 1] != '/')
			memcpy(out + len, "/", 2);
	} else {
		target_url(p, rel, out, size);
	}
}

void target_path(const struct profile *p, const char *rel, char *out, size_t size)
{
	size_t len = p->path_len;
	bool joined = false; /* the last component was a piece of a longer name */

	out[0] = 0;
	if (!len || len >= size)
		return;
	memcpy(out, p->path, len + 1);
	rel += strcspn(rel, "/");
	while (*rel) {
		size_t n = strcspn(++rel, "/");
		bool piece = n > 2 && rel[0] == '%' && rel[1] == '+';

		if (len + n + 2 > size)
			return;
		if (!joined)
			out[len++] = '/';
		memcpy(out + len, rel + (piece ? 2 : 0), n - (piece ? 2 : 0));
		len += n - (piece ? 2 : 0);
		out[len] = 0;
		joined = piece;
		rel += n;
	}
}

int target_child(char rel[static KEY_REL_MAX], size_t *len, const char *name, size_t name_len)
{
	return key_append_disk(rel, KEY_REL_MAX, len, name, name_len);
}
