/*
 * Logging in to a remote, once for all requests that wait for it.
 *
 * A request that cannot be sent without new credentials waits; one that can goes on while they are
 * renewed behind it. A login that failed fails those who wait, and whoever comes within a pause,
 * with its message; then it is tried again. One that does not come back fails them too, and is
 * waited for again by whoever comes later.
 *
 * Loop thread only.
 */
#ifndef LARDER_FETCH_REMOTE_LOGIN_H
#define LARDER_FETCH_REMOTE_LOGIN_H

#include "fetch/store.h"

#include <uv.h>

#define LOGIN_PAUSE_MS 5000  /* after one that failed */
#define LOGIN_AGAIN_MS 1000  /* after one that did not: what it got may end soon */
#define LOGIN_LATE_MS  20000 /* after which nobody waits for it any more */

struct remote;

struct remote_login {
	uv_work_t work;
	bool busy;
	int error;             /* of the last one */
	uint64_t begun, ended; /* ms of CLOCK_BOOTTIME; 0 is never */
	void (*done)(void *arg);
	void *arg;
	char message[STORE_ERROR_MAX];
};

/*
 * What a request has to do: 0 to go on; -EAGAIN to wait and ask again, at the latest after
 * LOGIN_LATE_MS; or the error of the login, with its message in err. *started says that a login
 * begins with this call: then `done` will be called, exactly once.
 */
int remote_login(struct remote *r, uv_loop_t *loop, void (*done)(void *arg), void *arg,
        bool *started, char err[static STORE_ERROR_MAX]);

#endif
