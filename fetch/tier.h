/*
 * Tiers: the cache of [cache], which many hosts may share, and the one of [local] on a disk of this
 * host. Both have the same layout, and whatever works on one (locks, commit, space, eviction) takes
 * a struct agent: that of the process for the shared tier, and agent->local for the local one.
 *
 *	mode = direct   objects lie in the shared tier, and programs open them there
 *	mode = copy     they are filled there too, and programs open a copy in the local tier
 */
#ifndef LARDER_FETCH_TIER_H
#define LARDER_FETCH_TIER_H

#include "fetch/agent.h"

/* Starts what works on the cache of an open layout. 0 or -ENOMEM. */
int tier_start(struct agent *t);

/* Ends it; its handles are closed by the loop's next rounds, and then the rest is. */
void tier_stop(struct agent *t);
void tier_close(struct agent *t);

/* Makes a->local as the configuration says: nothing without [local]. 0 or -ENOMEM; a folder that
 * cannot be used is told in the log, and nothing is kept there. */
int tier_open_local(struct agent *a);
void tier_close_local(struct agent *a);

/* Makes a->nowhere, in which nothing is kept: for what has no tier while the shared one is away. 0
 * or -errno. */
int tier_open_nowhere(struct agent *a);
void tier_close_nowhere(struct agent *a);

/* The shared tier is there again, with this layout. `unopened`: it never was before. */
void tier_renew(struct agent *a, const struct layout *l, bool unopened);

/* Where what is missing is filled: the shared tier; while it is away or cannot be written, the
 * local one; or nowhere. */
struct agent *tier_home(struct agent *a);

#endif
