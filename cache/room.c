#include "cache/room.h"

#include <sys/statvfs.h>

#define BYTES_MAX    (1LL << 60)
#define FILES_SPARED 16 /* inodes, for folders */

static int64_t bytes_of(uint64_t blocks, uint64_t size)
{
	return blocks > (uint64_t)BYTES_MAX / (size ? size : 1) ? BYTES_MAX
	                                                        : (int64_t)(blocks * size);
}

int64_t room_left(const char *path, uint64_t min_free, int64_t *files)
{
	struct statvfs st;
	int64_t keep;

	if (files)
		*files = INT64_MAX;
	if (statvfs(path, &st) != 0 || !st.f_blocks)
		return INT64_MAX;
	/* Some file systems make inodes as they are needed, and tell of none. */
	if (files && st.f_files)
		*files =
		        (st.f_favail < BYTES_MAX ? (int64_t)st.f_favail : BYTES_MAX) - FILES_SPARED;
	keep = min_free < BYTES_MAX ? (int64_t)min_free : BYTES_MAX;
	if (min_free == UINT64_MAX)
		keep = bytes_of(st.f_blocks, st.f_frsize) / ROOM_FREE_SHARE;
	if (min_free == UINT64_MAX && keep > ROOM_FREE_MAX)
		keep = ROOM_FREE_MAX;
	return bytes_of(st.f_bavail, st.f_frsize) - keep;
}
