/*
 * The subcommands of `larder`: their table, and what they share.
 *
 * Each is a function that gets its arguments as main() does (argv[0] is "larder NAME", so that
 * getopt's messages name it), reads its options with getopt_long, and returns the exit status.
 * Messages are one line each on stderr: "larder NAME: object: what happened; what to do".
 * Single-threaded unless a file says otherwise.
 */
#ifndef LARDER_FETCH_CMD_H
#define LARDER_FETCH_CMD_H

#include "cache/layout.h"
#include "cache/read/config.h"
#include "fetch/client/client.h"

#include <stdio.h>

enum cmd_status {
	CMD_OK = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
	CMD_RUN_FAILED = 125, /* `larder run` itself; as env(1) and timeout(1) have it */
	CMD_NOT_RUNNABLE = 126,
	CMD_NOT_FOUND = 127,
};

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;  /* one line */
	const char *usage; /* the arguments, on one line */
	const char *text;  /* of --help, after the usage */
};

/* Ends with an entry whose name is NULL. */
extern const struct command commands[];
extern const char cmd_version[];

/* What main() does. */
int cmd_main(int argc, char **argv);

int cmd_run(int argc, char **argv);
int cmd_agent(int argc, char **argv);
int cmd_warm(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_df(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_evict(int argc, char **argv);
int cmd_pin(int argc, char **argv);
int cmd_unpin(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

/* Prints --help of the running subcommand on stdout. CMD_OK. */
int cmd_help(void);

/* After a message of getopt or of our own: where help is. CMD_USAGE. */
int cmd_usage(void);

/* Reads the arguments of a subcommand that takes --NAME, which sets *flag, and nothing else. An
 * exit status, or CMD_GO_ON. */
#define CMD_GO_ON (-1)
int cmd_flag(int argc, char **argv, const char *name, bool *flag);

/* "larder NAME: …" and a newline, with whatever a terminal could take for a command made harmless.
 * Any thread. */
__attribute__((format(printf, 1, 2))) void cmd_error(const char *format, ...);

/* Writes a line in one piece, for others write to the terminal too; control characters of the text
 * as "?". Cut at 4 KiB. */
void cmd_print_line(FILE *f, const char *head, const char *text);

/* Writes text with control characters as "?". */
void cmd_print_safe(FILE *f, const char *text, size_t len);

/* The configuration, loaded once; NULL after a message if it is not valid. */
const struct config *cmd_config_load(void);

/* The same without a message: what could be read, and in its `error` what is wrong. */
const struct config *cmd_config_try(void);

/* A client of this user's agent, which it starts from this very executable. */
void cmd_client(struct client *c, const struct config *config, uint64_t run);

/* A random id for messages of the agent; never 0. */
uint64_t cmd_run_id(void);

/* Why no remote of the profile is asked: a setting or a variable. NULL: it may be asked. */
const char *cmd_why_offline(const struct profile *p);

/* Asks about a rel; -errno of the answer, or of asking. `text` (WIRE_TEXT_MAX + 1 bytes) says why,
 * in words, if it is negative. */
int cmd_ask(const struct client *c, enum wire_op op, const char *rel, struct wire_reply *reply,
        char *text);

/* Why no agent could be asked, for the end of a message: what the last one said that could not
 * start, or the error. Static. */
const char *cmd_why_no_agent(const struct config *config, int err);
#define CMD_AGENT_STDERR "agent.stderr" /* in the runtime folder: of an agent in the background */

/* A layout that knows its places and opens nothing: enough for the functions that only make paths
 * or map listings. */
struct layout cmd_layout(const struct config *config);

/* "1.5 GiB" and "2024-01-02T03:04:05Z"; both return `out`. */
#define CMD_TEXT_MAX 32
const char *cmd_bytes(uint64_t n, char out[static CMD_TEXT_MAX]);
const char *cmd_time(int64_t seconds, char out[static CMD_TEXT_MAX]);

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t cmd_now_ms(void);

#endif
