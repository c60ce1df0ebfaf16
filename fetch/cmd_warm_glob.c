#include "fetch/cmd_warm_glob.h"
#include "cache/read/key.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

const char *warm_glob_of(const char *arg)
{
	const char *start = arg;

	for (const char *p = arg; *p; p++) {
		if (*p == '/')
			start = p + 1;
		else if (*p == '*' || *p == '[' ||
		         (*p == '?' && strncmp(p, "?versionId=", 11) != 0))
			return start;
	}
	return NULL;
}

/* Behind the name and its slashes. */
static const char *next(const char *path)
{
	path += strcspn(path, "/");
	return path + strspn(path, "/");
}

static bool is_any_folders(const char *pattern)
{
	return strncmp(pattern, "**", 2) == 0 && (!pattern[2] || pattern[2] == '/');
}

static bool names_match(const char *pattern, const char *path)
{
	char glob[KEY_MAX + 1], name[KEY_MAX + 1];
	size_t glob_len = strcspn(pattern, "/"), name_len = strcspn(path, "/");

	if (glob_len >= sizeof glob || name_len >= sizeof name)
		return false;
	memcpy(glob, pattern, glob_len);
	memcpy(name, path, name_len);
	glob[glob_len] = name[name_len] = 0;
	return fnmatch(glob, name, FNM_NOESCAPE) == 0;
}

enum warm_match warm_glob_match(const char *pattern, const char *path)
{
	const char *again = NULL,
	           *from = NULL; /* behind the last "**", and what it has not taken */

	for (;;) {
		if (is_any_folders(pattern)) {
			again = pattern = next(pattern);
			from = path;
			if (!*pattern)
				return *path ? WARM_YES : WARM_BELOW;
		} else if (!*pattern) {
			return WARM_YES;
		} else if (!*path) {
			return WARM_BELOW;
		} else if (names_match(pattern, path)) {
			pattern = next(pattern);
			path = next(path);
		} else if (again) {
			/* The last one takes one folder more; an earlier one would take no less. */
			pattern = again;
			path = from = next(from);
		} else {
			return WARM_NO;
		}
	}
}
