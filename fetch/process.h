/*
 * The agent's process: signals, idleness, the end, and changes of the configuration.
 *
 * A configuration has an agent of its own, with a runtime folder, remotes and limits. When it
 * changes, the process gets a second agent for the new one, beside the first and on the same loop:
 *
 *	agents ──> the one in force ──earlier──> one that only ends its work ──earlier──> …
 *
 * An earlier one serves the programs that began with its configuration, and goes when nobody has
 * asked it for idle_exit. Nothing is taken from a fill: it ends under the limits with which it
 * began. Where both have one runtime folder (a system agent's), the newer one takes over socket,
 *lock and counters, and questions go to the agent of the configuration that they name.
 */
#ifndef LARDER_FETCH_PROCESS_H
#define LARDER_FETCH_PROCESS_H

#include "fetch/agent.h"

#define PROCESS_AGENTS_MAX  8   /* at once */
#define PROCESS_RELOADS_MAX 256 /* of a process, for some memory of each stays */
#define PROCESS_TEXT_MAX    CONFIG_ERROR_MAX

struct metrics;

struct process {
	uv_loop_t *loop;
	struct agent *agents;  /* the one in force first */
	struct agent *retired; /* what is left of others: a worker may still come back to them */
	bool background;
	unsigned reloads;
	struct metrics *metrics; /* NULL: none are wanted */
	unsigned metrics_writes; /* of files, by workers */
	uv_signal_t term, interrupt, hangup;
	uv_timer_t idle;
};

/*
 * Reads the configuration again. 0: what it says is in force, or was already. -EINVAL: it is wrong;
 * -EBUSY: it changes what a process cannot change. The old one then stays. `text` says what has
 * happened, in a line; the log has it too.
 */
int process_reload(struct process *p, char text[static PROCESS_TEXT_MAX]);

/* The agent of a configuration: of the questioned one's process, or NULL. */
struct agent *process_agent(struct agent *a, uint64_t config);

#endif
