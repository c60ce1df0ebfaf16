/* What process.c (the beginning and idleness), process_end.c and process_reload.c share. For these
 * alone. */
#ifndef LARDER_FETCH_PROCESS_PARTS_H
#define LARDER_FETCH_PROCESS_PARTS_H

#include "fetch/process.h"

/* An agent of the process that nothing has been opened for. NULL without memory. */
struct agent *process_agent_new(struct process *p, const struct config *c);

/* Whether it is the one that the server belongs to, of those that share a runtime folder. */
bool process_owns_server(const struct agent *a);

/* Ends all agents; does not return if a worker hangs. */
void process_shut_down(struct process *p);

/* Whether an agent that leaves has nothing under way; then it can be ended while others go on. */
bool process_may_retire(const struct agent *a);
void process_retire(struct process *p, struct agent *gone);

/* Keeps the struct of an agent that a worker may come back to, until process_free. */
void process_put_away(struct process *p, struct agent *a);

/* Frees what is left, once no worker is. `first` is the configuration that is not ours. */
void process_free(struct process *p, const struct config *first);

#endif
