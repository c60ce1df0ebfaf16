/*
 * The agent's socket: accepts clients, checks who they are and what they send, passes questions on,
 * sends the answers.
 *
 * A client is of no more weight than its one packet: at most SERVER_CONNECTIONS at once,
 * SERVER_REQUEST_MS to send a request, and nobody waits for one that does not read.
 */
#ifndef LARDER_FETCH_SERVER_H
#define LARDER_FETCH_SERVER_H

#include "fetch/agent.h"

#define SERVER_CONNECTIONS 4096
#define SERVER_REQUEST_MS  10000
#define SERVER_PROGRESS_MS 200 /* between two progress packets of a subscriber */

/* Binds <runtime>/agent.sock, which only this user can reach. NULL with -errno in *error. */
struct server *server_new(struct agent *a, int *error);
void server_free(struct server *s);

/* Sends a message to all subscribers of a run. */
void server_tell(struct server *s, uint64_t run, const char *text);

/* Whether a client is connected. */
bool server_busy(const struct server *s);

#endif
