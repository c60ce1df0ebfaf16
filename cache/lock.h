/*
 * The lock of an object: who holds it downloads the object, the others wait for it.
 *
 * It has two halves. Between hosts: one byte of one of 256 lock files, by the hash of the object's
 * rel, as an open-file-description lock; it dies with its holder, and works on NFS, SMB and more.
 * Between the agents of a host, where the cache is on a network file system or has no locks: an
 * abstract socket's address, which nothing on a file system can make lie.
 *
 * Locks save downloads and nothing else. Where they do not exclude, two fills run and the rename
 * leaves one whole object. Lock files are never unlinked. Held by agents only.
 *
 * Not thread-safe: the agent's loop thread. Two objects with the same byte share it inside one
 * agent: the first to end drops it.
 */
#ifndef LARDER_CACHE_LOCK_H
#define LARDER_CACHE_LOCK_H

#include "cache/layout.h"

#define LOCK_FILES    256
#define LOCK_HOST_MAX 1024 /* addresses that are held at once; beyond it, file locks have to do */

struct lock_address;

struct locks {
	const struct layout *layout;
	int fds[LOCK_FILES];       /* -1: not open */
	struct lock_address *held; /* by hash */
};

void locks_init(struct locks *l, const struct layout *layout);
void locks_release(struct locks *l);

/*
 * 0: what there is to be had is held. -EAGAIN: another agent holds it. Another -errno: there are no
 * locks at all (ENOLCK, EOPNOTSUPP, ENOSYS, EIO …); the caller goes on without. For a local file
 * system, where nothing waits.
 */
int lock_try(struct locks *l, uint64_t hash);
void lock_drop(struct locks *l, uint64_t hash);

/* The two halves alone, for a network file system. That of the host is 0, -EAGAIN, or -ENOLCK where
 * there are too many. */
int lock_host_try(struct locks *l, uint64_t hash);
void lock_host_drop(struct locks *l, uint64_t hash);

/*
 * The file's lock, on a descriptor of its own: *fd is -1 or of an earlier try, and whoever closes
 * it drops the lock. 0, -EAGAIN or another -errno, as above. Any thread; can wait for minutes.
 */
int lock_file_try(const struct layout *l, uint64_t hash, int *fd);

#endif
