/*
 * What the file system of a cache is.
 *
 * Whether it is shared with other hosts decides how an object is made durable (fsync of each
 * instead of one syncfs), how long a replaced one stays (trash.h), and how far its locks and its
 * negative answers are believed.
 */
#ifndef LARDER_CACHE_MEDIUM_H
#define LARDER_CACHE_MEDIUM_H

#include <stdbool.h>

struct medium {
	const char *name; /* "ext4", "nfs", …; "other" if it is not known here */
	bool network;     /* other hosts may have it mounted too */
};

/* Of the file system that `fd` lies on. What cannot be told is taken for a network's. */
struct medium medium_of(int fd);

#endif
