/*
 * The record that `larder run` makes: what the program and its children append to a file beside it,
 * FILE.PID.opens, is summed up as it comes, and becomes FILE when the program has ended. What was
 * summed up is cut out of that file where its file system can do so, so it need not grow without
 * end. Where larder run itself was killed, the lines that are left in it are a record too.
 */
#ifndef LARDER_FETCH_CMD_RECORDING_H
#define LARDER_FETCH_CMD_RECORDING_H

#include "fetch/record.h"

#include <limits.h>

#define RECORDING_MS 2000 /* between two looks at what has come */

struct recording {
	const char *file; /* NULL: nothing is recorded */
	char opens[PATH_MAX];
	int fd; /* of that */
	off_t taken;
	struct record record;
	struct record_run run;
};

/* Makes the file of opens and puts it into the environment. 0, or -errno after a message. */
int recording_begin(struct recording *r, const char *file, char **command);

/* Takes what has come since. */
void recording_take(struct recording *r);

/* Writes FILE. `status` is the program's, or -signal. 0, or -errno after a message. */
int recording_end(struct recording *r, int status);

#endif
