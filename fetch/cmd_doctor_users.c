/* What `larder doctor` finds of permissions: of the configuration, and of a cache that several
 * share. */
#include "cache/share.h"
#include "fetch/cmd_doctor.h"
#include "fetch/trust.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void doctor_trust(struct doctor *d)
{
	const struct config *c = d->config;
	char err[TRUST_ERROR_MAX];

	if (c->error[0] || !*c->file)
		return;
	if (trust_path(c->file, false, err))
		doctor_say(d, VERDICT_FAIL, "configuration", "%s", err);
	for (int i = 0; i < c->n_profiles; i++) {
		const char *file = c->profiles[i].credentials_file;

		/* A system agent's is for that to judge; others should not even read it. */
		if (*file && doctor_may_have_keys(d) && trust_path(file, true, err))
			doctor_say(d, VERDICT_FAIL, "configuration", "%s", err);
		else if (*file && !doctor_may_have_keys(d) && geteuid() != 0 &&
		         access(file, R_OK) == 0)
			doctor_say(d, VERDICT_FAIL, "configuration",
			        "%s: you can read the system agent's keys; chmod 600 %s", file,
			        file);
	}
}

/* The first of the cache's folders that is not for the whole group; false if all are. */
static bool find_unshared(const struct layout *l, char path[static LAYOUT_PATH_MAX])
{
	static const char names[][8] = {"", LAYOUT_FOLDERS};
	struct stat st;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, LAYOUT_PATH_MAX, "%s%s%s", l->location, *names[i] ? "/" : "",
		        names[i]);
		if (lstat(path, &st) == 0 && !share_is_for_group(l, &st))
			return true;
	}
	return false;
}

static void check_group(struct doctor *d)
{
	struct layout l = d->layout;
	char text[LAYOUT_PATH_MAX];
	struct stat st;

	if (share_modes(&l, d->config, text)) {
		doctor_say(d, VERDICT_FAIL, "cache", "%s", text);
		return;
	}
	if (stat(l.location, &st) != 0)
		return;
	if (find_unshared(&l, text))
		doctor_say(d, VERDICT_FAIL, "cache",
		        "%s: not all of group %s can write it; its owner runs: chgrp -R %s %s && "
		        "find %s -type d -exec chmod 2770 {} +",
		        text, d->config->cache.group, d->config->cache.group, l.location,
		        l.location);
	else
		doctor_say(d, VERDICT_OK, "cache",
		        "%s is shared by group %s: what its members put there, the others read",
		        l.location, d->config->cache.group);
}

void doctor_sharing(struct doctor *d)
{
	const char *location = d->config->cache.location;
	struct stat st;

	if (*d->config->cache.group)
		check_group(d);
	else if (stat(location, &st) == 0 && (st.st_mode & 022))
		doctor_say(d, VERDICT_WARN, "cache",
		        "%s can be written by others (mode %04o), who could put bytes of their own "
		        "there: chmod 700 %s, or share it by [cache] group",
		        location, (unsigned)(st.st_mode & 07777), location);
}

void doctor_system(struct doctor *d)
{
	const struct config *c = d->config;
	int uid = client_system_uid(&d->client);
	struct stat st;

	if (uid < 0)
		return; /* doctor_agent has said so */
	if (stat(c->cache.location, &st) != 0 || st.st_uid != (uid_t)uid || (st.st_mode & 022)) {
		doctor_say(d, VERDICT_FAIL, "cache",
		        "%s must be a folder of user %d that nobody else can write; install -d -o "
		        "%d -m 755 %s",
		        c->cache.location, uid, uid, c->cache.location);
		return;
	}
	doctor_say(
	        d, VERDICT_OK, "cache", "%s: the system agent's (user %d)", c->cache.location, uid);
	for (int i = 0; i < c->n_profiles && d->agent; i++) {
		const struct profile *p = &c->profiles[i];
		struct wire_reply reply;
		char text[WIRE_TEXT_MAX + 1];

		if (*p->allow && cmd_ask(&d->client, WIRE_STAT, p->dir, &reply, text) == -EACCES)
			doctor_say(d, VERDICT_WARN, "cache",
			        "profile '%s' is not for you: every call fails with EACCES; ask "
			        "for "
			        "one of: %s",
			        p->name, p->allow);
	}
}

bool doctor_may_have_keys(const struct doctor *d)
{
	return !d->config->cache.system || (int)geteuid() == client_system_uid(&d->client);
}
