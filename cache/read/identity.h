/*
 * What a file or directory of the cache shows to programs: device and inode number that depend on
 * the remote object alone, and the marks by which a descriptor of ours is recognised.
 *
 * A data file has the sticky bit and no write bits (mode 01444 or 01555) and, where the file system
 * has user xattrs, the attribute user.larder.id. A directory's stand-in (its carrier, below the
 * runtime folder) is marked in the same way. No ordinary file has these bits, so telling that a
 * descriptor is not ours costs no system call beyond the fstat that was asked for.
 */
#ifndef LARDER_CACHE_READ_IDENTITY_H
#define LARDER_CACHE_READ_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define IDENTITY_XATTR "user.larder.id"
#define IDENTITY_MAGIC 0x3164696c /* "lid1" */

#define DATA_MODE      01444
#define DATA_MODE_EXEC 01555
#define CARRIER_MODE   01555

#define IDENTITY_DIR_SIZE 4096
#define IDENTITY_DIR_MTIME                                                                         \
	315532800 /* 1980-01-01: what directories show; the oldest time that zip and tar take      \
	             without a word */

/* The device (a minor number) that everything below an id ("<name>~<16 hex digits>") shows: far
 * above those that the kernel gives out. */
uint32_t identity_dev(uint64_t profile_id);
uint32_t identity_dev_of_rel(const char *rel);
#define IDENTITY_DEV_ABOVE 0x80000 /* of the folders above the prefixes (above.h) */

struct identity {
	uint32_t magic;
	uint32_t dev; /* a minor number, as in struct profile */
	uint64_t ino;
};

/* Whether the mode is one that data files have. The type must be right too: a carrier is a
 * directory. */
static inline bool identity_marked(mode_t mode)
{
	return (mode & (S_ISVTX | S_IWUSR | S_IWGRP | S_IWOTH)) == S_ISVTX;
}

/* Reads the attribute of an open file, or of a path. 0; -ENODATA, -EOPNOTSUPP, …; -EBADMSG if it is
 * not one of ours. */
int identity_get_fd(int fd, struct identity *id);
int identity_get_path(const char *path, struct identity *id);

/*
 * The inode number of an object or directory. The version is what tells two generations apart in
 * every answer of the store: the ETag, or else "size mtime" (see identity_version); "" for a
 * directory.
 */
uint64_t identity_ino(const char *rel, size_t rel_len, const char *version);

#endif
