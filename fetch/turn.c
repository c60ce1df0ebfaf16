#include "fetch/turn.h"
#include "cache/temp.h"
#include "fetch/disk.h"

#include <errno.h>
#include <stdlib.h>

struct turn {
	struct agent *agent;
	const char *rel;
	uint64_t hash;
	struct turn_owner owner;
	uv_timer_t timer;
	bool held, waited, over, closed;
	uint64_t grown_at, marked_at, mark;
	/* The worker's, while it works. */
	uv_work_t work;
	bool working, with_lock, with_mark;
	struct layout *layout;
	int fd; /* of the lock file, where workers ask; -1 */
	int error;
	uint64_t new_mark;
};

static void on_timer(uv_timer_t *timer);

static void wait_more(struct turn *t)
{
	uv_timer_start(&t->timer, on_timer,
	        t->agent->layout.network ? TURN_POLL_SHARED_MS : TURN_POLL_MS, 0);
}

static bool is_stuck(const struct turn *t)
{
	return uv_now(t->agent->loop) - t->grown_at >= TURN_PATIENCE_MS;
}

static void take_mark(struct turn *t, uint64_t mark)
{
	t->marked_at = uv_now(t->agent->loop);
	if (mark != t->mark)
		t->grown_at = t->marked_at;
	t->mark = mark;
}

static void begin(struct turn *t)
{
	switch (t->owner.look(t->owner.arg)) {
	case TURN_NOTHING:
		t->owner.ours(t->owner.arg);
		break;
	case TURN_AGAIN:
		wait_more(t);
		break;
	case TURN_OVER:
		break;
	}
}

static void go_without(struct turn *t)
{
	agent_log(t->agent, "%s: %s; filling without its lock", t->rel,
	        t->waited ? "who holds its lock does nothing" : "no answer about its lock");
	begin(t);
}

/* What became of the question. */
static void judge(struct turn *t, int error)
{
	t->held = error == 0;
	if (error != -EAGAIN) {
		begin(t);
		return;
	}
	t->waited = true;
	if (!is_stuck(t)) {
		wait_more(t);
		return;
	}
	go_without(t);
}

static void ask_work(uv_work_t *work)
{
	struct turn *t = work->data;

	t->error = t->with_lock ? lock_file_try(t->layout, t->hash, &t->fd) : -EAGAIN;
	if (t->error == -EAGAIN && t->with_mark)
		t->new_mark = temp_mark(t->layout, t->hash);
}

static void release(struct turn *t)
{
	if (t->working || !t->closed)
		return;
	if (t->fd >= 0)
		disk_close(t->agent, t->fd); /* and the lock goes */
	free(t);
}

static void after_ask(uv_work_t *work, int status)
{
	struct turn *t = work->data;

	t->working = false;
	t->agent->asking--;
	if (t->over) {
		release(t);
		return;
	}
	/* It came too late, after we had begun without: the lock is ours until the end. */
	if (!uv_is_active((uv_handle_t *)&t->timer)) {
		t->held |= t->error == 0;
		return;
	}
	if (status < 0)
		t->error = -EIO;
	if (t->error == -EAGAIN) {
		if (t->with_mark)
			take_mark(t, t->new_mark);
		lock_host_drop(&t->agent->locks, t->hash);
	}
	uv_timer_stop(&t->timer);
	judge(t, t->error);
}

/* The timer runs meanwhile: it sees to it that nobody waits for ever. */
static void ask_worker(struct turn *t)
{
	int host = lock_host_try(&t->agent->locks, t->hash);

	wait_more(t);
	t->with_lock = host != -EAGAIN;
	t->with_mark = uv_now(t->agent->loop) - t->marked_at >= TURN_MARK_MS;
	t->waited |= host == -EAGAIN;
	if ((!t->with_lock && !t->with_mark) || t->agent->asking >= TURN_ASKING_MAX)
		return;
	t->layout = &t->agent->layout;
	t->work.data = t;
	t->working = uv_queue_work(t->agent->loop, &t->work, ask_work, after_ask) == 0;
	t->agent->asking += t->working;
}

void turn_ask(struct turn *t)
{
	int err;

	if (t->agent->layout.network) {
		ask_worker(t);
		return;
	}
	err = lock_try(&t->agent->locks, t->hash);
	if (err == -EAGAIN && uv_now(t->agent->loop) - t->marked_at >= TURN_MARK_MS)
		take_mark(t, temp_mark(&t->agent->layout, t->hash));
	judge(t, err);
}

static void on_timer(uv_timer_t *timer)
{
	struct turn *t = timer->data;

	if (t->working && !is_stuck(t)) {
		wait_more(t);
		return;
	}
	if (t->held) {
		begin(t);
		return;
	}
	if (is_stuck(t)) {
		go_without(t);
		return;
	}
	switch (t->owner.look(t->owner.arg)) {
	case TURN_NOTHING:
		turn_ask(t);
		break;
	case TURN_AGAIN:
		wait_more(t);
		break;
	case TURN_OVER:
		break;
	}
}

struct turn *turn_new(
        struct agent *a, const char *rel, uint64_t hash, const struct turn_owner *owner)
{
	struct turn *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->agent = a;
	t->rel = rel;
	t->hash = hash;
	t->owner = *owner;
	t->fd = -1;
	t->grown_at = uv_now(a->loop);
	uv_timer_init(a->loop, &t->timer);
	t->timer.data = t;
	return t;
}

bool turn_waited(const struct turn *t)
{
	return t->waited;
}

static void on_closed(uv_handle_t *h)
{
	struct turn *t = h->data;

	t->closed = true;
	release(t);
}

void turn_drop(struct turn *t)
{
	struct locks *l = &t->agent->locks;

	t->over = true;
	if (t->agent->layout.network)
		lock_host_drop(l, t->hash);
	else if (t->held)
		lock_drop(l, t->hash);
	uv_timer_stop(&t->timer);
	uv_close((uv_handle_t *)&t->timer, on_closed);
}
