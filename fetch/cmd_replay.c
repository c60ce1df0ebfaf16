#include "fetch/cmd_replay.h"
#include "fetch/cmd.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_MAX 10 /* of the objects that no profile has */

int cmd_replay(const char *option, const char *file, struct record *record)
{
	char path[PATH_MAX], why[RECORD_ERROR_MAX];
	int err;

	if (!realpath(file, path)) {
		err = -errno;
		snprintf(why, sizeof why, "%s", strerror(-err));
	} else {
		err = record_read_whole(record, path, why);
	}
	if (!err && setenv("LARDER_REPLAY", path, 1) != 0) {
		err = -errno;
		snprintf(why, sizeof why, "%s", strerror(-err));
	}
	if (err) {
		cmd_error("%s %s: %s", option, file, why);
		record_release(record);
	}
	return err;
}

unsigned cmd_replay_check(const struct config *c, const struct record *record)
{
	unsigned missing = 0;

	for (const struct record_entry *e = record->entries; e; e = e->hh.next) {
		char key[KEY_MAX + 1];
		const struct profile *p;
		struct own_profile own;

		if (record_resolve(c, e, &own, &p, key) == 0)
			continue;
		if (missing++ < NAMED_MAX)
			cmd_error("%s: no profile has this URL; add the [profile %s] that it was "
			          "recorded with",
			        e->url, e->profile);
	}
	if (missing > NAMED_MAX)
		cmd_error("and %u more", missing - NAMED_MAX);
	return missing;
}
