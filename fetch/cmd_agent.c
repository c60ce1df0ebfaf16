#include "fetch/agent.h"
#include "fetch/cmd.h"
#include "fetch/cmd_agents.h"
#include "fetch/config_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STOP_TIMEOUT_MS 15000 /* the agent gives its disk 10 s */
#define STOP_PAUSE_MS   20

enum { OPT_STOP = 256, OPT_STATUS, OPT_ALL, OPT_RUNTIME_DIR };

static const struct option options[] = {
        {"stop", no_argument, NULL, OPT_STOP},
        {"status", no_argument, NULL, OPT_STATUS},
        {"all", no_argument, NULL, OPT_ALL},
        {"runtime-dir", required_argument, NULL, OPT_RUNTIME_DIR},
        {"help", no_argument, NULL, 'h'},
        {0},
};

/* The process, as a descriptor to wait for its end; -errno where the kernel has none. */
static int process_of(const struct agent_found *a)
{
	return a->pid ? (int)syscall(SYS_pidfd_open, (pid_t)a->pid, 0) : -ESRCH;
}

static bool is_gone(const struct agent_found *a)
{
	struct client client = {.runtime_dir = a->runtime_dir, .system = a->system};
	int sock = client_connect(&client, false);

	if (sock >= 0)
		close(sock);
	return sock == -ENOENT || sock == -ECONNREFUSED || sock == -ENOTDIR;
}

/* The socket goes first, and the process once what it has downloaded is in place: a new agent can
 * start only then. */
static int wait_until_gone(const struct agent_found *a, int process)
{
	struct timespec pause = {.tv_nsec = STOP_PAUSE_MS * 1000000L};
	uint64_t deadline = cmd_now_ms() + STOP_TIMEOUT_MS;
	struct pollfd end = {.fd = process, .events = POLLIN};

	if (process >= 0)
		return poll(&end, 1, STOP_TIMEOUT_MS) == 1 ? 0 : -ETIMEDOUT;
	while (cmd_now_ms() < deadline) {
		if (is_gone(a))
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

static int stop(const struct agent_found *a)
{
	char text[WIRE_TEXT_MAX + 1];
	int process = process_of(a), err = agents_ask(a, WIRE_STOP, text);

	/* An agent that is on its way out closes without an answer, or is no more. */
	if (err == -EPIPE || err == -ECONNRESET || err == -ENOENT || err == -ECONNREFUSED)
		err = 0;
	if (err) {
		cmd_error("%s: cannot be asked to stop (%s); kill the process", a->runtime_dir,
		        strerror(-err));
	} else if ((err = wait_until_gone(a, process))) {
		cmd_error("%s: still there after %d s; it may be writing to a slow disk, see "
		          "agent.log there",
		        a->runtime_dir, STOP_TIMEOUT_MS / 1000);
	}
	if (process >= 0)
		close(process);
	return err ? CMD_FAILED : CMD_OK;
}

/* "pid=1 opens=2" becomes a line for each counter. */
static int status(const struct agent_found *a)
{
	char text[WIRE_TEXT_MAX + 1], *rest = text, *word;
	int err = agents_ask(a, WIRE_STATUS, text);

	if (err) {
		cmd_error("%s: does not answer (%s); see agent.log there", a->runtime_dir,
		        strerror(-err));
		return CMD_FAILED;
	}
	printf("%-14s %s\n", "runtime_dir", a->runtime_dir);
	printf("%-14s %s\n", "config_file", a->config_file);
	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value = 0;
		printf("%-14s %s\n", word, value + 1);
	}
	return CMD_OK;
}

/* Those of this configuration and of earlier ones. */
static int each(const struct config *c, bool all, int (*act)(const struct agent_found *a))
{
	struct agent_found *found;
	size_t n = agents_find(c, all, &found);
	int ret = CMD_OK;

	if (!n)
		printf("no agent is running for %s\n", c->runtime_dir);
	for (size_t i = 0; i < n; i++) {
		if (i && act == status)
			putchar('\n');
		ret |= act(&found[i]);
	}
	free(found);
	return ret;
}

/* Tells the clients that wait for us in `dir` that no agent will come. */
static void give_up(const char *dir)
{
	char path[CONFIG_PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/" CLIENT_FAIL_FILE, dir), fd;

	if (n < 0 || n >= (int)sizeof path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return;
	futimens(fd, NULL);
	close(fd);
}

/* Nobody sees our stderr; what is said there before the log is open is kept for `larder doctor` and
 * whoever waited in vain. */
static void keep_stderr(const char *dir)
{
	char path[CONFIG_PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/" CMD_AGENT_STDERR, dir), fd;

	if (n < 0 || n >= (int)sizeof path)
		return;
	fd = open(path,
	        O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	        0600);
	if (fd < 0)
		return;
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static int background(const struct config *c, const char *dir)
{
	const struct config *kept = strcmp(dir, c->runtime_dir) != 0 ? config_kept(dir, c) : NULL;
	int ret = CMD_FAILED;

	keep_stderr(dir);
	if (kept)
		ret = agent_run(kept, true);
	else if (c->error[0])
		cmd_error("%s", c->error);
	else if (strcmp(dir, c->runtime_dir) != 0)
		cmd_error("%s: is not of this configuration, whose agent is in %s; use the same "
		          "environment",
		        dir, c->runtime_dir);
	else
		ret = agent_run(c, true);
	if (ret)
		give_up(dir);
	return ret ? CMD_FAILED : CMD_OK;
}

int cmd_agent(int argc, char **argv)
{
	const char *runtime_dir = NULL;
	const struct config *c;
	bool all = false;
	int opt, action = 0;

	/* They are for the programs that have them, and the agent serves others too. */
	unsetenv("LARDER_OFFLINE");
	unsetenv("LARDER_RECORD");
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h')
			return cmd_help();
		if (opt == OPT_RUNTIME_DIR)
			runtime_dir = optarg;
		else if (opt == OPT_ALL)
			all = true;
		else if (opt == '?' || action)
			return cmd_usage();
		else
			action = opt;
	}
	if (optind < argc || (runtime_dir && action) || (all && !action))
		return cmd_usage();
	if (runtime_dir)
		return background(cmd_config_try(), runtime_dir);
	c = cmd_config_load();
	if (!c)
		return CMD_FAILED;
	if (action == OPT_STOP)
		return each(c, all, stop);
	if (action == OPT_STATUS)
		return each(c, all, status);
	return agent_run(c, false) ? CMD_FAILED : CMD_OK;
}
