#include "shim/above_dir.h"
#include "cache/read/above.h"
#include "shim/shim.h"

#include <limits.h>

#define NAMES_AT (LONG_MAX - CONFIG_PROFILES_MAX) /* positions behind those of the disk's names */

void above_dir_begin(struct above_dir *a, DIR *stream, const char *path, size_t len)
{
	*a = (struct above_dir){.real = stream, .len = len};
	for (int i = 0; i < shim.config.n_profiles; i++) {
		const struct profile *p = &shim.config.profiles[i];

		if (p->path_len > len && p->path[len] == '/' && memcmp(p->path, path, len) == 0)
			a->path = p->path;
	}
}

static bool is_on_disk(const struct above_dir *a, const struct above_child *child)
{
	char name[KEY_NAME_MAX + 1];
	struct stat st;

	if (child->len > KEY_NAME_MAX)
		return true;
	memcpy(name, child->name, child->len);
	name[child->len] = 0;
	return sys_fstatat(REAL(dirfd)(a->real), name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

struct dirent *above_dir_next(struct above_dir *a, struct dirent *entry)
{
	struct dirent *e = a->ended ? NULL : REAL(readdir)(a->real);
	struct above_child child;

	if (e)
		return e;
	a->ended = true;
	while (a->path && a->next < shim.config.n_profiles) {
		if (!above_child(&shim.config, a->path, a->len, a->next++, &child) ||
		        is_on_disk(a, &child))
			continue;
		*entry = (struct dirent){
		        .d_ino = child.ino,
		        .d_off = NAMES_AT + a->next,
		        .d_reclen = sizeof *entry,
		        .d_type = DT_DIR,
		};
		memcpy(entry->d_name, child.name, child.len);
		return entry;
	}
	return NULL;
}

long above_dir_tell(const struct above_dir *a)
{
	return a->ended ? NAMES_AT + a->next : REAL(telldir)(a->real);
}

void above_dir_seek(struct above_dir *a, long at)
{
	a->ended = at >= NAMES_AT;
	a->next = a->ended ? (int)(at - NAMES_AT) : 0;
	if (at == 0)
		REAL(rewinddir)(a->real);
	else if (!a->ended)
		REAL(seekdir)(a->real, at);
}
