/*
 * What a read-only file system says to a change: the kernel's errors in the kernel's order, which
 * is that of a read-only mount of the same files
 * (tests/e2e/mutators-are-as-on-a-read-only-mount.sh). Used by write.c and fdwrite.c.
 *
 * A mount is crossed at the top of a prefix: the prefix itself is a name in the real folder above.
 */
#ifndef LARDER_SHIM_REFUSE_H
#define LARDER_SHIM_REFUSE_H

#include "shim/shim.h"

enum change {
	MAKE, /* a new name: mknod, symlink, link's new name */
	MAKE_DIR,
	REMOVE, /* the name of what is no directory */
	REMOVE_DIR,
	REMOVE_ANY,
	ATTRIBUTE, /* of something that exists */
	CONTENT,   /* of a file that exists */
	NONSENSE,  /* other arguments are wrong, which counts once the path was found */
};

/* -errno for what is ours, or 0: the real call is to be made, with p->path. `path` is what the
 * program gave. */
int refuse(struct place *p, const char *path, enum change change);

/* The same for open(2) with O_CREAT of a path that ends as a directory's does. */
int refuse_create_dir(const struct place *p, const char *path, int flags);

/* One of the two names of a rename or link. */
struct end {
	int dirfd;
	const char *path;
	unsigned follow; /* times that place_follow changed it */
	size_t room;     /* bytes for the path of the real call; 1 if that is the same */
};

/* After the real call said ENOENT: whether a symbolic link of either leads elsewhere. */
bool ends_follow(struct end *from, struct end *to);

/* rename(2) and link(2): -errno, or 0: both are real; then `room` is set in each. Never more than
 * one place is on the stack. */
int refuse_rename(struct end *from, struct end *to, unsigned flags);
int refuse_link(struct end *from, struct end *to, int flags);

/* The path for the real call; `buf` has end->room bytes. */
const char *end_real_path(const struct end *end, char *buf);

/* Whether a real path (of AT_FDCWD; a number as in "/proc/self/fd/3") leads to a file or folder of
 * ours. */
bool leads_by_number(const char *path);

/* -EROFS if the descriptor is a cached file or a carrier of ours; 0 otherwise. One of O_PATH counts
 * only with `path_only`: most calls refuse it themselves. */
int refuse_fd(int fd, bool path_only);

/* fchmodat2(2), and ioctl(2) with its third argument as the caller's register has it. */
#define NR_FCHMODAT2 452
int fchmodat2_at(int dirfd, const char *path, mode_t mode, int flags);
int shim_ioctl(int fd, unsigned long request, long arg) __asm__("ioctl");

#endif
