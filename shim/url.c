/* Virtual URLs: finding them in paths, also bent ones, and their rels. */
#include "shim/resolve.h"

/* A name of [shim] schemes, or that a profile's remote begins with. */
static bool is_scheme(const char *name, size_t n)
{
	const struct config *c = &shim.config;

	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		if (strncmp(p->scheme, name, n) == 0 && !p->scheme[n])
			return true;
		if (strncmp(p->remote, name, n) == 0 && p->remote[n] == ':')
			return true;
	}
	return config_has_scheme(c, name, n);
}

size_t url_scheme_at(const char *name)
{
	size_t n = strcspn(name, ":/");

	if (!n || n > URL_SCHEME_MAX || name[n] != ':' || name[n + 1] != '/')
		return 0;
	return is_scheme(name, n) ? n : 0;
}

const char *url_find(const char *path)
{
	for (const char *p = path; (p = strchr(p, ':')); p++) {
		const char *start = p;

		if (p[1] != '/')
			continue;
		while (start > path && start[-1] != '/')
			start--;
		if (url_scheme_at(start))
			return start;
	}
	return NULL;
}

bool ours_bent(const char *path)
{
	return strchr(path, ':') && url_find(path);
}

bool url_is_shadowed(const char *path, const char *url)
{
	size_t n = (size_t)(url - path) + text_until(url, ':') + 1;
	char name[n + 1];
	struct stat st;

	memcpy(name, path, n);
	name[n] = 0;
	return sys_fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void url_resolve(struct place *p, struct order *o, const char *url)
{
	size_t scheme = text_until(url, ':'), n, head_len;
	const char *rest = url + scheme + 1 + text_run(url + scheme + 1, '/'), *key = "";
	const struct profile *profile;
	char head[URL_SCHEME_MAX + 8], *scratch = o->buf;
	bool named;
	int err;

	/* Put the other slashes back, to compare with the remotes of profiles. */
	memcpy(head, url, scheme);
	head[scheme] = 0;
	named = config_has_scheme(&shim.config, head, scheme);
	head_len = scheme;
	head_len += text_join(head + scheme, sizeof head - scheme,
	        strcmp(head, "file") == 0 ? ":///" : "://", NULL);
	n = strlen(rest);
	if (head_len + n + 1 > o->size) {
		place_fail(p, -ENAMETOOLONG);
		return;
	}
	memmove(scratch + head_len, rest, n + 1);
	memcpy(scratch, head, head_len);
	err = config_profile_of_url(&shim.config, scratch, p->own, &profile, &key);
	/* Many programs look whether their URL is a file; only the schemes that were named are ours
	 * as a whole. */
	if (!named && (err || !profile->line))
		return;
	if (err) {
		place_fail(p, err == -ENAMETOOLONG ? err : -ENOENT);
		return;
	}
	place_begin(p, profile);
	if (place_append(p, o->rel_size, key))
		place_fail(p, -ENAMETOOLONG);
}
