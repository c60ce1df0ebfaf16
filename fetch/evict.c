/*
 * The loop's side of eviction: what the worker does next.
 *
 *	load ──> (walk, if there are no journals) ──> jobs, in turn
 *	                                               otherwise, once a second: write lines,
 *	                                               every `refresh`: quota, retention, tidying,
 *	                                               a slice of a walk in the background
 */
#include "cache/usage.h"
#include "fetch/counters.h"
#include "fetch/evict_parts.h"
#include "fetch/space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utlist.h>

#define TICK_MS       1000
#define AGAIN_MS      100  /* until the lock of another host's round is tried again */
#define WALK_SLICE    1000 /* entries, in the background: every so many ms … */
#define WALK_PAUSE_MS 100
#define URGENT_SLICE  20000

static void schedule(struct evict *e, uint64_t ms);

/* --- tasks, on the worker --- */

static void load(struct evict *e)
{
	e->state = journals_catch_up(e->journals, &e->stop);
	if (e->state == JOURNALS_READING)
		return;
	e->damaged |= e->state == JOURNALS_INCOMPLETE;
	if (e->state == JOURNALS_NONE)
		e->walk = evict_walk_new(e, true);
	else
		evict_find_oldest(e);
}

static void walk(struct evict *e)
{
	if (!e->walk)
		e->walk = evict_walk_new(e, false);
	if (e->walk && evict_walk_slice(e, e->walk->urgent ? URGENT_SLICE : WALK_SLICE)) {
		evict_walk_free(e->walk);
		e->walk = NULL;
		evict_walk_done(e);
	}
	journals_flush(e->journals);
}

static void run_job(struct evict *e)
{
	evict_run(e, e->jobs);
}

static void keep_house(struct evict *e)
{
	e->kept_house = (struct evict_result){0};
	e->kept_house.error = evict_keep_house(e);
	e->damaged |= evict_walk_is_due(e);
}

static void write_lines(struct evict *e)
{
	journals_flush(e->journals);
}

/* --- the loop --- */

static void work_task(uv_work_t *work)
{
	struct evict *e = work->data;

	e->task(e);
}

static void tell(struct evict *e, const struct evict_result *r, const char *why)
{
	struct index_total left = index_total(e->index);

	if (!r->files)
		return;
	for (unsigned i = 0; i < index_profiles(e->index); i++) {
		struct counters *c;

		if (!e->went[i].files)
			continue;
		c = counters_of(e->agent, index_profile_dir(e->index, (uint16_t)i));
		c->evicted += e->went[i].files;
		c->evicted_bytes += e->went[i].bytes;
		e->went[i] = (struct index_total){0};
	}
	agent_log(e->agent, "evicted %llu objects, %llu bytes%s, in %llu ms; %llu bytes stay",
	        (unsigned long long)r->files, (unsigned long long)r->bytes, why,
	        (unsigned long long)(uv_now(e->agent->loop) - e->began_at),
	        (unsigned long long)left.bytes);
	/* What went to trash/ is told when that is swept. */
	space_removed(e->agent->space, r->freed_bytes, r->freed_files);
}

static void after_job(struct evict *e)
{
	struct evict_job *j = e->jobs;

	DL_DELETE(e->jobs, j);
	if (!j->selection.dry_run)
		tell(e, &j->result, j->selects ? " as asked for" : "");
	j->done(j);
}

/* For how long to wait. */
static uint64_t after_keeping_house(struct evict *e)
{
	if (e->kept_house.error == -EAGAIN) {
		e->over_quota = true; /* it is due again */
		return TICK_MS;
	}
	e->refreshed_at = uv_now(e->agent->loop);
	tell(e, &e->kept_house, " beyond quota or retention");
	if (e->agent->space && !e->stop)
		space_refresh(e->agent->space);
	return 0;
}

static void after_task(uv_work_t *work, int status)
{
	struct evict *e = work->data;
	uint64_t pause = 0;

	e->working = false;
	if (e->task == run_job && !status && e->jobs->result.error == -EAGAIN && !e->stop)
		pause = AGAIN_MS;
	else if (e->task == run_job)
		after_job(e);
	else if (e->task == keep_house)
		pause = after_keeping_house(e);
	e->knows = e->state != JOURNALS_READING && !(e->walk && e->walk->urgent);
	if (e->closed)
		free(e);
	else if (!e->stop)
		schedule(e, pause);
}

static bool is_refresh_due(const struct evict *e)
{
	return e->over_quota ||
	       uv_now(e->agent->loop) - e->refreshed_at >= e->agent->config->cache.refresh;
}

static void (*next_task(struct evict *e))(struct evict *e)
{
	if (e->state == JOURNALS_READING)
		return load;
	if (e->walk && e->walk->urgent)
		return walk;
	if (e->jobs)
		return run_job;
	if (is_refresh_due(e)) {
		e->over_quota = false;
		return keep_house;
	}
	if (e->damaged || e->wants_walk || e->walk) {
		e->damaged = e->wants_walk = false;
		return walk;
	}
	if (e->dirty) {
		e->dirty = false;
		return write_lines;
	}
	return NULL;
}

/* What can wait for the next tick does: one task does not follow the other without a pause. */
static void on_timer(uv_timer_t *timer)
{
	struct evict *e = timer->data;

	if (e->working || e->stop)
		return;
	e->task = next_task(e);
	if (!e->task) {
		uv_timer_start(timer, on_timer, TICK_MS, 0);
		return;
	}
	e->work.data = e;
	e->began_at = uv_now(e->agent->loop);
	e->working = uv_queue_work(e->agent->loop, &e->work, work_task, after_task) == 0;
	if (!e->working)
		uv_timer_start(timer, on_timer, TICK_MS, 0);
}

/* At once where somebody waits. */
static void schedule(struct evict *e, uint64_t pause)
{
	bool urgent = e->state == JOURNALS_READING || e->jobs || (e->walk && e->walk->urgent);

	if (e->working || e->closing)
		return;
	if (!pause && !urgent)
		pause = e->walk ? WALK_PAUSE_MS : TICK_MS;
	uv_timer_start(&e->timer, on_timer, pause, 0);
}

static enum evict_order order_of(const char *name)
{
	static const char names[][8] = {"lru", "fifo", "lfu", "random", "none"};
	int i = 4;

	while (i && strcmp(names[i], name) != 0)
		i--;
	return (enum evict_order)i;
}

struct evict *evict_new(struct agent *a)
{
	struct evict *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->agent = a;
	e->order = order_of(a->config->cache.eviction);
	e->lock.fd = -1;
	e->index = index_new();
	e->journals = e->index ? journals_open(&a->layout, e->index) : NULL;
	if (!e->journals) {
		if (e->index)
			index_free(e->index);
		free(e);
		return NULL;
	}
	locks_init(&e->locks, &a->layout);
	uv_timer_init(a->loop, &e->timer);
	e->timer.data = e;
	e->refreshed_at = uv_now(a->loop);
	if (a->layout.writable)
		schedule(e, 0);
	else
		e->state = JOURNALS_COMPLETE; /* of nothing */
	return e;
}

void evict_stop(struct evict *e)
{
	e->stop = true;
	uv_timer_stop(&e->timer);
}

bool evict_busy(const struct evict *e)
{
	return e->working;
}

static void on_closed(uv_handle_t *h)
{
	struct evict *e = h->data;

	e->closed = true;
	if (!e->working)
		free(e);
}

void evict_free(struct evict *e)
{
	evict_stop(e);
	e->closing = true;
	if (!e->working) {
		journals_close(e->journals, e->knows && !e->walk && !e->damaged);
		evict_walk_free(e->walk);
		locks_release(&e->locks);
		pins_release(&e->pins);
		index_free(e->index);
	}
	uv_close((uv_handle_t *)&e->timer, on_closed);
}

static void add(struct agent *a, struct evict_job *j)
{
	struct evict *e = a->evict;

	j->result = (struct evict_result){0};
	DL_APPEND(e->jobs, j);
	if (!e->working && !e->stop)
		uv_timer_start(&e->timer, on_timer, 0, 0);
}

void evict_round(struct agent *a, struct evict_job *j, const struct evict_goal *goal)
{
	j->goal = *goal;
	j->selects = false;
	j->selection = (struct evict_selection){0};
	add(a, j);
}

void evict_selection(struct agent *a, struct evict_job *j, const struct evict_selection *s)
{
	j->selects = true;
	j->selection = *s;
	add(a, j);
}

bool evict_cancel(struct agent *a, struct evict_job *j)
{
	struct evict *e = a->evict;

	if (e->working && e->task == run_job && e->jobs == j)
		return true;
	DL_DELETE(e->jobs, j);
	return false;
}

/* There is something to write, or somebody to watch. */
static void note(struct evict *e, const char *rel)
{
	uint16_t profile = index_profile(e->index, rel);
	uint64_t quota = evict_quota(e, profile);

	e->dirty = true;
	if (quota && index_total_of(e->index, profile).bytes > quota)
		e->over_quota = true;
}

void evict_added(struct agent *a, const char *rel, uint64_t bytes)
{
	journals_added(a->evict->journals, rel, (uint64_t)usage_charge(bytes), 0, 0);
	note(a->evict, rel);
}

void evict_removed(struct agent *a, const char *rel)
{
	journals_gone(a->evict->journals, rel);
	a->evict->dirty = true;
}

void evict_used(struct agent *a, const char *rel, uint64_t bytes, bool journal)
{
	struct evict *e = a->evict;

	journal |= e->order == EVICT_LFU;
	e->dirty |= journal;
	/* Nobody has told of it yet. */
	if (!journals_used(e->journals, rel, journal) && e->knows)
		evict_added(a, rel, bytes);
}

bool evict_lacks(const struct agent *a, uint64_t hash)
{
	struct index_entry entry;

	return a->evict->knows && (!index_find(a->evict->index, hash, &entry) || entry.gone);
}

size_t evict_stats(struct agent *a, struct evict_stats *out, size_t max)
{
	struct evict *e = a->evict;
	size_t n = 0;

	for (unsigned i = 0; i < index_profiles(e->index) && n < max; i++) {
		struct index_total t = index_total_of(e->index, (uint16_t)i);
		struct evict_stats *s = &out[n];

		if (!t.files)
			continue;
		snprintf(s->dir, sizeof s->dir, "%s", index_profile_dir(e->index, (uint16_t)i));
		s->bytes = t.bytes;
		s->files = t.files;
		/* Of what has come since the last look, a moment ago. */
		s->oldest = e->oldest[i] ? (int64_t)(e->oldest[i] / 1000) : time(NULL);
		s->quota = evict_quota(e, (uint16_t)i);
		n++;
	}
	return n;
}

bool evict_knows(const struct agent *a)
{
	return a->evict->knows;
}

void evict_recount(struct agent *a)
{
	a->evict->wants_walk = true;
}
