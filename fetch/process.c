#include "fetch/process.h"
#include "cache/access.h"
#include "cache/share.h"
#include "fetch/commit.h"
#include "fetch/evict.h"
#include "fetch/known.h"
#include "fetch/metrics.h"
#include "fetch/object.h"
#include "fetch/parent.h"
#include "fetch/server.h"
#include "fetch/space.h"
#include "fetch/tier.h"
#include "fetch/transfer.h"
#include "fetch/trust.h"
#include "fetch/valid.h"
#include "fetch/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define IDLE_LOOK_MS 1000
#define DRAIN_MS     10000 /* for commits and workers at the end */
#define CLOSE_ROUNDS 4     /* of the loop, for handles to close */

/* --- idleness --- */

static bool owns_server(const struct agent *a)
{
	return a->server && server_agent(a->server) == a;
}

/* Whether an agent is to leave, once there is nothing to do. Its process stays while another one
 * does. */
static bool has_waited(const struct agent *a)
{
	uint64_t idle = boottime_ms() - a->last_request;

	/* Nobody would start the next one. */
	if (owns_server(a) && a->layout.system && !server_is_kept(a->server))
		return false;
	if (!a->earlier && a->process->agents == a && parent_is_host())
		return idle >= IDLE_LOOK_MS && parent_waits_in_vain();
	return idle >= a->config->cache.idle_exit;
}

static bool owns_counters(const struct agent *a)
{
	return counters_agent(a->tallies) == a;
}

static void on_idle_look(uv_timer_t *timer)
{
	struct process *p = timer->data;

	for (struct agent *a = p->agents; a; a = a->earlier) {
		if (objects_count(a) || (owns_server(a) && server_busy(a->server)))
			a->last_request = boottime_ms();
		valid_tick(a);
		if (!a->leaving && has_waited(a) &&
		        (!owns_server(a) || server_withdraw(a->server))) {
			a->leaving = true;
			agent_log(a, "idle for %llu s, leaving",
			        (unsigned long long)(boottime_ms() - a->last_request) / 1000);
		}
		if (a->leaving)
			uv_stop(p->loop);
	}
}

/* --- the end --- */

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
	watch_stop(a);
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
	if (owns_server(a))
		server_free(a->server);
	a->server = NULL;
}

/* All of them at once: what is sealed still gets its name; what is half done is given up. */
static void shut_down(struct process *p)
{
	uv_timer_t deadline;

	metrics_stop(p);
	/* The one that owns the socket is ahead of those that share it. */
	for (struct agent *a = p->agents; a; a = a->earlier) {
		free_server(a);
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
static void put_away(struct process *p, struct agent *a)
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
static void retire(struct process *p, struct agent *gone)
{
	struct agent **at = &p->agents;
	uv_timer_t deadline;

	while (*at != gone)
		at = &(*at)->earlier;
	*at = gone->earlier;
	gone->earlier = NULL;
	free_server(gone);
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
	put_away(p, gone);
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

static bool is_leaving(const struct agent *a)
{
	return a->leaving;
}

static bool is_stopping(const struct agent *a)
{
	return a->stopping;
}

/* Until all leave, or one is told to. */
static void serve(struct process *p)
{
	for (;;) {
		struct agent *a, *earlier;
		bool stays = false;

		uv_run(p->loop, UV_RUN_DEFAULT);
		for (a = p->agents; a; a = a->earlier)
			stays |= !a->leaving;
		if (!stays || any(p->agents, is_stopping))
			return;
		for (a = any(p->agents, is_leaving) ? p->agents : NULL; a; a = earlier) {
			earlier = a->earlier;
			if (a->leaving && !is_busy(a) && !is_loading(a))
				retire(p, a);
		}
	}
}

/* --- the beginning --- */

/* Those of whoever happened to start us are not meant for a service to all others. */
static void raise_limits(void)
{
	static const int limits[] = {
	        RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_CPU};
	struct rlimit r;

	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		if (getrlimit(limits[i], &r) == 0) {
			r.rlim_cur = r.rlim_max;
			setrlimit(limits[i], &r);
		}
	}
	/* A file that may not grow is an error of its write, not our end. */
	signal(SIGXFSZ, SIG_IGN);
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct process *p = signal->data;

	agent_log(p->agents, "signal %d, leaving", number);
	p->agents->stopping = true;
	uv_stop(p->loop);
}

static void on_hangup(uv_signal_t *signal, int number)
{
	char text[PROCESS_TEXT_MAX];

	(void)number;
	process_reload(signal->data, text);
}

static void start_handle(struct process *p, uv_signal_t *s, uv_signal_cb cb, int number)
{
	uv_signal_init(p->loop, s);
	s->data = p;
	uv_signal_start(s, cb, number);
	uv_unref((uv_handle_t *)s);
}

static struct agent *agent_new(struct process *p, const struct config *c)
{
	struct agent *a = calloc(1, sizeof *a);

	if (!a)
		return NULL;
	a->config = c;
	a->process = p;
	a->loop = p->loop;
	a->lock_fd = -1;
	a->last_request = a->started = boottime_ms();
	return a;
}

int agent_run(const struct config *c, bool background)
{
	struct process p = {.loop = uv_default_loop(), .background = background};
	struct agent *a = agent_new(&p, c);
	char err[LAYOUT_ERROR_MAX] = "out of memory";
	int ret = -ENOMEM;

	if (trust_path(c->file, false, err)) {
		fprintf(stderr, "larder agent: %s\n", err);
		return 1;
	}
	umask(share_umask(c));
	signal(SIGPIPE, SIG_IGN);
	raise_limits();
	/* Before the first of them works. */
	setenv("UV_THREADPOOL_SIZE", CREW_WORKERS, 0);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (a)
		ret = agent_open(a, NULL, background, err);
	if (ret == -EWOULDBLOCK) {
		fprintf(stderr, "larder agent: another agent serves %s\n", c->runtime_dir);
		return 0;
	}
	if (ret) {
		fprintf(stderr, "larder agent: cannot start: %s\n", err);
		if (a)
			agent_log(a, "cannot start: %s", err);
		return 1;
	}
	p.agents = a;
	metrics_start(&p);
	start_handle(&p, &p.term, on_signal, SIGTERM);
	start_handle(&p, &p.interrupt, on_signal, SIGINT);
	start_handle(&p, &p.hangup, on_hangup, SIGHUP);
	uv_timer_init(p.loop, &p.idle);
	p.idle.data = &p;
	uv_timer_start(&p.idle, on_idle_look, IDLE_LOOK_MS, IDLE_LOOK_MS);
	agent_log(a, "larder " LARDER_VERSION " agent %d for %s", (int)getpid(), c->cache.location);
	serve(&p);
	uv_close((uv_handle_t *)&p.idle, NULL);
	shut_down(&p);
	free_list(p.agents, c);
	free_list(p.retired, c);
	return 0;
}

/* --- another configuration --- */

struct agent *process_agent(struct agent *a, uint64_t config)
{
	for (struct agent *i = a->process->agents; i; i = i->earlier) {
		if (i->config->hash == config)
			return i;
	}
	return NULL;
}

__attribute__((format(printf, 3, 4))) static int say(
        char text[static PROCESS_TEXT_MAX], int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, PROCESS_TEXT_MAX, format, ap);
	va_end(ap);
	return error;
}

/* Whether it wants a process of another user, or with another place for all. */
static bool is_another(const struct config *old, const struct config *new)
{
	return share_umask(new) != share_umask(old) || new->cache.system != old->cache.system ||
	       (new->cache.system &&
	               (strcmp(new->runtime_dir, old->runtime_dir) != 0 ||
	                       strcmp(new->cache.location, old->cache.location) != 0));
}

/* Whether this process can have it too. */
static int check(
        const struct process *p, const struct config *new, char text[static PROCESS_TEXT_MAX])
{
	struct metrics_address address;
	unsigned n = 0;

	for (const struct agent *a = p->agents; a; a = a->earlier)
		n++;
	if (new->error[0])
		return say(text, -EINVAL, "%s", new->error);
	if (*new->cache.metrics && metrics_parse(new->cache.metrics, &address) != 0)
		return say(text, -EINVAL, "%s:%d: metrics is neither unix:/path nor 127.0.0.1:port",
		        new->file, new->lines[SETTING_INDEX_cache_metrics]);
	if (trust_path(new->file, false, text))
		return -EINVAL;
	if (is_another(p->agents->config, new))
		return say(text, -EBUSY,
		        "who shares the cache has changed, or a system agent's folders; end the "
		        "agent and start it again");
	if (n >= PROCESS_AGENTS_MAX || p->reloads >= PROCESS_RELOADS_MAX)
		return say(text, -EBUSY,
		        "%u earlier configurations are still in use; try again later, or start the "
		        "agent again",
		        n - 1);
	return 0;
}

/* Puts an agent that is there in front. */
static int put_in_force(struct process *p, struct agent *a, char text[static PROCESS_TEXT_MAX])
{
	struct agent **at = &p->agents;

	if (a == p->agents)
		return say(text, 0, "nothing has changed");
	if (a->leaving || !owns_server(a))
		return say(text, -EBUSY, "the agent of that configuration is leaving; try again");
	/* The later one may have let others in. */
	if (a->access && access_gate(a->access, &a->layout, text) < 0)
		return -EACCES;
	while (*at != a)
		at = &(*at)->earlier;
	*at = a->earlier;
	a->earlier = p->agents;
	p->agents = a;
	metrics_start(p);
	return say(text, 0, "an earlier configuration is in force again");
}

static int load(struct process *p, struct config *new, char text[static PROCESS_TEXT_MAX])
{
	char err[LAYOUT_ERROR_MAX] = "out of memory";
	struct agent *a = agent_new(p, new);
	unsigned busy = objects_count(p->agents);
	int ret = a ? agent_open(a, p->agents, p->background, err) : -ENOMEM;

	if (ret == -EWOULDBLOCK) {
		layout_close(&a->layout);
		free(a);
		return say(text, 1, "another agent serves the new configuration already");
	}
	if (ret) {
		if (a)
			put_away(p, a);
		return say(text, ret, "%s", err);
	}
	a->earlier = p->agents;
	p->agents = a;
	p->reloads++;
	metrics_start(p);
	return say(text, 0,
	        "the new configuration is in force; downloads that go on under the earlier one: %u",
	        busy);
}

int process_reload(struct process *p, char text[static PROCESS_TEXT_MAX])
{
	struct config *new = calloc(1, sizeof *new);
	struct agent *known;
	int ret;

	if (!new)
		return say(text, -ENOMEM, "out of memory");
	config_load(new, environ);
	known = new->error[0] ? NULL : process_agent(p->agents, new->hash);
	ret = known ? put_in_force(p, known, text) : check(p, new, text);
	if (known || ret)
		free(new);
	else if ((ret = load(p, new, text)) > 0)
		free(new);
	agent_log(p->agents, "configuration read again: %s%s", text,
	        ret < 0 ? "; the old one stays in force" : "");
	return ret < 0 ? ret : 0;
}
