/*
 * What `larder run --replay` and `larder warm --from-record` share: from here on, this process and
 * its children have the configuration that replays a record.
 */
#ifndef LARDER_FETCH_CMD_REPLAY_H
#define LARDER_FETCH_CMD_REPLAY_H

#include "fetch/record.h"

/* Before the configuration is loaded. `option` is for messages. Reads the record; 0, or -errno
 * after a message. */
int cmd_replay(const char *option, const char *file, struct record *record);

/* Says which of its objects no profile has. How many. */
unsigned cmd_replay_check(const struct config *c, const struct record *record);

#endif
