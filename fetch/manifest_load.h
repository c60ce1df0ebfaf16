/*
 * Keeping the manifest of a remote that cannot list: an object like any other, fetched through the
 * cache, parsed by a worker, and looked at again after the ttl.
 */
#ifndef LARDER_FETCH_MANIFEST_LOAD_H
#define LARDER_FETCH_MANIFEST_LOAD_H

#include "fetch/lookup.h"

/*
 * True if the remote's manifest is here and fresh. Otherwise the waiter is parked, the manifest is
 * fetched, and `resume` is called for it; or it is answered with the error.
 */
bool manifest_ready(struct agent *a, struct remote *r, const char *rel, struct waiter *w,
        lookup_resume *resume);

/* Forgets a parked waiter. */
void manifest_unpark(struct waiter *w);

void manifest_load_free(struct remote *r);

#endif
