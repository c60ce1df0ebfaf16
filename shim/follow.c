/*
 * Real symbolic links that lead to what is ours, and paths in the cache that a program was given
 * (by dladdr, say) and asks for what is beside them.
 *
 * Looked at only after the real call said ENOENT, so that nothing that exists pays for it (and
 * before calls that list, enter or change, where the disk has a folder at a prefix); and one
 * openat2 says whether there is a link on the way at all. Then the path is walked as the kernel
 * does it, until it enters a prefix, a virtual URL or one of our folders.
 */
#include "shim/resolve.h"
#include "cache/read/above.h"

#include <linux/openat2.h>

#define LINKS_MAX  40 /* as the kernel's */
#define FOLLOW_MAX 4  /* times that the kernel is asked again with another path */

/* By an lstat for each name of the way: for a kernel that has no openat2. */
static bool has_link_by_names(int dirfd, const char *path)
{
	size_t len = strnlen(path, PATH_MAX);
	char part[len + 1];
	struct stat st;

	memcpy(part, path, len);
	part[len] = 0;
	for (size_t n = text_run(part, '/'); part[n]; n += text_run(part + n, '/')) {
		char c;
		int err;

		n += text_until(part + n, '/');
		c = part[n];
		part[n] = 0;
		err = sys_fstatat(dirfd, part, &st, AT_SYMLINK_NOFOLLOW);
		part[n] = c;
		if (err || S_ISLNK(st.st_mode))
			return !err;
	}
	return false;
}

/* Whether a symbolic link is on the way. A sandbox may kill the program for a call that it does not
 * make itself: there links are not followed. */
static bool has_link(int dirfd, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
	long fd = -ENOENT;

	if (!shim.sandboxed)
		fd = sys_call(SYS_openat2, dirfd, (long)path, (long)&how, sizeof how, 0, 0);
	if (fd >= 0)
		sys_close((int)fd);
	return fd == -ELOOP || ((fd == -ENOSYS || fd == -EPERM) && has_link_by_names(dirfd, path));
}

bool ours_by_link_slow(int dirfd, const char *path)
{
	return *path && has_link(dirfd, path);
}

bool ours_after_slow(int dirfd, const char *path)
{
	return ours_bent(path) || in_our_folders(path) || (*path && has_link(dirfd, path));
}

/* The way that is still to go stands at the end of the rel's half of the buffer, so that a link's
 * target can be put before it. */
struct walk {
	struct order *o;
	char *rest;
	int links;
	bool keep_last; /* the last name is not followed if it is a link */
	bool passed;    /* through something of ours, where the kernel could not go */
};

static int put_before(struct walk *w, const char *text, size_t n)
{
	if (n >= (size_t)(w->rest - w->o->rel_buf))
		return -ENAMETOOLONG;
	w->rest -= n;
	memmove(w->rest, text, n);
	return 0;
}

/* A folder of ours: from here on by the path that programs know. */
static int leave_our_folder(struct walk *w, const char *rel)
{
	char dir[sizeof((struct own_profile *)0)->dir];
	size_t n = strlen(rel);
	long len;

	if (!n || n >= sizeof dir)
		return -ENOENT;
	memcpy(dir, rel, n + 1);
	if (strcmp(dir, ABOVE_DIR) == 0) {
		w->o->len = 0;
		return 0;
	}
	len = place_path(dir, w->o->buf, w->o->size);
	if (len >= 0)
		w->o->len = (size_t)len;
	return len < 0 ? (int)len : 1;
}

static int go_up(struct order *o)
{
	while (o->len && o->buf[--o->len] != '/')
		;
	return 0;
}

static int follow_link(struct walk *w)
{
	struct order *o = w->o;
	char *target = o->rel_buf;
	long n, room = w->rest - target;

	/* Whether the last name is followed is the real call's affair, which gets this path. */
	if ((w->passed || w->keep_last) && !*w->rest)
		return 0;
	n = sys_readlink(o->buf, target, (size_t)room);
	if (n == -EINVAL)
		return 0;
	if (n == -ENOENT && above_is(&shim.config, o->buf, o->len)) {
		w->passed = true;
		return 0;
	}
	if (n < 0)
		return (int)n;
	if (n >= room || ++w->links > LINKS_MAX)
		return n >= room ? -ENAMETOOLONG : -ELOOP;
	if (target[0] == '/')
		o->len = 0;
	else
		go_up(o);
	return put_before(w, target, (size_t)n);
}

/* One name further. 1: it entered something of ours; 0, or -errno. */
static int step(struct walk *w, size_t n)
{
	struct order *o = w->o;
	const char *rest, *rel;

	if (n == 1 && w->rest[0] == '.') {
		w->rest += n;
		return 0;
	}
	if (n == 2 && w->rest[0] == '.' && w->rest[1] == '.') {
		w->rest += n;
		return go_up(o);
	}
	if (o->len + n + 2 > o->size)
		return -ENAMETOOLONG;
	o->buf[o->len++] = '/';
	memcpy(o->buf + o->len, w->rest, n);
	o->len += n;
	o->buf[o->len] = 0;
	if (url_scheme_at(w->rest) && !url_is_shadowed(o->buf, o->buf + o->len - n)) {
		w->rest += n;
		return 1;
	}
	w->rest += n;
	if (place_prefix(o->buf, &rest))
		return 1;
	rel = in_our_folders(o->buf);
	return rel ? leave_our_folder(w, rel) : follow_link(w);
}

/* 1 when o->buf is in something of ours, and the rest is what follows; 0: never, or -errno. */
static int walk(struct walk *w)
{
	int got = 0;

	while (!got) {
		size_t n;

		w->rest += text_run(w->rest, '/');
		n = text_until(w->rest, '/');
		if (!n)
			break;
		got = step(w, n);
	}
	return got;
}

/*
 * Walks the way in w->rest from o->buf. What is behind a door into something of ours is put in
 * order, and if ".." leads out of there again, that path is walked in its turn. 0 or -errno; o->buf
 * has no links on its way then.
 */
static int walk_all(struct walk *w, bool *must_be_dir)
{
	struct order *o = w->o;
	size_t rel_size = o->rel_size;
	int err;

	for (;;) {
		err = walk(w);
		if (err < 0)
			return err;
		w->passed |= err;
		o->base_len = o->len;
		o->exact = true;
		o->left = o->verbatim = false;
		o->rel_size = (size_t)(w->rest - o->rel_buf);
		err = order_append(o, w->rest, must_be_dir);
		o->rel_size = rel_size;
		if (err || !o->left)
			return err;
		/* Out again. */
		w->passed = true;
		if (o->len >= rel_size)
			return -ENAMETOOLONG;
		if (++w->links > LINKS_MAX)
			return -ELOOP;
		w->rest = o->rel_buf + rel_size - o->len - 1;
		memcpy(w->rest, o->buf, o->len + 1);
		o->len = 0;
	}
}

static bool follow(struct place *p, int dirfd, bool keep_last)
{
	const char *from = p->path;
	size_t len = from ? strnlen(from, PATH_MAX) : 0;
	unsigned followed = p->followed + 1;
	struct order o;
	struct walk w = {.o = &o, .keep_last = keep_last};
	const char *end;
	long base = 0;
	int err;

	if (followed > FOLLOW_MAX || !len || len == PATH_MAX)
		return false;
	place_clear(p, &o);
	p->followed = followed;
	p->must_be_dir = from[len - 1] == '/';
	end = p->must_be_dir ? "/" : "";
	if (len >= o.rel_size)
		return false;
	w.rest = o.rel_buf + o.rel_size - len - 1;
	memmove(w.rest, from, len + 1);
	if (w.rest[0] != '/') {
		o.rel_size -= len + 1;
		base = order_base(&o, dirfd);
		o.rel_size += len + 1;
	}
	if (base < 0)
		return false;
	o.len = base == 1 ? 0 : (size_t)base;
	err = walk_all(&w, &p->must_be_dir);
	/* What is wrong before anything of ours is the kernel's to say, which may find nothing
	 * wrong with it: a way that is too long for this buffer. */
	if (err && !w.passed)
		return false;
	if (err)
		place_fail(p, err);
	else
		place_absolute(p, &o);
	if (p->kind == PLACE_OURS && shim.broken)
		place_fail(p, shim.broken);
	if (p->kind == PLACE_REAL && w.passed)
		place_keep_real(p, &o, end);
	TRACE_PLACE(p);
	return p->kind != PLACE_REAL || w.passed;
}

bool place_follow(struct place *p, int dirfd)
{
	return p->path && ours_after_slow(dirfd, p->path) && follow(p, dirfd, false);
}

void place_leave_disk(struct place *p, int dirfd, bool last)
{
	bool above = p->above;

	/* What was put in order already lies in the buffer, and has gone that way. */
	if (p->kind == PLACE_REAL && p->path != p->buf && ours_by_link(dirfd, p->path) &&
	        !follow(p, dirfd, !last))
		p->above = above;
}
