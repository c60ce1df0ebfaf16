/* The table of subcommands, and what is said from it. */
#include "fetch/cmd.h"

#include <getopt.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX 4096
#define TITLE_MAX   64

const struct command commands[] = {
        {"run", cmd_run, "run a program that sees remote objects as local files",
                "[--record FILE] [--replay FILE] [--no-progress] [--] COMMAND [ARGUMENT...]",
                "Checks what can be checked up front, preloads liblarder.so into COMMAND, and "
                "shows\n"
                "on stderr what went wrong with objects and how far long downloads are.\n\n"
                "  --record FILE  write which objects were opened, in which versions, as JSON "
                "lines\n"
                "  --replay FILE  serve the objects of such a record in their versions, and "
                "nothing else\n"
                "  --no-progress  no progress bar\n\n"
                "The exit status is that of COMMAND; 125 if larder failed, 126 if COMMAND\n"
                "cannot be run, 127 if it is not found.\n"},
        {"agent", cmd_agent, "fill the cache for this user's programs, in the foreground",
                "[--stop | --status [--all]] [--runtime-dir DIR]",
                "Agents start by themselves when something is missing in the cache, and leave\n"
                "when they are idle. Without options, one runs in the foreground and logs to "
                "stderr.\n\n"
                "  --stop             end the running agent, and those of earlier versions of the\n"
                "                     configuration\n"
                "  --status           show what they have done\n"
                "  --all              also those with another larder.ini\n"
                "  --runtime-dir DIR  how programs start it; DIR is <runtime>/larder/<hash>\n"},
        {"warm", cmd_warm, "bring objects and folders into the cache",
                "[-j N] [-n] [-q] [--json] [-0] [--from-list FILE] [--from-record FILE]\n"
                "                   [URL|PATH|PATTERN...]",
                "Folders are taken with all that is below them, and what is there already is not\n"
                "fetched again. A pattern has *, ? and [...], which stay within a name, and ** "
                "for\n"
                "any folders: 's3://bucket/data/**/*.tar'. Exit status 0 if everything is there, "
                "1\n"
                "if something is missing.\n\n"
                "  -j, --jobs N        objects asked for at once, 1 to 256 (default 16)\n"
                "  -n, --dry-run       only say how many objects and bytes would be fetched\n"
                "  --from-list FILE    names of a file, one a line; - is stdin\n"
                "  --from-record FILE  objects of a record, in the recorded versions\n"
                "  -0, --null          the list's names end with NUL and not with a newline\n"
                "  -q, --quiet         no progress and no summary, only errors\n"
                "  --json              the summary as JSON\n"},
        {"ls", cmd_ls, "list a remote folder",
                "[-l] [-R] URL|PATH... | [-l] --cached [URL|PATH...]",
                "  -l, --long       type, size, time and name\n"
                "  -R, --recursive  with all folders below\n"
                "  --cached         what the cache holds, as URLs, the longest unused first;\n"
                "                   with --long size in bytes and last use\n"},
        {"stat", cmd_stat, "show what is known of an object or folder", "URL|PATH...",
                "Shows what programs see, where the object is kept, whether it is there and\n"
                "until when it is trusted.\n"},
        {"verify", cmd_verify, "check the cached objects, and mend what is damaged",
                "[--repair] [--json] [-q] [--profile NAME | URL|PATH...]",
                "Reads every object and compares it with the digest that was made at its fill, "
                "and\n"
                "looks for files that do not belong into the cache. Exit status 1 if something is\n"
                "wrong and was not repaired.\n\n"
                "  -r, --repair        remove what is wrong, and fetch objects again\n"
                "  -j, --json          the report as JSON\n"
                "  -q, --quiet         no progress and no summary, only what is wrong\n"
                "  -p, --profile NAME  only what that profile has in the cache\n"},
        {"df", cmd_df, "show what the cache holds, for whom, and its use", "[--json]",
                "A row for each profile: size and number of its objects, opens from the cache\n"
                "and those that waited for the remote, bytes that were not downloaded again,\n"
                "since when the longest unused object was not used, and the quota. Counts are of\n"
                "all hosts, since the cache was made. Then the caches of other tools, if any are\n"
                "configured; OLD is what 'larder evict --category' would remove.\n\n"
                "  --json  everything, in bytes and seconds\n"},
        {"top", cmd_top, "show who waits for what now", "[--once]",
                "Anew each second in a terminal, until it is interrupted.\n\n"
                "  --once  one look; also where the output is no terminal\n"},
        {"evict", cmd_evict, "take objects out of the cache",
                "[-n] [-v] [--older-than TIME] [--profile NAME] [--pinned] [--json] [--all | "
                "URL|PATH...]\n"
                "       larder evict --category NAME [--older-than TIME] [--yes] [-v]",
                "Folders are taken with all that is below them. Who has an object open reads\n"
                "on; the next open brings it back.\n\n"
                "  -n, --dry-run      only show what would go\n"
                "  -v, --verbose      show what goes\n"
                "  --older-than TIME  only what was not used for so long, as 90d or 12h\n"
                "  --profile NAME     only what is this profile's\n"
                "  --pinned           what is pinned, or of a profile with evict = never, goes "
                "too\n"
                "  --all              everything; needed where nothing else is given\n"
                "  --json             objects, their number and bytes\n"
                "  --category NAME    instead of objects: what another tool's cache has not used\n"
                "                     for its retention; 'all' is every one that has one\n"
                "  --yes              removes it; without, it is only shown\n"},
        {"pin", cmd_pin, "keep objects and folders from eviction", "[URL|PATH...]",
                "A name that ends in / stands for all that is, or will be, below it. Without\n"
                "arguments, shows what is pinned. 'larder evict' takes pinned objects only where\n"
                "it names them or their folder, without --older-than.\n"},
        {"unpin", cmd_unpin, "no longer keep what was pinned", "URL|PATH...",
                "The names as they were pinned.\n"},
        {"config", cmd_config, "show the configuration in force",
                "[--file FILE] [--keys | --reload]",
                "Prints every setting in the syntax of larder.ini with where it comes from;\n"
                "secrets as ****. A mistake is one line with file and line, and exit status 1.\n\n"
                "  --file FILE  that file instead of LARDER_CONFIG, ~/.config/larder/larder.ini "
                "or\n"
                "               /etc/larder/larder.ini\n"
                "  --keys       all settings as a table: section, key, type, default, help\n"
                "  --reload     tell running agents to read it again; one that is wrong changes "
                "nothing\n"},
        {"doctor", cmd_doctor, "say what will happen, and why", "[PROGRAM [PATH|URL]]",
                "Checks the configuration, the preload, the agent, the cache and the remotes;\n"
                "with PROGRAM, whether larder can serve it; with PATH, who serves that.\n"
                "Each line begins with OK, WARN or FAIL; exit status 1 if there is a FAIL.\n"},
        {0},
};

static const struct command *current;

void cmd_error(const char *format, ...)
{
	char text[MESSAGE_MAX], head[TITLE_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	snprintf(head, sizeof head, "larder%s%s: ", current ? " " : "",
	        current ? current->name : "");
	cmd_print_line(stderr, head, text);
}

int cmd_help(void)
{
	printf("usage: larder %s %s\n\nTo %s.\n\n%s", current->name, current->usage, current->help,
	        current->text);
	return CMD_OK;
}

int cmd_usage(void)
{
	fprintf(stderr, "usage: larder %s %s\n", current->name, current->usage);
	return CMD_USAGE;
}

int cmd_flag(int argc, char **argv, const char *name, bool *flag)
{
	const struct option options[] = {
	        {name, no_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'}, {0}};
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h')
			return cmd_help();
		if (opt != 'f')
			return cmd_usage();
		*flag = true;
	}
	return optind < argc ? cmd_usage() : CMD_GO_ON;
}

static int help_all(FILE *f)
{
	fprintf(f, "usage: larder COMMAND [ARGUMENT...]\n\n");
	for (const struct command *c = commands; c->name; c++)
		fprintf(f, "  %-8s %s\n", c->name, c->help);
	fprintf(f, "\n'larder COMMAND --help' and larder(1) say more.\n");
	return f == stdout ? CMD_OK : CMD_USAGE;
}

static const struct command *find(const char *name)
{
	for (const struct command *c = commands; c->name; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	cmd_error("%s: no such command; 'larder --help' lists them", name);
	return NULL;
}

static int dispatch(int argc, char **argv)
{
	char title[TITLE_MAX], help[] = "--help", *help_args[] = {title, help, NULL};
	const char *first = argc > 1 ? argv[1] : "";
	bool wants_help = strcmp(first, "help") == 0;

	if (argc < 2)
		return help_all(stderr);
	if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
		printf("larder %s\n", cmd_version);
		return CMD_OK;
	}
	if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || (wants_help && argc < 3))
		return help_all(stdout);
	current = find(wants_help ? argv[2] : first);
	if (!current)
		return CMD_USAGE;
	snprintf(title, sizeof title, "larder %s", current->name);
	if (wants_help)
		return current->run(2, help_args);
	argv[1] = title;
	return current->run(argc - 1, argv + 1);
}

int cmd_main(int argc, char **argv)
{
	int status = dispatch(argc, argv);

	if ((fflush(stdout) != 0 || ferror(stdout)) && status == CMD_OK) {
		cmd_error("standard output: cannot be written; free space or check where it goes");
		status = CMD_FAILED;
	}
	return status;
}
