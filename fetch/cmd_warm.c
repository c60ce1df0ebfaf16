#include "fetch/cmd_warm_screen.h"
#include "fetch/cmd_replay.h"
#include "fetch/cmd_target.h"
#include "fetch/cmd_warm_glob.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_FROM_LIST = 256, OPT_FROM_RECORD, OPT_JSON };

static const struct option options[] = {
        {"jobs", required_argument, NULL, 'j'},
        {"dry-run", no_argument, NULL, 'n'},
        {"from-list", required_argument, NULL, OPT_FROM_LIST},
        {"from-record", required_argument, NULL, OPT_FROM_RECORD},
        {"null", no_argument, NULL, '0'},
        {"json", no_argument, NULL, OPT_JSON},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {0},
};

/* What was asked for. */
struct wish {
	unsigned jobs;
	bool quiet, dry_run, json;
	int end;          /* of a line of the list */
	const char *list; /* NULL without --from-list */
	const char *record_name;
	struct record record; /* of that */
	char **args;
	int n_args;
};

static void summarize(const struct warm_counts *c, bool dry_run, uint64_t ms)
{
	char all[CMD_TEXT_MAX], fetched[CMD_TEXT_MAX], speed[CMD_TEXT_MAX];
	uint64_t rate = (uint64_t)((double)c->fetched_bytes * 1000 / (double)(ms ? ms : 1));

	printf("%llu objects, %s: %llu %sfetched (%s", (unsigned long long)c->done,
	        cmd_bytes(c->done_bytes, all), (unsigned long long)c->fetched,
	        dry_run ? "would be " : "", cmd_bytes(c->fetched_bytes, fetched));
	if (!dry_run)
		printf(" at %s/s", cmd_bytes(rate, speed));
	printf("), %llu %s there", (unsigned long long)(c->done - c->fetched),
	        dry_run ? "are" : "were");
	if (c->bypassed)
		printf(", %llu bypassed", (unsigned long long)c->bypassed);
	printf(", %llu failed, in %llu.%llu s\n", (unsigned long long)c->failed,
	        (unsigned long long)ms / 1000, (unsigned long long)ms / 100 % 10);
}

static void summarize_json(const struct warm_counts *c, bool dry_run, uint64_t ms)
{
	printf("{\"dry_run\":%s,\"objects\":%llu,\"bytes\":%llu,\"fetched\":%llu,"
	       "\"fetched_bytes\":%llu,\"there\":%llu,\"bypassed\":%llu,\"failed\":%llu,"
	       "\"seconds\":%llu.%03llu}\n",
	        dry_run ? "true" : "false", (unsigned long long)c->done,
	        (unsigned long long)c->done_bytes, (unsigned long long)c->fetched,
	        (unsigned long long)c->fetched_bytes, (unsigned long long)(c->done - c->fetched),
	        (unsigned long long)c->bypassed, (unsigned long long)c->failed,
	        (unsigned long long)ms / 1000, (unsigned long long)ms % 1000);
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

/* A pattern, or an object that has such a name. */
static int add_pattern(struct screen *s, const struct config *c, const struct client *client,
        const char *arg, struct target *t, char why[static TARGET_ERROR_MAX])
{
	const char *pattern = warm_glob_of(arg);
	char text[WIRE_TEXT_MAX + 1], *base;
	struct wire_reply reply;
	int err;

	if (target_resolve(c, arg, t, why) == 0 &&
	        cmd_ask(client, WIRE_STAT, t->rel, &reply, text) == 0)
		return warm_add(s->warm, t->profile, t->rel);
	base = pattern == arg ? strdup(".") : strndup(arg, (size_t)(pattern - arg));
	if (!base)
		return -ENOMEM;
	err = target_resolve(c, base, t, why);
	free(base);
	return err ? err : warm_add_pattern(s->warm, t->profile, t->rel, pattern, arg);
}

static unsigned add_arguments(struct screen *s, const struct config *c, const struct client *client,
        const struct wish *wish, struct target *targets)
{
	unsigned failed = 0;

	for (int i = 0; i < wish->n_args; i++) {
		const char *arg = wish->args[i];
		struct target *t = &targets[i];
		char why[TARGET_ERROR_MAX] = "out of memory";
		int err;

		if (warm_glob_of(arg))
			err = add_pattern(s, c, client, arg, t, why);
		else if (!(err = target_resolve(c, arg, t, why)))
			err = warm_add(s->warm, t->profile, t->rel);
		if (err)
			cmd_error("%s: %s", arg, why);
		failed += err != 0;
	}
	return failed;
}

static int work(struct screen *s, const struct wish *wish, unsigned failed)
{
	struct warm_counts counts;
	uint64_t ms;
	int err;

	s->begun = s->last_ms = cmd_now_ms();
	err = warm_start(s->warm, wish->jobs);
	if (err) {
		cmd_error("no thread could be started (%s)", strerror(-err));
		return err;
	}
	screen_watch(s);
	warm_check_patterns(s->warm);
	warm_counts(s->warm, &counts);
	counts.failed += failed;
	ms = cmd_now_ms() - s->begun;
	if (wish->json)
		summarize_json(&counts, wish->dry_run, ms);
	else if (!wish->quiet)
		summarize(&counts, wish->dry_run, ms);
	return counts.failed ? -EIO : 0;
}

static int warm(const struct config *c, struct screen *s, const struct wish *wish, FILE *list,
        struct target *targets)
{
	struct client client;
	unsigned failed;
	int err;

	cmd_client(&client, c, cmd_run_id());
	err = prepare(c, &client, s);
	if (err)
		return err;
	s->warm = warm_new(c, &client, screen_failure, s);
	if (!s->warm)
		return -ENOMEM;
	if (wish->dry_run)
		warm_only_look(s->warm);
	failed = add_arguments(s, c, &client, wish, targets);
	err = warm_from_record(s->warm, &wish->record);
	if (!err && list)
		err = warm_from_list(s->warm, list, wish->list, wish->end);
	if (!err)
		err = work(s, wish, failed);
	warm_end(s->warm);
	return err;
}

/* An exit status, or CMD_GO_ON. */
static int parse_options(int argc, char **argv, struct wish *wish)
{
	char *end;
	int opt;

	while ((opt = getopt_long(argc, argv, "j:qn0h", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			return cmd_help();
		case 'q':
			wish->quiet = true;
			break;
		case 'n':
			wish->dry_run = true;
			break;
		case '0':
			wish->end = 0;
			break;
		case OPT_JSON:
			wish->json = true;
			break;
		case OPT_FROM_LIST:
			wish->list = optarg;
			break;
		case OPT_FROM_RECORD:
			wish->record_name = optarg;
			break;
		case 'j':
			wish->jobs = (unsigned)strtoul(optarg, &end, 10);
			if (!*end && *optarg && wish->jobs >= 1 && wish->jobs <= WARM_JOBS_MAX)
				break;
			cmd_error("-j %s: not a number from 1 to %d", optarg, WARM_JOBS_MAX);
			return CMD_USAGE;
		default:
			return cmd_usage();
		}
	}
	wish->args = argv + optind;
	wish->n_args = argc - optind;
	return wish->n_args || wish->list || wish->record_name ? CMD_GO_ON : cmd_usage();
}

static FILE *open_list(const char *name)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");

	if (!f)
		cmd_error("%s: %s", name, strerror(errno));
	return f;
}

int cmd_warm(int argc, char **argv)
{
	static struct screen screen = {.events = -1, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct wish wish = {.jobs = WARM_JOBS_DEFAULT, .end = '\n'};
	const struct config *c;
	struct target *targets;
	FILE *list = NULL;
	int err = parse_options(argc, argv, &wish);

	if (err != CMD_GO_ON)
		return err;
	if (wish.record_name && cmd_replay("--from-record", wish.record_name, &wish.record) != 0)
		return CMD_FAILED;
	c = cmd_config_load();
	targets = calloc((size_t)wish.n_args + 1, sizeof *targets);
	if (!c || !targets || (wish.list && !(list = open_list(wish.list)))) {
		free(targets);
		record_release(&wish.record);
		return CMD_FAILED;
	}
	screen.bar = !wish.quiet && progress_terminal();
	err = warm(c, &screen, &wish, list, targets);
	free(targets);
	record_release(&wish.record);
	return err ? CMD_FAILED : CMD_OK;
}
