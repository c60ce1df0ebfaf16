/*
 * The per-object lock: one byte of one of 256 lock files, by the hash of the object's rel, held as
 * an open-file-description lock.
 *
 * It dies with its holder, and works between hosts on NFS and SMB. Locks save downloads and nothing
 * else: where they do not exclude, two fills run and the rename leaves one whole object. Lock files
 * are never unlinked. Held by agents only.
 *
 * Not thread-safe: the agent's loop thread. Two objects with the same byte share it inside one
 * agent: the first to end drops it.
 */
#ifndef LARDER_CACHE_LOCK_H
#define LARDER_CACHE_LOCK_H

#include "cache/layout.h"

#define LOCK_FILES 256

struct locks {
	const struct layout *layout;
	int fds[LOCK_FILES]; /* -1: not open */
};

void locks_init(struct locks *l, const struct layout *layout);
void locks_release(struct locks *l);

/* 0; -EAGAIN if another agent holds it; other -errno where there are no locks to be had (the caller
 * goes on without). */
int lock_try(struct locks *l, uint64_t hash);
void lock_drop(struct locks *l, uint64_t hash);

#endif
