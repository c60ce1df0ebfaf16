/*
 * Who shares a cache: one user, a group, or everybody by way of the host's agent; and what that
 * means for the modes of its folders and files.
 *
 *	            location  data/…  tmp dirs locks trash usage  locks, journals  umask
 *	user        0700      0700    0700                        0600             077
 *	group       03770     02770   02770                       0660             007
 *	system      0755      0755    0700                        0600             022
 *
 * Data files have the same mode everywhere (identity.h): the folders are the gate. All functions
 * return 0 or -errno, with a line in err.
 */
#ifndef LARDER_CACHE_SHARE_H
#define LARDER_CACHE_SHARE_H

#include "cache/layout.h"

#include <sys/stat.h>

/* The umask of an agent of this configuration. */
mode_t share_umask(const struct config *c);

/* Sets the modes of `l`. Names of groups are looked up, which may ask a server. -ENOENT: there is
 * no such group. */
int share_modes(struct layout *l, const struct config *c, char err[static LAYOUT_ERROR_MAX]);

/*
 * The location, which exists, is what it has to be; or is made so, if it is ours. -EPERM: it is
 * another's, and not as it has to be (-EPROTO of a system agent, which must not serve it). A
 * private cache that others can write is 0, with err.
 */
int share_location(const struct layout *l, char err[static LAYOUT_ERROR_MAX]);

/* Whether a folder of a group's cache is as it has to be. */
bool share_is_for_group(const struct layout *l, const struct stat *st);

/* Why the cache cannot be written, after that error, and what to do. */
void share_explain(const struct layout *l, int error, char err[static LAYOUT_ERROR_MAX]);

#endif
