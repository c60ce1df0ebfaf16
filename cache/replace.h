/*
 * Putting a file in the place of another: whole or not at all. It is written under a name of its
 * own in the same folder, and renamed. Nothing is synced: for what a power cut may lose.
 */
#ifndef LARDER_CACHE_REPLACE_H
#define LARDER_CACHE_REPLACE_H

#include <sys/types.h>

#define REPLACE_NOT 1 /* a writer's: what is there stays */

/* Writes the contents. 0, REPLACE_NOT, or -errno. */
typedef int replace_writer(void *arg, int fd);

/*
 * Gives `name` in folder `dir` (or AT_FDCWD) what the writer writes, by way of `temp`, which is the
 * caller's alone: what an earlier process left there goes. 0, REPLACE_NOT, or -errno; then `temp`
 * is gone. Blocks; any thread.
 */
int replace_file(
        int dir, const char *name, const char *temp, mode_t mode, replace_writer *write, void *arg);

#endif
