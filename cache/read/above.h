/*
 * The folders above the prefixes: with a prefix /data/sets/imagenet, /data and /data/sets.
 *
 * Where the disk has none, they are shown all the same, as read-only folders of nothing but the
 * names that lead on. Their rel is ABOVE_DIR and their path: "%above/data/sets". No profile has
 * such a name, so what is found below it is made by larder alone.
 *
 * Nothing here allocates or keeps state: safe in signal handlers and from any thread.
 */
#ifndef LARDER_CACHE_READ_ABOVE_H
#define LARDER_CACHE_READ_ABOVE_H

#include "cache/read/config.h"

#define ABOVE_DIR     "%above"
#define ABOVE_DIR_LEN (sizeof ABOVE_DIR - 1)

/* Stands in for the profile of such a folder. */
extern const struct profile above_profile;

/* Whether `path` (absolute, in order, without '/' at its end; "" is the root) is above a prefix. */
bool above_is(const struct config *c, const char *path, size_t len);

/* The length of the longest part of `path` that is above a prefix, that of profile *which; 0 if
 * there is none. */
size_t above_part(const struct config *c, const char *path, int *which);

/* The path of a rel, or NULL if it is not that of a folder above, or below one. */
const char *above_path(const char *rel);

struct above_child {
	const char *name; /* in the configuration, not terminated */
	size_t len;
	uint64_t ino; /* that stat shows */
};

/*
 * The name by which profile i (0 ≤ i < n_profiles) goes on below `path`. False if it does not, or a
 * profile before it has the same name.
 */
bool above_child(
        const struct config *c, const char *path, size_t len, int i, struct above_child *child);

#endif
