/*
 * A fill: one object's bytes on their way from its store into a temporary file.
 *
 * HTTP: the first request asks for one part; its answer tells size and ETag. The rest comes in
 * ranges over several connections, each with If-Match, so that all bytes are of one generation; a
 * broken range goes on where it stopped, after a growing pause. Without a strong ETag, or where the
 * server knows no ranges, it is one request. A folder is copied by a worker thread. The length is
 * checked always, the checksum where the store gives one; a digest is made of what passes by.
 * Less than min_rate over stall_timeout ends it.
 */
#ifndef LARDER_FETCH_FILL_H
#define LARDER_FETCH_FILL_H

#include "cache/temp.h"
#include "fetch/agent.h"

struct fill;
struct replay_entry;

struct fill_result {
	int error;        /* 0 or -errno; then nothing else but message holds */
	bool unreachable; /* no answer from the remote */
	bool unchanged;   /* it still has the generation that was asked about; no bytes came */
	struct object_info info;
	int64_t confirmed;  /* when the remote was last asked and had it so: layout_now */
	struct temp *temp;  /* the whole object, not sealed yet; the receiver moves it out */
	const char *digest; /* of its bytes (digest.h); "" if none was made */
	const char
	        *checksum;   /* the store's (checksum_text), which they were found to have; or "" */
	const char *message; /* what happened and what to do */
};

typedef void fill_done(void *arg, const struct fill_result *r);

struct fill_options {
	const char *rel, *key;
	const struct replay_entry *want; /* this generation, or -ESTALE; NULL: any */
	const char *known_etag;          /* NULL or "": download in any case */
	bool ahead;                      /* nobody waits for it */
	bool keep;                       /* in the cache; else to an unnamed file */
	bool patient; /* try again after transient failures; else fail at once (a stale copy can be
	                 served) */
};

/* Starts; `done` is called once, later, unless it is cancelled. NULL with -errno in *error if it
 * cannot start. */
struct fill *fill_start(struct agent *a, struct remote *r, const struct fill_options *o,
        fill_done *done, void *arg, int *error, char err[static STORE_ERROR_MAX]);
void fill_cancel(struct fill *f);

/* Somebody waits for it now: it goes before those for which nobody does, and is `patient` or not.
 */
void fill_hurry(struct fill *f, bool patient);

/* Bytes so far and in all (0 while unknown). */
void fill_progress(const struct fill *f, uint64_t *done, uint64_t *total);

#endif
