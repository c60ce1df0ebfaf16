#include "fetch/commit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

struct commit {
	struct agent *agent;
	struct commit_item *queue; /* of the loop */
	struct commit_item *batch; /* of the worker, while it works */
	uint64_t last;             /* end of the last round, uv_now */
	uv_timer_t timer;
	uv_work_t work;
	bool working, freed;
};

static void commit_work(uv_work_t *work)
{
	struct commit *c = work->data;
	const struct layout *l = &c->agent->layout;
	int err = l->network || syncfs(l->location_fd) == 0 ? 0 : -errno;
	struct commit_item *item;

	DL_FOREACH (c->batch, item) {
		item->error = err ? err
		                  : temp_publish(&item->temp, l, item->rel, item->validated,
		                            &item->replaced);
	}
}

static void start(struct commit *c);

static void after_work(uv_work_t *work, int status)
{
	struct commit *c = work->data;
	struct commit_item *item, *next, *batch = c->batch;

	(void)status;
	c->working = false;
	c->batch = NULL;
	c->last = uv_now(c->agent->loop);
	DL_FOREACH_SAFE (batch, item, next) {
		DL_DELETE(batch, item);
		if (!item->error)
			temp_published(&item->temp);
		temp_release(&item->temp);
		item->done(item);
	}
	if (c->freed)
		free(c);
	else if (c->queue)
		start(c);
}

static void on_timer(uv_timer_t *timer)
{
	struct commit *c = timer->data;

	if (c->working || !c->queue)
		return;
	c->batch = c->queue;
	c->queue = NULL;
	c->work.data = c;
	c->working = true;
	uv_queue_work(c->agent->loop, &c->work, commit_work, after_work);
}

/* Now; or on a disk of this host when the period since the last round is over. Who waits for room
 * waits for what is here to become something that can be evicted. */
static void start(struct commit *c)
{
	uint64_t now = uv_now(c->agent->loop), next = c->last + COMMIT_PERIOD_MS;

	if (!c->last || next < now || c->agent->layout.network || space_waiting(c->agent->space))
		next = now;
	if (!c->working)
		uv_timer_start(&c->timer, on_timer, next - now, 0);
}

void commit_hurry(struct commit *c)
{
	if (c->queue)
		start(c);
}

struct commit *commit_new(struct agent *a)
{
	struct commit *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->agent = a;
	uv_timer_init(a->loop, &c->timer);
	c->timer.data = c;
	return c;
}

static void on_closed(uv_handle_t *h)
{
	struct commit *c = h->data;

	c->freed = true;
	if (!c->working)
		free(c);
}

void commit_free(struct commit *c)
{
	uv_timer_stop(&c->timer);
	uv_close((uv_handle_t *)&c->timer, on_closed);
}

struct commit *commit_renew(struct commit *c)
{
	struct commit *new = c->working ? commit_new(c->agent) : NULL;

	if (!new)
		return c;
	new->queue = c->queue;
	c->queue = NULL;
	if (new->queue)
		start(new);
	commit_free(c);
	return new;
}

void commit_add(struct commit *c, struct commit_item *item)
{
	DL_APPEND(c->queue, item);
	start(c);
}

bool commit_busy(const struct commit *c)
{
	return c->working || c->queue;
}
