/*
 * The limits of the cache: who wants to add an object claims its room first, and waits while older
 * ones make it.
 *
 *	space_claim ──granted──> written ──> space_sealed ──> space_published
 *	     │                        └── space_cancel: given up, or sealed now
 *	     └──refused: nothing can go, or not soon; the object is served without being kept
 *
 * Limits are [cache] size, files, and min_free of the file system. They hold for all agents of all
 * hosts together: each has reserved (cache/usage.h) what it grants, in steps of at most 256 MiB
 * beyond what is being filled, and asks for more on a worker. So nothing is written that was not
 * counted before, but for the parts by which fills learn how large their objects are.
 */
#ifndef LARDER_FETCH_SPACE_H
#define LARDER_FETCH_SPACE_H

#include "cache/trash.h"
#include "cache/usage.h"
#include "fetch/agent.h"

#define SPACE_PATIENCE_MS 10000 /* for room; then a claim is refused */

struct space_claim {
	void (*answer)(struct space_claim *c); /* granted or refused, later than it was made */
	struct usage_amount amount;
	struct usage_amount held; /* by the same fill, while this one waits */
	uint64_t since;           /* uv_now */
	bool granted, waiting, refused;
	struct space_claim *prev, *next;
};

struct space *space_new(struct agent *a);

/* Puts into the cache's usage what this agent leaves behind; space_busy until that is done. */
void space_leave(struct space *s);
bool space_busy(const struct space *s);
void space_free(struct space *s);

/* Claims room for an object of `size` bytes; or for none, which is granted at once. */
void space_claim(struct space *s, struct space_claim *c, uint64_t size);
void space_claim_none(struct space *s, struct space_claim *c);

/* A claim of nothing yet, behind those that wait: who begins a download while others wait for room
 * would add to what nobody has counted. Granted at once where none waits, and never refused. */
void space_queue(struct space *s, struct space_claim *c);

/* Claims `size` bytes more for the object of `c`. `more` becomes part of it with space_join. */
void space_claim_more(
        struct space *s, struct space_claim *c, struct space_claim *more, uint64_t size);
void space_join(struct space_claim *c, struct space_claim *more);

/* The claim is given back, whatever has become of it. */
void space_cancel(struct space *s, struct space_claim *c);

/* An object of so many bytes is whole, and will get its name; then it has got it, or (not kept) it
 * was given up. */
void space_sealed(struct space *s, uint64_t size);
void space_published(struct space *s, uint64_t size, bool kept);

/* So many bytes (usage_charge of each) and files have gone from data/ or trash/. (This one,
 * sweeping and refreshing come from workers, perhaps after the end: then `s` is NULL, and nothing
 * is done.) */
void space_removed(struct space *s, uint64_t bytes, uint64_t files);

/* trash/ was swept: what went, and what stays and takes room. */
void space_swept(struct space *s, const struct trash_left *t);

/* Somebody waits for room: what is whole should become something that can be evicted. */
bool space_waiting(const struct space *s);

/* Whether an object of `size` bytes would fit without anything having to go, or soon: below
 * high_water. */
bool space_has_room(const struct space *s, uint64_t size);

/* Looks at the marks, and shows others that this agent lives: every `refresh`. */
void space_refresh(struct space *s);

/* The disk did not take an object after all. Where the error says that it is full and the disk says
 * that it is not (a quota), the cache is for a while taken to be full with what it holds. */
void space_full(struct space *s, int error);

/* Bytes in the cache, of everybody, as far as known. */
uint64_t space_used(const struct space *s);

#endif
