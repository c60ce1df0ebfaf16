/*
 * ftw(3) and nftw(3). libc's walk by inner calls; what is ours, and a real folder above a prefix,
 * is walked here, by the exported ones.
 *
 * The names of a folder are read whole before any of them is looked at, so that one descriptor is
 * open at a time however deep the tree is, as a caller who allows one only may expect.
 */
#include "shim/walk.h"

#include <ftw.h>
#include <search.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef FTW_ACTIONRETVAL /* glibc's own */
#define FTW_ACTIONRETVAL  0
#define FTW_SKIP_SUBTREE  2
#define FTW_SKIP_SIBLINGS 3
#endif

struct walk {
	nftw_call call;
	ftw_call plain; /* ftw's: then `call` is NULL */
	int flags;
	dev_t dev;
	struct FTW at;
	char *path;
	size_t len, room;
	void *seen; /* folders, where links are followed: each is entered once */
};

struct folder {
	dev_t dev;
	ino_t ino;
};

static int compare_folders(const void *a, const void *b)
{
	const struct folder *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->dev < y->dev ? -1 : x->dev > y->dev;
}

/* 1: it was there before; -1: no memory. */
static int note_folder(struct walk *w, const struct stat *st)
{
	struct folder *f = walk_alloc(sizeof *f), **found;

	if (!f)
		return -1;
	*f = (struct folder){st->st_dev, st->st_ino};
	found = tsearch(f, &w->seen, compare_folders);
	if (!found || *found != f)
		walk_free(f);
	return !found ? -1 : *found != f;
}

/* Only glibc has a call for it: each goes when it is found at the root. */
static void forget_folders(struct walk *w)
{
	while (w->seen) {
		struct folder *f = *(struct folder **)w->seen;

		tdelete(f, &w->seen, compare_folders);
		walk_free(f);
	}
}

/* ftw knows fewer types. */
static int tell(struct walk *w, const struct stat *st, int type)
{
	if (w->call)
		return w->call(w->path, st, type, &w->at);
	if (type == FTW_SLN)
		type = FTW_NS;
	return w->plain(w->path, st, type == FTW_SL ? FTW_F : type == FTW_DP ? FTW_D : type);
}

/* By the name alone with FTW_CHDIR: the walk is in the folder that it is in. */
static const char *name_of(const struct walk *w)
{
	return w->flags & FTW_CHDIR ? w->path + w->at.base : w->path;
}

static int look(const struct walk *w, struct stat *st)
{
	const char *name = name_of(w);

	if (w->flags & FTW_PHYS)
		return lstat(name, st) ? FTW_NS : 0;
	if (stat(name, st) == 0)
		return 0;
	return errno == ENOENT && lstat(name, st) == 0 && S_ISLNK(st->st_mode) ? FTW_SLN : FTW_NS;
}

static int walk_entry(struct walk *w);

/* "folder" becomes "folder/name" for as long as the entry is looked at. */
static int walk_name(struct walk *w, const char *name)
{
	size_t len = w->len, n = strlen(name), slash = len && w->path[len - 1] != '/';
	int base = w->at.base, ret;

	if (len + n + 2 > w->room) {
		char *path =
		        realloc(w->path, 2 * (len + n + 2)); /* allow: realloc: nftw allocates */

		if (!path)
			return -1;
		w->path = path;
		w->room = 2 * (len + n + 2);
	}
	w->path[len] = '/';
	memcpy(w->path + len + slash, name, n + 1);
	w->len = len + slash + n;
	w->at.base = (int)(len + slash);
	w->at.level++;
	ret = walk_entry(w);
	if (w->flags & FTW_ACTIONRETVAL && ret == FTW_SKIP_SUBTREE)
		ret = 0;
	w->at.level--;
	w->at.base = base;
	w->len = len;
	w->path[len] = 0;
	return ret;
}

static int walk_names(struct walk *w, const struct walk_names *names)
{
	int ret = 0;

	for (const char *name = names->text; name < names->text + names->len && !ret;
	        name += strlen(name) + 1) {
		ret = walk_name(w, name);
		if (w->flags & FTW_ACTIONRETVAL && ret == FTW_SKIP_SIBLINGS)
			return 0;
	}
	return ret;
}

/* As libc has it, a folder is told of at its end before the walk has left it. */
static int walk_content(struct walk *w, const struct walk_names *names, const struct stat *st)
{
	int ret = walk_names(w, names);

	return !ret && (w->flags & FTW_DEPTH) ? tell(w, st, FTW_DP) : ret;
}

/* Into a folder and back again, by the descriptor of where it was. */
static int walk_inside(struct walk *w, const struct walk_names *names, const struct stat *st)
{
	int back, ret;

	if (!(w->flags & FTW_CHDIR))
		return walk_content(w, names, st);
	back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (back < 0)
		return -1;
	ret = chdir(name_of(w)) ? -1 : walk_content(w, names, st);
	if (fchdir(back) && !ret)
		ret = -1;
	close(back);
	return ret;
}

static int walk_dir(struct walk *w, const struct stat *st)
{
	struct walk_names names;
	int ret, err = walk_read(name_of(w), &names);

	if (err)
		return err == -EACCES ? tell(w, st, FTW_DNR) : (errno = -err, -1);
	ret = w->flags & FTW_DEPTH ? 0 : tell(w, st, FTW_D);
	if (w->flags & FTW_ACTIONRETVAL && ret == FTW_SKIP_SUBTREE)
		ret = 0;
	else if (!ret)
		ret = walk_inside(w, &names, st);
	walk_forget(&names);
	return ret;
}

static int walk_entry(struct walk *w)
{
	struct stat st;
	int type = look(w, &st), seen;

	if (type == FTW_NS && errno != EACCES && errno != ENOENT)
		return -1;
	if (type == FTW_NS && !w->at.level)
		return -1;
	if (!w->at.level && !type)
		w->dev = st.st_dev;
	if (!type && (w->flags & FTW_MOUNT) && st.st_dev != w->dev)
		return 0;
	if (type || !S_ISDIR(st.st_mode))
		return tell(w, &st, type ? type : S_ISLNK(st.st_mode) ? FTW_SL : FTW_F);
	seen = w->flags & FTW_PHYS ? 0 : note_folder(w, &st);
	if (seen)
		return seen < 0 ? -1 : 0;
	return walk_dir(w, &st);
}

/* With FTW_CHDIR the root, too, is looked at from the folder that it is in. */
static int walk_from_parent(struct walk *w)
{
	size_t end = w->at.base > 1 ? (size_t)w->at.base - 1 : 1;
	int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;
	char kept = w->path[end];

	if (back < 0)
		return -1;
	w->path[end] = 0;
	ret = chdir(w->path);
	w->path[end] = kept;
	ret = ret ? -1 : walk_entry(w);
	if (fchdir(back) && !ret)
		ret = -1;
	close(back);
	return ret;
}

/* libc takes slashes away at the end of the root. */
static int walk_root(struct walk *w, const char *root)
{
	size_t n = strlen(root);
	int ret;

	while (n > 1 && root[n - 1] == '/')
		n--;
	w->room = 2 * n + NAME_MAX;
	w->path = walk_alloc(w->room);
	if (!w->path)
		return -1;
	memcpy(w->path, root, n);
	w->path[n] = 0;
	w->len = n;
	while (n > 1 && root[n - 1] != '/')
		n--;
	w->at.base = root[n - 1] == '/' && w->len > 1 ? (int)n : 0;
	ret = w->flags & FTW_CHDIR && w->at.base ? walk_from_parent(w) : walk_entry(w);
	forget_folders(w);
	walk_free(w->path);
	if (w->flags & FTW_ACTIONRETVAL && (ret == FTW_SKIP_SUBTREE || ret == FTW_SKIP_SIBLINGS))
		return 0;
	return ret;
}

#define FTW_KNOWN (FTW_PHYS | FTW_MOUNT | FTW_CHDIR | FTW_DEPTH | FTW_ACTIONRETVAL)

EXPORT int nftw(const char *root, nftw_call call, int open_max, int flags)
{
	struct walk w = {.call = call, .flags = flags};

	if ((flags & ~FTW_KNOWN) || !walk_is_ours(root))
		return REAL(nftw)(root, call, open_max, flags);
	return walk_root(&w, root);
}

EXPORT int ftw(const char *root, ftw_call call, int open_max)
{
	struct walk w = {.plain = call};

	return walk_is_ours(root) ? walk_root(&w, root) : REAL(ftw)(root, call, open_max);
}

/* Macros in some headers. */
#undef nftw64
#undef ftw64
TWIN_OF(nftw)
int nftw64(const char *root, int (*call)(const char *, const struct stat64 *, int, struct FTW *),
        int open_max, int flags);
TWIN_OF(ftw)
int ftw64(const char *root, int (*call)(const char *, const struct stat64 *, int), int open_max);
