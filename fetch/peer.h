/*
 * What a client may ask. An agent of a user serves that user and root. A system agent serves
 * everybody: reading by `allow` of the profile (cache/access.h); what changes the agent or its
 * cache, or names what others have, root and its own user alone. Loop thread.
 */
#ifndef LARDER_FETCH_PEER_H
#define LARDER_FETCH_PEER_H

#include "fetch/agent.h"

#include <sys/socket.h>

/* Whether a client may tell the agent what to do: its own user, or root. */
bool peer_is_master(const struct ucred *peer);

/* Whether a connection is taken at all. */
bool peer_is_served(const struct agent *a, const struct ucred *peer);

/* Of a question on the connection `sock`: 0, or -errno with the reason in *why. */
int peer_may_ask(const struct agent *a, int sock, const struct ucred *peer,
        const struct wire_request *q, const char *rel, const char **why);

#endif
