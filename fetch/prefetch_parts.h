/* The inside of fetching ahead, shared by prefetch.c, prefetch_folder.c (who reads what) and
 * prefetch_mark.c (what was fetched). */
#ifndef LARDER_FETCH_PREFETCH_PARTS_H
#define LARDER_FETCH_PREFETCH_PARTS_H

#include "cache/read/key.h"
#include "cache/read/listing.h"
#include "fetch/ahead.h"
#include "fetch/prefetch.h"

#include <uthash.h>

/*
 * One order in which a folder is read. By name is that of the listing, which readdir shows and
 * sorted lists have; by inode number is that of cp, which sorts by it what it is about to copy.
 */
enum order { BY_NAME, BY_INODE, ORDERS };

/*
 * An object that is fetched ahead (`busy`), or was and has not been opened. While a stream waits
 * for it to be opened, it is in the list of that stream.
 */
struct mark {
	struct prefetch *owner;
	struct waiter waiter;
	uint64_t hash; /* HASH_OBJECT of the rel */
	char *rel;
	uint64_t size, born; /* born: uv_now */
	int64_t place;       /* in the walk's order */
	struct walk *walk;   /* NULL: no stream waits for it */
	enum order order;    /* of the walk that it was fetched for */
	int slot;
	bool busy;
	bool wanted; /* it was opened while it was busy */
	struct mark *prev, *next;
	UT_hash_handle hh; /* in the order of their birth */
};

struct walk {
	struct folder *folder;
	struct ahead ahead;
	struct mark *marks[AHEAD_STREAMS]; /* by stream, in the walk's order */
	uint32_t generations[AHEAD_STREAMS];
	uint32_t *entries; /* by place, their numbers in the listing; NULL: the same */
	unsigned score;    /* how many of the last names came next in this order: of 64 */
};

/* A folder that is being read. */
struct folder {
	struct prefetch *owner;
	char *rel;
	struct remote *remote;
	const struct listing_header *listing;
	struct walk walks[ORDERS];
	uint64_t moved;     /* uv_now */
	bool active;        /* a stream may want something */
	enum order trusted; /* the folder beside it was just read so; ORDERS: it was not */
	unsigned disorder;  /* names that were not opened by name */
	bool doubtful;      /* objects are not where they are said to be */
	bool asked;         /* it was not listed, and has been asked for */
	unsigned rising;    /* names that were opened in order, while it is not listed */
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
	enum order trusted_order;
	int handles;
	bool stopped;
};

/* Fetches the object for a stream, which waits for it from now on. */
void mark_fetch(
        struct walk *w, int slot, int64_t place, const char *rel, uint64_t hash, uint64_t size);

/* The one of an object, or NULL. */
struct mark *mark_find(struct prefetch *p, uint64_t hash);

/* Its object was opened. */
void mark_used(struct mark *m);

/* Its stream has gone, or passed it by: nobody waits for it, and what has not come is given up. */
void mark_detach(struct mark *m);

/* All of a stream. */
void marks_drop(struct walk *w, int slot);

/* The folder of that rel, whose objects are opened; NULL without memory. */
struct folder *folder_of(struct prefetch *p, struct remote *r, const char *rel, size_t len);
void folder_free(struct folder *f);

/* Maps its listing, however old, if it is not mapped: false if there is none. */
bool folder_map(struct folder *f);

/* One of its names is opened by a program. `known`: the order in which it was fetched ahead, or
 * ORDERS. */
void folder_step(struct folder *f, const char *name, enum order known);

/* The order in which most of its last names were opened: only for that one is anything fetched. */
enum order folder_order(const struct folder *f);

/* The listing's entry at a place of a walk. */
const struct listing_entry *walk_entry(const struct walk *w, int64_t place);

/* Counts and forgets what was wasted. */
void marks_settle(struct prefetch *p);
void marks_free(struct prefetch *p);

/* Something may be fetched now that could not be before. */
void prefetch_go_on(struct prefetch *p);

#endif
