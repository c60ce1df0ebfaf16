/* larder pin and unpin. */
#include "fetch/cmd_report.h"
#include "fetch/cmd_target.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};

static void on_pin(void *arg, const char *section, const struct json_row *r)
{
	char url[TARGET_URL_MAX];

	if (strcmp(section, "pins") != 0)
		return;
	target_rel_url(arg, json_row_text(r, "rel"), url, sizeof url);
	cmd_print_safe(stdout, url, strlen(url));
	putchar('\n');
}

/* A name that ends in "/", or that is a profile's root, is a folder with all that will be below it.
 */
static int make_line(const struct config *c, const char *arg, char rel[static KEY_REL_MAX])
{
	static struct target target;
	char err[TARGET_ERROR_MAX];
	size_t len;

	if (target_resolve(c, arg, &target, err) != 0) {
		cmd_error("%s: %s", arg, err);
		return CMD_FAILED;
	}
	len = strlen(target.rel);
	memcpy(rel, target.rel, len + 1);
	if (!strchr(rel, '/') || arg[strlen(arg) - 1] == '/') {
		if (len + 2 > KEY_REL_MAX) {
			cmd_error("%s: the name is too long", arg);
			return CMD_FAILED;
		}
		memcpy(rel + len, "/", 2);
	}
	return CMD_OK;
}

static int change(const struct config *c, const struct client *client, const char *arg, bool pin)
{
	char rel[KEY_REL_MAX];
	struct wire_request q;
	struct wire_reply reply;
	size_t len;
	char *text;

	if (make_line(c, arg, rel) != CMD_OK)
		return CMD_FAILED;
	q = client_request(client, WIRE_PIN, strlen(rel));
	q.flags = pin ? 0 : WIRE_UNPIN;
	text = cmd_report(client, &q, rel, arg, &reply, &len);
	if (!text)
		return CMD_FAILED;
	free(text);
	if (!pin && !reply.size) {
		cmd_error("%s: is not pinned; 'larder pin' shows what is", arg);
		return CMD_FAILED;
	}
	return CMD_OK;
}

static int run(int argc, char **argv, bool pin)
{
	const struct config *c;
	struct client client;
	int opt, status = CMD_OK;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1)
		return opt == 'h' ? cmd_help() : cmd_usage();
	if (optind == argc && !pin)
		return cmd_usage();
	c = cmd_config_load();
	if (!c)
		return CMD_FAILED;
	cmd_client(&client, c, 0);
	if (optind == argc)
		return cmd_report_rows(&client, WIRE_REPORT_PINS, on_pin, (void *)c);
	for (; optind < argc; optind++)
		status |= change(c, &client, argv[optind], pin);
	return status;
}

int cmd_pin(int argc, char **argv)
{
	return run(argc, argv, true);
}

int cmd_unpin(int argc, char **argv)
{
	return run(argc, argv, false);
}
