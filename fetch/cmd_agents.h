/*
 * The agents that run now: the one of this configuration, and those of earlier ones, which have
 * runtime folders beside it.
 */
#ifndef LARDER_FETCH_CMD_AGENTS_H
#define LARDER_FETCH_CMD_AGENTS_H

#include "fetch/cmd.h"

#define AGENTS_MAX 256 /* runtime folders with an agent that are looked at */

struct agent_found {
	char runtime_dir[CONFIG_PATH_MAX];
	char config_file[CONFIG_PATH_MAX]; /* "" if it has none, or does not answer */
	bool system;                       /* it is the system's, and may be another user's */
	uint64_t pid;
	int error; /* -errno: it does not answer */
};

/*
 * Finds those that read the same larder.ini as this configuration (`all`: any), this
 * configuration's first. How many there are; the caller frees *out.
 */
size_t agents_find(const struct config *c, bool all, struct agent_found **out);

/* Asks one of them, without starting any. 0 or -errno; `text` has room for WIRE_TEXT_MAX + 1. */
int agents_ask(const struct agent_found *a, enum wire_op op, char *text);

#endif
