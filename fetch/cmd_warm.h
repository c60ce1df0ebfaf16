/*
 * The work of `larder warm`: threads that ask the agent for everything below some names.
 *
 *	warm_new → warm_add… → warm_start → (wait for warm_fd; warm_counts) → warm_end
 *
 *	  dirs ──list──> listings ──next entry──> open
 *	   ^                │
 *	   └── its folders ─┘
 *
 * A listing is mapped as the agent wrote it and read entry by entry, so the memory that is needed
 *grows with the number of folders and not of objects. One lock guards all that the threads share;
 *none is held while the agent is asked.
 */
#ifndef LARDER_FETCH_CMD_WARM_H
#define LARDER_FETCH_CMD_WARM_H

#include "fetch/cmd.h"

#define WARM_JOBS_DEFAULT 16
#define WARM_JOBS_MAX     256
#define WARM_LISTINGS_MAX 128  /* mapped at once */
#define WARM_NAMES_MAX    4096 /* of a list, that wait */
#define WARM_TRIES        2    /* of a question, where the agent goes away meanwhile */

struct warm;

struct warm_counts {
	uint64_t objects, bytes;         /* that are known of so far */
	uint64_t done, done_bytes;       /* of them, in the cache now */
	uint64_t fetched, fetched_bytes; /* of those, downloaded for us */
	uint64_t bypassed, failed;
	bool walked; /* nothing more will be found */
};

/* Called from any of the threads, one at a time, with a line that says what failed. */
typedef void warm_report(void *arg, const char *url, const char *text);

/* NULL without memory. `client` is copied. */
struct warm *warm_new(
        const struct config *c, const struct client *client, warm_report *report, void *arg);

/* Nothing is fetched: what would be is counted as fetched. Before warm_start. */
void warm_only_look(struct warm *w);

/* An object, or a folder with all below. The profile must live until warm_end. 0 or -ENOMEM. */
int warm_add(struct warm *w, const struct profile *p, const char *rel);

/* What matches a pattern (cmd_warm_glob.h) below the folder `rel`; `arg` is how it was given. All
 * must live until warm_end. */
int warm_add_pattern(struct warm *w, const struct profile *p, const char *rel, const char *pattern,
        const char *arg);

/* Each name of a file, which ends with that character; `name` is the file's, for messages. */
int warm_from_list(struct warm *w, FILE *file, const char *name, int end);

/* 0 or -errno. */
int warm_start(struct warm *w, unsigned jobs);

/* Readable (poll) once everything is done. */
int warm_fd(const struct warm *w);
void warm_counts(struct warm *w, struct warm_counts *out);

/* Each object of a record; before warm_start. */
struct record;
int warm_from_record(struct warm *w, const struct record *r);

/* After the end: reports the patterns that nothing matched. */
void warm_check_patterns(struct warm *w);

/* Waits for the threads, and frees. */
void warm_end(struct warm *w);

#endif
