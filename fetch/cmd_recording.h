/*
 * The record that `larder run` makes: what the program and its children append to a file beside it,
 * FILE.PID.opens, is summed up as it comes, and becomes FILE when the program has ended.
 *
 * That file need not grow without end: when it has grown by RECORDING_CUT, what was summed up goes
 * to FILE.PID.opens.sum, and is cut out where the file system can do so. So the two are the record
 * of a larder run that was killed.
 */
#ifndef LARDER_FETCH_CMD_RECORDING_H
#define LARDER_FETCH_CMD_RECORDING_H

#include "fetch/record.h"

#include <limits.h>

#define RECORDING_MS  2000              /* between two looks at what has come */
#define RECORDING_CUT ((off_t)64 << 20) /* bytes of lines */

struct recording {
	const char *file; /* NULL: nothing is recorded */
	char opens[PATH_MAX];
	int fd;           /* of that */
	off_t taken, cut; /* bytes of it */
	off_t step;       /* RECORDING_CUT; less in tests */
	int error;        /* nothing more can be taken */
	struct record record;
	struct record_run run;
};

/* Makes the file of opens and puts it into the environment. 0, or -errno after a message. */
int recording_begin(struct recording *r, const char *file, char **command);

/* Takes what has come since. */
void recording_take(struct recording *r);

/* The program was not started: FILE stays what it is. */
void recording_drop(struct recording *r);

/* Writes FILE. `status` is the program's, or -signal. 0, or -errno after a message. */
int recording_end(struct recording *r, int status);

#endif
