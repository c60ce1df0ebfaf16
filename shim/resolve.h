/*
 * The inside of the resolver, which is in five files:
 *
 *	place.c   decides: prefix, URL, folder above a prefix, or real
 *	order.c   puts a path in order: an absolute one without ".", ".." and doubled slashes
 *	url.c     finds virtual URLs in paths, and their rels
 *	follow.c  follows real symbolic links, after the real call said ENOENT
 *	back.c    goes back from the cache to the paths that programs know
 *
 * All work in the buffer of one place: text in its first half, the rel in its second.
 */
#ifndef LARDER_SHIM_RESOLVE_H
#define LARDER_SHIM_RESOLVE_H

#include "shim/shim.h"

/* An absolute path that is put in order in the first half of the buffer. */
struct order {
	char *buf; /* "" is the root */
	size_t len, size;
	char *rel_buf; /* the second half */
	size_t rel_size;
	size_t base_len; /* of what came from the kernel: it has no symbolic links */
	bool exact;      /* look whether what ".." goes back from is a real folder */
	bool guessed;    /* it was taken to be one */
	bool left;       /* went out of a virtual directory, where the kernel cannot follow */
	bool verbatim;   /* behind a symbolic link: only the kernel knows where that leads */
};

/* -- order.c -- */

/* The absolute path that a relative one starts from, ours or not, into o->buf. The length, or
 * -errno: -ENAMETOOLONG if it is ours, and what else means that it is not. */
long order_base(struct order *o, int dirfd);

/* Appends the components of `path`; *must_be_dir says how it ended. 0 or -errno. */
int order_append(struct order *o, const char *path, bool *must_be_dir);

/* -- url.c -- */

/* A scheme of ours that begins at `name` and ends in ":/". The length of its name, or 0. */
size_t url_scheme_at(const char *name);

/* The first component that is a scheme, as "s3:" in "/home/me/s3:/bucket"; or NULL. */
const char *url_find(const char *path);

/*
 * Whether a real file or folder has the name of the scheme; it comes before the URL. `path` leads
 * to it, or is it; `url` is where the scheme begins.
 */
bool url_is_shadowed(const char *path, const char *url);

/* Resolves "s3:/bucket/key" or "https://host/path", with or without the second slash, which lies in
 * o->buf. */
void url_resolve(struct place *p, struct order *o, const char *url);

/* -- place.c -- */

/* A place that is real as yet, and the buffer for putting its path in order. */
void place_clear(struct place *p, struct order *o);

void place_fail(struct place *p, int error);

/*
 * Where a real path leads out of a virtual directory, the kernel is given one from the root, which
 * is in o->buf. Its end stays as it was ("/", or "" for what must_be_dir says): rmdir("..") removes
 * nothing.
 */
void place_keep_real(struct place *p, struct order *o, const char *end);

/* Decides what the absolute path in o->buf is. */
void place_absolute(struct place *p, struct order *o);

/* The profile whose path is `path` or above it; *rest is what follows. */
const struct profile *place_prefix(const char *path, const char **rest);

/* Makes it a place of the profile, whose rel has then `size` bytes; and appends components ("/a/b")
 * in their form on disk. 0 or -ENAMETOOLONG. */
void place_begin(struct place *p, const struct profile *profile);
int place_append(struct place *p, size_t size, const char *rest);

/* The profile of a rel: of a bucket without one too, which is kept in p. NULL if there is none. */
const struct profile *place_profile(struct place *p, const char *rel);

#endif
