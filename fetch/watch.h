/*
 * Whether the shared cache is there: looked at every WATCH_PERIOD_MS by a thread, since a mount may
 * hang, give errors (EIO, ESTALE, ENOTCONN), or be gone, so that an empty folder is in its place.
 *
 *	THERE ── an error, another file system, or no answer for GUARD_PATIENCE_MS ──> AWAY
 *	  ^                                                                             │
 *	  └────────────────── its larder.format can be read again ─────────────────────┘
 *
 * While it is away nothing of the agent touches it but that thread. What was on its way there
 *begins anew, in the local tier or unnamed; the word `away` of the validity table tells programs
 *not to look there. A cache that somebody emptied, on the file system where it was, is made anew
 *and is not away. Loop thread only.
 */
#ifndef LARDER_FETCH_WATCH_H
#define LARDER_FETCH_WATCH_H

#include "fetch/agent.h"

#define WATCH_PERIOD_MS 2000

/* Opens the layout of the agent's cache, waiting for at most GUARD_PATIENCE_MS; afterwards it is
 * there or away (err says why, if anything is to be said). -errno where the agent cannot start. */
int watch_open(struct agent *a, char err[static LAYOUT_ERROR_MAX]);

/* Goes on looking. 0 or -ENOMEM. watch_stop ends it; its handles are closed by the loop. */
int watch_start(struct agent *a);
void watch_stop(struct agent *a);

/* Nobody is to touch the cache from now on, for -error. What is on its way there is moved by the
 * loop's next round. */
void tier_lost(struct agent *a, int error);

/* Something failed there: it is looked at as soon as may be. */
void watch_hurry(struct agent *a);

/* What is to be told to who asks about it; "" while it is there. */
const char *watch_trouble(const struct agent *a);

#endif
