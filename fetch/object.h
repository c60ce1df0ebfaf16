/*
 * Objects: what the agent does when a name is opened or asked about.
 */
#ifndef LARDER_FETCH_OBJECT_H
#define LARDER_FETCH_OBJECT_H

#include "fetch/agent.h"

/* Opens: answers with a descriptor of the whole object, filling the cache first where that is
 * needed; or with DIR. */
void object_open(struct agent *a, const char *rel, struct waiter *w);

/* Says what the name is, without downloading it. */
void object_stat(struct agent *a, const char *rel, struct waiter *w);

/* The waiter has gone. A fill that nobody waits for any more is ended. */
void object_cancel(struct waiter *w);

/* Whether it is being opened, filled or committed. */
bool object_is_open(const struct agent *a, const char *rel);

/* The object was opened without us: its place in the order of eviction. */
void object_used(struct agent *a, const char *rel);

/* The shared cache was lost: what was on its way there begins anew, elsewhere. */
void objects_move(struct agent *a);

/* Fills the answer for an object, or a directory: what stat shows. */
void object_describe(const struct remote *r, const char *rel, const struct object_info *info,
        struct answer *out);
void object_describe_dir(const char *rel, struct answer *out);

/* For each fill under way. */
typedef void object_progress_cb(void *arg, const char *rel, const struct remote *r, uint64_t run,
        uint64_t done, uint64_t total, uint64_t elapsed_ms);
void objects_progress(struct agent *a, object_progress_cb *cb, void *arg);

/* How far an object is that somebody waits for. */
struct object_now {
	const char *state;    /* "elsewhere": another agent fills it; "filling", "copying" to the
	                         local tier, "here", "asking" */
	uint64_t done, total; /* bytes; total is 0 while it is not known */
	uint64_t age_ms;      /* since it was asked for first */
};

/* False, with "asking", if it is not being opened. */
bool objects_now(struct agent *a, const char *rel, struct object_now *out);

/* How many objects are being filled or committed. */
unsigned objects_count(const struct agent *a);

/* Ends all fills; their waiters get -EIO. */
void objects_free(struct agent *a);

#endif
