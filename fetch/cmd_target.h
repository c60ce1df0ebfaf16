/*
 * What an argument of a subcommand means: a virtual URL or a path in a prefix, resolved as the shim
 * resolves it.
 *
 * s3://bucket/dir, s3:/bucket/dir, /data/imagenet/dir, ../imagenet/dir, or a symbolic link into a
 * prefix. "." and ".." are put in order by their text alone. Names are those that programs see, so
 * a key with odd segments is written with its "%~" (key.h).
 */
#ifndef LARDER_FETCH_CMD_TARGET_H
#define LARDER_FETCH_CMD_TARGET_H

#include "cache/read/config.h"
#include "cache/read/key.h"
#include "cache/read/url.h"

#include <limits.h>

#define TARGET_ERROR_MAX 512
#define TARGET_URL_MAX   (CONFIG_PATH_MAX + KEY_MAX + 16)
#define TARGET_LINKS_MAX 40 /* symbolic links that are followed, as in the kernel */

struct target {
	const struct profile *profile; /* of the configuration, or `own` */
	char rel[KEY_REL_MAX];
	struct own_profile own; /* of a URL that has one by itself */
};

/*
 * 0; -ENOENT where nothing of ours has that name, -EINVAL, -ENAMETOOLONG; with a message that names
 * neither the argument nor the command. `t` points into itself: it must not be copied.
 */
int target_resolve(const struct config *c, const char *arg, struct target *t,
        char err[static TARGET_ERROR_MAX]);

/* The URL of a rel of that profile, for people. */
void target_url(const struct profile *p, const char *rel, char *out, size_t size);

/* The URL of any rel: of a profile, of a bucket without one, else the rel itself. A folder's "/" at
 * the end stays. */
void target_rel_url(const struct config *c, const char *rel, char *out, size_t size);

/* Where programs see it; "" where the profile has no path. */
void target_path(const struct profile *p, const char *rel, char *out, size_t size);

/* Appends a name of a listing to a rel of `*len` bytes. 0 or -ENAMETOOLONG. */
int target_child(char rel[static KEY_REL_MAX], size_t *len, const char *name, size_t name_len);

#endif
