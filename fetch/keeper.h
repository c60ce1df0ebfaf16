/*
 * What the agent tidies up in the cache now and then, on a worker: the clock of the file system is
 * measured again, what dead agents left in tmp/ is removed, and trash/ is swept.
 */
#ifndef LARDER_FETCH_KEEPER_H
#define LARDER_FETCH_KEEPER_H

#include "fetch/agent.h"

#define KEEPER_PERIOD_MS 60000

struct keeper;

/* Starts with a first round. */
struct keeper *keeper_new(struct agent *a);
void keeper_free(struct keeper *k);

/* What was in trash/ after the last round. */
uint64_t keeper_trash_bytes(const struct keeper *k);
uint64_t keeper_trash_files(const struct keeper *k);

#endif
