#include "fetch/peer.h"
#include "cache/access.h"
#include "cache/read/above.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

bool peer_is_master(const struct ucred *peer)
{
	return peer->uid == geteuid() || peer->uid == 0;
}

bool peer_enter(struct peer_user **users, uid_t uid)
{
	struct peer_user *u;

	HASH_FIND(hh, *users, &uid, sizeof uid, u);
	if (!u) {
		u = calloc(1, sizeof *u);
		if (!u)
			return false;
		u->uid = uid;
		HASH_ADD(hh, *users, uid, sizeof uid, u);
	}
	if (u->connections >= PEER_CONNECTIONS)
		return false;
	u->connections++;
	return true;
}

void peer_leave(struct peer_user **users, uid_t uid)
{
	struct peer_user *u;

	HASH_FIND(hh, *users, &uid, sizeof uid, u);
	if (!u || --u->connections)
		return;
	HASH_DEL(*users, u);
	free(u);
}

bool peer_is_served(const struct agent *a, const struct ucred *peer)
{
	return a->layout.system || peer_is_master(peer);
}

static int may_read(const struct agent *a, int sock, const char *rel, const char **why)
{
	const struct profile *p = config_settings_of(a->config, rel);

	/* The folders of versions have no gates. */
	if (p && *p->allow && !config_profile_of(a->config, rel)) {
		*why = "a profile with 'allow' has no pinned versions with a system agent; use its "
		       "path, or a configuration of your own";
		return -EACCES;
	}
	if (p) {
		*why = "the profile's 'allow' does not name you";
		return access_allows(a->access, p, sock) ? 0 : -EACCES;
	}
	/* The configuration is everybody's to read. */
	if (above_path(rel))
		return 0;
	/* With the agent's credentials, a bucket that nobody wrote down could be anybody's. */
	*why = "no profile of the system agent has this; use a configuration of your own";
	return -EACCES;
}

/* A report without names of what others have. (TOP shows each client its own.) */
static bool names_nothing(const struct wire_request *q)
{
	return q->op == WIRE_REPORT && q->flags != WIRE_REPORT_PINS;
}

int peer_may_ask(const struct agent *a, int sock, const struct ucred *peer,
        const struct wire_request *q, const char *rel, const char **why)
{
	switch (q->op) {
	case WIRE_OPEN:
	case WIRE_STAT:
	case WIRE_LIST:
	case WIRE_USED:
		if (a->layout.system)
			return may_read(a, sock, rel, why);
		/* Nobody is served with another configuration's credentials. (A system agent's are
		 * its own, and name and remote of the profile are in the rel.) */
		*why = "the agent has another configuration";
		return q->config == a->config->hash ? 0 : -ESTALE;
	case WIRE_SUBSCRIBE:
	case WIRE_STATUS:
		return 0;
	default:
		*why = "only the agent's own user and root may ask for this";
		return peer_is_master(peer) || names_nothing(q) ? 0 : -EPERM;
	}
}
