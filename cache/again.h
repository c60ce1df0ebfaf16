/*
 * Asking a shared file system once more.
 *
 * Clients of a network file system believe for a while what they once knew: a name that was absent
 * stays absent (NFS: up to 30 s), a handle is of a file that has gone (ESTALE), the loser of a race
 * gets an error that has nothing to do with it (sshfs: EPERM, GlusterFS: EREMOTEIO, SMB: EINVAL for
 * a file that is being renamed). Any thread that may block.
 */
#ifndef LARDER_CACHE_AGAIN_H
#define LARDER_CACHE_AGAIN_H

#include "cache/layout.h"

#define AGAIN_TRIES    5
#define AGAIN_PAUSE_MS 4 /* before the first; each of the following is twice as long */

/* Whether to try again what failed with `error` (-errno), because such an error often goes away on
 * a shared file system; sleeps before it says so. *tries begins with 0. */
bool again(const struct layout *l, int error, unsigned *tries);

/*
 * Makes the client ask its server about the folder that holds `path` (relative to the location),
 * and about those above it as far up as one is absent, so that what other hosts made there is seen.
 * Costs nothing on a local file system.
 */
void again_look(const struct layout *l, const char *path);

#endif
