/* What a file system has left. Asking may block on a network file system; any thread. */
#ifndef LARDER_CACHE_ROOM_H
#define LARDER_CACHE_ROOM_H

#include <stdint.h>

/* What stays free where [cache] min_free is not set: this part of the file system, up to so many
 * bytes. */
#define ROOM_FREE_SHARE 50
#define ROOM_FREE_MAX   (1LL << 30)

/* Bytes that may be written to the file system of `path` so that `min_free` bytes (UINT64_MAX: the
 * default) stay; below zero if fewer are free now. *files, if not NULL, becomes the number of files
 * that may be made, INT64_MAX where there is no such limit. INT64_MAX for what cannot be asked. */
int64_t room_left(const char *path, uint64_t min_free, int64_t *files);

#endif
