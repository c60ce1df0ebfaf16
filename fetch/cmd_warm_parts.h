/*
 * What cmd_warm_work.c (threads that ask) and cmd_warm_queue.c (what is left to ask for) share. For
 * these two alone.
 */
#ifndef LARDER_FETCH_CMD_WARM_PARTS_H
#define LARDER_FETCH_CMD_WARM_PARTS_H

#include "fetch/cmd_warm.h"
#include "fetch/cmd_warm_glob.h"

#include <pthread.h>

enum warm_given {
	WARM_FOUND, /* a folder */
	WARM_GIVEN, /* an argument, or from a list: an object, perhaps */
};

/* A pattern, and what it begins in. */
struct warm_glob {
	const char *arg, *pattern;
	size_t base; /* bytes of the folder's key */
	uint64_t matched;
	bool failed; /* a folder of it */
	struct warm_glob *next;
};

struct warm_list;
struct warm_own;

struct warm_name {
	const struct profile *profile;
	struct warm_name *next;
	enum warm_given given;
	struct warm_glob *glob; /* of what is below, only this; NULL: everything */
	char rel[];
};

struct warm_listing;

struct warm {
	const struct config *config;
	struct client client;
	struct layout layout;
	warm_report *report;
	void *arg;
	int fd;
	unsigned n_threads;
	pthread_t *threads;
	pthread_mutex_t lock; /* of all that follows, and of calls of report */
	pthread_cond_t more;
	bool only_look;
	struct warm_list *list;
	struct warm_glob *globs;
	struct warm_own *owns;          /* profiles of a record */
	bool feeding;                   /* names are still coming from the list */
	struct warm_name *names, *last; /* to be opened or listed */
	unsigned n_names;
	struct warm_listing *listings; /* with entries left */
	unsigned n_listings;
	unsigned listing; /* threads that ask for a folder */
	unsigned busy;    /* threads that ask for anything */
	unsigned running; /* threads */
	bool broken;      /* there is no agent: nothing more is tried */
	struct warm_counts counts;
};

enum warm_kind { WARM_NOTHING, WARM_FOLDER, WARM_OBJECT };

struct warm_job {
	enum warm_kind kind;
	const struct profile *profile;
	enum warm_given given;
	struct warm_glob *glob;
	uint64_t size, ino; /* of an OBJECT, as it was listed */
	char rel[KEY_REL_MAX];
	char text[WIRE_TEXT_MAX + 1];
};

/* All of these with the lock held. */

int warm_queue_add(struct warm *w, const struct profile *p, const char *rel, enum warm_given given,
        struct warm_glob *glob);

/* What to do next, waiting for it if need be; NOTHING when everything is done. */
void warm_queue_take(struct warm *w, struct warm_job *j);

/* The agent has written the listing of that folder: what it holds becomes known. 0 or -errno. */
int warm_queue_listing(
        struct warm *w, const struct profile *p, const char *rel, struct warm_glob *glob);

void warm_queue_clear(struct warm *w);

/* The thread of the list, if there is one (cmd_warm_list.c). Without the lock. */
void warm_list_start(struct warm *w);
void warm_list_end(struct warm *w);

/* What the record took (cmd_warm_record.c). */
void warm_record_end(struct warm *w);

#endif
