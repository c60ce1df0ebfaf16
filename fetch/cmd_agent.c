#include "fetch/agent.h"
#include "fetch/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STOP_TIMEOUT_MS 15000 /* the agent gives its disk 10 s */
#define STOP_PAUSE_MS   20

enum { OPT_STOP = 256, OPT_STATUS, OPT_RUNTIME_DIR };

static const struct option options[] = {
        {"stop", no_argument, NULL, OPT_STOP},
        {"status", no_argument, NULL, OPT_STATUS},
        {"runtime-dir", required_argument, NULL, OPT_RUNTIME_DIR},
        {"help", no_argument, NULL, 'h'},
        {0},
};

static bool is_absent(int err)
{
	return err == -ENOENT || err == -ECONNREFUSED || err == -ENOTDIR;
}

/* One question on a connection, which is closed. */
static int ask(
        const struct client *client, int sock, enum wire_op op, char text[static WIRE_TEXT_MAX + 1])
{
	struct wire_reply reply;
	int err = client_send(client, sock, op, "", 0);

	if (!err)
		err = client_receive(sock, &reply, NULL, text);
	close(sock);
	return err ? err : reply.error;
}

/* A system agent's socket is systemd's, so it says itself who it is. */
static pid_t pid_of_system(const struct client *client)
{
	char text[WIRE_TEXT_MAX + 1];
	int sock = client_connect(client, false);

	if (sock < 0 || ask(client, sock, WIRE_STATUS, text) != 0 || strncmp(text, "pid=", 4) != 0)
		return 0;
	return (pid_t)strtol(text + 4, NULL, 10);
}

/* The process that listens, as a descriptor to wait for its end; -errno where the kernel has none.
 */
static int process_of(const struct client *client, int sock)
{
	struct ucred cred = {0};
	socklen_t len = sizeof cred;

	if (client->system)
		cred.pid = pid_of_system(client);
	else if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return -errno;
	return cred.pid > 0 ? (int)syscall(SYS_pidfd_open, cred.pid, 0) : -ESRCH;
}

/* The socket goes first, and the process once what it has downloaded is in place: a new agent can
 * start only then. */
static int wait_until_gone(const struct client *client, int process)
{
	struct timespec pause = {.tv_nsec = STOP_PAUSE_MS * 1000000L};
	uint64_t deadline = cmd_now_ms() + STOP_TIMEOUT_MS;
	struct pollfd end = {.fd = process, .events = POLLIN};

	if (process >= 0)
		return poll(&end, 1, STOP_TIMEOUT_MS) == 1 ? 0 : -ETIMEDOUT;
	while (cmd_now_ms() < deadline) {
		int sock = client_connect(client, false);

		if (is_absent(sock))
			return 0;
		if (sock >= 0)
			close(sock);
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

static int say_none(const struct config *c)
{
	printf("no agent is running for %s\n", c->runtime_dir);
	return CMD_OK;
}

static int stop(const struct config *c)
{
	char text[WIRE_TEXT_MAX + 1];
	struct client client;
	int sock, process, err;

	cmd_client(&client, c, 0);
	sock = client_connect(&client, false);
	if (is_absent(sock))
		return say_none(c);
	process = sock < 0 ? -1 : process_of(&client, sock);
	err = sock < 0 ? sock : ask(&client, sock, WIRE_STOP, text);
	/* An agent that is on its way out closes without an answer. */
	if (err == -EPIPE || err == -ECONNRESET)
		err = 0;
	if (err) {
		cmd_error("%s: cannot be asked to stop (%s); kill the process", c->runtime_dir,
		        strerror(-err));
	} else if ((err = wait_until_gone(&client, process))) {
		cmd_error("%s: still there after %d s; it may be writing to a slow disk, see "
		          "agent.log there",
		        c->runtime_dir, STOP_TIMEOUT_MS / 1000);
	}
	if (process >= 0)
		close(process);
	return err ? CMD_FAILED : CMD_OK;
}

/* "pid=1 opens=2" becomes a line for each counter. */
static int status(const struct config *c)
{
	char text[WIRE_TEXT_MAX + 1], *rest = text, *word;
	struct client client;
	int sock, err;

	cmd_client(&client, c, 0);
	sock = client_connect(&client, false);
	if (is_absent(sock))
		return say_none(c);
	err = sock < 0 ? sock : ask(&client, sock, WIRE_STATUS, text);
	if (err) {
		cmd_error("%s: does not answer (%s); see agent.log there", c->runtime_dir,
		        strerror(-err));
		return CMD_FAILED;
	}
	printf("%-14s %s\n", "runtime_dir", c->runtime_dir);
	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value = 0;
		printf("%-14s %s\n", word, value + 1);
	}
	return CMD_OK;
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
	int ret = CMD_FAILED;

	keep_stderr(dir);
	if (c->error[0])
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
	int opt, action = 0;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h')
			return cmd_help();
		if (opt == OPT_RUNTIME_DIR)
			runtime_dir = optarg;
		else if (opt == '?' || action)
			return cmd_usage();
		else
			action = opt;
	}
	if (optind < argc || (runtime_dir && action))
		return cmd_usage();
	if (runtime_dir)
		return background(cmd_config_try(), runtime_dir);
	c = cmd_config_load();
	if (!c)
		return CMD_FAILED;
	if (action == OPT_STOP)
		return stop(c);
	if (action == OPT_STATUS)
		return status(c);
	return agent_run(c, false) ? CMD_FAILED : CMD_OK;
}
