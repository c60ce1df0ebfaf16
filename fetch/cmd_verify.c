#include "cache/trash.h"
#include "fetch/cmd.h"
#include "fetch/cmd_progress.h"
#include "fetch/cmd_target.h"
#include "fetch/json.h"
#include "fetch/verify.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct option options[] = {
        {"repair", no_argument, NULL, 'r'},
        {"profile", required_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {0},
};

struct checking {
	const struct config *config;
	struct layout layout;
	struct client client;
	struct verify verify;
	struct verify_counts sum;
	struct progress progress;
	struct json json;
	bool repair, as_json, quiet;
	uint64_t damaged, repaired;
	uint64_t total, started;
};

static int remove_path(const char *path)
{
	return unlink(path) == 0 ? 0 : -errno;
}

/* Removes what is wrong, and has an object or listing fetched again. 0, or -errno with `why`. */
static int repair(struct checking *c, const struct verify_finding *f, char *why)
{
	bool object = *f->rel && f->kind != VERIFY_LISTING;
	int err = object ? trash_put(&c->layout, f->rel) : remove_path(f->path);
	struct wire_reply reply;

	if (err && err != -ENOENT) {
		snprintf(why, WIRE_TEXT_MAX + 1, "cannot be removed: %s", strerror(-err));
		return err;
	}
	/* Of others' profiles whoever uses them fetches it again. */
	if (!*f->rel || !config_settings_of(c->config, f->rel))
		return 0;
	err = cmd_ask(&c->client, object ? WIRE_OPEN : WIRE_LIST, f->rel, &reply, why);
	/* The remote has it no more: then it is as it should be. */
	return err == -ENOENT ? 0 : err;
}

static void name_of(
        const struct checking *c, const struct verify_finding *f, char *out, size_t size)
{
	struct own_profile own;
	const struct profile *p = *f->rel ? config_profile_of_dir(c->config, f->rel, &own) : NULL;

	if (p)
		target_url(p, f->rel, out, size);
	else
		snprintf(out, size, "%s", f->path);
}

static void print_finding(struct checking *c, const struct verify_finding *f, const char *outcome)
{
	char name[LAYOUT_PATH_MAX + TARGET_URL_MAX], text[WIRE_TEXT_MAX + 256];
	const struct verify_kind_row *kind = &verify_kinds[f->kind];

	name_of(c, f, name, sizeof name);
	snprintf(text, sizeof text, "%s%s%s%s%s", kind->text, f->error ? ": " : "",
	        f->error ? strerror(-f->error) : "", *outcome ? "; " : "", outcome);
	progress_erase(&c->progress);
	if (!c->as_json) {
		cmd_print_safe(stdout, name, strlen(name));
		printf(": %s\n", text);
		return;
	}
	json_object(&c->json, NULL);
	json_text(&c->json, "kind", kind->name);
	json_text(&c->json, "name", name);
	json_text(&c->json, "path", f->path);
	json_text(&c->json, "text", text);
	json_object_end(&c->json);
}

static void on_found(void *arg, const struct verify_finding *f)
{
	struct checking *c = arg;
	char why[WIRE_TEXT_MAX + 1] = "";

	if (!verify_kinds[f->kind].damage)
		return; /* there can be many; the summary has their number */
	c->damaged++;
	if (c->repair && repair(c, f, why) == 0) {
		c->repaired++;
		snprintf(why, sizeof why, "repaired");
	}
	print_finding(c, f, why);
}

static void on_tick(void *arg)
{
	struct checking *c = arg;
	uint64_t now = cmd_now_ms();
	struct wire_reply event = {
	        .size = c->total,
	        .ino = c->sum.bytes + c->verify.counts.bytes,
	        .mtime = (int64_t)(now - c->started),
	};

	if (!c->progress.wanted)
		return;
	progress_note(&c->progress, &event, "verify", now);
	progress_draw(&c->progress, now);
}

static void print_summary(const struct checking *c)
{
	const struct verify_counts *n = &c->sum;
	char bytes[CMD_TEXT_MAX];

	printf("%" PRIu64 " objects, %s and %" PRIu64 " listings checked: ", n->objects,
	        cmd_bytes(n->bytes, bytes), n->listings);
	if (c->damaged)
		printf("%" PRIu64 " wrong, %" PRIu64 " repaired\n", c->damaged, c->repaired);
	else
		printf("all well\n");
	for (enum verify_kind k = 0; k < VERIFY_KINDS_N; k++) {
		if (!verify_kinds[k].damage && n->found[k])
			printf("of %" PRIu64 " objects each %s\n", n->found[k],
			        verify_kinds[k].text);
	}
}

static void print_totals(struct checking *c)
{
	json_array_end(&c->json);
	json_number(&c->json, "objects", c->sum.objects);
	json_number(&c->json, "bytes", c->sum.bytes);
	json_number(&c->json, "listings", c->sum.listings);
	for (enum verify_kind k = 0; k < VERIFY_KINDS_N; k++)
		json_number(&c->json, verify_kinds[k].name, c->sum.found[k]);
	json_number(&c->json, "damaged", c->damaged);
	json_number(&c->json, "repaired", c->repaired);
	json_finish(&c->json);
}

static int check(struct checking *c, const char *rel)
{
	const struct verify_counts *n = &c->verify.counts;
	int err;

	c->verify = (struct verify){
	        .config = c->config,
	        .layout = &c->layout,
	        .rel = rel,
	        .found = on_found,
	        .tick = on_tick,
	        .arg = c,
	};
	if (c->progress.wanted)
		c->total += verify_total(&c->verify);
	err = verify_run(&c->verify);
	c->sum.objects += n->objects;
	c->sum.bytes += n->bytes;
	c->sum.listings += n->listings;
	for (enum verify_kind k = 0; k < VERIFY_KINDS_N; k++)
		c->sum.found[k] += n->found[k];
	if (err)
		cmd_error("%s: %s", c->layout.location, strerror(-err));
	return err ? CMD_FAILED : CMD_OK;
}

static int check_profile(struct checking *c, const char *name)
{
	for (int i = 0; i < c->config->n_profiles; i++) {
		if (strcmp(c->config->profiles[i].name, name) == 0)
			return check(c, c->config->profiles[i].dir);
	}
	cmd_error("%s: no such profile; 'larder config' shows them", name);
	return CMD_FAILED;
}

static int check_argument(struct checking *c, const char *arg)
{
	static struct target target;
	char err[TARGET_ERROR_MAX];

	if (target_resolve(c->config, arg, &target, err) == 0)
		return check(c, target.rel);
	cmd_error("%s: %s", arg, err);
	return CMD_FAILED;
}

/* What is there already: nothing is made where no cache has been. */
static int open_cache(struct checking *c)
{
	char path[LAYOUT_PATH_MAX], err[LAYOUT_ERROR_MAX];
	struct stat st;
	int ret;

	c->layout = cmd_layout(c->config);
	snprintf(path, sizeof path, "%s/" LAYOUT_FORMAT, c->layout.location);
	if (stat(path, &st) != 0) {
		cmd_error("%s: %s; no cache has been made there yet", path, strerror(errno));
		return CMD_FAILED;
	}
	ret = layout_open(&c->layout, c->config, err);
	if (ret || (c->repair && !c->layout.writable)) {
		cmd_error("%s", err);
		return CMD_FAILED;
	}
	return CMD_OK;
}

int cmd_verify(int argc, char **argv)
{
	static struct checking c;
	const char *profile = NULL;
	int opt, status = CMD_OK;

	while ((opt = getopt_long(argc, argv, "rp:jqh", options, NULL)) != -1) {
		if (opt == 'h')
			return cmd_help();
		if (opt == 'r')
			c.repair = true;
		else if (opt == 'p')
			profile = optarg;
		else if (opt == 'j')
			c.as_json = true;
		else if (opt == 'q')
			c.quiet = true;
		else
			return cmd_usage();
	}
	c.config = cmd_config_load();
	if (!c.config || open_cache(&c) != CMD_OK)
		return CMD_FAILED;
	cmd_client(&c.client, c.config, 0);
	progress_init(&c.progress, !c.quiet && progress_terminal());
	c.started = cmd_now_ms();
	if (c.as_json) {
		c.json = json_begin(stdout);
		json_array(&c.json, "findings");
	}
	if (profile)
		status |= check_profile(&c, profile);
	else if (optind == argc)
		status |= check(&c, "");
	for (; optind < argc; optind++)
		status |= check_argument(&c, argv[optind]);
	progress_erase(&c.progress);
	if (c.as_json)
		print_totals(&c);
	else if (!c.quiet)
		print_summary(&c);
	layout_close(&c.layout);
	return c.damaged > c.repaired ? CMD_FAILED : status;
}
