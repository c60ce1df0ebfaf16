#include "fetch/process_parts.h"
#include "cache/access.h"
#include "fetch/commit.h"
#include "fetch/evict.h"
#include "fetch/known.h"
#include "fetch/metrics.h"
#include "fetch/object.h"
#include "fetch/prefetch.h"
#include "fetch/refresh.h"
#include "fetch/server.h"
#include "fetch/space.h"
#include "fetch/tier.h"
#include "fetch/transfer.h"
#include "fetch/valid.h"
#include "fetch/watch.h"

#include <stdlib.h>
#include <unistd.h>

#define DRAIN_MS     10000 /* for commits and workers at the end */
#define CLOSE_ROUNDS 4     /* of the loop, for handles to close */

static bool owns_counters(const struct agent *a)
{
	return counters_agent(a->tallies) == a;
}

static void on_drain_timeout(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

/* Questions and workers that are still under way use what would be freed, and a worker may hang in
 * a file system for ever. There is nothing left that must be done. */
static void leave_if_busy(bool busy)
{
	if (busy)
		_exit(0);
}

/* Objects that are on their way to the cache's disk, or to the local tier's. */
static bool is_committing(const struct agent *a)
{
	return commit_busy(a->commit) || objects_count(a) || a->sharing ||
	       (a->local && commit_busy(a->local->commit));
}

static bool is_busy(const struct agent *a)
{
	return is_committing(a) || a->lists || a->inquiries || remotes_busy(a);
}

static bool any(const struct agent *list, bool (*is)(const struct agent *a))
{
	for (const struct agent *a = list; a; a = a->earlier) {
		if (is(a))
			return true;
	}
	return false;
}

/* What it leaves behind for others and for later. */
static bool is_noting(const struct agent *a)
{
	return counters_busy(a->tallies) || space_busy(a->space) || evict_busy(a->evict) ||
	       (a->local && (space_busy(a->local->space) || evict_busy(a->local->evict)));
}

static void note(struct agent *a)
{
	if (owns_counters(a))
		counters_close(a->tallies);
	space_leave(a->space);
	evict_stop(a->evict);
	if (a->local) {
		space_leave(a->local->space);
		evict_stop(a->local->evict);
	}
}

/* Runs the loop while that holds for one of the agents, until `deadline` ends. */
static void drain(struct agent *list, bool (*is)(const struct agent *a), uv_timer_t *deadline)
{
	while (any(list, is) && uv_is_active((uv_handle_t *)deadline))
		uv_run(deadline->loop, UV_RUN_ONCE);
}

/* Closes what has handles in the loop. */
static void close_handles(struct agent *a)
{
	prefetch_free(a->prefetch);
	watch_stop(a);
	refresh_stop(a);
	tier_stop(a);
	if (a->local)
		tier_stop(a->local);
	if (a->nowhere)
		tier_stop(a->nowhere);
	if (owns_counters(a))
		counters_free(a->tallies);
	transfers_free(a->transfers);
}

static void free_rest(struct agent *a)
{
	remotes_free(a);
	known_free(a);
	valid_close(a);
	access_free(a->access);
	tier_close(a);
	tier_close_local(a);
	tier_close_nowhere(a);
}

static void start_deadline(struct process *p, uv_timer_t *deadline)
{
	uv_timer_init(p->loop, deadline);
	uv_timer_start(deadline, on_drain_timeout, DRAIN_MS, 0);
}

static void free_server(struct agent *a)
{
	if (process_owns_server(a))
		server_free(a->server);
	a->server = NULL;
}

/* All of them at once: what is sealed still gets its name; what is half done is given up. */
void process_shut_down(struct process *p)
{
	uv_timer_t deadline;

	metrics_stop(p);
	/* The one that owns the socket is ahead of those that share it. */
	for (struct agent *a = p->agents; a; a = a->earlier) {
		free_server(a);
		prefetch_stop(a->prefetch);
		objects_free(a);
	}
	start_deadline(p, &deadline);
	drain(p->agents, is_committing, &deadline);
	for (struct agent *a = p->agents; a; a = a->earlier)
		note(a);
	drain(p->agents, is_noting, &deadline);
	while (p->metrics_writes && uv_is_active((uv_handle_t *)&deadline))
		uv_run(p->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&deadline, NULL);
	leave_if_busy(any(p->agents, is_busy) || any(p->agents, is_noting));
	for (struct agent *a = p->agents; a; a = a->earlier)
		close_handles(a);
	for (int i = 0; i < CLOSE_ROUNDS && uv_loop_alive(p->loop); i++)
		uv_run(p->loop, UV_RUN_NOWAIT);
	leave_if_busy(uv_loop_alive(p->loop));
	for (struct agent *a = p->agents; a; a = a->earlier)
		free_rest(a);
}

static bool is_loading(const struct agent *a)
{
	for (struct remote *r = a->remotes; r; r = r->hh.next) {
		if (r->loading)
			return true;
	}
	return false;
}

/* Its struct and its configuration, some 20 KiB, stay in memory until the process ends. */
void process_put_away(struct process *p, struct agent *a)
{
	a->earlier = p->retired;
	p->retired = a;
}

/* Whether no worker is at anything (of any agent: nobody counts them apart). */
static bool workers_are_back(struct process *p, uv_timer_t *deadline)
{
	while (p->loop->active_reqs.count && uv_is_active((uv_handle_t *)deadline))
		uv_run(p->loop, UV_RUN_ONCE);
	return !p->loop->active_reqs.count;
}

/*
 * Ends one that nobody needs, while others go on. A worker that comes late finds its struct, and
 * the descriptors that it uses are no other files: what it could look at stays open until the
 * process ends if the others keep the workers busy all the time.
 */
void process_retire(struct process *p, struct agent *gone)
{
	struct agent **at = &p->agents;
	uv_timer_t deadline;

	while (*at != gone)
		at = &(*at)->earlier;
	*at = gone->earlier;
	gone->earlier = NULL;
	free_server(gone);
	prefetch_stop(gone->prefetch);
	start_deadline(p, &deadline);
	note(gone);
	drain(gone, is_noting, &deadline);
	close_handles(gone);
	for (int i = 0; i < CLOSE_ROUNDS; i++)
		uv_run(p->loop, UV_RUN_NOWAIT);
	if (workers_are_back(p, &deadline))
		free_rest(gone);
	uv_close((uv_handle_t *)&deadline, NULL);
	uv_run(p->loop, UV_RUN_NOWAIT); /* it stands on our stack */
	if (gone->lock_fd >= 0)
		close(gone->lock_fd);
	process_put_away(p, gone);
}

/* No worker is left. The first configuration is the caller's. */
static void free_list(struct agent *a, const struct config *first)
{
	while (a) {
		struct agent *next = a->earlier;

		if (a->config != first)
			free((struct config *)a->config);
		free(a);
		a = next;
	}
}

void process_free(struct process *p, const struct config *first)
{
	free_list(p->agents, first);
	free_list(p->retired, first);
}

bool process_may_retire(const struct agent *a)
{
	return a->leaving && !is_busy(a) && !is_loading(a);
}
