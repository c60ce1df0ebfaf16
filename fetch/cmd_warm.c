#include "fetch/cmd_warm.h"
#include "fetch/cmd_progress.h"
#include "fetch/cmd_target.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRAW_MS      200
#define SPEED_PART   0.1 /* weight of the last DRAW_MS in the speed that is shown */
#define ERASE_LINE   "\r\033[K"
#define LINE_SIZE    512
#define SECONDS_HOUR 3600

static const struct option options[] = {
        {"jobs", required_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {0},
};

struct screen {
	struct warm *warm;
	struct progress fills; /* that are under way, from the agent's events */
	int events;            /* -1 if there are none */
	bool bar;
	pthread_mutex_t lock; /* of stderr and `drawn` */
	bool drawn;
	uint64_t begun, last_ms, last_bytes;
	double speed; /* bytes a second, smoothed */
};

static void on_failure(void *arg, const char *url, const char *text)
{
	struct screen *s = arg;

	pthread_mutex_lock(&s->lock);
	if (s->drawn)
		fputs(ERASE_LINE, stderr);
	s->drawn = false;
	cmd_error("%s: %s", url, text);
	pthread_mutex_unlock(&s->lock);
}

static void take_events(struct screen *s)
{
	char text[WIRE_TEXT_MAX + 1];
	struct wire_reply event;
	int err = 0;

	while (s->events >= 0 && !err) {
		err = client_receive(s->events, &event, NULL, text);
		if (!err && event.type == WIRE_PROGRESS)
			progress_note(&s->fills, &event, text, cmd_now_ms());
	}
	if (err && err != -EAGAIN) {
		close(s->events);
		s->events = -1;
	}
}

static void format_left(
        const struct warm_counts *c, uint64_t bytes, double speed, char out[static CMD_TEXT_MAX])
{
	double left = c->bytes > bytes ? (double)(c->bytes - bytes) / speed : 0;
	unsigned long seconds = (unsigned long)left;

	out[0] = 0;
	/* Without a speed, or before everything is listed, it would be a wild guess. */
	if (!c->walked || speed < 1 || left > 1000.0 * SECONDS_HOUR)
		return;
	if (seconds >= SECONDS_HOUR)
		snprintf(out, CMD_TEXT_MAX, ", %lu:%02lu:%02lu left", seconds / SECONDS_HOUR,
		        seconds / 60 % 60, seconds % 60);
	else
		snprintf(out, CMD_TEXT_MAX, ", %lu:%02lu left", seconds / 60, seconds % 60);
}

static void update_speed(struct screen *s, uint64_t bytes, uint64_t now)
{
	double current;

	if (now <= s->last_ms)
		return;
	current = bytes > s->last_bytes
	                  ? (double)(bytes - s->last_bytes) * 1000 / (double)(now - s->last_ms)
	                  : 0;
	s->speed = s->last_bytes ? s->speed + (current - s->speed) * SPEED_PART : current;
	s->last_ms = now;
	s->last_bytes = bytes;
}

/* "1234/5678 objects, 1.2 GiB of 5.6 GiB, 96.0 MiB/s, 0:45 left" */
static void draw(struct screen *s)
{
	char done[CMD_TEXT_MAX], all[CMD_TEXT_MAX], speed[CMD_TEXT_MAX], left[CMD_TEXT_MAX],
	        line[LINE_SIZE];
	uint64_t now = cmd_now_ms(), bytes;
	struct warm_counts c;
	unsigned columns = progress_columns();
	int n;

	warm_counts(s->warm, &c);
	bytes = c.done_bytes + progress_sum(&s->fills, now).done;
	if (bytes > c.bytes)
		bytes = c.bytes;
	update_speed(s, bytes, now);
	format_left(&c, bytes, s->speed, left);
	n = snprintf(line, sizeof line, "%llu/%llu%s objects, %s of %s%s, %s/s%s",
	        (unsigned long long)c.done, (unsigned long long)c.objects, c.walked ? "" : "+",
	        cmd_bytes(bytes, done), cmd_bytes(c.bytes, all), c.walked ? "" : "+",
	        cmd_bytes((uint64_t)s->speed, speed), left);
	if (n >= (int)columns && columns < sizeof line)
		line[columns - 1] = 0;
	pthread_mutex_lock(&s->lock);
	fprintf(stderr, ERASE_LINE "%s", line);
	fflush(stderr);
	s->drawn = true;
	pthread_mutex_unlock(&s->lock);
}

static void watch(struct screen *s)
{
	struct pollfd fds[2] = {{.fd = warm_fd(s->warm), .events = POLLIN}, {.events = POLLIN}};
	uint64_t drawn_at = cmd_now_ms();

	while (!(fds[0].revents & POLLIN)) {
		fds[1].fd = s->events;
		poll(fds, 2, s->bar ? DRAW_MS : -1);
		take_events(s);
		if (s->bar && cmd_now_ms() - drawn_at >= DRAW_MS) {
			drawn_at = cmd_now_ms();
			draw(s);
		}
	}
	if (s->drawn)
		fputs(ERASE_LINE, stderr);
}

static void summarize(const struct warm_counts *c, uint64_t ms)
{
	char all[CMD_TEXT_MAX], fetched[CMD_TEXT_MAX], speed[CMD_TEXT_MAX];
	uint64_t rate = (uint64_t)((double)c->fetched_bytes * 1000 / (double)(ms ? ms : 1));

	printf("%llu objects, %s: %llu fetched (%s at %s/s), %llu were there",
	        (unsigned long long)c->done, cmd_bytes(c->done_bytes, all),
	        (unsigned long long)c->fetched, cmd_bytes(c->fetched_bytes, fetched),
	        cmd_bytes(rate, speed), (unsigned long long)(c->done - c->fetched));
	if (c->bypassed)
		printf(", %llu bypassed", (unsigned long long)c->bypassed);
	printf(", %llu failed, in %llu.%llu s\n", (unsigned long long)c->failed,
	        (unsigned long long)ms / 1000, (unsigned long long)ms / 100 % 10);
}

/* An agent, whether its cache can keep anything, and its events. */
static int prepare(const struct config *c, const struct client *client, struct screen *s)
{
	char text[WIRE_TEXT_MAX + 1];
	struct wire_reply reply;
	int err = client_ask(client, WIRE_STATUS, "", 0, &reply, NULL, text);

	if (err) {
		cmd_error("no agent could be started (%s); 'larder doctor' says why",
		        cmd_why_no_agent(c, err));
		return err;
	}
	if (strstr(text, "writable=0")) {
		cmd_error("%s: the cache cannot be written, so nothing would be kept; 'larder "
		          "doctor' says why",
		        c->cache.location);
		return -EROFS;
	}
	if (!s->bar)
		return 0;
	/* Without events the bar moves by whole objects. */
	s->events = client_connect(client, false);
	if (s->events >= 0 && client_send(client, s->events, WIRE_SUBSCRIBE, "", 0) == 0 &&
	        fcntl(s->events, F_SETFL, O_NONBLOCK) == 0)
		return 0;
	if (s->events >= 0)
		close(s->events);
	s->events = -1;
	return 0;
}

static int add_arguments(
        struct warm *w, const struct config *c, char **args, struct target *targets)
{
	char err[TARGET_ERROR_MAX];
	int failed = 0;

	for (; *args; args++, targets++) {
		if (target_resolve(c, *args, targets, err) == 0) {
			warm_add(w, targets->profile, targets->rel);
			continue;
		}
		cmd_error("%s: %s", *args, err);
		failed++;
	}
	return failed;
}

static int warm(const struct config *c, struct screen *s, unsigned jobs, bool quiet, char **args,
        struct target *targets)
{
	struct warm_counts counts = {0};
	struct client client;
	int failed, err;

	cmd_client(&client, c, cmd_run_id());
	err = prepare(c, &client, s);
	if (err)
		return err;
	s->warm = warm_new(c, &client, on_failure, s);
	if (!s->warm)
		return -ENOMEM;
	failed = add_arguments(s->warm, c, args, targets);
	s->begun = s->last_ms = cmd_now_ms();
	err = warm_start(s->warm, jobs);
	if (err) {
		cmd_error("no thread could be started (%s)", strerror(-err));
	} else {
		watch(s);
		warm_counts(s->warm, &counts);
		counts.failed += (unsigned)failed;
		if (!quiet)
			summarize(&counts, cmd_now_ms() - s->begun);
	}
	warm_end(s->warm);
	return err || counts.failed ? -EIO : 0;
}

int cmd_warm(int argc, char **argv)
{
	static struct screen screen = {.events = -1, .lock = PTHREAD_MUTEX_INITIALIZER};
	unsigned long jobs = WARM_JOBS_DEFAULT;
	const struct config *c;
	bool quiet = false;
	struct target *targets;
	char *end;
	int opt, err;

	while ((opt = getopt_long(argc, argv, "j:qh", options, NULL)) != -1) {
		if (opt == 'h')
			return cmd_help();
		if (opt == 'q') {
			quiet = true;
		} else if (opt != 'j') {
			return cmd_usage();
		} else {
			jobs = strtoul(optarg, &end, 10);
			if (*end || !*optarg || jobs < 1 || jobs > WARM_JOBS_MAX) {
				cmd_error(
				        "-j %s: not a number from 1 to %d", optarg, WARM_JOBS_MAX);
				return CMD_USAGE;
			}
		}
	}
	if (optind == argc)
		return cmd_usage();
	c = cmd_config_load();
	if (!c)
		return CMD_FAILED;
	targets = calloc((size_t)(argc - optind), sizeof *targets);
	if (!targets)
		return CMD_FAILED;
	screen.bar = !quiet && progress_terminal();
	err = warm(c, &screen, (unsigned)jobs, quiet, argv + optind, targets);
	free(targets);
	return err ? CMD_FAILED : CMD_OK;
}
