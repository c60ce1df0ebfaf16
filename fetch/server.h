/*
 * The agent's socket: accepts clients, checks who they are and what they send, passes questions on,
 * sends the answers.
 *
 * A client is of no more weight than its one packet: at most PEER_CONNECTIONS of one user at once,
 * SERVER_REQUEST_MS to send a request, and nobody waits for one that does not read. Who comes when
 * there are as many, or when descriptors have run out, waits in the socket's queue.
 */
#ifndef LARDER_FETCH_SERVER_H
#define LARDER_FETCH_SERVER_H

#include "fetch/agent.h"

#include <sys/socket.h>

#define SERVER_REQUEST_MS  10000
#define SERVER_PROGRESS_MS 200 /* between two progress packets of a subscriber */
#define SERVER_FDS         2   /* descriptors that a client, or an object on its way, can need */
#define SERVER_FDS_OTHERS                                                                          \
	384 /* of locks, connections to remotes (twice their number) and files                     \
	     */
#define SERVER_LOAD_MIN 16

/* Binds <runtime>/agent.sock, which only this user can reach, and of a system agent everybody; or
 * takes the one that systemd bound. NULL with -errno in *error. */
struct server *server_new(struct agent *a, int *error);
void server_free(struct server *s);

/* The agent whose it is; another one of the same process and runtime folder takes it over. */
struct agent *server_agent(const struct server *s);
void server_hand_over(struct server *s, struct agent *to);

/* Sends a message to all subscribers of a run. */
void server_tell(struct server *s, uint64_t run, const char *text);

/* The same for all runs. */
void server_tell_all(struct server *s, const char *text);

/* Whether a client is connected. */
bool server_busy(const struct server *s);

unsigned server_clients(const struct server *s);

/* For each question about a name that has no answer yet: who asked, and how long ago. */
typedef void server_waiting_cb(void *arg, struct agent *a, const struct ucred *peer,
        enum wire_op op, const char *rel, uint64_t age_ms);
void server_waiting(const struct server *s, server_waiting_cb *cb, void *arg);

/* Whether the socket is systemd's, which starts the next agent when somebody comes. */
bool server_is_kept(const struct server *s);

/* Takes the socket's name away, so that nobody comes any more. False, with the name back in its
 * place, if somebody has come already. */
bool server_withdraw(struct server *s);

#endif
