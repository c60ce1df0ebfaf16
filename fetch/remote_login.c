#include "cache/read/validity.h"
#include "fetch/remote.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static void login_work(uv_work_t *work)
{
	struct remote *r = work->data;

	r->login.error = r->ops->login(r->store, r->login.message);
}

static void after_login(uv_work_t *work, int status)
{
	struct remote *r = work->data;
	struct remote_login *l = &r->login;

	if (status < 0) {
		l->error = -EIO;
		snprintf(l->message, sizeof l->message, "no worker was there to log in");
	}
	l->busy = false;
	l->ended = boottime_ms();
	r->ops->logged_in(r->store, l->error);
	l->done(l->arg);
}

/* Whether the last one is so short a time ago that another would only take time. */
static bool is_fresh(const struct remote_login *l)
{
	uint64_t pause = l->error ? LOGIN_PAUSE_MS : LOGIN_AGAIN_MS;

	return l->ended && boottime_ms() < l->ended + pause;
}

static bool is_late(const struct remote_login *l)
{
	return l->busy && boottime_ms() >= l->begun + LOGIN_LATE_MS;
}

static void start(struct remote *r, uv_loop_t *loop)
{
	struct remote_login *l = &r->login;

	l->work.data = r;
	l->error = 0;
	l->message[0] = '\0';
	l->begun = boottime_ms();
	l->busy = uv_queue_work(loop, &l->work, login_work, after_login) == 0;
	if (l->busy)
		return;
	l->error = -ENOMEM;
	l->ended = l->begun;
	snprintf(l->message, sizeof l->message, "out of memory");
}

int remote_login(struct remote *r, uv_loop_t *loop, void (*done)(void *arg), void *arg,
        bool *started, char err[static STORE_ERROR_MAX])
{
	struct remote_login *l = &r->login;
	enum login_need need =
	        r->ops->needs_login ? r->ops->needs_login(r->store, time(NULL)) : LOGIN_NONE;

	*started = need != LOGIN_NONE && !l->busy && !is_fresh(l);
	if (*started) {
		l->done = done;
		l->arg = arg;
		start(r, loop);
		*started = l->busy;
	}
	if (need != LOGIN_NOW)
		return 0;
	if (l->busy && !is_late(l))
		return -EAGAIN;
	if (!l->busy && l->error) {
		snprintf(err, STORE_ERROR_MAX, "%s", l->message);
		return l->error;
	}
	snprintf(err, STORE_ERROR_MAX, "[profile %s]: %s", r->profile->name,
	        l->busy ? "its credentials are still not there; what they are read from hangs"
	                : "the credentials that were just got have ended already, or are refused; "
	                  "check this machine's clock");
	return l->busy ? -EIO : -EACCES;
}
