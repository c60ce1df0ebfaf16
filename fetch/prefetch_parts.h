/* The inside of fetching ahead, shared by prefetch.c (who reads what) and prefetch_mark.c (what was
 * fetched). */
#ifndef LARDER_FETCH_PREFETCH_PARTS_H
#define LARDER_FETCH_PREFETCH_PARTS_H

#include "cache/read/key.h"
#include "cache/read/listing.h"
#include "fetch/ahead.h"
#include "fetch/prefetch.h"

#include <uthash.h>

/*
 * An object that is fetched ahead (`busy`), or was and has not been opened. While a stream waits
 * for it to be opened, it is in the list of that stream.
 */
struct mark {
	struct prefetch *owner;
	struct waiter waiter;
	uint64_t hash; /* HASH_OBJECT of the rel */
	char *rel;
	uint64_t size, born;   /* born: uv_now */
	int64_t index;         /* in the listing */
	struct folder *folder; /* NULL: no stream waits for it */
	int slot;
	bool busy;
	bool wanted; /* it was opened while it was busy */
	struct mark *prev, *next;
	UT_hash_handle hh; /* in the order of their birth */
};

/* A folder that is being read. */
struct folder {
	struct prefetch *owner;
	char *rel;
	struct remote *remote;
	const struct listing_header *listing;
	struct ahead ahead;
	struct mark *marks[AHEAD_STREAMS]; /* by stream, in the order of the listing */
	uint32_t generations[AHEAD_STREAMS];
	uint64_t moved;  /* uv_now */
	bool active;     /* a stream may want something */
	bool trusted;    /* the folder beside it was just read in order */
	bool doubtful;   /* objects are not where they are said to be */
	bool asked;      /* it was not listed, and has been asked for */
	unsigned rising; /* names that were opened in order, while it is not listed */
	char last[KEY_NAME_MAX + 1];
	struct waiter waiter; /* of its listing */
	UT_hash_handle hh;
};

struct prefetch {
	struct agent *agent;
	struct mark *marks;     /* by hash */
	struct folder *folders; /* by rel, in the order in which they came */
	uv_timer_t pump, tick;
	unsigned busy;
	uint64_t bytes;      /* of marks that a stream waits for */
	uint64_t busy_bytes; /* of those that are busy */
	uint64_t trusted,
	        trusted_at; /* hash of the folder in which folders are read in order; uv_now */
	int handles;
	bool stopped;
};

/* Fetches the object for a stream, which waits for it from now on. */
void mark_fetch(
        struct folder *f, int slot, int64_t index, const char *rel, uint64_t hash, uint64_t size);

/* The one of an object, or NULL. */
struct mark *mark_find(struct prefetch *p, uint64_t hash);

/* Its object was opened. */
void mark_used(struct mark *m);

/* Its stream has gone, or passed it by: nobody waits for it, and what has not come is given up. */
void mark_detach(struct mark *m);

/* All of a stream. */
void marks_drop(struct folder *f, int slot);

/* Counts and forgets what was wasted. */
void marks_settle(struct prefetch *p);
void marks_free(struct prefetch *p);

/* Something may be fetched now that could not be before. */
void prefetch_go_on(struct prefetch *p);

#endif
