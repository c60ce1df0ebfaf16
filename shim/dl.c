/*
 * dlopen(3) of a path of ours: libc's loader is given the cached file.
 *
 * libc looks at the address that it will return to, for the namespace and the run path of the
 * caller. So what is not ours is passed on as the last thing that the function does, by a jump, and
 * nothing of ours is on the stack then.
 */
#include "shim/exec.h"

static _Atomic bool any_loaded; /* a library of ours, in this process */

/* Whether a path that the kernel does not have leads to something of ours all the same. */
static bool is_behind_link(const char *file)
{
	struct stat st;

	return sys_fstatat(AT_FDCWD, file, &st, 0) == -ENOENT && ours_after_slow(AT_FDCWD, file);
}

/* $ORIGIN and its like, also in braces. */
static bool has_variable(const char *file)
{
	while ((file = strchr(file, '$'))) {
		file += file[1] == '{' ? 2 : 1;
		if (!strncmp(file, "ORIGIN", 6) || !strncmp(file, "LIB", 3) ||
		        !strncmp(file, "PLATFORM", 8))
			return true;
	}
	return false;
}

/* A name without a slash is looked for where libc looks, and variables are its own. */
static bool may_be_ours(const char *file)
{
	return file && strchr(file, '/') && !has_variable(file) &&
	       (ours_at(AT_FDCWD, file) || is_behind_link(file));
}

static __attribute__((noinline)) bool is_ours(const char *file)
{
	PLACE(p, AT_FDCWD, file);

	return p.kind != PLACE_REAL || p.path != file || is_behind_link(file);
}

/* The loader takes a path that it knows for the library that it has. */
#define PROC_PATH_MAX 256
static void path_of_fd(int fd, const struct stat *st, char out[static PROC_PATH_MAX])
{
	static const char root[] = "/proc/self/fd/";
	uint64_t id = st->st_ino ^ (uint64_t)st->st_dev << 32;
	char *p = out + strlen(root) - 1;

	memcpy(out, root, strlen(root));
	/* Spelled differently for each file: "/" and "/./" for the bits of its number. */
	for (; id; id >>= 1) {
		*p++ = '/';
		if (id & 1)
			*p++ = '.';
	}
	*p++ = '/';
	text_number(p, (unsigned)fd);
}

/* Opens what the loader shall map, and writes a path that it can open. A descriptor to close
 * afterwards, or -errno. */
static int find_image(const struct place *p, char *path)
{
	struct stat st;
	int fd = image_open(p, &st);

	if (fd >= 0 && !image_settle(p, fd, path))
		path_of_fd(fd, &st, path);
	return fd;
}

static void *call(Lmid_t space, bool has_space, const char *file, int mode)
{
	return has_space ? REAL(dlmopen)(space, file, mode) : REAL(dlopen)(file, mode);
}

/* What cannot be had, libc does not find under the path that the program knows, and says so. */
static __attribute__((noinline)) void *load(
        Lmid_t space, bool has_space, const char *file, int mode)
{
	PLACE(p, AT_FDCWD, file);
	void *handle;
	int fd;

	if (p.kind == PLACE_REAL && is_behind_link(p.path) && !place_follow(&p, AT_FDCWD))
		p.path = file;
	if (p.kind != PLACE_OURS)
		return call(space, has_space, p.kind == PLACE_REAL ? p.path : file, mode);

	char path[shim.root_len + p.rel_len + PROC_PATH_MAX];

	fd = find_image(&p, path);
	any_loaded |= fd >= 0;
	handle = call(space, has_space, fd >= 0 ? path : file, mode);
	if (fd >= 0)
		sys_close(fd);
	return handle;
}

/*
 * A library of ours asks for another one by its name alone: libc looks along the run path of the
 * caller, in the cache's folder.
 */
static __attribute__((noinline)) void fetch_for(const void *caller, const char *name)
{
	int (*find)(const void *, Dl_info *);
	struct place p = {.kind = PLACE_OURS};
	int saved = errno;
	Dl_info info;
	void *found;

	found = real_find("dladdr", &found, false);
	if (real_is_absent(found))
		return;
	find = (__typeof__(find))found;
	if (find(caller, &info) && (p.rel = (char *)in_data(info.dli_fname))) {
		p.rel_len = strlen(p.rel);
		p.profile = config_settings_of(&shim.config, p.rel);
		if (p.profile)
			image_fetch_beside(&p, name);
	}
	errno = saved;
}

static bool asks_by_name(const char *file, int mode)
{
	return UNLIKELY(any_loaded) && file && *file && !strchr(file, '/') && !(mode & RTLD_NOLOAD);
}

EXPORT void *dlopen(const char *file, int mode)
{
	if (asks_by_name(file, mode))
		fetch_for(__builtin_return_address(0), file);
	if (!may_be_ours(file) || !is_ours(file))
		return REAL(dlopen)(file, mode);
	return VIRTUAL_POINTER(AT_FDCWD, file, load(LM_ID_BASE, false, file, mode));
}

EXPORT void *dlmopen(Lmid_t space, const char *file, int mode)
{
	if (asks_by_name(file, mode))
		fetch_for(__builtin_return_address(0), file);
	if (!may_be_ours(file) || !is_ours(file))
		return REAL(dlmopen)(space, file, mode);
	return VIRTUAL_POINTER(AT_FDCWD, file, load(space, true, file, mode));
}
