/*
 * A remote: a profile with its store, and whether it can be reached at the moment.
 *
 * Made when it is first asked for and kept until the agent ends. Loop thread only (the store's
 * blocking functions excepted).
 */
#ifndef LARDER_FETCH_REMOTE_H
#define LARDER_FETCH_REMOTE_H

#include "cache/read/url.h"
#include "fetch/crew.h"
#include "fetch/flow.h"
#include "fetch/remote_login.h"
#include "fetch/store.h"

#include <uthash.h>

#define REMOTE_BREAK_MIN_MS 2000  /* first pause after the remote could not be reached */
#define REMOTE_BREAK_MAX_MS 30000 /* longest */
#define REMOTE_TOLD_MS      60000 /* between two messages that its bucket is not there */
#define REMOTE_VERSIONS_MAX 256   /* pinned versions that are kept */
#define REMOTE_VERSION_MS   1000  /* and whatever was used so short a time ago */
#define REMOTE_GONE_MS      2000  /* for who has no copy */

struct manifest;
struct manifest_load;

struct remote {
	const struct profile *profile;
	struct remote *home; /* of a pinned version: the one whose store, login, connections and
	                        outages it shares; else NULL */
	const struct store_ops *ops;
	struct store *store;
	struct manifest *manifest;     /* of a store that cannot list; NULL until loaded */
	uint64_t manifest_expiry;      /* ms of CLOCK_BOOTTIME */
	struct manifest_load *loading; /* see manifest_load.c */
	uint64_t answered;             /* when it last said anything, in ms of CLOCK_BOOTTIME */
	uint64_t down_until;           /* circuit breaker: not asked before, where a copy will do */
	uint64_t refused_until;        /* not asked before at all */
	uint64_t break_ms;             /* the pause that comes next */
	uint64_t rests_until;          /* it asked for that: nor before this */
	char why[STORE_ERROR_MAX];     /* the last failure's message */
	uint64_t told;     /* when it was last said that its bucket is not there; or 0 */
	uint64_t told_run; /* and to which run */
	char missing[STORE_ERROR_MAX]; /* … in these words; "" if it is */
	bool unsplit;                  /* its listings cannot be split, as one of them has shown */
	struct crew crew;              /* of a folder, and of who parses listings */
	struct width width;         /* of requests at once; with the next two, transfer_turn.c's */
	unsigned running, ahead;    /* those under way, and of them those of nobody who waits */
	struct bucket bucket;       /* its bandwidth */
	struct remote_login login;  /* of a store whose credentials end */
	struct own_profile own;     /* of a URL that has one by itself */
	unsigned held;              /* by remote_hold */
	uint64_t used;              /* ms of CLOCK_BOOTTIME */
	struct remote *prev, *next; /* of a pinned version: by use, in agent->versions */
	UT_hash_handle hh;          /* by profile->dir */
};

/* Whoever keeps a remote for longer than a turn of the loop holds it. Of the others, pinned
 * versions are forgotten when there are many; all else stays. */
void remote_hold(struct remote *r);
void remote_drop(struct remote *r);

struct agent;

/*
 * The remote of a rel, made if need be. NULL with a message if there is no such profile (-EINVAL)
 * or its store cannot be opened; *error is -errno.
 */
struct remote *remote_get(
        struct agent *a, const char *rel, int *error, char err[static STORE_ERROR_MAX]);

/* Sets its profile and opens the store: 0 or -errno with a message. For remote_get and `doctor`. */
int remote_open(struct remote *r, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX]);

/* Whether its directories can be listed by its store; not in a version of one object. */
bool remote_lists(const struct remote *r);

/* Whether it should be asked now, though there is a copy. */
bool remote_is_up(const struct remote *r);

/* Whether nobody was there a moment ago, so that asking again would only take time. */
bool remote_is_gone(const struct remote *r);

/* It said something. */
void remote_answered(struct remote *r);

/*
 * A question of `since` (ms of CLOCK_BOOTTIME) had no answer. That is nothing against the remote if
 * it answered another one meanwhile. Without a connection, those who have no copy are not kept
 * waiting either.
 */
void remote_failed(struct remote *r, bool unconnected, uint64_t since, const char *message);

/* What is said of a remote that is not asked after that. */
const char *remote_why(const struct remote *r);

/* A listing is not there. Whether that is the bucket; then it is told, now and then: programs only
 * see that a file is missing. */
bool remote_is_missing(struct agent *a, struct remote *r, uint64_t run, const char *message);

/* Whether a worker is still in a folder or logging in; then they cannot be ended. */
bool remotes_busy(const struct agent *a);

/* Ends all of an agent's remotes. */
void remotes_free(struct agent *a);

/* The URL of a key, for messages. */
void remote_url(const struct remote *r, const char *key, char *out, size_t size);

#endif
