/*
 * What a client may ask. An agent of a user serves that user and root. A system agent serves
 * everybody: reading by `allow` of the profile (cache/access.h); what changes the agent or its
 * cache, or names what others have, root and its own user alone. Loop thread.
 */
#ifndef LARDER_FETCH_PEER_H
#define LARDER_FETCH_PEER_H

#include "fetch/agent.h"

#include <sys/socket.h>
#include <uthash.h>

#define PEER_CONNECTIONS 4096 /* of one user at once */
#define PEER_USERS       16   /* as many users' are served at once */

/* A user who is connected. */
struct peer_user {
	uid_t uid;
	unsigned connections;
	UT_hash_handle hh;
};

/* One more connection of a user: false if that is one too many, so that none keeps out others. */
bool peer_enter(struct peer_user **users, uid_t uid);

/* One less, of a connection that peer_enter let in. */
void peer_leave(struct peer_user **users, uid_t uid);

/* Whether a client may tell the agent what to do: its own user, or root. */
bool peer_is_master(const struct ucred *peer);

/* Whether a connection is taken at all. */
bool peer_is_served(const struct agent *a, const struct ucred *peer);

/* Of a question on the connection `sock`: 0, or -errno with the reason in *why. */
int peer_may_ask(const struct agent *a, int sock, const struct ucred *peer,
        const struct wire_request *q, const char *rel, const char **why);

#endif
