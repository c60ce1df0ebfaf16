#include "fetch/cmd.h"
#include "fetch/cmd_child.h"
#include "fetch/cmd_program.h"
#include "fetch/cmd_recording.h"
#include "fetch/cmd_replay.h"
#include "fetch/cmd_target.h"
#include "fetch/cmd_progress.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRAW_MS      200
#define MESSAGES_MAX 100 /* that are printed; the agent's log has all */

enum { OPT_NO_PROGRESS = 256, OPT_RECORD, OPT_REPLAY };

static const struct option options[] = {
        {"no-progress", no_argument, NULL, OPT_NO_PROGRESS},
        {"record", required_argument, NULL, OPT_RECORD},
        {"replay", required_argument, NULL, OPT_REPLAY},
        {"help", no_argument, NULL, 'h'},
        {0},
};

struct run {
	const struct config *config;
	struct client client;
	struct child child;
	struct progress progress;
	struct recording recording;
	int events; /* our subscription; -1 if there is none */
	unsigned messages;
	char last[WIRE_TEXT_MAX + 1];
};

/* Whether the disk has no such program, but a prefix may. */
static bool is_virtual(const struct config *c, const char *name)
{
	static struct target target;
	char path[PROGRAM_PATH_MAX], why[TARGET_ERROR_MAX];

	return program_find(name, path) && strchr(name, '/') &&
	       target_resolve(c, name, &target, why) == 0;
}

/* This process is not under the preload; a shell that is can start what is virtual, and becomes it.
 */
static char **by_shell(int argc, char **argv)
{
	static char *const shell[] = {"/bin/sh", "-c", "exec \"$0\" \"$@\""};
	char **all = calloc((size_t)argc + 4, sizeof *all);

	if (all) {
		memcpy(all, shell, sizeof shell);
		memcpy(all + 3, argv, (size_t)argc * sizeof *argv);
	}
	return all;
}

/* What the program will not notice by itself; its exit status stays what it is. */
static int check_program(const char *name)
{
	struct program p;
	const char *text;
	int err = program_inspect(name, &p);

	if (err == -ENOENT || err == -ENOTDIR) {
		cmd_error("%s: not found; check the name and PATH", name);
		return CMD_NOT_FOUND;
	}
	if (err) {
		cmd_error(
		        "%s: cannot be run (%s); is it an executable file?", name, strerror(-err));
		return CMD_NOT_RUNNABLE;
	}
	text = program_obstacle_text(p.obstacle);
	if (text)
		cmd_error("warning: %s %s: it sees no virtual files; copy them first, as in "
		          "'larder run -- cp'",
		        p.interpreter[0] ? p.interpreter : p.path, text);
	return CMD_OK;
}

static int check_shim(char path[static PROGRAM_PATH_MAX])
{
	int err = program_find_shim(path);

	if (err == -ENOENT)
		cmd_error("%s: not found; install liblarder.so beside larder, or name it by "
		          "LARDER_SHIM",
		        path);
	else if (err)
		cmd_error("%s: LD_PRELOAD cannot hold a name with ':' or ' '; install larder "
		          "elsewhere",
		        path);
	return err ? CMD_RUN_FAILED : CMD_OK;
}

/* Whether a list with ':' or ' ' between has that word. */
static bool has_word(const char *list, const char *word)
{
	while (*list) {
		size_t n = strcspn(list, ": ");

		if (n == strlen(word) && memcmp(list, word, n) == 0)
			return true;
		list += n + (list[n] != 0);
	}
	return false;
}

static int set_environment(const char *shim, uint64_t run)
{
	const char *old = getenv("LD_PRELOAD");
	char id[2 * sizeof run + 1], *all = NULL;
	int err = 0;

	snprintf(id, sizeof id, "%016" PRIx64, run);
	if (setenv("LARDER_RUN", id, 1) != 0)
		return -errno;
	if (old && has_word(old, shim))
		return 0;
	if (asprintf(&all, "%s%s%s", shim, old && *old ? ":" : "", old ? old : "") < 0)
		return -ENOMEM;
	if (setenv("LD_PRELOAD", all, 1) != 0)
		err = -errno;
	free(all);
	return err;
}

/* Has an agent running and listens to what it says of this run. Without it the program still runs.
 */
static void subscribe(struct run *r)
{
	int sock = client_connect(&r->client, false), err;

	if (sock == -ENOENT || sock == -ECONNREFUSED || sock == -ENOTDIR)
		sock = client_start_agent(&r->client);
	err = sock < 0 ? sock : client_send(&r->client, sock, WIRE_SUBSCRIBE, "", 0);
	r->events = sock;
	if (!err && fcntl(sock, F_SETFL, O_NONBLOCK) != 0)
		err = -errno;
	if (!err)
		return;
	cmd_error("warning: no agent could be started (%s): only what the cache holds can be read; "
	          "'larder doctor' says why",
	        cmd_why_no_agent(r->config, err));
	if (sock >= 0)
		close(sock);
	r->events = -1;
}

static void tell(void *arg, const char *text)
{
	struct run *r = arg;
	char more[CONFIG_PATH_MAX + 64];

	if (strcmp(text, r->last) == 0 || r->messages > MESSAGES_MAX)
		return;
	snprintf(r->last, sizeof r->last, "%s", text);
	progress_erase(&r->progress);
	snprintf(more, sizeof more, "more than %d messages; the rest is in %s/agent.log",
	        MESSAGES_MAX, r->config->runtime_dir);
	cmd_print_line(stderr, "larder: ", r->messages++ == MESSAGES_MAX ? more : text);
}

/* An agent that has gone is not looked for: the program's next miss starts one. */
static void take_events(struct run *r)
{
	progress_take(&r->progress, &r->events, tell, r);
}

static void watch(struct run *r)
{
	enum child_state state = CHILD_RUNNING;

	while (state != CHILD_ENDED) {
		struct pollfd fds[2] = {{.fd = r->child.signals, .events = POLLIN},
		        {.fd = r->events, .events = POLLIN}};
		bool busy = r->progress.drawn || progress_sum(&r->progress, cmd_now_ms()).fills;

		poll(fds, 2, busy ? DRAW_MS : r->recording.file ? RECORDING_MS : -1);
		take_events(r);
		recording_take(&r->recording);
		progress_draw(&r->progress, cmd_now_ms());
		state = child_take(&r->child);
		if (state == CHILD_STOPPED) {
			progress_erase(&r->progress);
			child_stop_too(&r->child);
		}
	}
	/* An agent tells of a failure before it answers, so what concerns the child is here by now.
	 */
	take_events(r);
	progress_erase(&r->progress);
}

static int run_program(struct run *r, const char *shim, char **argv)
{
	int err;

	cmd_client(&r->client, r->config, cmd_run_id());
	subscribe(r);
	r->child.status = CMD_RUN_FAILED;
	err = set_environment(shim, r->client.run);
	if (!err)
		err = child_start(&r->child, argv);
	if (err) {
		cmd_error("%s: cannot be run: %s", argv[0], strerror(-err));
		recording_drop(&r->recording);
		return r->child.status;
	}
	watch(r);
	recording_end(&r->recording, r->child.status);
	return child_end(&r->child);
}

int cmd_run(int argc, char **argv)
{
	static struct run run;
	char shim[PROGRAM_PATH_MAX];
	const char *record = NULL, *replay = NULL;
	struct record replayed = {0};
	char **command;
	bool bar = progress_terminal();
	int opt, err;

	while ((opt = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (opt == 'h')
			return cmd_help();
		if (opt == OPT_RECORD)
			record = optarg;
		else if (opt == OPT_REPLAY)
			replay = optarg;
		else if (opt == OPT_NO_PROGRESS)
			bar = false;
		else
			return cmd_usage();
	}
	if (optind == argc)
		return cmd_usage();
	if (replay && cmd_replay("--replay", replay, &replayed) != 0)
		return CMD_RUN_FAILED;
	run.config = cmd_config_load();
	err = run.config ? (int)cmd_replay_check(run.config, &replayed) : -EINVAL;
	record_release(&replayed);
	if (err)
		return CMD_RUN_FAILED;
	argv += optind;
	command = argv;
	err = check_shim(shim);
	if (!err && is_virtual(run.config, *argv))
		argv = by_shell(argc - optind, argv);
	else if (!err)
		err = check_program(*argv);
	if (err || !argv)
		return err ? err : CMD_RUN_FAILED;
	if (record && recording_begin(&run.recording, record, command) != 0)
		return CMD_RUN_FAILED;
	progress_init(&run.progress, bar);
	return run_program(&run, shim, argv);
}
