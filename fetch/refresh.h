/*
 * Listings that are fetched again before their ttl ends, so that nobody waits twice for one that
 * takes long. The ttl stays what it is: nothing is shown beyond it on account of this.
 *
 * A listing that took REFRESH_WORTH_MS is due so long before its end as fetching it at leisure is
 * expected to take, and at the earliest after half of its ttl. It is fetched if programs have used
 * it since it came: opened it, or still have it mapped. The latter may mean little, and counts for
 * REFRESH_MAPPED_MAX times in a row only. A refresh that fails leaves the listing as it is: fresh
 * until its end, and then fetched by who asks. Loop thread.
 */
#ifndef LARDER_FETCH_REFRESH_H
#define LARDER_FETCH_REFRESH_H

#include "fetch/agent.h"

#define REFRESH_WORTH_MS   250 /* of fetching; what is shorter, its next reader can wait for */
#define REFRESH_MAX        64  /* listings that are watched so */
#define REFRESH_MAPPED_MAX 12  /* in a row, of a listing that nobody opened */
#define REFRESH_LEAD       6   /* times what it took, for fetching it at leisure */

/* A listing of `rel`, fresh until `expiry`, came within `took` ms. */
void refresh_plan(struct agent *a, const char *rel, uint64_t expiry, uint64_t took);

/* When it is due, in ms of CLOCK_BOOTTIME, if it came at `now`; 0: not at all. */
uint64_t refresh_due(uint64_t now, uint64_t expiry, uint64_t took);

/* Ends all of it. */
void refresh_stop(struct agent *a);

#endif
