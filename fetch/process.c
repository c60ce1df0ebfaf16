#include "fetch/process_parts.h"
#include "fetch/replay.h"
#include "cache/share.h"
#include "fetch/metrics.h"
#include "fetch/object.h"
#include "fetch/parent.h"
#include "fetch/server.h"
#include "fetch/trust.h"
#include "fetch/valid.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define IDLE_LOOK_MS 1000

/* --- idleness --- */

bool process_owns_server(const struct agent *a)
{
	return a->server && server_agent(a->server) == a;
}

/* Whether an agent is to leave, once there is nothing to do. Its process stays while another one
 * does. */
static bool has_waited(const struct agent *a)
{
	uint64_t idle = boottime_ms() - a->last_request;

	/* Nobody would start the next one. */
	if (process_owns_server(a) && a->layout.system && !server_is_kept(a->server))
		return false;
	if (!a->earlier && a->process->agents == a && parent_is_host())
		return idle >= IDLE_LOOK_MS && parent_waits_in_vain();
	return idle >= a->config->cache.idle_exit;
}

static void on_idle_look(uv_timer_t *timer)
{
	struct process *p = timer->data;

	for (struct agent *a = p->agents; a; a = a->earlier) {
		if (objects_count(a) || (process_owns_server(a) && server_busy(a->server)))
			a->last_request = boottime_ms();
		valid_tick(a);
		if (!a->leaving && has_waited(a) &&
		        (!process_owns_server(a) || server_withdraw(a->server))) {
			a->leaving = true;
			agent_log(a, "idle for %llu s, leaving",
			        (unsigned long long)(boottime_ms() - a->last_request) / 1000);
		}
		if (a->leaving)
			uv_stop(p->loop);
	}
}

/* --- serving --- */

/* Until all leave, or one is told to. */
static void serve(struct process *p)
{
	for (;;) {
		struct agent *a, *earlier;
		bool stays = false, stops = false;

		uv_run(p->loop, UV_RUN_DEFAULT);
		for (a = p->agents; a; a = a->earlier) {
			stays |= !a->leaving;
			stops |= a->stopping;
		}
		if (!stays || stops)
			return;
		for (a = p->agents; a; a = earlier) {
			earlier = a->earlier;
			if (process_may_retire(a))
				process_retire(p, a);
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

struct agent *process_agent_new(struct process *p, const struct config *c)
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
	struct agent *a = process_agent_new(&p, c);
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
		ret = replay_open(c, err);
	if (a && !ret)
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
	process_shut_down(&p);
	process_free(&p, c);
	return 0;
}

struct agent *process_agent(struct agent *a, uint64_t config)
{
	for (struct agent *i = a->process->agents; i; i = i->earlier) {
		if (i->config->hash == config)
			return i;
	}
	return NULL;
}
