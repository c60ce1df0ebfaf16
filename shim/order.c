/*
 * Putting a path in order: an absolute one without ".", ".." and doubled slashes. Relative paths
 * are joined with the working directory or that of the descriptor, which may itself be a carrier of
 * ours; what ".." goes back from is looked at, in the listings or on the disk.
 */
#include "shim/resolve.h"
#include "cache/read/above.h"

/* Inside a prefix nothing but the listings can tell what is a directory. */
static int check_virtual(struct order *o, const struct profile *profile, const char *rest)
{
	struct place up = {.rel = o->rel_buf};
	struct view v;
	int err;

	o->left |= !*rest;
	if (!*rest || shim.broken)
		return *rest ? shim.broken : 0;
	place_begin(&up, profile);
	if (place_append(&up, o->rel_size, rest))
		return -ENAMETOOLONG;
	err = view_find(&up, &v);
	return err ? err : v.type == LISTING_DIR ? 0 : -ENOTDIR;
}

static int check_real(struct order *o)
{
	struct stat st;
	bool above;
	int err;

	if (url_find(o->buf))
		return 0;
	o->guessed = true;
	above = above_is(&shim.config, o->buf, o->len);
	if (!o->exact && !above)
		return 0;
	err = sys_fstatat(AT_FDCWD, o->buf, &st, AT_SYMLINK_NOFOLLOW);
	if (err == -ENOENT && above) {
		o->left = true;
		return 0;
	}
	/* Also where there is nothing: a link before it may lead to something of ours. */
	o->verbatim = err || S_ISLNK(st.st_mode);
	return o->verbatim || S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

/* ".." takes a name away, and only from a directory. */
static int climb(struct order *o)
{
	const struct profile *profile;
	const char *rest;
	int err = 0;

	o->buf[o->len] = 0;
	profile = place_prefix(o->buf, &rest);
	if (profile)
		err = check_virtual(o, profile, rest);
	else if (o->len > o->base_len)
		err = check_real(o);
	if (err || o->verbatim)
		return err;
	while (o->len && o->buf[--o->len] != '/')
		;
	if (o->base_len > o->len)
		o->base_len = o->len;
	return 0;
}

static int append(struct order *o, const char *name, size_t n)
{
	if (o->len + n + 2 > o->size)
		return -ENAMETOOLONG;
	o->buf[o->len++] = '/';
	memcpy(o->buf + o->len, name, n);
	o->len += n;
	return 0;
}

/* Appends the components of `path` to an absolute path in t, which is "" for the root. */
int order_append(struct order *o, const char *path, bool *must_be_dir)
{
	int err = 0;

	for (;;) {
		size_t n;

		path += text_run(path, '/');
		n = text_until(path, '/');
		if (!n)
			break;
		*must_be_dir = path[n] == '/' || (n == 1 && path[0] == '.') ||
		               (n == 2 && !memcmp(path, "..", 2));
		if (n == 2 && path[0] == '.' && path[1] == '.')
			err = climb(o);
		else if (n != 1 || path[0] != '.')
			err = append(o, path, n);
		if (!err && o->verbatim)
			err = append(o, path, n = strlen(path));
		if (err)
			return err;
		path += n;
	}
	o->buf[o->len] = 0;
	return 0;
}

/* For a directory whose path has no room: whether it is a carrier, from the beginning of its path.
 */
static bool long_base_is_ours(int dirfd)
{
	char path[shim.carriers_len], link[40], number[TEXT_NUMBER_MAX];

	if (dirfd == AT_FDCWD)
		text_join(link, sizeof link, "/proc/self/cwd", NULL);
	else
		text_join(link, sizeof link, "/proc/self/fd/", text_number(number, (unsigned)dirfd),
		        NULL);
	return sys_readlink(link, path, sizeof path) == (long)sizeof path &&
	       memcmp(path, shim.carriers, sizeof path) == 0;
}

/* The absolute path that a relative one starts from, ours or not, into o->buf. The length, or
 * -errno: -ENAMETOOLONG if it is ours, and what else means that it is not. */
long order_base(struct order *o, int dirfd)
{
	char *path = o->rel_buf; /* not in use yet */
	const char *rel;
	long n;

	if (dirfd == AT_FDCWD)
		n = sys_getcwd(path, o->rel_size);
	else
		n = fd_path(dirfd, path, o->rel_size);
	if (n == -ERANGE || n == -ENAMETOOLONG)
		return long_base_is_ours(dirfd) ? -ENAMETOOLONG : -ENOENT;
	n -= dirfd == AT_FDCWD;
	if (n < 0 || path[0] != '/')
		return -ENOENT;
	rel = in_carriers(path);
	if (rel && *rel) {
		n = place_path(rel, o->buf, o->size);
		o->left = n >= 0;
		return n == -ERANGE ? -ENAMETOOLONG : n;
	}
	if ((size_t)n >= o->size)
		return -ENOENT;
	memcpy(o->buf, path, (size_t)n + 1);
	return n;
}
