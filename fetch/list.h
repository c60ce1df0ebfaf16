/*
 * Listings of directories: fetched from the store (or manifest), written as an index to the runtime
 * folder, with a carrier beside it.
 */
#ifndef LARDER_FETCH_LIST_H
#define LARDER_FETCH_LIST_H

#include "fetch/agent.h"

/* Makes the listing and the carrier of a directory fresh; answers DIR, or -ENOENT, -ENOTDIR,
 * -EOPNOTSUPP (a remote that cannot list), … */
void list_directory(struct agent *a, const char *rel, struct waiter *w);

/* Fetches the listing again, at leisure, though it is fresh. Nothing is told to anybody if that
 * fails. False if it is not to be (its remote is offline, gone or no store of keys). */
bool list_ahead(struct agent *a, const char *rel);

/* The waiter has gone; the listing goes on. */
void list_cancel(struct waiter *w);

#endif
