#include "fetch/cmd_doctor.h"

#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#define LINE_SIZE 4096

static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};

void doctor_say(struct doctor *d, enum verdict v, const char *what, const char *format, ...)
{
	static const char *const words[] = {"OK   ", "WARN ", "FAIL "};
	char text[LINE_SIZE], head[CMD_TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	snprintf(head, sizeof head, "%s %s: ", words[v], what);
	cmd_print_line(stdout, head, text);
	fflush(stdout);
	d->warnings += v == VERDICT_WARN;
	d->failures += v == VERDICT_FAIL;
}

static void examine(struct doctor *d, const char *program, const char *path)
{
	static struct target target;
	const struct config *c = d->config;
	bool found = false;

	doctor_configuration(d);
	doctor_trust(d);
	doctor_shim(d);
	if (program)
		doctor_program(d, program);
	if (path)
		found = doctor_target(d, path, &target);
	/* An agent refuses a configuration that is not valid, and no program is served by it. */
	if (!c->error[0])
		doctor_agent(d);
	if (c->cache.system) {
		doctor_system(d);
	} else {
		doctor_cache(d);
		doctor_sharing(d);
	}
	if (c->error[0])
		return;
	if (found)
		doctor_seen(d, path, &target);
	if (!doctor_may_have_keys(d))
		return;
	if (found) {
		doctor_remote(d, target.profile, target.rel);
		return;
	}
	for (int i = 0; i < c->n_profiles && !path; i++)
		doctor_remote(d, &c->profiles[i], c->profiles[i].dir);
}

int cmd_doctor(int argc, char **argv)
{
	static struct doctor d;
	int opt, left;

	while ((opt = getopt_long(argc, argv, "+h", options, NULL)) != -1)
		return opt == 'h' ? cmd_help() : cmd_usage();
	left = argc - optind;
	if (left > 2)
		return cmd_usage();
	d.config = cmd_config_try();
	d.layout = cmd_layout(d.config);
	cmd_client(&d.client, d.config, 0);
	examine(&d, left > 0 ? argv[optind] : NULL, left > 1 ? argv[optind + 1] : NULL);
	if (d.failures)
		printf("%u of these will not work.\n", d.failures);
	else
		printf("Nothing stands in the way%s.\n",
		        d.warnings ? ", with the warnings above" : "");
	return d.failures ? CMD_FAILED : CMD_OK;
}
