/*
 * fts(3). libc's walks by inner calls; where a root is ours, or a real folder above a prefix, the
 * walk is made here, by the exported ones. It never changes the working directory, as if by
 * FTS_NOCHDIR: fts_accpath is fts_path.
 *
 *	parent of the roots (level -1) ── roots (0) ── entries (1…), linked by fts_link and
 *fts_parent
 *
 * fts_cur is what was read last; before the first, an entry of FTS_INIT whose link is the first
 * root. Each entry has its path, name and stat in its own memory. The file is long because these
 *are the steps of one walk.
 */
#include "shim/walk.h"

#ifdef __GLIBC__

#include <fts.h>
#include <stdlib.h>

#define OURS         0x10000 /* in fts_options: a walk of ours */
#define ROOTS_PARENT (-1)

typedef int (*compare_entries)(const FTSENT **, const FTSENT **);

static FTSENT *entry_new(FTSENT *parent, const char *name, size_t len)
{
	size_t above = parent && parent->fts_level >= 0 ? parent->fts_pathlen : 0;
	size_t slash = above && parent->fts_path[above - 1] != '/' ? 1 : 0;
	size_t path_len = above + slash + len, name_room = (len + 8) & ~(size_t)7;
	size_t head = (sizeof(FTSENT) + name_room + 7) & ~(size_t)7;
	FTSENT *e = walk_alloc(head + sizeof(struct stat) + path_len + 1);

	if (!e)
		return NULL;
	memset(e, 0, head + sizeof(struct stat));
	e->fts_statp = (struct stat *)((char *)e + head);
	e->fts_path = e->fts_accpath = (char *)(e->fts_statp + 1);
	if (above)
		memcpy(e->fts_path, parent->fts_path, above);
	memcpy(e->fts_path + above, "/", slash);
	memcpy(e->fts_path + above + slash, name, len);
	e->fts_path[path_len] = 0;
	memcpy(e->fts_name, name, len);
	e->fts_pathlen = (unsigned short)path_len;
	e->fts_namelen = (unsigned short)len;
	e->fts_parent = parent;
	e->fts_level = (short)(parent ? parent->fts_level + 1 : ROOTS_PARENT);
	e->fts_instr = FTS_NOINSTR;
	return e;
}

static void free_list(FTSENT *e)
{
	while (e) {
		FTSENT *next = e->fts_link;

		walk_free(e);
		e = next;
	}
}

static bool is_dot(const FTSENT *e)
{
	return e->fts_level > 0 && (!strcmp(e->fts_name, ".") || !strcmp(e->fts_name, ".."));
}

/* A folder that is above itself. */
static bool is_cycle(FTSENT *e)
{
	for (FTSENT *up = e->fts_parent; up && up->fts_level >= 0; up = up->fts_parent) {
		if (up->fts_ino == e->fts_ino && up->fts_dev == e->fts_dev) {
			e->fts_cycle = up;
			return true;
		}
	}
	return false;
}

static int describe(const FTS *fts, FTSENT *e, bool follow)
{
	struct stat *st = e->fts_statp;

	if (fts->fts_options & FTS_LOGICAL || follow) {
		if (stat(e->fts_path, st) != 0) {
			int err = errno;

			if (lstat(e->fts_path, st) == 0) {
				errno = 0;
				return FTS_SLNONE;
			}
			e->fts_errno = err;
		}
	} else if (lstat(e->fts_path, st) != 0) {
		e->fts_errno = errno;
	}
	if (e->fts_errno) {
		memset(st, 0, sizeof *st);
		return FTS_NS;
	}
	if (S_ISDIR(st->st_mode)) {
		e->fts_dev = st->st_dev;
		e->fts_ino = st->st_ino;
		e->fts_nlink = st->st_nlink;
		return is_dot(e) ? FTS_DOT : is_cycle(e) ? FTS_DC : FTS_D;
	}
	return S_ISLNK(st->st_mode) ? FTS_SL : S_ISREG(st->st_mode) ? FTS_F : FTS_DEFAULT;
}

static int compare(const void *a, const void *b, void *order)
{
	return ((compare_entries)order)((const FTSENT **)a, (const FTSENT **)b);
}

static FTSENT *sort(FTS *fts, FTSENT *head, size_t n)
{
	FTSENT **all = fts->fts_compar && n > 1 ? walk_alloc(n * sizeof *all) : NULL;
	size_t i = 0;

	if (!all)
		return head;
	for (FTSENT *e = head; e; e = e->fts_link)
		all[i++] = e;
	qsort_r(all, n, sizeof *all, compare, (void *)fts->fts_compar);
	for (i = 0; i < n; i++)
		all[i]->fts_link = i + 1 < n ? all[i + 1] : NULL;
	head = all[0];
	walk_free(all);
	return head;
}

static bool needs_stat(const FTS *fts, const struct dirent *d, bool names_only)
{
	if (names_only)
		return false;
	return !(fts->fts_options & FTS_NOSTAT) || d->d_type == DT_DIR || d->d_type == DT_UNKNOWN ||
	       (d->d_type == DT_LNK && fts->fts_options & FTS_LOGICAL);
}

/* The entries of a stream. False: no memory, and none is left. */
static bool read_entries(FTS *fts, FTSENT *dir, DIR *d, bool names_only, FTSENT **head, size_t *n)
{
	FTSENT **tail = head;
	struct dirent *entry;

	while ((entry = readdir(d))) {
		FTSENT *e;

		if (!(fts->fts_options & FTS_SEEDOT) &&
		        (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")))
			continue;
		e = entry_new(dir, entry->d_name, strlen(entry->d_name));
		if (!e) {
			free_list(*head);
			*head = NULL;
			return false;
		}
		e->fts_info = FTS_NSOK;
		if (needs_stat(fts, entry, names_only))
			e->fts_info = (unsigned short)describe(fts, e, false);
		*tail = e;
		tail = &e->fts_link;
		++*n;
	}
	return true;
}

/* The children of a folder, or NULL; with `visit` the folder says why there are none. */
static FTSENT *build(FTS *fts, FTSENT *dir, bool visit, bool names_only)
{
	DIR *d = opendir(dir->fts_path);
	FTSENT *head = NULL;
	size_t n = 0;

	if (!d) {
		if (visit) {
			dir->fts_info = FTS_DNR;
			dir->fts_errno = errno;
		}
		return NULL;
	}
	if (!read_entries(fts, dir, d, names_only, &head, &n)) {
		dir->fts_info = FTS_ERR;
		dir->fts_errno = errno = ENOMEM;
		fts->fts_options |= FTS_STOP;
	} else if (!n && visit) {
		dir->fts_info = FTS_DP;
	}
	closedir(d);
	return sort(fts, head, n);
}

/* The name of a root is the last one of its path. */
static FTSENT *begin_root(FTS *fts, FTSENT *root)
{
	const char *slash = strrchr(root->fts_name, '/');

	if (slash && (slash != root->fts_name || slash[1])) {
		root->fts_namelen = (unsigned short)strlen(slash + 1);
		memmove(root->fts_name, slash + 1, root->fts_namelen + 1u);
	}
	fts->fts_dev = root->fts_dev;
	return fts->fts_cur = root;
}

static FTSENT *go_up(FTS *fts, FTSENT *from)
{
	FTSENT *dir = from->fts_parent;

	walk_free(from);
	if (dir->fts_level == ROOTS_PARENT) {
		walk_free(dir);
		errno = 0;
		return fts->fts_cur = NULL;
	}
	dir->fts_info = dir->fts_errno ? FTS_ERR : FTS_DP;
	return fts->fts_cur = dir;
}

static FTSENT *follow(FTS *fts, FTSENT *e)
{
	e->fts_errno = 0;
	e->fts_info = (unsigned short)describe(fts, e, true);
	e->fts_instr = FTS_NOINSTR;
	return fts->fts_cur = e;
}

static FTSENT *go_on(FTS *fts, FTSENT *e)
{
	for (FTSENT *next; (next = e->fts_link); e = next) {
		walk_free(e);
		if (next->fts_level == 0)
			return begin_root(fts, next);
		if (next->fts_instr == FTS_FOLLOW)
			return follow(fts, next);
		if (next->fts_instr != FTS_SKIP)
			return fts->fts_cur = next;
	}
	return go_up(fts, e);
}

static FTSENT *go_down(FTS *fts, FTSENT *dir, int instr)
{
	FTSENT *children = fts->fts_child;

	fts->fts_child = NULL;
	if (instr == FTS_SKIP || (fts->fts_options & FTS_XDEV && dir->fts_dev != fts->fts_dev)) {
		free_list(children);
		dir->fts_info = FTS_DP;
		return dir;
	}
	if (children && fts->fts_options & FTS_NAMEONLY) {
		free_list(children);
		children = NULL;
	}
	fts->fts_options &= ~FTS_NAMEONLY;
	if (!children)
		children = build(fts, dir, true, false);
	if (!children)
		return fts->fts_options & FTS_STOP ? NULL : dir;
	if (children->fts_instr == FTS_FOLLOW)
		return follow(fts, children);
	return fts->fts_cur = children;
}

static FTSENT *next_entry(FTS *fts)
{
	FTSENT *e = fts->fts_cur;
	int instr;

	if (!e || fts->fts_options & FTS_STOP)
		return NULL;
	instr = e->fts_instr;
	e->fts_instr = FTS_NOINSTR;
	if (instr == FTS_AGAIN) {
		e->fts_errno = 0;
		e->fts_info = (unsigned short)describe(fts, e, false);
		return e;
	}
	if (instr == FTS_FOLLOW && (e->fts_info == FTS_SL || e->fts_info == FTS_SLNONE))
		return follow(fts, e);
	return e->fts_info == FTS_D ? go_down(fts, e, instr) : go_on(fts, e);
}

static bool add_roots(FTS *fts, char *const *roots, FTSENT *parent)
{
	FTSENT *head = NULL, **tail = &head, *e;
	size_t n = 0;

	for (; roots[n]; n++) {
		size_t len = strlen(roots[n]);

		e = len ? entry_new(parent, roots[n], len) : NULL;
		if (!e) {
			errno = len ? ENOMEM : ENOENT;
			free_list(head);
			return false;
		}
		e->fts_info = (unsigned short)describe(fts, e, fts->fts_options & FTS_COMFOLLOW);
		if (e->fts_info == FTS_DOT)
			e->fts_info = FTS_D;
		*tail = e;
		tail = &e->fts_link;
	}
	e = entry_new(parent, "", 0);
	if (!e) {
		free_list(head);
		return false;
	}
	e->fts_info = FTS_INIT;
	e->fts_link = sort(fts, head, n);
	fts->fts_cur = e;
	return true;
}

static FTS *open_ours(char *const *roots, int options, compare_entries order)
{
	FTS *fts = walk_alloc(sizeof *fts);
	FTSENT *parent = fts ? entry_new(NULL, "", 0) : NULL;

	if (!parent) {
		walk_free(fts);
		errno = ENOMEM;
		return NULL;
	}
	memset(fts, 0, sizeof *fts);
	fts->fts_compar = (int (*)(const void *, const void *))order;
	fts->fts_options = options | FTS_NOCHDIR | OURS;
	if (add_roots(fts, roots, parent))
		return fts;
	walk_free(parent);
	walk_free(fts);
	return NULL;
}

EXPORT FTS *fts_open(char *const *roots, int options, compare_entries order)
{
	if (options & ~FTS_OPTIONMASK)
		return REAL(fts_open)(roots, options, order);
	for (char *const *root = roots; *root; root++) {
		if (walk_is_ours(*root))
			return open_ours(roots, options, order);
	}
	return REAL(fts_open)(roots, options, order);
}

EXPORT FTSENT *fts_read(FTS *fts)
{
	return fts->fts_options & OURS ? next_entry(fts) : REAL(fts_read)(fts);
}

EXPORT FTSENT *fts_children(FTS *fts, int how)
{
	FTSENT *e = fts->fts_cur;

	if (!(fts->fts_options & OURS))
		return REAL(fts_children)(fts, how);
	if (how && how != FTS_NAMEONLY) {
		errno = EINVAL;
		return NULL;
	}
	errno = 0;
	if (!e || fts->fts_options & FTS_STOP)
		return NULL;
	if (e->fts_info == FTS_INIT)
		return e->fts_link;
	if (e->fts_info != FTS_D)
		return NULL;
	free_list(fts->fts_child);
	fts->fts_options = (fts->fts_options & ~FTS_NAMEONLY) | how;
	return fts->fts_child = build(fts, e, false, how == FTS_NAMEONLY);
}

EXPORT int fts_set(FTS *fts, FTSENT *e, int instr)
{
	if (!(fts->fts_options & OURS))
		return REAL(fts_set)(fts, e, instr);
	if (instr && instr != FTS_AGAIN && instr != FTS_FOLLOW && instr != FTS_NOINSTR &&
	        instr != FTS_SKIP) {
		errno = EINVAL;
		return 1;
	}
	e->fts_instr = (unsigned short)instr;
	return 0;
}

EXPORT int fts_close(FTS *fts)
{
	FTSENT *e = fts->fts_cur, *next;

	if (!(fts->fts_options & OURS))
		return REAL(fts_close)(fts);
	for (; e; e = next) {
		next = e->fts_link ? e->fts_link : e->fts_parent;
		walk_free(e);
	}
	free_list(fts->fts_child);
	walk_free(fts);
	return 0;
}

TWIN_OF(fts_open)
FTS64 *fts64_open(
        char *const *roots, int options, int (*order)(const FTSENT64 **, const FTSENT64 **));
TWIN_OF(fts_read) FTSENT64 *fts64_read(FTS64 *fts);
TWIN_OF(fts_children) FTSENT64 *fts64_children(FTS64 *fts, int how);
TWIN_OF(fts_set) int fts64_set(FTS64 *fts, FTSENT64 *e, int instr);
TWIN_OF(fts_close) int fts64_close(FTS64 *fts);

#endif
