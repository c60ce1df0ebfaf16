/*
 * A listing that is under way: list.c begins it and knows who waits, list_entry.c takes the names
 * as they come, list_end.c writes what they make and tells. For these alone.
 */
#ifndef LARDER_FETCH_LIST_PARTS_H
#define LARDER_FETCH_LIST_PARTS_H

#include "cache/listing_build.h"
#include "cache/read/validity.h"
#include "fetch/ask.h"
#include "fetch/list.h"
#include "fetch/pages.h"

#include <uthash.h>

/* What the listing says of an object that the validity table has. */
struct said_object {
	uint64_t key, etag;
};

struct list_job {
	struct agent *agent;
	struct remote *remote;
	char *rel;
	char dir[KEY_MAX + 2]; /* the key with '/' at its end, or "" */
	struct listing_build *build;
	struct pages *pages; /* while they come */
	struct waiter *waiters;
	uint64_t begun; /* ms of CLOCK_BOOTTIME */
	bool ahead;     /* of the end of the one that there is; nobody has asked yet */
	const struct layout *shared;
	bool written; /* for this host; not for others yet */
	uint64_t expiry;
	bool marker; /* the directory exists though nothing is in it */
	bool asked;  /* whether it does was asked by its own name */
	unsigned hidden;
	struct validity_filter *filter; /* of a long one; NULL of others */
	struct said_object *said;
	size_t n_said, said_room;
	uv_work_t work;
	int error;
	UT_hash_handle hh;
};

/* A name of the listing, of a page, a record or a manifest. On the loop, or on a worker for a
 * folder; the job is not touched elsewhere meanwhile. */
int list_entry(void *job, const struct store_entry *e);

/* After the listing has been written: the validity table hears of the objects in it. */
void list_confirm(struct list_job *j);

/* All names are there, which makes a directory or none: writes the listing, and ends the job. */
void list_write(struct list_job *j);

/* Ends the job: everybody who waits is told, of an error (-errno) with a message. */
void list_finish(struct list_job *j, int error, const char *message);

/* Ends the job if the listing that this host or another one had is good enough. */
bool list_use_stale(struct list_job *j, const char *message);

/* Whether it is fetched again ahead of its end: a folder is listed at once, and from a manifest
 * nothing has to be fetched. */
bool list_may_refresh(const struct remote *r);

void list_free(struct list_job *j);

#endif
