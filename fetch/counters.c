/*
 * Counters in memory; counters_file.c has them on the disk.
 *
 *	LOADING ──own file read──> KEEPING <──every COUNTERS_KEEP_MS──> (a worker writes)
 *
 * Nothing is written in LOADING, for that would forget what the file says.
 */
#include "fetch/counters.h"
#include "fetch/agent.h"
#include "fetch/counters_file.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct tally {
	char dir[COUNTERS_DIR_MAX + 1];
	struct counters now, kept; /* since the agent began; before, as its file says */
	UT_hash_handle hh;
};

struct tallies {
	struct agent *agent;
	struct tally *by_dir, other;
	struct counters written; /* the sum, as last written */
	uv_timer_t timer;
	struct counters_job job;
	bool loaded, closing, closed;
};

const struct counter counters_table[] = {
#define COUNTER(name, help) {#name, help, offsetof(struct counters, name)},
        COUNTERS(COUNTER)
#undef COUNTER
};
const size_t counters_count = sizeof counters_table / sizeof counters_table[0];

void counters_add(struct counters *a, const struct counters *b)
{
	for (size_t i = 0; i < counters_count; i++) {
		uint64_t *n = (uint64_t *)((char *)a + counters_table[i].offset);

		if (__builtin_add_overflow(*n, counters_get(b, i), n))
			*n = UINT64_MAX;
	}
}

static struct tally *tally_of(struct tallies *t, const char *dir, size_t len)
{
	struct tally *y;

	HASH_FIND(hh, t->by_dir, dir, len, y);
	if (y || len > COUNTERS_DIR_MAX || HASH_COUNT(t->by_dir) >= COUNTERS_PROFILES_MAX)
		return y ? y : &t->other;
	y = calloc(1, sizeof *y);
	if (!y)
		return &t->other;
	memcpy(y->dir, dir, len);
	HASH_ADD_KEYPTR(hh, t->by_dir, y->dir, len, y);
	return y;
}

/* Names of profiles come from clients, who may make them up. */
static bool is_known(const struct agent *a, const char *rel)
{
	struct own_profile own;

	return config_profile_of_dir(a->config, rel, &own) != NULL;
}

struct counters *counters_of(struct agent *a, const char *rel)
{
	struct tallies *t = a->tallies;

	return is_known(a, rel) ? &tally_of(t, rel, strcspn(rel, "/"))->now : &t->other.now;
}

void counters_opened(struct agent *a, const char *rel, const struct answer *ans)
{
	struct counters *c = counters_of(a, rel);

	c->opens++;
	if (ans->error || ans->type != WIRE_FILE)
		return;
	if (!ans->hit) {
		c->misses++;
		return;
	}
	c->hits++;
	c->saved_bytes += ans->size;
}

void counters_used(struct agent *a, const char *rel, uint64_t bytes)
{
	struct counters *c = counters_of(a, rel);

	c->hits++;
	c->saved_bytes += bytes;
}

void counters_each(const struct agent *a, bool kept, counters_cb *cb, void *arg)
{
	const struct tallies *t = a->tallies;
	struct tally *y, *next;

	HASH_ITER (hh, t->by_dir, y, next) {
		struct counters sum = y->now;

		if (kept)
			counters_add(&sum, &y->kept);
		cb(arg, y->dir, &sum);
	}
}

static void add_to(void *arg, const char *dir, const struct counters *c)
{
	(void)dir;
	counters_add(arg, c);
}

struct counters counters_sum(const struct agent *a)
{
	struct counters sum = a->tallies->other.now;

	counters_each(a, false, add_to, &sum);
	return sum;
}

void counters_others(const struct tallies *t, counters_cb *cb, void *arg)
{
	counters_file_others(&t->job, cb, arg);
}

static void on_row(void *arg, const char *dir, const struct counters *c)
{
	struct tallies *t = arg;

	counters_add(&tally_of(t, dir, strlen(dir))->kept, c);
}

static void on_timer(uv_timer_t *timer);

static void on_job(struct counters_job *job)
{
	struct tallies *t = job->arg;

	if (!t->loaded)
		counters_file_take(job, on_row, t);
	t->loaded = true;
	if (t->closing && !t->closed) {
		t->closed = true;
		on_timer(&t->timer);
	}
}

/* Writes what has changed. */
static void on_timer(uv_timer_t *timer)
{
	struct tallies *t = timer->data;
	struct counters sum = {0};

	if (t->job.busy || !t->loaded || !t->agent->layout.writable)
		return;
	counters_each(t->agent, false, add_to, &sum);
	if (memcmp(&sum, &t->written, sizeof sum) == 0)
		return;
	t->written = sum;
	counters_file_write(&t->job, t->agent);
}

struct tallies *counters_new(struct agent *a)
{
	struct tallies *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->agent = a;
	counters_file_init(&t->job, a, on_job, t);
	uv_timer_init(a->loop, &t->timer);
	t->timer.data = t;
	if (a->layout.writable)
		counters_file_load(&t->job);
	uv_timer_start(&t->timer, on_timer, COUNTERS_KEEP_MS, COUNTERS_KEEP_MS);
	uv_unref((uv_handle_t *)&t->timer);
	return t;
}

struct agent *counters_agent(const struct tallies *t)
{
	return t->agent;
}

void counters_hand_over(struct tallies *t, struct agent *to)
{
	t->agent = to;
	t->job.layout = &to->layout;
}

void counters_close(struct tallies *t)
{
	t->closing = true;
	if (t->job.busy)
		return;
	t->closed = true;
	on_timer(&t->timer);
}

bool counters_busy(const struct tallies *t)
{
	return t->job.busy;
}

static void on_closed(uv_handle_t *h)
{
	struct tallies *t = h->data;
	struct tally *y, *next;

	HASH_ITER (hh, t->by_dir, y, next) {
		HASH_DEL(t->by_dir, y);
		free(y);
	}
	counters_file_release(&t->job);
	free(t);
}

void counters_free(struct tallies *t)
{
	uv_close((uv_handle_t *)&t->timer, on_closed);
}
