/* What a file of the cache shows where its file system keeps no attributes: the kernel tells the
 * name that it has there, and what is known of that name tells the rest. */
#include "shim/resolve.h"

#define NAME_MAX_BYTES                                                                             \
	2048 /* of a path that is found this way; longer ones keep the file's numbers */
#define NAMED_TRIES    300
#define NAMED_PAUSE_MS 10

/* The path that programs know for an open file of ours. Apart, for its buffer. */
__attribute__((noinline)) static long shown_path(int fd, char *out, size_t size)
{
	char path[NAME_MAX_BYTES];
	long n = fd_path(fd, path, sizeof path);

	/* A file that has just been filled gets its name within a second or so. */
	for (int tries = 0; n > 0 && path_is_new(path) && tries < NAMED_TRIES; tries++) {
		sys_sleep_ms(NAMED_PAUSE_MS);
		n = fd_path(fd, path, sizeof path);
	}
	return n > 0 ? path_back(path, out, size) : -ENOENT;
}

int identity_by_name(int fd, const struct stat *st, struct identity *id)
{
	char path[NAME_MAX_BYTES];
	struct view v;

	if (shown_path(fd, path, sizeof path) < 0)
		return -ENOENT;
	PLACE(p, AT_FDCWD, path);
	if (p.kind != PLACE_OURS || view_find(&p, &v) != 0)
		return -ENOENT;
	/* Another one may have taken its place. */
	if (v.type != LISTING_FILE || v.size != (uint64_t)st->st_size ||
	        v.mtime != st->st_mtim.tv_sec)
		return -ESTALE;
	*id = (struct identity){.magic = IDENTITY_MAGIC, .dev = v.dev, .ino = v.ino};
	return 0;
}
