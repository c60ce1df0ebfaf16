/*
 * Bringing an object from the shared cache to the local tier, for profiles with mode = copy.
 *
 * A worker copies the whole file into a temporary one of the local tier, compares what it read with
 * the recorded digest (where there is one) and the size, and seals it with the same times, mode and
 * attributes. At most BRINGS_MAX run at once; the others wait in turn, and all of them wait for
 * room like fills. Loop thread only.
 */
#ifndef LARDER_FETCH_BRING_H
#define LARDER_FETCH_BRING_H

#include "cache/temp.h"
#include "fetch/agent.h"

#define BRINGS_MAX 8 /* copies at work */

struct bring;

struct bring_result {
	int error;         /* 0; -EBADMSG: the source is damaged; -errno: nothing was brought */
	struct temp *temp; /* sealed; the receiver moves it out */
	struct stat st;    /* what it is */
	int64_t validated; /* as temp_publish wants it */
};

typedef void bring_done(void *arg, const struct bring_result *r);

/*
 * Copies the open file `source` (duplicated) into the local tier of `a`, for the object `rel`.
 * `done` is called once, later, unless it is cancelled. NULL if it cannot start (no memory, or
 * larger than the tier, which may be unwritable too).
 */
struct bring *bring_start(
        struct agent *a, const char *rel, int source, uint64_t size, bring_done *done, void *arg);
void bring_cancel(struct bring *b);

#endif
