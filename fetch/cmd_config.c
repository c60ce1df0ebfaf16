#include "fetch/cmd.h"
#include "fetch/cmd_agents.h"
#include "fetch/store.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALUE_MAX 4096

enum { OPT_FILE = 256, OPT_KEYS, OPT_RELOAD };

static const struct option options[] = {
        {"file", required_argument, NULL, OPT_FILE},
        {"reload", no_argument, NULL, OPT_RELOAD},
        {"keys", no_argument, NULL, OPT_KEYS},
        {"help", no_argument, NULL, 'h'},
        {0},
};

static const char *type_name(enum setting_type type)
{
	static const char *const names[] = {
	        [SETTING_PATH] = "path",
	        [SETTING_TEXT] = "text",
	        [SETTING_URL] = "url",
	        [SETTING_WORDS] = "words",
	        [SETTING_LINES] = "lines",
	        [SETTING_SECRET] = "secret",
	        [SETTING_SIZE] = "size",
	        [SETTING_TIME] = "time",
	        [SETTING_COUNT] = "count",
	        [SETTING_BOOL] = "bool",
	};
	return names[type];
}

/* Of which there can be many. */
static bool is_named(const char *section)
{
	return strcmp(section, "profile") == 0 || strcmp(section, "category") == 0;
}

static int help(void)
{
	const char *section = "";

	cmd_help();
	printf("\nTypes: path (absolute, or ~/...), url, text, words (with spaces between), secret "
	       "(never shown),\n"
	       "size (bytes; K M G T P), time (ms s m h d; seconds without), count, bool (true or "
	       "false).\n");
	for (int i = 0; i < SETTING_COUNT_ALL; i++) {
		const struct setting *s = &settings[i];

		if (strcmp(section, s->section) != 0)
			printf("\n[%s%s]\n", s->section, is_named(s->section) ? " NAME" : "");
		section = s->section;
		printf("  %-19s %-6s  %s%s%s%s\n", s->key, type_name(s->type), s->help,
		        *s->def ? " (" : "", s->def, *s->def ? ")" : "");
	}
	return CMD_OK;
}

static int print_keys(void)
{
	for (int i = 0; i < SETTING_COUNT_ALL; i++) {
		const struct setting *s = &settings[i];

		printf("%s\t%s\t%s\t%s\t%s\n", s->section, s->key, type_name(s->type), s->def,
		        s->help);
	}
	return CMD_OK;
}

static bool is_inherited(int index)
{
	return index == SETTING_INDEX_profile_ttl || index == SETTING_INDEX_profile_negative_ttl ||
	       index == SETTING_INDEX_profile_max_stale ||
	       index == SETTING_INDEX_profile_listing_connections;
}

/* "key = value ; from where"; what is not set is a comment as a whole, for an empty value would
 * mean something else. */
static void print_setting(const struct config *c, int index, const void *base, int line)
{
	const struct setting *s = &settings[index];
	char value[VALUE_MAX];

	setting_format(s, base, value, sizeof value);
	if (!line && !*value) {
		printf("; %s is not set\n", s->key);
		return;
	}
	/* Its default depends on the endpoint and the bucket's name. */
	if (!line && index == SETTING_INDEX_profile_path_style) {
		printf("; %s is not set: true with an endpoint\n", s->key);
		return;
	}
	printf("%s = %s ; ", s->key, value);
	if (line)
		printf("%s:%d\n", c->file, line);
	else if (is_inherited(index))
		puts("from [cache]");
	else
		puts("default");
}

static void print_section(
        const struct config *c, const char *section, const void *base, const uint16_t *lines)
{
	for (int i = 0; i < SETTING_COUNT_ALL; i++) {
		if (strcmp(settings[i].section, section) == 0)
			print_setting(c, i, base, lines[i]);
	}
}

/* Where an agent that this shell starts would have a profile's credentials from. */
static void print_credentials(const struct config *c, const struct profile *p)
{
	const struct store_ops *ops = store_for(p);
	char text[STORE_ERROR_MAX] = "";
	struct store *s = NULL;

	/* Those of a system agent are not for everybody to read. */
	if (!ops || !ops->who || c->cache.system)
		return;
	if (ops->open(&s, c, p, text) == 0) {
		ops->who(s, text);
		ops->close(s);
	}
	if (!*text)
		return;
	fputs("; credentials: ", stdout);
	cmd_print_safe(stdout, text, strlen(text));
	putchar('\n');
}

static int print_all(const struct config *c)
{
	printf("; %s%s\n", *c->file ? "from " : "no larder.ini: every value is the default",
	        c->file);
	printf("; the agent's runtime folder is %s\n\n[cache]\n", c->runtime_dir);
	print_section(c, "cache", c, c->lines);
	printf("\n[local]\n");
	print_section(c, "local", c, c->lines);
	printf("\n[shim]\n");
	print_section(c, "shim", c, c->lines);
	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		printf("\n[profile %s] ; %s:%d; its objects are below %s/data/%s\n", p->name,
		        c->file, p->line, p->copy ? c->local.location : c->cache.location, p->dir);
		print_section(c, "profile", p, p->lines);
		print_credentials(c, p);
	}
	for (int i = 0; i < c->n_categories; i++) {
		const struct category *g = &c->categories[i];

		printf("\n[category %s] ; %s:%d\n", g->name, c->file, g->line);
		print_section(c, "category", g, g->lines);
	}
	return CMD_OK;
}

/* The file instead of the usual ones; it may be named relatively here. */
static int use_file(const char *name)
{
	char *full = realpath(name, NULL);
	int err;

	if (!full) {
		cmd_error("%s: cannot be read (%s)", name, strerror(errno));
		return CMD_FAILED;
	}
	err = setenv("LARDER_CONFIG", full, 1);
	free(full);
	return err ? CMD_FAILED : CMD_OK;
}

/* A process with several configurations is asked once. */
static bool was_asked(const struct agent_found *found, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (found[j].pid == found[i].pid)
			return true;
	}
	return false;
}

static int reload(const struct config *c)
{
	char text[WIRE_TEXT_MAX + 1];
	struct agent_found *found;
	size_t n = agents_find(c, false, &found);
	int status = CMD_OK;

	if (!n)
		printf("no agent is running for %s; the next one reads it when it starts\n",
		        *c->file ? c->file : "this user");
	for (size_t i = 0; i < n; i++) {
		int err = was_asked(found, i) ? 0 : agents_ask(&found[i], WIRE_RELOAD, text);

		if (was_asked(found, i))
			continue;
		if (err) {
			cmd_error("agent %llu: %s; it goes on as it is",
			        (unsigned long long)found[i].pid, *text ? text : strerror(-err));
			status = CMD_FAILED;
		} else {
			printf("agent %llu: %s\n", (unsigned long long)found[i].pid, text);
		}
	}
	free(found);
	return status;
}

int cmd_config(int argc, char **argv)
{
	const struct config *c;
	bool keys = false, again = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h')
			return help();
		if (opt == OPT_KEYS)
			keys = true;
		else if (opt == OPT_RELOAD)
			again = true;
		else if (opt != OPT_FILE)
			return cmd_usage();
		else if (use_file(optarg) != CMD_OK)
			return CMD_FAILED;
	}
	if (optind < argc)
		return cmd_usage();
	if (keys)
		return print_keys();
	c = cmd_config_load();
	if (!c)
		return CMD_FAILED;
	return again ? reload(c) : print_all(c);
}
