#include "cache/read/above.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/text.h"

#include <string.h>

const struct profile above_profile = {
        .name = ABOVE_DIR,
        .scheme = "",
        .dir = ABOVE_DIR,
        .dir_len = ABOVE_DIR_LEN,
        .dev = IDENTITY_DEV_ABOVE,
        .immutable = true,
};

/* The rest of a prefix that goes on below `path`, without the '/' between them; or NULL. */
static const char *rest_of(const struct profile *p, const char *path, size_t len)
{
	if (p->path_len <= len || p->path[len] != '/' || memcmp(p->path, path, len) != 0)
		return NULL;
	return p->path + len + 1;
}

bool above_is(const struct config *c, const char *path, size_t len)
{
	for (int i = 0; i < c->n_profiles; i++) {
		if (rest_of(&c->profiles[i], path, len))
			return true;
	}
	return false;
}

size_t above_part(const struct config *c, const char *path, int *which)
{
	size_t longest = 0;

	for (int i = 0; i < c->n_profiles; i++) {
		const char *prefix = c->profiles[i].path;
		size_t end = 0;

		/* To the last component that both have, but never the whole prefix. */
		for (size_t n = 0; prefix[n] && prefix[n] == path[n];) {
			n++;
			if (prefix[n] == '/' && (path[n] == '/' || !path[n]))
				end = n;
		}
		if (end > longest) {
			longest = end;
			*which = i;
		}
	}
	return longest;
}

const char *above_path(const char *rel)
{
	if (strncmp(rel, ABOVE_DIR "/", ABOVE_DIR_LEN + 1) != 0)
		return NULL;
	return rel + ABOVE_DIR_LEN;
}

static uint64_t child_ino(const struct config *c, const char *path, size_t len)
{
	char rel[ABOVE_DIR_LEN + CONFIG_PATH_MAX];

	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		if (p->path_len == len && memcmp(p->path, path, len) == 0)
			return identity_ino(p->dir, p->dir_len, "");
	}
	memcpy(rel, ABOVE_DIR, ABOVE_DIR_LEN);
	memcpy(rel + ABOVE_DIR_LEN, path, len);
	return identity_ino(rel, ABOVE_DIR_LEN + len, "");
}

bool above_child(
        const struct config *c, const char *path, size_t len, int i, struct above_child *child)
{
	const char *rest = rest_of(&c->profiles[i], path, len);
	size_t n;

	if (!rest)
		return false;
	n = text_until(rest, '/');
	for (int j = 0; j < i; j++) {
		const char *other = rest_of(&c->profiles[j], path, len);

		if (other && text_until(other, '/') == n && memcmp(other, rest, n) == 0)
			return false;
	}
	child->name = rest;
	child->len = n;
	child->ino = child_ino(c, c->profiles[i].path, len + 1 + n);
	return true;
}
