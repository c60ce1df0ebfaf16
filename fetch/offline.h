/*
 * Answers that ask no remote, for a profile with offline = true and for whoever has LARDER_OFFLINE
 * set: what is cached is served however old it is, as is what was listed and what was known to be
 * absent; the rest is -ENETUNREACH. Nothing of it makes anything fresh for those that may ask.
 */
#ifndef LARDER_FETCH_OFFLINE_H
#define LARDER_FETCH_OFFLINE_H

#include "fetch/lookup.h"

static inline bool is_offline(const struct remote *r, const struct waiter *w)
{
	return w->offline || r->profile->offline;
}

/* The answers to OPEN, STAT and LIST, after lookup_begin or lookup_remote. `l` says what a manifest
 * has of the name. */
void offline_open(struct agent *a, const struct lookup *l, const char *rel, struct waiter *w);
void offline_stat(struct agent *a, const struct lookup *l, const char *rel, struct waiter *w);
void offline_list(struct agent *a, const struct lookup *l, const char *rel, struct waiter *w);

#endif
