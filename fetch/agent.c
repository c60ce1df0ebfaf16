#include "fetch/agent.h"
#include "cache/access.h"
#include "cache/read/sys.h"
#include "fetch/client/client.h"
#include "fetch/config_kept.h"
#include "fetch/crash.h"
#include "fetch/prefetch.h"
#include "fetch/server.h"
#include "fetch/tier.h"
#include "fetch/transfer.h"
#include "fetch/valid.h"
#include "fetch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_KEEP_SIZE    (4 << 20) /* bytes; a larger log is put aside */
#define MESSAGE_MAX      900
#define LOCK_WAIT_MS     10000 /* for an agent that leaves */
#define LOCK_LOOK_MS     10
#define ANSWERS_BELIEVED 3 /* looks at which another agent must answer */

/* Of the process: its path, "" if it is stderr, and bytes in it. */
static struct {
	char path[LAYOUT_PATH_MAX];
	uint64_t size;
} log_file;

/* Whether it was too large, and has another name now. */
static bool put_log_aside(const char *path)
{
	char old[LAYOUT_PATH_MAX + 8];
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= LOG_KEEP_SIZE)
		return false;
	snprintf(old, sizeof old, "%s.old", path);
	return rename(path, old) == 0;
}

static int open_log_file(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* It often lies in memory, which a program that tries again for ever would fill. */
static void renew_log(struct agent *a)
{
	int fd = put_log_aside(log_file.path) ? open_log_file(log_file.path) : -1;

	log_file.size = 0;
	if (fd < 0)
		return;
	dup3(fd, fileno(a->log), O_CLOEXEC);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void log_line(struct agent *a, const char *text)
{
	struct timespec now;
	struct tm tm;
	char stamp[32];
	int n;

	if (!a->log)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
	n = fprintf(a->log, "%s.%03ldZ %s\n", stamp, now.tv_nsec / 1000000, text);
	fflush(a->log);
	log_file.size += n > 0 ? (uint64_t)n : 0;
	if (*log_file.path && log_file.size > LOG_KEEP_SIZE)
		renew_log(a);
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

void agent_tell_all(struct agent *a, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	log_line(a, text);
	server_tell_all(a->server, text);
}

uint64_t agent_expiry(uint64_t ttl_ms)
{
	uint64_t now = boottime_ms();

	return ttl_ms > UINT64_MAX - now ? UINT64_MAX : now + ttl_ms;
}

static void open_log(struct agent *a, bool background)
{
	char path[LAYOUT_PATH_MAX];
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
	put_log_aside(path);
	fd = open_log_file(path);
	a->log = fd >= 0 ? fdopen(fd, "a") : NULL;
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		log_file.size = (uint64_t)st.st_size;
	memcpy(log_file.path, path, strlen(path) + 1);
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
 * leaving is waited for (where nobody waits for us), and so is one that was killed, whose socket
 * goes a moment before its lock. The lock is held until the agent ends.
 */
static int lock_runtime(struct agent *a, bool patient)
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
		if (!patient || answers == ANSWERS_BELIEVED || waited > LOCK_WAIT_MS) {
			close(fd);
			return -EWOULDBLOCK;
		}
		sys_sleep_ms(LOCK_LOOK_MS);
	}
	a->lock_fd = fd;
	return 0;
}

/* Who may read what, before anybody can ask. */
static int open_gates(struct agent *a, char err[static LAYOUT_ERROR_MAX])
{
	int closed;

	a->access = access_new(a->config, err);
	closed = a->access ? access_gate(a->access, &a->layout, err) : -EINVAL;
	if (closed > 0)
		agent_log(a,
		        "%s keeps no ACLs: what %d profiles have in the cache is opened by way of "
		        "the agent each time",
		        a->layout.location, closed);
	return closed < 0 ? closed : 0;
}

/* What works on the caches. */
static int open_parts(struct agent *a)
{
	int ret = valid_open(a);

	if (ret)
		return ret;
	a->transfers = transfers_new(a->loop, (unsigned)a->config->cache.max_connections,
	        a->config->cache.stall_timeout, a->config->cache.min_rate);
	if (a->transfers)
		transfers_limit(a->transfers, a->config->cache.bandwidth);
	a->prefetch = prefetch_new(a);
	ret = a->transfers && a->prefetch ? tier_start(a) : -ENOMEM;
	if (!ret)
		ret = watch_start(a);
	return ret ? ret : tier_open_local(a);
}

/* From here on it can be asked. What an earlier agent has in the same runtime folder becomes this
 * one's. */
static int open_server(struct agent *a, struct agent *earlier)
{
	int ret = 0;

	if (earlier) {
		a->lock_fd = earlier->lock_fd;
		earlier->lock_fd = -1;
		a->tallies = earlier->tallies;
		a->server = earlier->server;
		counters_hand_over(a->tallies, a);
		server_hand_over(a->server, a);
		return 0;
	}
	a->tallies = counters_new(a);
	if (a->tallies)
		a->server = server_new(a, &ret);
	return a->tallies ? ret : -ENOMEM;
}

/* For programs that go on with it after larder.ini has changed, when this agent has left. */
static void keep_config(struct agent *a)
{
	int err = config_keep_text(a->config);

	if (err)
		agent_log(a, "%s: the configuration could not be kept there: %s", a->layout.runtime,
		        strerror(-err));
}

int agent_open(
        struct agent *a, struct agent *earlier, bool background, char err[static LAYOUT_ERROR_MAX])
{
	bool same = earlier && strcmp(earlier->config->runtime_dir, a->config->runtime_dir) == 0;
	int ret = watch_open(a, err);

	if (ret && !err[0])
		snprintf(err, LAYOUT_ERROR_MAX, "%s: %s", a->config->runtime_dir, strerror(-ret));
	if (ret)
		return ret;
	ret = same ? 0 : lock_runtime(a, !earlier);
	if (ret == -EWOULDBLOCK)
		return ret;
	if (same)
		a->log = earlier->log;
	else if (!ret)
		open_log(a, background);
	if (!ret && !same)
		keep_config(a);
	if (err[0])
		agent_log(a, "%s", err);
	if (!a->layout.xattrs && a->layout.writable)
		agent_log(a, "%s keeps no user xattrs: what is recorded with objects lies in meta/",
		        a->layout.location);
	if (!ret && a->layout.system && (ret = open_gates(a, err)))
		return ret;
	if (!ret)
		ret = open_parts(a);
	if (!ret)
		ret = open_server(a, same ? earlier : NULL);
	if (a->local) {
		a->local->server = a->server;
		a->local->tallies = a->tallies;
	}
	if (a->nowhere) {
		a->nowhere->server = a->server;
		a->nowhere->tallies = a->tallies;
	}
	if (ret)
		snprintf(err, LAYOUT_ERROR_MAX, "%s: %s", a->config->runtime_dir, strerror(-ret));
	return ret;
}
