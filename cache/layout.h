/*
 * The folders of a cache, as the agent sees them. docs/cache-format.md describes them.
 *
 *	<location>/data/<rel>      whole objects         <location>/dirs/<rel>/%=list   listings for
 *other hosts and later <location>/tmp/            fills                 <location>/locks/00…ff lock
 *files <location>/trash/          not yet unlinked      <location>/larder.format       version of
 *the format
 *
 *	<runtime>/agent.sock  validity  listings/<hash>  carriers/<rel>/
 *
 * All functions return 0 or -errno. Not thread-safe for one struct; each may be used by several
 *threads for reading.
 */
#ifndef LARDER_CACHE_LAYOUT_H
#define LARDER_CACHE_LAYOUT_H

#include "cache/read/config.h"
#include "cache/read/key.h"

#include <sys/types.h>

#define LAYOUT_PATH_MAX                                                                            \
	(CONFIG_PATH_MAX + KEY_REL_MAX +                                                           \
	        64) /* bytes of any path below; the kernel refuses those over 4096 */
#define LAYOUT_FORMAT    "larder.format"
#define LAYOUT_VERSION   1
#define LAYOUT_ERROR_MAX 512

struct layout {
	const char *location, *runtime; /* of the configuration */
	int location_fd;                /* for syncfs; -1 if the cache cannot be used */
	bool writable;
	bool xattrs; /* user xattrs can be kept */
};

/*
 * Makes what is missing of the cache and the runtime folder. A cache that cannot be written leaves
 * `writable` false, says why in err, and returns 0: objects are then served without being kept. An
 * error (with err) where the cache has another format or the runtime folder cannot be made.
 */
int layout_open(struct layout *l, const struct config *c, char err[static LAYOUT_ERROR_MAX]);
void layout_close(struct layout *l);

/* Paths; 0 or -ENAMETOOLONG. */
int layout_data(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel);
int layout_dirs(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel);
int layout_carrier(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel);
int layout_listing(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel);
int layout_runtime(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *name);

/* Makes all folders above `path`, with `mode`; a regular file in the way is removed where `replace`
 * (a directory wins over an object). */
int layout_make_parents(char *path, mode_t mode, bool replace);

/* Makes the carrier of a directory and all above it. */
int layout_make_carrier(const struct layout *l, const struct profile *p, const char *rel);

#endif
