#include "fetch/agent.h"
#include "cache/access.h"
#include "cache/read/sys.h"
#include "cache/share.h"
#include "fetch/client/client.h"
#include "fetch/commit.h"
#include "fetch/crash.h"
#include "fetch/evict.h"
#include "fetch/keeper.h"
#include "fetch/known.h"
#include "fetch/object.h"
#include "fetch/parent.h"
#include "fetch/server.h"
#include "fetch/space.h"
#include "fetch/tier.h"
#include "fetch/transfer.h"
#include "fetch/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define IDLE_LOOK_MS     1000
#define LOG_KEEP_SIZE    (4 << 20) /* bytes; a larger log is put aside when the agent starts */
#define MESSAGE_MAX      900
#define DRAIN_MS         10000 /* for commits and workers at the end */
#define LOCK_LOOK_MS     10
#define ANSWERS_BELIEVED 3 /* looks at which another agent must answer */
#define CLOSE_ROUNDS     4 /* of the loop, for handles to close */

static void log_line(struct agent *a, const char *text)
{
	struct timespec now;
	struct tm tm;
	char stamp[32];

	if (!a->log)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
	fprintf(a->log, "%s.%03ldZ %s\n", stamp, now.tv_nsec / 1000000, text);
	fflush(a->log);
}

void agent_log(struct agent *a, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	log_line(a, text);
}

void agent_tell(struct agent *a, uint64_t run, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	log_line(a, text);
	server_tell(a->server, run, text);
}

uint64_t agent_expiry(uint64_t ttl_ms)
{
	uint64_t now = boottime_ms();

	return ttl_ms > UINT64_MAX - now ? UINT64_MAX : now + ttl_ms;
}

static void open_log(struct agent *a, bool background)
{
	char path[LAYOUT_PATH_MAX], old[LAYOUT_PATH_MAX + 8];
	struct stat st;
	int fd;

	if (!background) {
		a->log = stderr;
		return;
	}
	if (*a->config->cache.log)
		snprintf(path, sizeof path, "%s", a->config->cache.log);
	else
		layout_runtime(&a->layout, path, "agent.log");
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > LOG_KEEP_SIZE) {
		snprintf(old, sizeof old, "%s.old", path);
		rename(path, old);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	a->log = fd >= 0 ? fdopen(fd, "a") : NULL;
	if (fd < 0)
		return;
	/* What libraries have to say goes there too. */
	dup2(fd, STDERR_FILENO);
	crash_log_to(fd);
}

static bool somebody_answers(const struct agent *a)
{
	struct client c = {.runtime_dir = a->layout.runtime, .system = a->layout.system};
	int sock = client_connect(&c, true);

	if (sock >= 0)
		close(sock);
	return sock >= 0;
}

/*
 * The runtime folder has one agent. -EWOULDBLOCK if another one answers there; one that is just
 * leaving is waited for, and so is one that was killed, whose socket goes a moment before its lock.
 * The lock is held until the process ends.
 */
static int lock_runtime(struct agent *a)
{
	char path[LAYOUT_PATH_MAX];
	unsigned answers = 0;
	int fd;

	layout_runtime(&a->layout, path, "agent.lock");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	for (unsigned waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += LOCK_LOOK_MS) {
		answers = somebody_answers(a) ? answers + 1 : 0;
		if (answers == ANSWERS_BELIEVED || waited > DRAIN_MS) {
			close(fd);
			return -EWOULDBLOCK;
		}
		sys_sleep_ms(LOCK_LOOK_MS);
	}
	return 0;
}

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

/* Whether to leave, once there is nothing to do. */
static bool has_waited(const struct agent *a)
{
	uint64_t idle = boottime_ms() - a->last_request;

	if (parent_is_host())
		return idle >= IDLE_LOOK_MS && parent_waits_in_vain();
	return idle >= a->config->cache.idle_exit;
}

static void on_idle_look(uv_timer_t *timer)
{
	struct agent *a = timer->data;

	if (server_busy(a->server) || objects_count(a))
		a->last_request = boottime_ms();
	validity_tick(a->validity);
	if (!has_waited(a))
		return;
	if (!server_withdraw(a->server))
		return; /* somebody has just come */
	agent_log(a, "idle for %llu s, leaving",
	        (unsigned long long)(boottime_ms() - a->last_request) / 1000);
	uv_stop(a->loop);
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct agent *a = signal->data;

	agent_log(a, "signal %d, leaving", number);
	a->stopping = true;
	uv_stop(a->loop);
}

/* Who may read what, before anybody can ask. */
static int open_gates(struct agent *a)
{
	char err[LAYOUT_ERROR_MAX];
	int closed;

	a->access = access_new(a->config, err);
	closed = a->access ? access_gate(a->access, &a->layout, err) : -EINVAL;
	if (closed < 0) {
		fprintf(stderr, "larder agent: %s\n", err);
		return closed;
	}
	if (closed)
		agent_log(a,
		        "%s keeps no ACLs: what %d profiles have in the cache is opened by way of "
		        "the agent each time",
		        a->layout.location, closed);
	return 0;
}

static int set_up(struct agent *a, bool background)
{
	char err[LAYOUT_ERROR_MAX], path[LAYOUT_PATH_MAX];
	int ret = layout_open(&a->layout, a->config, err);

	if (ret) {
		fprintf(stderr, "larder agent: %s\n", err);
		return ret;
	}
	ret = lock_runtime(a);
	if (ret)
		return ret;
	open_log(a, background);
	if (err[0])
		agent_log(a, "%s", err);
	if (a->layout.system && (ret = open_gates(a)))
		return ret;
	if (!a->layout.xattrs && a->layout.writable)
		agent_log(a, "%s keeps no user xattrs: objects are fetched again after their ttl",
		        a->layout.location);
	layout_runtime(&a->layout, path, "validity");
	ret = validity_open(&a->validity, path, a->layout.runtime_mode);
	if (ret)
		return ret;
	a->transfers = transfers_new(a->loop, (unsigned)a->config->cache.max_connections,
	        a->config->cache.stall_timeout, a->config->cache.min_rate);
	a->tallies = counters_new(a);
	ret = a->transfers && a->tallies ? tier_start(a) : -ENOMEM;
	if (!ret)
		ret = tier_open_local(a);
	if (!ret)
		a->server = server_new(a, &ret);
	if (a->local)
		a->local->server = a->server;
	return ret;
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
static bool is_busy(const struct agent *a)
{
	return commit_busy(a->commit) || objects_count(a) ||
	       (a->local && commit_busy(a->local->commit));
}

/* What it leaves behind for others and for later. */
static bool is_noting(const struct agent *a)
{
	return counters_busy(a->tallies) || space_busy(a->space) ||
	       (a->local && space_busy(a->local->space));
}

/* What is sealed still gets its name; what is half done is given up. */
static void shut_down(struct agent *a)
{
	uv_timer_t deadline;

	server_free(a->server);
	a->server = NULL;
	objects_free(a);
	uv_timer_init(a->loop, &deadline);
	uv_timer_start(&deadline, on_drain_timeout, DRAIN_MS, 0);
	while (uv_now(a->loop) && is_busy(a) && uv_is_active((uv_handle_t *)&deadline))
		uv_run(a->loop, UV_RUN_ONCE);
	counters_close(a->tallies);
	space_leave(a->space);
	if (a->local)
		space_leave(a->local->space);
	while (is_noting(a) && uv_is_active((uv_handle_t *)&deadline))
		uv_run(a->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&deadline, NULL);
	leave_if_busy(is_busy(a) || is_noting(a) || a->lists || a->inquiries);
	tier_stop(a);
	if (a->local)
		tier_stop(a->local);
	counters_free(a->tallies);
	transfers_free(a->transfers);
	for (int i = 0; i < CLOSE_ROUNDS && uv_loop_alive(a->loop); i++)
		uv_run(a->loop, UV_RUN_NOWAIT);
	leave_if_busy(uv_loop_alive(a->loop));
	remotes_free(a);
	known_free(a);
	validity_close(a->validity);
	access_free(a->access);
	tier_close(a);
	tier_close_local(a);
}

static void start_handle(struct agent *a, uv_signal_t *s, int number)
{
	uv_signal_init(a->loop, s);
	s->data = a;
	uv_signal_start(s, on_signal, number);
	uv_unref((uv_handle_t *)s);
}

int agent_run(const struct config *c, bool background)
{
	struct agent a = {.config = c,
	        .loop = uv_default_loop(),
	        .last_request = boottime_ms(),
	        .started = boottime_ms()};
	char err[TRUST_ERROR_MAX];
	uv_signal_t term, interrupt;
	uv_timer_t idle;
	int ret;

	if (trust_path(c->file, false, err)) {
		fprintf(stderr, "larder agent: %s\n", err);
		return 1;
	}
	umask(share_umask(c));
	signal(SIGPIPE, SIG_IGN);
	raise_limits();
	curl_global_init(CURL_GLOBAL_DEFAULT);
	ret = set_up(&a, background);
	if (ret == -EWOULDBLOCK) {
		fprintf(stderr, "larder agent: another agent serves %s\n", c->runtime_dir);
		return 0;
	}
	if (ret) {
		fprintf(stderr, "larder agent: cannot start: %s\n", strerror(-ret));
		agent_log(&a, "cannot start: %s", strerror(-ret));
		return 1;
	}
	start_handle(&a, &term, SIGTERM);
	start_handle(&a, &interrupt, SIGINT);
	uv_timer_init(a.loop, &idle);
	idle.data = &a;
	uv_timer_start(&idle, on_idle_look, IDLE_LOOK_MS, IDLE_LOOK_MS);
	agent_log(
	        &a, "larder " LARDER_VERSION " agent %d for %s", (int)getpid(), c->cache.location);
	uv_run(a.loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&idle, NULL);
	shut_down(&a);
	return 0;
}
