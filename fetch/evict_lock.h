/*
 * One host at a time evicts: the lock on usage/evict.lock.
 *
 * Its holder writes a beat into the file once a second, by which others see that it is at work,
 * whatever the locks of the file system are worth:
 *
 *	lock free, no beat of another        taken at once
 *	lock free, another's last beat       taken when it has not changed for EVICT_LOCK_BEATS_MS:
 *	                                     its holder died, or locks do not exclude
 *	lock held, or none to be had         taken when the beat has not changed for
 *EVICT_LOCK_STALE_MS
 *
 * Two that evict at once take more than they need and nothing else. Everything blocks; one worker
 * at a time.
 */
#ifndef LARDER_FETCH_EVICT_LOCK_H
#define LARDER_FETCH_EVICT_LOCK_H

#include "cache/layout.h"

#define EVICT_LOCK_BEATS_MS 3000
#define EVICT_LOCK_STALE_MS 60000
#define EVICT_LOCK_TEXT     96

struct evict_lock {
	int fd; /* -1: not held */
	unsigned beats;
	uint64_t beat_at;           /* ms of CLOCK_BOOTTIME; of our last one */
	char seen[EVICT_LOCK_TEXT]; /* what stood there … */
	uint64_t seen_at;           /* … since when */
};

/* 0, or -EAGAIN while another one has it: try again soon. Other errors: there is no file to lock,
 * and the caller goes on without. */
int evict_lock_take(struct evict_lock *l, const struct layout *layout);

/* From time to time while it is held; costs nothing mostly. */
void evict_lock_beat(struct evict_lock *l, const struct layout *layout);
void evict_lock_drop(struct evict_lock *l);

#endif
