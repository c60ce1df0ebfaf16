/*
 * A directory's names in several ranges at once: which range of names each request is for. Knows
 * nothing of requests: whoever makes them tells what came.
 *
 *	ranges_new → ranges_next (the whole) → range_page, range_take…, range_end for each page,
 *	and after each page ranges_next for as many further ranges as there is room for
 *
 * A range is (after, until] in the order of the keys' bytes, where a directory's key ends in '/'.
 * What is left of a range that is being listed is split at a name that need not exist, guessed from
 * the names that came: so neither side has to be known, and a guess beyond the last name costs one
 * empty page. Names that come are held against their range, so that each is taken exactly once
 * whatever the split points are; and against each other: a server that does not list in order, or
 * does not begin where it was told to, is found out before anything is lost by it.
 */
#ifndef LARDER_FETCH_RANGES_H
#define LARDER_FETCH_RANGES_H

#include <stdbool.h>
#include <stddef.h>

#define RANGES_DEPTH_MAX 128 /* bytes of a split point at most */

struct ranges;
struct range;

/* NULL without memory. */
struct ranges *ranges_new(void);
void ranges_free(struct ranges *rs);

/* First the range of all names, then one that is split off those which are under way. NULL if
 * there is nothing to be split, if too few pages with names have come for another guess, or without
 * memory. Valid until range_end says that it is done. */
struct range *ranges_next(struct ranges *rs);

/* How many ranges are under way. */
unsigned ranges_count(const struct ranges *rs);

/* How many pages have come. */
unsigned ranges_pages(const struct ranges *rs);

/* The name behind which the range begins, "" for the whole; and the last one that it needs, "" if
 * there is none. The latter becomes less while the range is split. */
const char *range_after(const struct range *r);
const char *range_until(const struct range *r);

/* A page of the range begins, or begins again after a failure. */
void range_page(struct range *r);

/* A name of the page: 1 if it is of this range, 0 if it is another's. -EILSEQ: this server's
 * listings cannot be split; what was listed so far may have gaps. */
int range_take(struct range *r, const char *name, size_t len, bool is_dir);

/* The page is whole, and there are `more`: true. Whether the range's next page is wanted; else the
 * range is done, and gone. */
bool range_end(struct range *r, bool more);

#endif
