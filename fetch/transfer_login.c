/*
 * Requests that wait for a login (remote_login.h). They leave the queue, so that they are in
 * nobody's way, and come back to its front when it is over.
 */
#include "fetch/transfer_parts.h"

#include <errno.h>
#include <utlist.h>

/* Asked again, before those who came later. */
static void wake(struct transfers *ts)
{
	struct transfer *t, *queued = ts->queued;

	DL_FOREACH (ts->waiting, t) {
		t->waits = false;
	}
	ts->queued = ts->waiting;
	ts->waiting = NULL;
	uv_timer_stop(&ts->late);
	DL_CONCAT(ts->queued, queued);
	turns_give(ts);
}

static void on_late(uv_timer_t *timer)
{
	wake(timer->data);
}

static void on_login(void *arg)
{
	struct transfers *ts = arg;

	if (!ts->ended)
		wake(ts);
	transfers_unref(ts);
}

void logins_init(struct transfers *ts)
{
	uv_timer_init(ts->loop, &ts->late);
	ts->late.data = ts;
}

int transfer_log_in(struct transfer *t, struct transfer_result *out)
{
	struct transfers *ts = t->owner;
	bool started;

	if (t->remote->profile->offline)
		return 0;
	out->error = remote_login(t->remote, ts->loop, on_login, ts, &started, out->message);
	ts->handles += started;
	if (out->error == -EAGAIN) {
		DL_DELETE(ts->queued, t);
		DL_APPEND(ts->waiting, t);
		t->waits = true;
		if (!uv_is_active((uv_handle_t *)&ts->late))
			uv_timer_start(&ts->late, on_late, LOGIN_LATE_MS, 0);
	}
	/* Nobody answered there; that may pass. */
	out->retry = out->unreachable = out->error == -EIO;
	return out->error;
}
