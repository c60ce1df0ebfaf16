/*
 * Listings of folders above the prefixes that this host's disk does not have: the configuration
 * says what is in them.
 */
#ifndef LARDER_FETCH_LIST_ABOVE_H
#define LARDER_FETCH_LIST_ABOVE_H

#include "fetch/agent.h"

/* As list_directory, of the folder `path`, whose rel is `rel`. */
void list_above(struct agent *a, const char *rel, const char *path, struct waiter *w);

#endif
