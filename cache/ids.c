#include "cache/ids.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_SIZE (64 << 10) /* bytes of text of one entry; groups name all of their members */

/* -EINVAL if it is no number. */
static int parse_id(const char *name, unsigned *id)
{
	unsigned long value;
	char *end;

	if (*name < '0' || *name > '9')
		return -EINVAL;
	errno = 0;
	value = strtoul(name, &end, 10);
	/* The last one stands for "none". */
	if (*end || errno || value >= (unsigned)-1)
		return -EINVAL;
	*id = (unsigned)value;
	return 0;
}

int ids_user(const char *name, uid_t *uid)
{
	char *text = malloc(ENTRY_SIZE);
	struct passwd p, *found = NULL;
	int err = text ? 0 : ENOMEM;

	if (text && parse_id(name, uid) != 0) {
		err = getpwnam_r(name, &p, text, ENTRY_SIZE, &found);
		if (found)
			*uid = found->pw_uid;
		else if (!err)
			err = ENOENT;
	}
	free(text);
	return -err;
}

int ids_group(const char *name, gid_t *gid)
{
	char *text = malloc(ENTRY_SIZE);
	struct group g, *found = NULL;
	int err = text ? 0 : ENOMEM;

	if (text && parse_id(name, gid) != 0) {
		err = getgrnam_r(name, &g, text, ENTRY_SIZE, &found);
		if (found)
			*gid = found->gr_gid;
		else if (!err)
			err = ENOENT;
	}
	free(text);
	return -err;
}

static bool has_others(const struct group *g, const char *user)
{
	for (char **m = g->gr_mem; *m; m++) {
		if (strcmp(*m, user) != 0)
			return true;
	}
	return false;
}

bool ids_private_group(uid_t uid, gid_t gid)
{
	char *text = malloc(2 * (size_t)ENTRY_SIZE);
	struct passwd p, *user = NULL;
	struct group g, *group = NULL;
	bool found = false;

	if (!text)
		return false;
	if (getpwuid_r(uid, &p, text, ENTRY_SIZE, &user) == 0 && user && user->pw_gid == gid)
		getgrgid_r(gid, &g, text + ENTRY_SIZE, ENTRY_SIZE, &group);
	if (group)
		found = strcmp(group->gr_name, user->pw_name) == 0 &&
		        !has_others(group, user->pw_name);
	free(text);
	return found;
}
