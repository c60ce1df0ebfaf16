/*
 * The client of the agent: ask one question, get one answer. Plain sockets and direct system calls,
 * for it runs inside other programs: no allocation, no lock, no descriptor kept, errno untouched.
 * Safe in signal handlers, in any thread and in a vfork child. Under 3 KiB of stack.
 */
#ifndef LARDER_FETCH_CLIENT_CLIENT_H
#define LARDER_FETCH_CLIENT_CLIENT_H

#include "fetch/client/wire.h"

#include <stdbool.h>

#define CLIENT_START_TIMEOUT_MS 10000 /* for an agent to come up */
#define CLIENT_START_PAUSE_MS   5000  /* after a failed start none is tried */
#define CLIENT_FAIL_FILE                                                                           \
	"start.failed" /* in the runtime folder: made by an agent that cannot start, and by who    \
	                  waited in vain */

struct client {
	const char *runtime_dir; /* of the agent: <base>/<hash> */
	const char *agent;       /* path of the larder executable; NULL never starts one */
	char *const *env; /* that a started agent gets, less LD_PRELOAD and LD_LIBRARY_PATH */
	uint64_t config;
	uint64_t run;
	bool offline; /* no remote may be asked for what we ask */
	bool system;  /* the agent is the host's: it may be another user's, and is never started */
};

/*
 * The user of a system agent: who owns its runtime folder, which nobody but root can have made.
 * -errno (-EACCES: others could have put it there).
 */
int client_system_uid(const struct client *c);

/*
 * Asks and waits for the answer, as long as the agent works on it. Starts an agent if none is
 * there. If the agent ends meanwhile, what can be asked twice (OPEN, STAT, LIST) is asked once
 * more, of the next one.
 *
 * Returns 0 with the reply (whose `error` is the outcome), and for WIRE_OPEN of a file the
 * descriptor in *fd (-1 if none), with FD_CLOEXEC and the lowest free number. Returns -errno if no
 * agent could be asked (-ECONNREFUSED, -EACCES, -ETIMEDOUT, …, -EPROTO), or -EMFILE where the
 * process has no descriptor left. `text` is NULL or room for WIRE_TEXT_MAX + 1 bytes of message.
 */
int client_ask(const struct client *c, enum wire_op op, const char *rel, size_t len,
        struct wire_reply *reply, int *fd, char *text);

/* Tells the agent that an object was used. Never blocks, never starts an agent. 0 or -errno. */
int client_note_use(const struct client *c, const char *rel, size_t len);

/* Connects without starting an agent; the peer is checked to be the same user, root, or the
 * system agent's user. The
 * descriptor or -errno. */
int client_connect(const struct client *c, bool nonblocking);

/* Sends a request on a connection. 0 or -errno. */
int client_send(const struct client *c, int sock, enum wire_op op, const char *rel, size_t len);

/* The same in two steps, for operations with flags or an age. */
struct wire_request client_request(const struct client *c, enum wire_op op, size_t len);
int client_send_request(int sock, const struct wire_request *req, const char *rel);

/* Receives one reply packet. 0 or -errno (-EPIPE: the agent closed). */
int client_receive(int sock, struct wire_reply *reply, int *fd, char *text);

/*
 * Starts the agent and waits until it can be asked; returns its connection or -errno. Many may try
 * at once: one starts it (under a lock in the runtime folder), the others wait. The program that
 * hosts the shim gets no SIGCHLD and no child from it.
 */
int client_start_agent(const struct client *c);

#endif
