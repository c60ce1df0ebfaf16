/*
 * Whether the cache's disk does what it should. Where it does not (full, a quota, read-only, no
 * permission, broken), objects are served without being kept: no read fails for it.
 *
 * The log says so once, and again only after things have gone well for a while: not for each of a
 * thousand objects. A cache that could not be used when the agent started is tried again now and
 * then, so that nothing has to be restarted when it is put right.
 */
#ifndef LARDER_FETCH_HEALTH_H
#define LARDER_FETCH_HEALTH_H

#include "fetch/agent.h"

#define HEALTH_QUIET_MS 2000 /* without a failure, before a success means that all is well */
#define HEALTH_RETRY_MS 5000 /* between two tries of a cache that cannot be used */

struct health;

struct health *health_new(struct agent *a);
void health_free(struct health *h);

/* An object could not be kept: what was tried, and -errno. */
void health_failed(struct agent *a, const char *what, int error);

/* An object was kept. */
void health_works(struct agent *a);

#endif
