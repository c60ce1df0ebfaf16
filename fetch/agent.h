/*
 * The agent: one process for a user, a cache and a configuration, which fills the cache and answers
 *the shim.
 *
 * One thread, one libuv loop; blocking work (syncfs, digests, folders as remotes, eviction) runs on
 *libuv's workers and comes back to the loop. Everything declared in fetch/ is for the loop's thread
 *unless it says otherwise.
 *
 *	server.c ── questions ──> object.c (open, stat)   list.c (directories)
 *	                              │                        │
 *	                          fill.c  ask.c ── transfer.c, store_*.c
 *	                              │
 *	                          commit.c, space.c ── evict.c ── cache/
 *
 * tier.c has the local tier beside the shared one, bring.c copies to it, and watch.c sees when the
 *shared one goes away; since a mount can hang, what the loop does on a tier's disk goes by disk.c.
 *
 * process*.c begin and end it, and put one for a changed configuration beside it; what commands
 *ask for is in report.c, control.c and pins.c; metrics.c tells Prometheus.
 */
#ifndef LARDER_FETCH_AGENT_H
#define LARDER_FETCH_AGENT_H

#include "cache/layout.h"
#include "cache/lock.h"
#include "cache/read/config.h"
#include "cache/validity_table.h"
#include "fetch/client/wire.h"
#include "fetch/counters.h"
#include "fetch/remote.h"

#include <stdbool.h>
#include <uv.h>

struct transfers;
struct object;
struct list_job;
struct refresh;
struct known;
struct inquiry;
struct commit;
struct evict;
struct bring;
struct guard;
struct watch;
struct space;
struct health;
struct keeper;
struct server;
struct access;
struct process;

struct prefetch;

struct tallies;

/*
 * The local tier is a second one of these (tier.h), with a cache, a configuration and whatever
 * works on a cache of its own. It shares the rest, and has no server, remotes and objects: these
 * belong to the agent that it is a part of.
 */
struct agent {
	const struct config *config;
	uv_loop_t *loop;
	struct layout layout;
	struct locks locks;
	unsigned asking;       /* workers that ask for locks */
	struct access *access; /* of a system agent; else NULL */
	struct validity_table *validity;
	struct validity_table **own_validity; /* of profiles with `allow`; see valid.h */
	struct transfers *transfers;
	struct remote *remotes;  /* by profile dir */
	struct remote *versions; /* those of pinned versions, the least used first */
	unsigned n_versions;
	struct object *objects;    /* being opened or filled, by rel */
	struct list_job *lists;    /* under way, by rel */
	struct refresh *refreshes; /* listings that may be fetched again ahead of their end */
	unsigned sharing;          /* listings on their way to other hosts */
	struct known *known;       /* single keys that were asked for, by rel */
	struct inquiry *inquiries; /* single keys that are being asked for, by rel */
	struct commit *commit;
	struct evict *evict;
	struct space *space;
	struct health *health;
	struct keeper *keeper;
	struct agent *local;          /* the local tier; NULL if there is none */
	struct agent *nowhere;        /* no tier: nothing is kept; NULL until it is needed */
	struct watch *watch;          /* whether the cache is there */
	struct guard *guard;          /* for what the loop does there, if it may hang; or NULL */
	bool away;                    /* it is not there, and not to be touched */
	struct bring *brings_waiting; /* for their turn */
	unsigned brings;              /* at work */
	struct prefetch *prefetch;
	struct server *server;
	struct tallies *tallies; /* what has happened, by profile: counters.h */
	uint64_t last_request;   /* ms of CLOCK_BOOTTIME */
	uint64_t started;
	struct process *process;
	struct agent *earlier; /* of the same process: process.h */
	int lock_fd;           /* of the runtime folder; -1: another agent of the process has it */
	bool stopping, leaving;
	FILE *log;
};

/* What is told to who asked. */
#define ANSWER_ETAG_MAX 63

struct answer {
	int error; /* 0 or -errno */
	int fd;    /* OPEN of a file: an O_RDONLY descriptor, owned by the receiver; else -1 */
	enum wire_type type; /* FILE or DIR where there is no error */
	uint64_t size, ino;
	int64_t mtime;
	bool executable;
	bool hit;                       /* nothing was downloaded for it */
	const char *message;            /* of an error; "" if there is nothing to say */
	char etag[ANSWER_ETAG_MAX + 1]; /* of a FILE; "" if it has none, or a longer one */
};

/*
 * A question that waits for its answer. Embedded in what the asker owns; `answer` is called exactly
 * once, possibly before the asking function returns, unless the waiter is cancelled first. (list.c
 * and object.c link it.)
 */
struct waiter {
	void (*answer)(struct waiter *w, const struct answer *a);
	bool ahead;   /* nobody waits: it is fetched ahead, and gets no descriptor */
	uint64_t run; /* to which messages about it go */
	bool offline; /* the remote is not to be asked for it */
	struct waiter *prev, *next;
	struct object *object;        /* that it waits for, or NULL */
	struct list_job *list;        /* likewise */
	struct inquiry *inquiry;      /* likewise, of known.c */
	struct manifest_load *parked; /* until this manifest is here; then `resume` is called */
	char *parked_rel;
	void (*resume)(struct agent *a, const char *rel, struct waiter *w);
	void *job; /* of who answers otherwise; then `leave` is not NULL, and tells it of a cancel
	            */
	void (*leave)(struct waiter *w);
};

/* The asker has gone: `answer` will not be called. */
void waiter_cancel(struct waiter *w);

/* Runs until told to stop or idle. 0 or an exit status. */
int agent_run(const struct config *c, bool background);

/*
 * Opens cache, runtime folder and socket; `earlier` is the agent that had been in force, if there
 * is one. -EWOULDBLOCK if another process serves this configuration; any other error with a line in
 * err.
 */
int agent_open(
        struct agent *a, struct agent *earlier, bool background, char err[static LAYOUT_ERROR_MAX]);

/* One line in the log, with the time. */
__attribute__((format(printf, 2, 3))) void agent_log(struct agent *a, const char *format, ...);

/* A message for the user of a run (0: only the log). Both get it. */
__attribute__((format(printf, 3, 4))) void agent_tell(
        struct agent *a, uint64_t run, const char *format, ...);

/* The same for the users of all runs. */
__attribute__((format(printf, 2, 3))) void agent_tell_all(struct agent *a, const char *format, ...);

/* Milliseconds of CLOCK_BOOTTIME until which something that was checked now is trusted. */
uint64_t agent_expiry(uint64_t ttl_ms);

#endif
