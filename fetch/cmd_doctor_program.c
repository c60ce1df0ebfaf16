/* What `larder doctor` says of a program: on the disk, or itself an object in a prefix. */
#include "fetch/cmd_doctor.h"
#include "fetch/cmd_program.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_FIRST "it sees no virtual files; copy what it needs first: larder run -- cp -r ..."

static void say_what(struct doctor *d, const struct program *p)
{
	const char *text = program_obstacle_text(p->obstacle);
	const char *who = p->interpreter[0] ? p->interpreter : p->path;

	if (text && p->interpreter[0])
		doctor_say(d, VERDICT_FAIL, "program",
		        "%s is a script for %s, which %s: " COPY_FIRST, p->path, who, text);
	else if (text)
		doctor_say(d, VERDICT_FAIL, "program", "%s %s: " COPY_FIRST, who, text);
	else if (p->obstacle == PROGRAM_UNREADABLE)
		doctor_say(d, VERDICT_WARN, "program",
		        "%s: cannot be read, so it is not known what it is", who);
	else if (p->obstacle == PROGRAM_NOT_ELF)
		doctor_say(d, VERDICT_WARN, "program",
		        "%s: is no ELF file and names no interpreter by #!", who);
	else if (p->interpreter[0])
		doctor_say(d, VERDICT_OK, "program",
		        "%s is a script for %s, which is dynamically linked", p->path, who);
	else
		doctor_say(d, VERDICT_OK, "program", "%s is dynamically linked", who);
}

static void say_why_not(struct doctor *d, const char *name, int err, const char *text)
{
	doctor_say(d, VERDICT_FAIL, "program", "%s: %s; see it with 'larder stat %s'", name,
	        *text ? text : strerror(-err), name);
}

/* The agent opens it, which also brings it into the cache. */
static void examine_object(struct doctor *d, const char *name, const struct target *t)
{
	char text[WIRE_TEXT_MAX + 1] = "";
	struct wire_reply reply;
	struct program p = {0};
	int fd = -1, err;

	err = client_ask(&d->client, WIRE_OPEN, t->rel, strlen(t->rel), &reply, &fd, text);
	if (err) {
		doctor_say(d, VERDICT_FAIL, "program", "%s: no agent answers (%s)", name,
		        cmd_why_no_agent(d->config, err));
		return;
	}
	if (reply.error || reply.type == WIRE_DIR || fd < 0) {
		say_why_not(d, name, reply.error ? reply.error : -EISDIR, reply.error ? text : "");
	} else if (!reply.executable) {
		doctor_say(d, VERDICT_FAIL, "program",
		        "%s is an object of profile %s that is not executable; name it in that "
		        "profile's executable, or run it by its interpreter",
		        name, t->profile->name);
	} else {
		snprintf(p.path, sizeof p.path, "%s", name);
		program_inspect_fd(fd, &p);
		say_what(d, &p);
	}
	if (fd >= 0)
		close(fd);
}

void doctor_program(struct doctor *d, const char *name)
{
	static struct target target;
	char why[TARGET_ERROR_MAX];
	struct program p;
	int err = program_inspect(name, &p);

	if (!err)
		say_what(d, &p);
	else if (strchr(name, '/') && target_resolve(d->config, name, &target, why) == 0)
		examine_object(d, name, &target);
	else
		doctor_say(d, VERDICT_FAIL, "program", "%s: %s; check the name and PATH", name,
		        err == -ENOENT ? "not found" : strerror(-err));
}
