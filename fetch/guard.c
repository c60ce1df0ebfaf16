#include "fetch/guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utlist.h>

struct guard_task {
	guard_fn *fn, *undo;
	size_t size;
	bool ended, abandoned; /* under the lane's lock */
	bool unwatched;        /* nobody will look at it */
	struct lane *lane;
	struct guard_task *prev, *next;
	_Alignas(max_align_t) char arg[];
};

/* A thread and the tasks that it runs one after the other. It ends when `closed` and done; who ends
 * last of it and its owner frees it. The lock guards all of it. */
struct lane {
	pthread_mutex_t lock;
	pthread_cond_t todo, ended;
	struct guard_task *queue;
	bool closed;
};

struct guard {
	struct lane *calls, *later; /* NULL until there is something to do */
};

static void task_free(struct guard_task *t, bool undo)
{
	if (undo && t->undo)
		t->undo(t->arg);
	free(t);
}

static void lane_free(struct lane *l)
{
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->todo);
	pthread_cond_destroy(&l->ended);
	free(l);
}

static void *lane_run(void *arg)
{
	struct lane *l = arg;
	struct guard_task *t;
	bool abandoned;

	pthread_mutex_lock(&l->lock);
	for (;;) {
		while (!l->queue && !l->closed)
			pthread_cond_wait(&l->todo, &l->lock);
		t = l->queue;
		if (!t)
			break;
		DL_DELETE(l->queue, t);
		pthread_mutex_unlock(&l->lock);
		t->fn(t->arg);
		pthread_mutex_lock(&l->lock);
		t->ended = true;
		abandoned = t->abandoned;
		pthread_cond_signal(&l->ended);
		if (!t->unwatched && !abandoned)
			continue;
		pthread_mutex_unlock(&l->lock);
		task_free(t, abandoned);
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	lane_free(l);
	return NULL;
}

static struct lane *lane_new(void)
{
	struct lane *l = calloc(1, sizeof *l);
	pthread_condattr_t clock;
	sigset_t all, before;
	pthread_t thread;
	int err;

	if (!l)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&l->todo, NULL);
	pthread_cond_init(&l->ended, &clock);
	pthread_condattr_destroy(&clock);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, NULL, lane_run, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		lane_free(l);
		return NULL;
	}
	pthread_detach(thread);
	return l;
}

/* Its thread ends what is queued, and then itself. */
static void lane_close(struct lane *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->closed = true;
	pthread_cond_signal(&l->todo);
	pthread_mutex_unlock(&l->lock);
}

static struct guard_task *lane_add(
        struct lane *l, guard_fn *fn, guard_fn *undo, const void *arg, size_t size, bool watched)
{
	struct guard_task *t = l ? calloc(1, sizeof *t + size) : NULL;

	if (!t)
		return NULL;
	t->fn = fn;
	t->undo = undo;
	t->size = size;
	t->lane = l;
	t->unwatched = !watched;
	memcpy(t->arg, arg, size);
	pthread_mutex_lock(&l->lock);
	DL_APPEND(l->queue, t);
	pthread_cond_signal(&l->todo);
	pthread_mutex_unlock(&l->lock);
	return t;
}

struct guard *guard_new(void)
{
	return calloc(1, sizeof(struct guard));
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	lane_close(g->calls);
	lane_close(g->later);
	free(g);
}

static struct timespec deadline_of(unsigned ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_nsec -= 1000000000L;
		t.tv_sec++;
	}
	return t;
}

int guard_call(struct guard *g, guard_fn *fn, guard_fn *undo, void *arg, size_t size)
{
	struct timespec deadline = deadline_of(GUARD_PATIENCE_MS);
	struct guard_task *t;
	struct lane *l;
	bool ended;

	if (!g->calls)
		g->calls = lane_new();
	l = g->calls;
	t = lane_add(l, fn, undo, arg, size, true);
	if (!t)
		return -ENOMEM;
	pthread_mutex_lock(&l->lock);
	while (!t->ended && pthread_cond_timedwait(&l->ended, &l->lock, &deadline) == 0)
		;
	ended = t->ended;
	t->abandoned = !ended;
	pthread_mutex_unlock(&l->lock);
	if (!ended) {
		lane_close(l);
		g->calls = NULL;
		return -ETIMEDOUT;
	}
	memcpy(arg, t->arg, size);
	task_free(t, false);
	return 0;
}

void guard_later(struct guard *g, guard_fn *fn, const void *arg, size_t size)
{
	if (!g->later)
		g->later = lane_new();
	lane_add(g->later, fn, NULL, arg, size, false);
}

struct guard_task *guard_begin(guard_fn *fn, guard_fn *undo, const void *arg, size_t size)
{
	struct lane *l = lane_new();
	struct guard_task *t = lane_add(l, fn, undo, arg, size, true);

	/* A lane of its own, which nobody owns. */
	if (!t)
		lane_close(l);
	return t;
}

bool guard_ended(struct guard_task *t, void *arg)
{
	struct lane *l = t->lane;
	bool ended;

	pthread_mutex_lock(&l->lock);
	ended = t->ended;
	pthread_mutex_unlock(&l->lock);
	if (!ended)
		return false;
	memcpy(arg, t->arg, t->size);
	lane_close(l);
	task_free(t, false);
	return true;
}

void guard_abandon(struct guard_task *t)
{
	struct lane *l = t->lane;
	bool ended;

	pthread_mutex_lock(&l->lock);
	ended = t->ended;
	t->abandoned = true;
	pthread_mutex_unlock(&l->lock);
	if (ended)
		task_free(t, true);
	lane_close(l);
}
