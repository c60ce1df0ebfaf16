/*
 * Fetching ahead: objects that a program will open next, since it reads their folder in order.
 *
 * Each open that the agent hears of is a step of a stream (ahead.h) in the folder's listing. An
 * object that was fetched ahead stands in the validity table as one that was last used long ago: so
 * its first open tells the agent, though it needs nothing of it, and the agent keeps its distance.
 * Programs on a warm cache tell no more than before.
 *
 * What is fetched ahead has the lowest turn (transfer.h) until somebody asks for it. It takes no
 * room that something else would have to leave, and at most PREFETCH_BYTES that nobody has opened
 * yet. What nobody opens before it is evicted, or in PREFETCH_UNUSED_MS, was wasted, and is counted
 * so. `prefetch` of the profile is how many objects it may be; `off` does nothing. A folder that
 * was not listed is listed when two of its objects were opened in order. Folders as remotes are
 * left alone: their workers have no turns.
 */
#ifndef LARDER_FETCH_PREFETCH_H
#define LARDER_FETCH_PREFETCH_H

#include "fetch/agent.h"

#define PREFETCH_BYTES       (256 << 20) /* and at most a share of the cache */
#define PREFETCH_CACHE_SHARE 16
#define PREFETCH_NEW_BYTES   (32 << 20) /* for one that has read but a few */
#define PREFETCH_PROVEN      6          /* … objects in order */
#define PREFETCH_FOLDERS     64         /* that are read at once */
#define PREFETCH_MARKS       16384      /* objects that were fetched ahead and not opened */
#define PREFETCH_IDLE_MS     30000      /* without a step: its reader has gone */
#define PREFETCH_UNUSED_MS   300000     /* until what was fetched for nobody was wasted */

struct prefetch;

/* NULL without memory. */
struct prefetch *prefetch_new(struct agent *a);

/* Gives up what is on its way; nothing is fetched any more. */
void prefetch_stop(struct prefetch *p);
void prefetch_free(struct prefetch *p);

/* A program opens the object; it `asked` for it, as it did not find it, or only tells of it. To be
 * called before it is answered. */
void prefetch_seen(struct agent *a, const char *rel, bool asked);

/* Counts what was wasted up to now. */
void prefetch_settle(struct agent *a);

#endif
