/*
 * `larder doctor`: one function for each thing that is looked at; each says one or more lines, in
 * the order in which they happen when a program opens a file.
 */
#ifndef LARDER_FETCH_CMD_DOCTOR_H
#define LARDER_FETCH_CMD_DOCTOR_H

#include "fetch/cmd.h"
#include "fetch/cmd_target.h"

#define DOCTOR_WAIT_MS 15000 /* for one remote to answer */

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL };

struct doctor {
	const struct config *config;
	struct client client;
	struct layout layout;
	bool agent;    /* one answers */
	uint64_t used; /* bytes in the cache, as the agent says */
	unsigned failures, warnings;
};

/* "OK    what: text"; for what is wrong the text ends with what to do. */
__attribute__((format(printf, 4, 5))) void doctor_say(
        struct doctor *d, enum verdict v, const char *what, const char *format, ...);

void doctor_configuration(struct doctor *d);
void doctor_shim(struct doctor *d);
void doctor_program(struct doctor *d, const char *name);
void doctor_agent(struct doctor *d);
void doctor_cache(struct doctor *d);

/* Whether configuration and credentials are nobody else's to write, or to read. */
void doctor_trust(struct doctor *d);

/* Whether the cache is for those who are to share it; of a system agent, doctor_system stands for
 * doctor_cache too. */
void doctor_sharing(struct doctor *d);
void doctor_system(struct doctor *d);

/* Whether this user may have the keys that a remote has to be asked with. */
bool doctor_may_have_keys(const struct doctor *d);

/* Which profile has it. False if none. */
bool doctor_target(struct doctor *d, const char *arg, struct target *t);

/* What a program would see there: asked of the agent, which may know it from before. */
void doctor_seen(struct doctor *d, const char *arg, const struct target *t);

/* Whether the remote itself answers now: asked by this process, with the agent's own code and
 * nothing remembered. `rel` is a name to ask for, or the profile's dir. */
void doctor_remote(struct doctor *d, const struct profile *p, const char *rel);

#endif
