/* What is in the cache, for `larder ls --cached`. */
#ifndef LARDER_FETCH_CMD_EVICT_H
#define LARDER_FETCH_CMD_EVICT_H

#include "fetch/cmd.h"

/* Prints the cached objects at or below an argument (NULL: all), the least recently used first. An
 * exit status. */
int cached_list(
        const struct config *c, const struct client *client, const char *arg, bool detailed);

#endif
