/*
 * Starting the agent from a stranger's process.
 *
 *	host ── clone(VM|VFORK) ── helper ── clone(VM|VFORK) ── agent
 *	            waited for, no signal         exec
 *
 * Nothing is copied, however large the host is: both children run on its memory until the exec. The
 *helper ends with exit signal 0, so that the host's SIGCHLD handler and its wait() never learn of
 *it; its child, the agent, is then nobody's and falls to the reaper of the session. (Where the host
 *itself is that reaper, the agent stays for as long as the host lives.)
 *
 * The children share our memory, so they call nothing but the kernel and write nothing but `struct
 *spawn`.
 */
#include "fetch/client/client.h"
#include "cache/read/sys.h"
#include "fetch/client/child.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>

#define CHILD_STACK (32 << 10)
#define ENV_MAX     65536 /* variables that an agent can be given */
#define LOCK_FILE   "/start.lock"
#define FAIL_FILE   "/" CLIENT_FAIL_FILE
#define PATH_SPACE  256

struct spawn {
	const char *agent;
	char *const *argv;
	char **env;
	char *stack; /* of both children, one half each */
	int error;
	int pid; /* of the agent */
};

static void reset_signals(void)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} dfl = {0};
	uint64_t none = 0;

	for (int sig = 1; sig <= 64; sig++)
		sys_call(SYS_rt_sigaction, sig, (long)&dfl, 0, KERNEL_NSIG_BYTES, 0, 0);
	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, KERNEL_NSIG_BYTES, 0, 0);
}

/* Becomes the agent: nothing of the host's stays, least of all the write end of a pipe that
 * somebody reads to its end. */
static int become_agent(void *arg)
{
	struct spawn *s = arg;
	int null;

	sys_call(SYS_setsid, 0, 0, 0, 0, 0, 0);
	sys_call(SYS_chdir, (long)"/", 0, 0, 0, 0, 0);
	null = sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
	for (int fd = 0; fd <= 2 && null >= 0; fd++) {
		if (null != fd)
			sys_call(SYS_dup3, null, fd, 0, 0, 0, 0);
	}
	if (sys_call(SYS_close_range, null >= 0 ? 3 : 0, ~0U, 0, 0, 0, 0) < 0) {
		for (int fd = 3; fd < 65536; fd++) /* before Linux 5.9 */
			sys_close(fd);
	}
	reset_signals();
	s->error = (int)sys_call(SYS_execve, (long)s->agent, (long)s->argv, (long)s->env, 0, 0, 0);
	sys_call(SYS_exit, 127, 0, 0, 0, 0, 0);
	return 0;
}

static int helper(void *arg)
{
	struct spawn *s = arg;

	/* A new signal table, so that resetting it for the agent does not touch the host's. */
	s->pid = clone(
	        become_agent, s->stack + CHILD_STACK / 2, CLONE_VM | CLONE_VFORK | SIGCHLD, s);
	if (s->pid < 0)
		s->error = -EAGAIN;
	sys_call(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

static bool is_loader_variable(const char *entry)
{
	return strncmp(entry, "LD_PRELOAD=", 11) == 0 ||
	       strncmp(entry, "LD_LIBRARY_PATH=", 16) == 0 || strncmp(entry, "LD_AUDIT=", 9) == 0;
}

/* Fills `out` with the environment less what would load the shim, or another's libraries, into the
 * agent. */
static int copy_env(char *const *env, char **out, size_t room)
{
	size_t n = 0;

	for (; env && *env; env++) {
		if (n + 1 >= room)
			return -E2BIG;
		if (!is_loader_variable(*env))
			out[n++] = *env;
	}
	out[n] = NULL;
	return 0;
}

/* The agent's process number or -errno. */
static int spawn_agent(const struct client *c)
{
	char *argv[] = {"larder", "agent", "--runtime-dir", (char *)c->runtime_dir, NULL};
	size_t n = 0, space;
	struct spawn s = {.agent = c->agent, .argv = argv};
	char *memory;

	while (c->env && c->env[n] && n < ENV_MAX)
		n++;
	space = CHILD_STACK + (n + 1) * sizeof(char *);
	memory = sys_mmap(space, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	s.stack = memory;
	s.env = (char **)(memory + CHILD_STACK);
	s.error = copy_env(c->env, s.env, n + 1);
	if (s.error)
		goto out;
	if (child_run(helper, &s, memory + CHILD_STACK))
		s.error = -EAGAIN;
out:
	sys_munmap(memory, space);
	return s.error ? s.error : s.pid;
}

/* Makes <base> and <base>/<hash>, private to the user; <base> may stand in /tmp, where others could
 * have planted it. */
static int make_runtime_dir(const char *dir)
{
	char path[PATH_SPACE];
	size_t len = strlen(dir);
	struct stat st;

	if (len + sizeof LOCK_FILE > sizeof path)
		return -ENAMETOOLONG;
	for (int level = 0; level < 2; level++) {
		int err;

		memcpy(path, dir, len + 1);
		if (level == 0)
			*strrchr(path, '/') = 0;
		err = sys_mkdir(path, 0700);
		if (err && err != -EEXIST)
			return err;
		err = sys_fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW);
		if (err)
			return err;
		if (!S_ISDIR(st.st_mode) || st.st_uid != sys_getuid() || (st.st_mode & 022))
			return -EACCES;
	}
	return 0;
}

static void join(char out[static PATH_SPACE], const char *dir, const char *name)
{
	size_t n = strlen(dir);

	memcpy(out, dir, n);
	memcpy(out + n, name, strlen(name) + 1);
}

static bool failed_lately(const char *path)
{
	struct stat st;
	struct timespec now;

	if (sys_fstatat(AT_FDCWD, path, &st, 0))
		return false;
	sys_call(SYS_clock_gettime, CLOCK_REALTIME, (long)&now, 0, 0, 0, 0);
	return now.tv_sec >= st.st_mtim.tv_sec &&
	       now.tv_sec - st.st_mtim.tv_sec < CLIENT_START_PAUSE_MS / 1000;
}

/* Waits so many milliseconds, or until the process ends whose descriptor it is (-1: none). Whether
 * it has ended. */
static bool wait_for_end(int process, unsigned ms)
{
	struct pollfd end = {.fd = process, .events = POLLIN};
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	return sys_call(SYS_ppoll, (long)&end, 1, (long)&t, 0, 0, 0) > 0;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	sys_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&t, 0, 0, 0, 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/*
 * Polls, with growing pauses, for an agent that somebody starts. `process` is the agent's, -ESRCH
 * if it has ended already, or anything else negative if it is not known. By the clock, for signals
 * shorten the pauses.
 */
static int wait_for_agent(const struct client *c, const char *fail_path, int process)
{
	uint64_t deadline = now_ms() + CLIENT_START_TIMEOUT_MS;
	bool ended = false;

	for (unsigned pause = 1; now_ms() < deadline; pause = pause < 50 ? pause * 2 : 50) {
		int sock = client_connect(c, false);

		if (sock != -ENOENT && sock != -ECONNREFUSED)
			return sock;
		if (ended || failed_lately(fail_path))
			return -ECONNREFUSED;
		ended = process == -ESRCH || wait_for_end(process, pause);
	}
	return -ETIMEDOUT;
}

/* Starts an agent and waits for it: it can be asked, ends or takes too long. */
static int start_and_wait(const struct client *c, const char *fail_path)
{
	int pid = spawn_agent(c), process, sock;

	if (pid < 0)
		return pid;
	/* Where the kernel has no such descriptors, an agent that ends is waited for in vain. */
	process = (int)sys_call(SYS_pidfd_open, pid, 0, 0, 0, 0, 0);
	sock = wait_for_agent(c, fail_path, process);
	if (process >= 0)
		sys_close(process);
	return sock;
}

static int start_locked(const struct client *c, const char *fail_path)
{
	/* Somebody may have finished starting one since we looked. */
	int sock = client_connect(c, false);

	if (sock == -ENOENT || sock == -ECONNREFUSED)
		sock = start_and_wait(c, fail_path);
	if (sock < 0 && sock != -EMFILE && sock != -ENFILE)
		sys_close(sys_openat(
		        AT_FDCWD, fail_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	return sock;
}

int client_start_agent(const struct client *c)
{
	char lock_path[PATH_SPACE], fail_path[PATH_SPACE];
	uint64_t all = ~0ULL, old = 0;
	int lock, sock = -ECONNREFUSED;
	bool locked;
	int err = c->agent ? make_runtime_dir(c->runtime_dir) : -ECONNREFUSED;

	if (err)
		return err;
	join(lock_path, c->runtime_dir, LOCK_FILE);
	join(fail_path, c->runtime_dir, FAIL_FILE);
	if (failed_lately(fail_path))
		return -ECONNREFUSED;
	lock = sys_openat(AT_FDCWD, lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return lock;
	/* No handler of the host may run in a child that shares its memory, nor jump away from the
	 * lock. */
	sys_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)&old, KERNEL_NSIG_BYTES, 0, 0);
	locked = sys_flock(lock, LOCK_EX | LOCK_NB) == 0;
	if (locked) {
		sock = start_locked(c, fail_path);
		/* A child that another thread forked meanwhile has the descriptor too. */
		sys_flock(lock, LOCK_UN);
	}
	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, KERNEL_NSIG_BYTES, 0, 0);
	if (!locked)
		sock = wait_for_agent(c, fail_path, -1);
	sys_close(lock);
	return sock;
}
