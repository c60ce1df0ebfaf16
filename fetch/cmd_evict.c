/* larder evict, pin, unpin, and ls --cached: what is in the cache, and what stays in it. */
#include "fetch/cmd_evict.h"
#include "cache/read/settings.h"
#include "fetch/cmd_category.h"
#include "fetch/cmd_report.h"
#include "fetch/cmd_target.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_ALL = 256, OPT_PINNED, OPT_OLDER, OPT_PROFILE, OPT_CATEGORY, OPT_YES, OPT_JSON };

static const struct option options[] = {
        {"all", no_argument, NULL, OPT_ALL},
        {"pinned", no_argument, NULL, OPT_PINNED},
        {"dry-run", no_argument, NULL, 'n'},
        {"older-than", required_argument, NULL, OPT_OLDER},
        {"profile", required_argument, NULL, OPT_PROFILE},
        {"category", required_argument, NULL, OPT_CATEGORY},
        {"yes", no_argument, NULL, OPT_YES},
        {"json", no_argument, NULL, OPT_JSON},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {0},
};

struct evicting {
	const struct config *config;
	struct client client;
	bool all, pinned, dry_run, as_json, verbose, yes;
	uint64_t age; /* seconds */
	const char *profile, *category;
	uint64_t objects, bytes;
	struct json json;
	struct columns table;
};

/* "90d" as seconds. */
static int parse_age(const char *text, uint64_t *seconds)
{
	static const struct setting span = {.type = SETTING_TIME};
	uint64_t ms = 0;

	if (setting_parse_scalar(&span, text, &ms) != 0) {
		cmd_error("--older-than %s: expected a time, as 90d, 12h or 30m", text);
		return CMD_USAGE;
	}
	*seconds = (ms + 999) / 1000;
	return CMD_OK;
}

static void on_object(void *arg, const char *section, const struct json_row *r)
{
	struct evicting *e = arg;
	const char *rel = json_row_text(r, "rel");
	char url[TARGET_URL_MAX], text[CMD_TEXT_MAX];

	if (strcmp(section, "objects") != 0)
		return;
	target_rel_url(e->config, rel, url, sizeof url);
	if (e->as_json) {
		json_object(&e->json, NULL);
		json_text(&e->json, "url", url);
		json_text(&e->json, "rel", rel);
		json_number(&e->json, "bytes", json_row_number(r, "bytes"));
		json_number(&e->json, "used", json_row_number(r, "used"));
		json_object_end(&e->json);
	} else if (e->dry_run || e->verbose) {
		columns_add(&e->table, cmd_bytes(json_row_number(r, "bytes"), text));
		columns_add(&e->table, cmd_time((int64_t)json_row_number(r, "used"), text));
		columns_add(&e->table, url);
	}
}

/* Evicts one selection. */
static int evict(struct evicting *e, const char *rel, const char *arg)
{
	struct wire_request q = client_request(&e->client, WIRE_EVICT, strlen(rel));
	struct wire_reply reply;
	int status = CMD_OK;
	size_t len;
	char *text;

	q.flags = (e->dry_run ? WIRE_DRY_RUN : 0) | (e->pinned ? WIRE_EVEN_KEPT : 0);
	q.age = e->age;
	text = cmd_report(&e->client, &q, rel, arg, &reply, &len);
	if (!text)
		return CMD_FAILED;
	if (json_read(text, len, on_object, e) != 0) {
		cmd_error("%s: the agent's report is not understood", arg);
		status = CMD_FAILED;
	}
	free(text);
	e->bytes += reply.size;
	e->objects += reply.ino;
	return status;
}

/* The folder of a profile in the cache, by its name; "name~id" stands for itself, for profiles that
 * are configured no more. */
static const char *profile_dir(const struct config *c, const char *name)
{
	for (int i = 0; i < c->n_profiles; i++) {
		if (strcmp(c->profiles[i].name, name) == 0)
			return c->profiles[i].dir;
	}
	if (strchr(name, '~') && !strchr(name, '/'))
		return name;
	cmd_error("%s: no such profile; 'larder df' shows them", name);
	return NULL;
}

static int evict_argument(struct evicting *e, const char *arg)
{
	static struct target target;
	char err[TARGET_ERROR_MAX];

	if (target_resolve(e->config, arg, &target, err) != 0) {
		cmd_error("%s: %s", arg, err);
		return CMD_FAILED;
	}
	if (e->profile && (strncmp(target.rel, e->profile, strlen(e->profile)) != 0 ||
	                          target.rel[strlen(e->profile)] != '/')) {
		cmd_error("%s: is not of this profile", arg);
		return CMD_FAILED;
	}
	return evict(e, target.rel, arg);
}

static void begin(struct evicting *e)
{
	if (e->as_json) {
		e->json = json_begin(stdout);
		json_bool(&e->json, "dry_run", e->dry_run);
		json_array(&e->json, "objects");
	} else {
		e->table = columns_new("SIZE>|LAST USED|URL");
	}
}

static void finish(struct evicting *e)
{
	char text[CMD_TEXT_MAX];

	if (e->as_json) {
		json_array_end(&e->json);
		json_number(&e->json, "count", e->objects);
		json_number(&e->json, "bytes", e->bytes);
		json_finish(&e->json);
		return;
	}
	if (e->table.used > e->table.n)
		columns_print(&e->table, stdout, 0);
	printf("%s %llu object%s, %s\n", e->dry_run ? "would evict" : "evicted",
	        (unsigned long long)e->objects, e->objects == 1 ? "" : "s",
	        cmd_bytes(e->bytes, text));
}

static int parse(struct evicting *e, int argc, char **argv, const char **profile)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "nvh", options, NULL)) != -1) {
		if (opt == 'h')
			return -1;
		if (opt == 'n')
			e->dry_run = true;
		else if (opt == 'v')
			e->verbose = true;
		else if (opt == OPT_ALL)
			e->all = true;
		else if (opt == OPT_PINNED)
			e->pinned = true;
		else if (opt == OPT_JSON)
			e->as_json = true;
		else if (opt == OPT_PROFILE)
			*profile = optarg;
		else if (opt == OPT_CATEGORY)
			e->category = optarg;
		else if (opt == OPT_YES)
			e->yes = true;
		else if (opt != OPT_OLDER || parse_age(optarg, &e->age) != CMD_OK)
			return cmd_usage();
	}
	if (e->category) {
		if (optind == argc && !*profile && !e->all && !e->as_json)
			return CMD_OK;
		cmd_error("--category stands alone, with --older-than, --yes and --verbose");
		return CMD_USAGE;
	}
	if (optind == argc && !*profile && !e->age && !e->all) {
		cmd_error("nothing was selected: name objects or folders, --profile or "
		          "--older-than; --all for everything");
		return CMD_USAGE;
	}
	return CMD_OK;
}

int cmd_evict(int argc, char **argv)
{
	static struct evicting e;
	const char *profile = NULL;
	int status = parse(&e, argc, argv, &profile);

	if (status)
		return status < 0 ? cmd_help() : status;
	e.config = cmd_config_load();
	if (!e.config)
		return CMD_FAILED;
	if (e.category)
		return category_evict(e.config, e.category, e.age, e.yes && !e.dry_run, e.verbose);
	e.profile = profile ? profile_dir(e.config, profile) : NULL;
	if (profile && !e.profile)
		return CMD_FAILED;
	cmd_client(&e.client, e.config, 0);
	begin(&e);
	if (optind == argc)
		status = evict(&e, e.profile ? e.profile : "", profile ? profile : "the cache");
	for (; optind < argc; optind++)
		status |= evict_argument(&e, argv[optind]);
	finish(&e);
	return status;
}

/* --- ls --cached --- */

struct listing {
	const struct config *config;
	bool detailed, safe;
};

static void on_cached(void *arg, const char *section, const struct json_row *r)
{
	const struct listing *l = arg;
	char url[TARGET_URL_MAX], when[CMD_TEXT_MAX];

	if (strcmp(section, "objects") != 0)
		return;
	if (l->detailed)
		printf("%14llu %s ", (unsigned long long)json_row_number(r, "bytes"),
		        cmd_time((int64_t)json_row_number(r, "used"), when));
	target_rel_url(l->config, json_row_text(r, "rel"), url, sizeof url);
	if (l->safe)
		cmd_print_safe(stdout, url, strlen(url));
	else
		fputs(url, stdout);
	putchar('\n');
}

int cached_list(const struct config *c, const struct client *client, const char *arg, bool detailed)
{
	static struct target target;
	struct listing l = {.config = c, .detailed = detailed, .safe = isatty(STDOUT_FILENO)};
	struct wire_request q;
	struct wire_reply reply;
	char err[TARGET_ERROR_MAX], *text;
	size_t len;

	target.rel[0] = 0;
	if (arg && target_resolve(c, arg, &target, err) != 0) {
		cmd_error("%s: %s", arg, err);
		return CMD_FAILED;
	}
	q = client_request(client, WIRE_EVICT, strlen(target.rel));
	q.flags = WIRE_DRY_RUN | WIRE_EVEN_KEPT;
	text = cmd_report(client, &q, target.rel, arg ? arg : "the cache", &reply, &len);
	if (!text)
		return CMD_FAILED;
	if (json_read(text, len, on_cached, &l) != 0)
		cmd_error("the agent's report is not understood");
	free(text);
	return CMD_OK;
}
