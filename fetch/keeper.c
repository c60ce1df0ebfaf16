#include "fetch/keeper.h"
#include "cache/life.h"
#include "cache/trash.h"
#include "fetch/space.h"

#include <stdlib.h>

struct keeper {
	struct agent *agent;
	uv_timer_t timer;
	uv_work_t work;
	bool working, closed;
	struct trash_left trash;
	struct trash_left swept; /* the worker's, while it works */
};

static void round_work(uv_work_t *work)
{
	struct keeper *k = work->data;
	struct layout *l = &k->agent->layout;

	layout_set_clock(l);
	life_beat(l);
	life_clean(l);
	trash_sweep(l, l->grace, &k->swept);
}

static void after_round(uv_work_t *work, int status)
{
	struct keeper *k = work->data;

	(void)status;
	k->working = false;
	k->trash = k->swept;
	if (k->closed)
		free(k);
	else
		space_swept(k->agent->space, &k->trash);
}

static void on_timer(uv_timer_t *timer)
{
	struct keeper *k = timer->data;

	if (k->working || !k->agent->layout.writable)
		return;
	k->work.data = k;
	k->working = uv_queue_work(k->agent->loop, &k->work, round_work, after_round) == 0;
}

struct keeper *keeper_new(struct agent *a)
{
	struct keeper *k = calloc(1, sizeof *k);

	if (!k)
		return NULL;
	k->agent = a;
	uv_timer_init(a->loop, &k->timer);
	k->timer.data = k;
	uv_timer_start(&k->timer, on_timer, 0, KEEPER_PERIOD_MS);
	return k;
}

static void on_closed(uv_handle_t *h)
{
	struct keeper *k = h->data;

	k->closed = true;
	if (!k->working)
		free(k);
}

void keeper_free(struct keeper *k)
{
	uv_close((uv_handle_t *)&k->timer, on_closed);
}

uint64_t keeper_trash_bytes(const struct keeper *k)
{
	return k->trash.bytes;
}

uint64_t keeper_trash_files(const struct keeper *k)
{
	return k->trash.files;
}
