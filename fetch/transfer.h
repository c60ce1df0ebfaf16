/*
 * One HTTP request at a time: libcurl's multi interface on the agent's loop.
 *
 * Connections and TLS sessions are kept and reused; the number of connections is limited. A
 *transfer makes one attempt: who wants retries makes them (fill.c resumes, ask.c repeats). The
 *store says how the request looks and what an error means. Everything here, callbacks included,
 *happens on the loop's thread.
 *
 *	transfer_start → on_head (once, for 200, 206 and 304) → on_data… → on_done (exactly once,
 *always later than transfer_start) transfer_cancel: no callback any more
 */
#ifndef LARDER_FETCH_TRANSFER_H
#define LARDER_FETCH_TRANSFER_H

#include "fetch/store.h"

#include <uv.h>

#define TRANSFER_ERROR_BODY_MAX 4096 /* bytes of an error's body that the store gets to see */
#define TRANSFER_HEAD_MAX       (512 << 10) /* bytes of all heads of an answer */
#define TRANSFER_UNWANTED_MAX   (256 << 10) /* bytes of it that are read at all */
#define TRANSFER_HOLD           1
#define TRANSFER_REDIRECTS_MAX  5
#define TRANSFER_REDIRECT_URL   8192  /* bytes of an address that a redirect leads to */
#define TRANSFER_CONNECT_MS     10000 /* at most, to connect */

struct transfers;
struct transfer;
struct remote;

struct transfer_result {
	int error;            /* 0 or -errno */
	bool retry;           /* the same request may succeed later */
	bool again;           /* send it again at once: the store has learnt something */
	bool unreachable;     /* no answer at all: a failure of the network */
	bool unconnected;     /* and there was not even a connection: nobody is there */
	unsigned retry_after; /* seconds; 0 if the server gave none */
	char message[STORE_ERROR_MAX];
};

struct transfer_handler {
	/* The head of a good answer. 0 to go on; -errno ends the transfer with that error. May be
	 * NULL. */
	int (*on_head)(void *arg, const struct response *r);
	/* Bytes of a good answer. 0 or -errno as above; TRANSFER_HOLD to get them again after
	 * transfer_resume. */
	int (*on_data)(void *arg, const void *data, size_t n);
	void (*on_done)(
	        void *arg, const struct transfer_result *r, const struct response *response);
};

/* What comes more slowly than `min_rate` bytes a second for `stall_ms` fails; but of an object's
 * bytes the fill judges, which knows how many connections share the way. */
struct transfers *transfers_new(
        uv_loop_t *loop, unsigned max_connections, uint64_t stall_ms, uint64_t min_rate);
void transfers_free(struct transfers *ts);

/*
 * Starts a request of the remote's store, or queues it while there are as many as there may be
 * connections. `args` and what it points to are used during the call only; the handler must live
 * until on_done, which also tells when the store refuses to make the request. NULL without memory:
 * then nothing is called.
 */
struct transfer *transfer_start(struct transfers *ts, struct remote *r,
        const struct store_args *args, const struct transfer_handler *handler, void *arg);

/* Of all together, in bytes a second; 0: no limit. A profile has a limit of its own besides. */
void transfers_limit(struct transfers *ts, uint64_t bandwidth);

/* Whether somebody waits for it, as at first; if not, others go before it, and it leaves them most
 * of the connections. */
void transfer_set_ahead(struct transfer *t, bool ahead);

/* Whether it waits for a connection, or for what its bandwidth allows: no fault of the remote's. */
bool transfer_is_queued(const struct transfer *t);

/* Milliseconds since it was sent. */
uint64_t transfer_age(const struct transfer *t);

/* Goes on with one that was held. Not from within on_head and on_data. */
void transfer_resume(struct transfer *t);

/* Not from within on_head and on_data. */
void transfer_cancel(struct transfer *t);

#endif
