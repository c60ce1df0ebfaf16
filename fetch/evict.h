/*
 * What is in the cache, and what goes from it: rounds of eviction, selections for the command, and
 * totals.
 *
 *	job->done = mine;
 *	evict_round(a, job, &goal);         make room: whatever the policy says should go
 *	evict_selection(a, job, &sel);      what a user asks for, or (dry_run) only to be shown
 *
 * The job is the caller's, and must live until `done` is called, on the loop, exactly once; or
 * until evict_cancel. Jobs run one after the other on a worker; nothing here blocks the loop. What
 * has been found or changed is told by evict_added, evict_removed and evict_used.
 *
 * The order is that of [cache] eviction, the least priority first. What the index takes for old is
 * looked at first: if its access time is later, it has been used by another host, or before a
 * restart, and stays. What is being filled, was used or replaced just now, is pinned or of a
 * profile with evict = never is skipped. Without being asked, every [cache] refresh and when a
 * profile is over its quota, what is beyond quota and retention goes.
 */
#ifndef LARDER_FETCH_EVICT_H
#define LARDER_FETCH_EVICT_H

#include "fetch/agent.h"

#define EVICT_DIR_MAX 255 /* bytes of a folder under data/ */

/* At least so much is to go. Nothing at all: the job only counts what is there. */
struct evict_goal {
	uint64_t bytes, files;
};

/* All that holds for an object; what is not set holds for each. */
struct evict_selection {
	const char *profile; /* the first component of the rel, as struct profile's dir; or NULL */
	const char *rel;     /* this object and what is below it; or NULL */
	uint64_t older_than; /* seconds since its last use; 0: of any age */
	bool dry_run;        /* nothing goes */
	bool even_kept;      /* what is pinned, or of a profile with evict = never, too */
};

struct evict_item {
	const char *rel;
	uint64_t bytes;
	int64_t used; /* seconds since 1970 */
};

struct evict_result {
	int error; /* 0 or -errno; less than the goal is no error. -EPERM: eviction = none */
	uint64_t bytes, files;             /* that went, or would go: as usage_charge counts */
	uint64_t freed_bytes, freed_files; /* of these, not in trash/ but unlinked at once */
	uint64_t left_bytes, left_files;   /* in the cache, afterwards */
};

struct evict_job {
	void (*done)(struct evict_job *job);
	/* On the worker, for each object that went, or would go; or NULL. */
	void (*each)(struct evict_job *job, const struct evict_item *item);
	struct evict_result result;

	/* evict.c's own. */
	struct evict_goal goal; /* nothing: the job only counts */
	struct evict_selection selection;
	bool selects, cancelled;
	struct evict_job *prev, *next;
};

struct evict *evict_new(struct agent *a);
void evict_stop(struct evict *e); /* what is under way ends soon; then it is not busy any more */
bool evict_busy(const struct evict *e);
void evict_free(struct evict *e);

void evict_round(struct agent *a, struct evict_job *job, const struct evict_goal *goal);

/* The strings of `s` must live as long as the job. */
void evict_selection(struct agent *a, struct evict_job *job, const struct evict_selection *s);

/* False: `done` will not be called, and the job is the caller's again. True: it is at work just
 * now; `done` follows soon. */
bool evict_cancel(struct agent *a, struct evict_job *job);

/* An object got its name, has lost it, was used (and its access time cannot say so: the `journal`
 * shall). */
void evict_added(struct agent *a, const char *rel, uint64_t bytes);
void evict_removed(struct agent *a, const char *rel);
void evict_used(struct agent *a, const char *rel, uint64_t bytes, bool journal);

/* Whether the object (hash: HASH_OBJECT of its rel) is known not to be in the cache. */
bool evict_lacks(const struct agent *a, uint64_t hash);

/* One profile's part of the cache. */
struct evict_stats {
	char dir[EVICT_DIR_MAX + 1]; /* "<profile>~<id>" */
	uint64_t bytes, files;
	int64_t oldest; /* last use, seconds since 1970, as of the last round; 0: not known */
	uint64_t quota; /* bytes; 0: none */
};

/* Those of all profiles that have anything in the cache, at most `max`. How many there are. */
size_t evict_stats(struct agent *a, struct evict_stats *out, size_t max);

/* Whether the totals are complete: false while journals are being read, or the cache is walked
 * because there were none. */
bool evict_knows(const struct agent *a);

/* Reads all of data/ in the background, and corrects what is known. */
void evict_recount(struct agent *a);

#endif
