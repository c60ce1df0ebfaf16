/*
 * The resolver: (dirfd, path) → real, ours, or an error. One for every call.
 *
 * A path becomes an absolute one without ".", ".." and doubled slashes in the first half of the
 * buffer; if that lies in a prefix, or is a virtual URL, its rel is made in the second half.
 * Relative paths are joined with the working directory or the directory of the descriptor, which
 * may itself be a carrier of ours.
 *
 * The file is long because the steps share one buffer and one struct text: normalising asks the
 * listings for "..", and prefixes and URLs take its result apart in place.
 */
#include "shim/shim.h"

#define BASE_MAX   4096 /* bytes for a working directory's path; half of it in either form */
#define SCHEME_MAX 32   /* bytes of a scheme's name */
#define SLACK      256  /* for "<profile>~<id>", "/s3:/" and the like */

size_t place_room(const char *path)
{
	size_t len = path ? strnlen(path, PATH_MAX) : 0;

	/* Names of over 255 bytes get three more for every 200. A relative path is joined with its
	 * directory. */
	return 2 * (len + len / 64 + SLACK) + (path && path[0] != '/' ? BASE_MAX : 0);
}

bool ours_slow(const char *path)
{
	const struct config *c = &shim.config;
	const char *dot;

	/* Spellings that have to be put in order first. */
	if (path[1] == '/' || path[1] == '.')
		return true;
	for (int i = 0; i < c->n_profiles; i++) {
		const char *prefix = c->profiles[i].path;
		size_t n;

		if (!*prefix || path[1] != prefix[1])
			continue;
		n = 1 + text_until(prefix + 1, '/');
		if (same_bytes(path, prefix, n) && (path[n] == '/' || path[n] == 0))
			return true;
	}
	for (dot = path; (dot = strchr(dot, '.')); dot++) {
		if (dot[1] == '.')
			return true;
	}
	return ours_bent(path);
}

/* A name of [shim] schemes, or that a profile's remote begins with. */
static bool is_scheme(const char *name, size_t n)
{
	const struct config *c = &shim.config;

	for (int i = 0; i < c->n_profiles; i++) {
		if (strncmp(c->profiles[i].scheme, name, n) == 0 && !c->profiles[i].scheme[n])
			return true;
	}
	return config_has_scheme(c, name, n);
}

/* A scheme of ours that begins at `name` and ends in ":/". The length of its name, or 0. */
static size_t scheme_at(const char *name)
{
	size_t n = strcspn(name, ":/");

	if (!n || n > SCHEME_MAX || name[n] != ':' || name[n + 1] != '/')
		return 0;
	return is_scheme(name, n) ? n : 0;
}

/* The first component that is a scheme, as "s3:" in "/home/me/s3:/bucket". */
static const char *find_scheme(const char *path)
{
	for (const char *p = path; (p = strchr(p, ':')); p++) {
		const char *start = p;

		if (p[1] != '/')
			continue;
		while (start > path && start[-1] != '/')
			start--;
		if (scheme_at(start))
			return start;
	}
	return NULL;
}

bool ours_bent(const char *path)
{
	return strchr(path, ':') && find_scheme(path);
}

static void fail(struct place *p, int error)
{
	p->kind = PLACE_ERROR;
	p->error = error;
}

/* The profile whose path is `path` or above it; *rest is what follows. */
static const struct profile *match_prefix(const char *path, const char **rest)
{
	const struct config *c = &shim.config;

	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		if (!p->path_len || path[1] != p->path[1] ||
		        !same_bytes(path, p->path, p->path_len))
			continue;
		if (path[p->path_len] == '/' || path[p->path_len] == 0) {
			*rest = path + p->path_len;
			return p;
		}
	}
	return NULL;
}

/* Appends the components of `rest` ("/a/b") in their form on disk. */
static int append_rel(struct place *p, size_t size, const char *rest)
{
	int err = 0;

	while (*rest && !err) {
		size_t n = text_until(rest += *rest == '/', '/');

		if (n)
			err = key_append_disk(p->rel, size, &p->rel_len, rest, n);
		rest += n;
	}
	return err;
}

static void begin_rel(struct place *p, const struct profile *profile)
{
	p->profile = profile;
	memcpy(p->rel, profile->dir, profile->dir_len + 1);
	p->rel_len = profile->dir_len;
	p->kind = PLACE_OURS;
}

/* "s3:/bucket/key" or "https://host/path", with or without the second slash. */
static void resolve_url(
        struct place *p, const char *url, char *scratch, size_t scratch_size, size_t rel_size)
{
	size_t scheme = text_until(url, ':'), n, head_len;
	const char *rest = url + scheme + 1 + text_run(url + scheme + 1, '/'), *key = "";
	const struct profile *profile;
	char head[SCHEME_MAX + 8];
	bool named;

	/* Put the other slashes back, to compare with the remotes of profiles. */
	memcpy(head, url, scheme);
	head[scheme] = 0;
	named = config_has_scheme(&shim.config, head, scheme);
	head_len = scheme;
	head_len += text_join(head + scheme, sizeof head - scheme,
	        strcmp(head, "file") == 0 ? ":///" : "://", NULL);
	n = strlen(rest);
	if (head_len + n + 1 > scratch_size) {
		fail(p, -ENAMETOOLONG);
		return;
	}
	memmove(scratch + head_len, rest, n + 1);
	memcpy(scratch, head, head_len);
	profile = config_profile_of_url(&shim.config, scratch, &key);
	if (profile) {
		begin_rel(p, profile);
	} else if (named && strcmp(head, "s3://") == 0) {
		n = text_until(scratch + 5, '/');
		if (config_bucket(&shim.config, &p->own, scratch + 5, n, p->pool, sizeof p->pool) !=
		        0) {
			fail(p, -ENOENT);
			return;
		}
		begin_rel(p, &p->own);
		key = scratch + 5 + n;
	} else {
		/* Many programs look whether their URL is a file; only the schemes that were named
		 * are ours as a whole. */
		if (named)
			fail(p, -ENOENT);
		return;
	}
	if (append_rel(p, rel_size, key))
		fail(p, -ENAMETOOLONG);
}

/* An absolute path that is put in order in the first half of the buffer. */
struct text {
	char *buf;
	size_t len, size;
	char *rel_buf;
	size_t rel_size;
	size_t base_len; /* of what came from the kernel: it has no symbolic links */
	bool exact;      /* look whether what ".." goes back from is a real folder */
	bool guessed;    /* it was taken to be one */
	bool left;       /* went out of a virtual directory, where the kernel cannot follow */
	bool verbatim;   /* behind a symbolic link: only the kernel knows where that leads */
};

/* Inside a prefix nothing but the listings can tell what is a directory. */
static int check_virtual(struct text *t, const struct profile *profile, const char *rest)
{
	struct place up = {.rel = t->rel_buf};
	struct view v;
	int err;

	t->left |= !*rest;
	if (!*rest || shim.broken)
		return *rest ? shim.broken : 0;
	begin_rel(&up, profile);
	if (append_rel(&up, t->rel_size, rest))
		return -ENAMETOOLONG;
	err = view_find(&up, &v);
	return err ? err : v.type == LISTING_DIR ? 0 : -ENOTDIR;
}

/* Whether the path is a proper part of a prefix. */
static bool is_above(const char *path, size_t len)
{
	const struct config *c = &shim.config;

	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		if (p->path_len > len && p->path[len] == '/' && memcmp(p->path, path, len) == 0)
			return true;
	}
	return false;
}

static int check_real(struct text *t)
{
	struct stat st;
	int err;

	if (find_scheme(t->buf))
		return 0;
	t->guessed = true;
	if (!t->exact)
		return 0;
	err = sys_fstatat(AT_FDCWD, t->buf, &st, AT_SYMLINK_NOFOLLOW);
	if (err)
		return err == -ENOENT && is_above(t->buf, t->len) ? 0 : err;
	t->verbatim = S_ISLNK(st.st_mode);
	return t->verbatim || S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

/* ".." takes a name away, and only from a directory. */
static int climb(struct text *t)
{
	const struct profile *profile;
	const char *rest;
	int err = 0;

	t->buf[t->len] = 0;
	profile = match_prefix(t->buf, &rest);
	if (profile)
		err = check_virtual(t, profile, rest);
	else if (t->len > t->base_len)
		err = check_real(t);
	if (err || t->verbatim)
		return err;
	while (t->len && t->buf[--t->len] != '/')
		;
	if (t->base_len > t->len)
		t->base_len = t->len;
	return 0;
}

static int append(struct text *t, const char *name, size_t n)
{
	if (t->len + n + 2 > t->size)
		return -ENAMETOOLONG;
	t->buf[t->len++] = '/';
	memcpy(t->buf + t->len, name, n);
	t->len += n;
	return 0;
}

/* Appends the components of `path` to an absolute path in t, which is "" for the root. */
static int normalise(struct text *t, const char *path, bool *must_be_dir)
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
			err = climb(t);
		else if (n != 1 || path[0] != '.')
			err = append(t, path, n);
		if (!err && t->verbatim)
			err = append(t, path, n = strlen(path));
		if (err)
			return err;
		path += n;
	}
	t->buf[t->len] = 0;
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

/* The absolute path that a relative one starts from, ours or not, into t->buf. The length, or
 * -errno: -ENAMETOOLONG if it is ours, and what else means that it is not. */
static long read_base(struct text *t, int dirfd)
{
	char *path = t->rel_buf; /* not in use yet */
	long n;

	if (dirfd == AT_FDCWD)
		n = sys_getcwd(path, t->rel_size);
	else
		n = fd_path(dirfd, path, t->rel_size);
	if (n == -ERANGE || n == -ENAMETOOLONG)
		return long_base_is_ours(dirfd) ? -ENAMETOOLONG : -ENOENT;
	n -= dirfd == AT_FDCWD;
	if (n < 0 || path[0] != '/')
		return -ENOENT;
	if ((size_t)n > shim.carriers_len && memcmp(path, shim.carriers, shim.carriers_len) == 0) {
		n = place_path(path + shim.carriers_len, t->buf, t->size);
		t->left = n >= 0;
		return n == -ERANGE ? -ENAMETOOLONG : n;
	}
	if ((size_t)n >= t->size)
		return -ENOENT;
	memcpy(t->buf, path, (size_t)n + 1);
	return n;
}

/* A relative path can only be ours if it may climb, if its directory is ours, or if it begins with
 * a part of a prefix. */
static bool relative_may_be_ours(int dirfd, const char *path)
{
	size_t n = text_until(path, '/');
	const char *dots = path;

	if (dirfd == AT_FDCWD ? shim.cwd_ours : shim.dirs_open)
		return true;
	while ((dots = strstr(dots, ".."))) {
		if ((dots == path || dots[-1] == '/') && (dots[2] == '/' || !dots[2]))
			return true;
		dots += 2;
	}
	while (n == 1 && path[0] == '.' && path[1] == '/') {
		path += 2;
		n = text_until(path, '/');
	}
	for (int i = 0; i < shim.config.n_profiles; i++) {
		const char *p = shim.config.profiles[i].path;

		while (*p) {
			size_t m = text_until(p += *p == '/', '/');

			if (m == n && memcmp(p, path, n) == 0)
				return true;
			p += m;
		}
	}
	return n == 0;
}

/*
 * A real file or folder with the name of a scheme comes before the URL. `path` leads to it, or is
 * it; `url` is where the scheme begins.
 */
static bool scheme_is_real(const char *path, const char *url)
{
	size_t n = (size_t)(url - path) + text_until(url, ':') + 1;
	char name[n + 1];
	struct stat st;

	memcpy(name, path, n);
	name[n] = 0;
	return sys_fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void resolve_absolute(struct place *p, struct text *t)
{
	const struct profile *profile;
	const char *rest, *url;

	profile = match_prefix(t->buf, &rest);
	if (profile) {
		begin_rel(p, profile);
		if (append_rel(p, t->rel_size, rest))
			fail(p, -ENAMETOOLONG);
		return;
	}
	url = find_scheme(t->buf);
	if (url && !scheme_is_real(t->buf, url)) {
		resolve_url(p, url, t->buf, t->size, t->rel_size);
	} else if (t->len && is_above(t->buf, t->len)) {
		p->above = true;
		p->above_ino = identity_ino(t->buf, t->len, "");
	}
}

/*
 * The usual case in one pass: a prefix as it is written in the configuration, and behind it nothing
 * that needs to be put in order. False: the long way.
 */
static bool resolve_plain(struct place *p, const char *path, size_t size)
{
	const struct profile *profile;
	const char *rest, *name;
	size_t len;

	profile = match_prefix(path, &rest);
	if (!profile)
		return false;
	for (name = rest; *name; name += len) {
		const char *c = ++name;

		while (*c && *c != '/')
			c++;
		len = (size_t)(c - name);
		if (!len || len > KEY_NAME_MAX || (*name == '.' && len <= 2))
			return false;
	}
	len = (size_t)(name - rest);
	if (profile->path_len + len >= PATH_MAX || profile->dir_len + len >= size)
		return false;
	begin_rel(p, profile);
	memcpy(p->rel + p->rel_len, rest, len + 1);
	p->rel_len += len;
	return true;
}

/*
 * Where a real path leads out of a virtual directory, the kernel is given one from the root. Its
 * end stays as it was: rmdir("..") removes nothing.
 */
static void set_real_path(struct place *p, struct text *t, const char *path)
{
	const char *end = path[strlen(path) - 1] == '/' ? "/" : p->must_be_dir ? "/." : "";

	if (t->verbatim)
		end = "";
	if (t->len + strlen(end) + 2 > t->size) {
		fail(p, -ENAMETOOLONG);
		return;
	}
	if (!t->len && !*end)
		end = "/";
	memcpy(t->buf + t->len, end, strlen(end) + 1);
	p->path = t->buf;
}

/* The long way. ".." is first taken to go back from real folders; if that leads to something of
 * ours, it is looked at. */
static void resolve_in_order(struct place *p, struct text *t, int dirfd, const char *path)
{
	long base = 0;
	int err;

	p->kind = PLACE_REAL;
	t->left = t->guessed = false;
	if (path[0] != '/')
		base = read_base(t, dirfd);
	if (base == -ENAMETOOLONG)
		fail(p, -ENAMETOOLONG);
	if (base < 0)
		return;
	t->len = t->base_len = base == 1 ? 0 : (size_t)base;
	err = normalise(t, path, &p->must_be_dir);
	/* A real folder so deep is not above a prefix. */
	if (err == -ENAMETOOLONG && !t->left)
		return;
	if (err)
		fail(p, err);
	else if (!t->verbatim)
		resolve_absolute(p, t);
	if (t->guessed && !t->exact && (p->kind != PLACE_REAL || t->left || p->above)) {
		t->exact = true;
		p->above = false;
		resolve_in_order(p, t, dirfd, path);
	} else if (p->kind == PLACE_REAL && (t->left || t->verbatim)) {
		set_real_path(p, t, path);
	}
}

/* The profile of a carrier's rel, or NULL. */
static const struct profile *profile_of_rel(struct place *p, const char *rel)
{
	const struct profile *profile = config_profile_of(&shim.config, rel);
	size_t n = text_until(rel, '~');

	if (profile || n <= 3 || memcmp(rel, "s3=", 3) != 0)
		return profile;
	if (config_bucket(&shim.config, &p->own, rel + 3, n - 3, p->pool, sizeof p->pool) != 0)
		return NULL;
	return text_until(rel, '/') == p->own.dir_len && same_bytes(rel, p->own.dir, p->own.dir_len)
	               ? &p->own
	               : NULL;
}

/* A plain name in an open directory of ours: what find, du and tar ask for, again and again. */
static bool resolve_in_dir(struct place *p, int dirfd, const char *path, size_t size)
{
	size_t n = text_until(path, '/');
	const struct profile *profile;
	long dir;

	if (path[n] || !n || n > KEY_NAME_MAX || (path[0] == '.' && n <= 2))
		return false;
	dir = fd_rel(dirfd, p->rel, size);
	if (dir < 0 || (size_t)dir + n + 2 > size)
		return false;
	profile = profile_of_rel(p, p->rel);
	if (!profile)
		return false;
	p->profile = profile;
	p->rel[dir] = '/';
	memcpy(p->rel + dir + 1, path, n + 1);
	p->rel_len = (size_t)dir + 1 + n;
	p->kind = PLACE_OURS;
	return true;
}

void place_resolve(struct place *p, int dirfd, const char *path, char *buf, size_t size)
{
	struct text t = {.buf = buf,
	        .size = size / 2,
	        .rel_buf = buf + size / 2,
	        .rel_size = size - size / 2};
	int err;

	p->kind = PLACE_REAL;
	p->path = path;
	p->error = shim.broken;
	p->must_be_dir = false;
	p->above = false;
	p->rel = t.rel_buf;
	p->rel_len = 0;
	if (path && path[0] == '/' && !shim.broken && resolve_plain(p, path, t.rel_size))
		return;
	if (path && path[0] != '/' && dirfd != AT_FDCWD && shim.dirs_open && !shim.broken &&
	        resolve_in_dir(p, dirfd, path, t.rel_size))
		return;
	p->must_be_dir = path && *path && path[strlen(path) - 1] == '/';
	if (!path || !*path || strnlen(path, PATH_MAX) == PATH_MAX)
		return;
	if (path[0] != '/' && dirfd == AT_FDCWD && scheme_at(path) && !scheme_is_real(path, path)) {
		/* Its own dots are put in order as those of a path are. */
		err = normalise(&t, path, &p->must_be_dir);
		if (err)
			fail(p, err);
		else if (t.len && scheme_at(t.buf + 1))
			resolve_url(p, t.buf + 1, t.buf, t.size, t.rel_size);
		else if (config_has_scheme(&shim.config, path, text_until(path, ':')))
			fail(p, -ENOENT); /* ".." left the bucket, or there is none */
	} else if (path[0] == '/' || relative_may_be_ours(dirfd, path)) {
		resolve_in_order(p, &t, dirfd, path);
	}
	if (p->kind == PLACE_OURS && shim.broken)
		fail(p, shim.broken);
}

long place_path(const char *rel, char *out, size_t size)
{
	const struct profile *p = config_profile_of(&shim.config, rel);
	size_t dir = text_until(rel, '/'), len = 0;
	const char *head, *rest = rel + dir;
	bool piece = false; /* the next component continues a name */
	size_t head_len;

	if (p && p->path_len) {
		head = p->path;
		head_len = p->path_len;
	} else if (p) {
		head = p->remote;
		head_len = strlen(head);
		while (head_len && head[head_len - 1] == '/')
			head_len--;
	} else if (strncmp(rel, "s3=", 3) == 0) {
		head = rel + 3;
		head_len = text_until(head, '~');
	} else {
		return -ENOENT;
	}
	if (head_len + strlen(rest) + 8 > size)
		return -ERANGE;
	if (!p) {
		memcpy(out, "/s3:/", 5);
		len = 5;
	} else if (!p->path_len) {
		/* s3://bucket/prefix as /s3:/bucket/prefix */
		size_t scheme = text_until(head, ':') + 1;

		out[len++] = '/';
		memcpy(out + len, head, scheme);
		len += scheme;
		head += scheme + 1;
		head_len -= scheme + 1;
	}
	memcpy(out + len, head, head_len);
	len += head_len;
	while (*rest) {
		size_t n = text_until(++rest, '/'), mark;

		if (!piece)
			out[len++] = '/';
		piece = n > 2 && rest[0] == '%' && rest[1] == '+';
		mark = piece ? 2 : 0;
		memcpy(out + len, rest + mark, n - mark);
		len += n - mark;
		rest += n;
	}
	out[len] = 0;
	return (long)len;
}
