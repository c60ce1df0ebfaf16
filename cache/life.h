/*
 * Which agents live, for the others: whose temporary files are left over.
 *
 *	life_show … life_beat, now and then …          (ends with the process)
 *
 * An agent holds a lock on tmp/.<owner> for as long as it lives, and writes a byte to it now and
 * then. A file of tmp/ is left over if its owner cannot live any more: it was of this host and this
 * boot and there is no such process; or nobody holds its lock, and (where locks may not reach other
 * hosts, or say nothing) neither of the two files has changed for LIFE_STALE_S by the clock of the
 * file system. Any thread.
 */
#ifndef LARDER_CACHE_LIFE_H
#define LARDER_CACHE_LIFE_H

#include "cache/layout.h"

#define LIFE_STALE_S 300

/* Takes the lock, if it is not held; before the first temporary file is made. */
void life_show(struct layout *l);

/* Shows it to those who cannot see the lock. Blocks on a file system that hangs. */
void life_beat(struct layout *l);

/* What dead agents left in tmp/: the open folder, and the path. Returns how many files. */
typedef void life_left_cb(void *arg, int dir, const char *path);
int life_left(const struct layout *l, life_left_cb *cb, void *arg);

/* Removes it. Returns how many files. */
int life_clean(const struct layout *l);

#endif
