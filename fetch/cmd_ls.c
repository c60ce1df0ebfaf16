#include "cache/listing_build.h"
#include "fetch/cmd.h"
#include "fetch/cmd_evict.h"
#include "fetch/cmd_target.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 512 /* folders in folders; a key has at most KEY_MAX bytes */

enum { OPT_CACHED = 256 };

static const struct option options[] = {
        {"cached", no_argument, NULL, OPT_CACHED},
        {"long", no_argument, NULL, 'l'},
        {"recursive", no_argument, NULL, 'R'},
        {"help", no_argument, NULL, 'h'},
        {0},
};

struct ls {
	const struct config *config;
	struct client client;
	struct layout layout;
	const struct profile *profile;
	bool detailed, recursive, safe;
	char rel[KEY_REL_MAX]; /* of the folder that is shown; grows and shrinks with the depth */
	size_t rel_len, root_len;
	int status;
};

static void report(struct ls *ls, const char *text)
{
	char url[TARGET_URL_MAX];

	target_url(ls->profile, ls->rel, url, sizeof url);
	cmd_error("%s: %s", url, text);
	ls->status = CMD_FAILED;
}

static void print_name(const struct ls *ls, const char *name, size_t len)
{
	if (ls->safe)
		cmd_print_safe(stdout, name, len);
	else
		fwrite(name, 1, len, stdout);
}

static void print_entry(
        const struct ls *ls, const struct listing_info *info, const char *name, size_t len)
{
	char when[CMD_TEXT_MAX];

	if (ls->detailed)
		printf("%s %14llu %s ", info->type == LISTING_DIR ? "dir " : "file",
		        (unsigned long long)info->size, cmd_time(info->mtime, when));
	/* With folders below, each name stands with its way from where we began. */
	if (ls->rel_len > ls->root_len) {
		print_name(ls, ls->rel + ls->root_len + 1, ls->rel_len - ls->root_len - 1);
		putchar('/');
	}
	print_name(ls, name, len);
	if (info->type == LISTING_DIR)
		putchar('/');
	putchar('\n');
}

static void list(struct ls *ls, unsigned depth);

static void list_entries(struct ls *ls, const struct listing_header *l, unsigned depth)
{
	for (uint64_t i = 0; i < l->count; i++) {
		const struct listing_entry *e = listing_at(l, i);
		struct listing_info info;
		size_t len, parent = ls->rel_len;
		const char *name = e ? listing_name(l, e, &len) : NULL;

		if (!name)
			continue;
		listing_read(l, e, &info);
		print_entry(ls, &info, name, len);
		if (!ls->recursive || info.type != LISTING_DIR)
			continue;
		if (depth == DEPTH_MAX || target_child(ls->rel, &ls->rel_len, name, len) != 0)
			report(ls, "is too deep to be listed");
		else
			list(ls, depth + 1);
		ls->rel_len = parent;
		ls->rel[parent] = 0;
	}
}

static void list(struct ls *ls, unsigned depth)
{
	char text[WIRE_TEXT_MAX + 1];
	const struct listing_header *l;
	struct wire_reply reply;

	if (cmd_ask(&ls->client, WIRE_LIST, ls->rel, &reply, text) != 0) {
		report(ls, text);
		return;
	}
	l = listing_map(&ls->layout, ls->rel, false);
	if (!l) {
		report(ls, "the listing that the agent wrote cannot be read; see 'larder doctor'");
		return;
	}
	list_entries(ls, l, depth);
	listing_unmap(l);
}

static void list_argument(struct ls *ls, const char *arg)
{
	static struct target target;
	char err[TARGET_ERROR_MAX], text[WIRE_TEXT_MAX + 1];
	struct wire_reply reply;
	int ret = target_resolve(ls->config, arg, &target, err);

	if (!ret && (ret = cmd_ask(&ls->client, WIRE_STAT, target.rel, &reply, text)))
		snprintf(err, sizeof err, "%.*s", (int)sizeof err - 1, text);
	if (ret) {
		cmd_error("%s: %s", arg, err);
		ls->status = CMD_FAILED;
		return;
	}
	ls->profile = target.profile;
	ls->rel_len = ls->root_len = strlen(target.rel);
	memcpy(ls->rel, target.rel, ls->rel_len + 1);
	if (reply.type == WIRE_DIR) {
		list(ls, 0);
	} else {
		struct listing_info info = {
		        .type = LISTING_FILE, .size = reply.size, .mtime = reply.mtime};

		print_entry(ls, &info, arg, strlen(arg));
	}
}

int cmd_ls(int argc, char **argv)
{
	static struct ls ls;
	bool cached = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "lRh", options, NULL)) != -1) {
		if (opt == 'h')
			return cmd_help();
		if (opt == 'l')
			ls.detailed = true;
		else if (opt == 'R')
			ls.recursive = true;
		else if (opt == OPT_CACHED)
			cached = true;
		else
			return cmd_usage();
	}
	if (optind == argc && !cached)
		return cmd_usage();
	ls.config = cmd_config_load();
	if (!ls.config)
		return CMD_FAILED;
	ls.safe = isatty(STDOUT_FILENO);
	ls.layout = cmd_layout(ls.config);
	cmd_client(&ls.client, ls.config, 0);
	if (cached && optind == argc)
		return cached_list(ls.config, &ls.client, NULL, ls.detailed);
	for (; cached && optind < argc; optind++)
		ls.status |= cached_list(ls.config, &ls.client, argv[optind], ls.detailed);
	for (bool many = argc - optind > 1; optind < argc; optind++) {
		if (many)
			printf("%s:\n", argv[optind]);
		list_argument(&ls, argv[optind]);
	}
	return ls.status;
}
