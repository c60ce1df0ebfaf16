/*
 * Ways into the cache that no symbolic link leads away from.
 *
 * In a group's cache any member can put a link in the place of a folder. An agent that removed,
 * renamed or made files by such a path would do so in its own user's home. So whatever changes
 * something below the location first opens the folder that holds it, by these functions, and then
 * works on a name in it (renameat, unlinkat, utimensat with AT_SYMLINK_NOFOLLOW, openat with
 * O_NOFOLLOW | O_NONBLOCK: the name itself may be a link or a FIFO).
 *
 * Any thread. `path` is relative to the location ("data/<rel>"), without "." and "..".
 */
#ifndef LARDER_CACHE_BENEATH_H
#define LARDER_CACHE_BENEATH_H

#include "cache/layout.h"

/*
 * Opens the folder above `path` (O_PATH); *name is the path's last component. The descriptor, which
 * the caller closes, or -errno: -ENOENT; -ELOOP or -ENOTDIR where something else is in a folder's
 * place.
 */
int beneath_parent(const struct layout *l, const char *path, const char **name);

/* The same, and makes the folders that are missing. What is no folder and stands in a folder's
 * place goes: an object (a directory wins over it), or what somebody planted. */
int beneath_make_parent(const struct layout *l, const char *path, const char **name);

/* Opens a file or folder below the location as openat does, with O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK
 * and O_NOCTTY. A descriptor or -errno. */
int beneath_open(const struct layout *l, const char *path, int flags, mode_t mode);

#endif
