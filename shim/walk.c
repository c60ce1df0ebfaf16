#include "shim/walk.h"

#include <stdlib.h>

static bool place_is_ours(const char *root)
{
	PLACE(p, AT_FDCWD, root);

	while (p.kind == PLACE_REAL) {
		struct stat st;

		if (p.above)
			return true;
		/* A link that leads to something of ours. */
		if (sys_fstatat(AT_FDCWD, p.path, &st, 0) != -ENOENT || !place_follow(&p, AT_FDCWD))
			return false;
	}
	return true;
}

bool walk_is_ours(const char *root)
{
	int saved = errno;
	bool ours = root && *root && place_is_ours(root);

	errno = saved;
	return ours;
}

void *walk_alloc(size_t size)
{
	return malloc(size); /* allow: malloc: libc's walks allocate */
}

void walk_free(void *memory)
{
	free(memory); /* allow: free: as above */
}

static bool keep(struct walk_names *names, const char *name)
{
	size_t n = strlen(name) + 1;

	if (names->len + n > names->room) {
		size_t room = 2 * (names->room + n) + 1024;
		char *text = realloc(names->text, room); /* allow: realloc: as above */

		if (!text)
			return false;
		names->text = text;
		names->room = room;
	}
	memcpy(names->text + names->len, name, n);
	names->len += n;
	return true;
}

int walk_read(const char *path, struct walk_names *names)
{
	DIR *d = opendir(path);
	struct dirent *e;
	bool kept = true;

	*names = (struct walk_names){0};
	if (!d)
		return -errno;
	while (kept && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			kept = keep(names, e->d_name);
	}
	closedir(d);
	if (!kept)
		walk_forget(names);
	return kept ? 0 : -ENOMEM;
}

void walk_forget(struct walk_names *names)
{
	walk_free(names->text);
	*names = (struct walk_names){0};
}
