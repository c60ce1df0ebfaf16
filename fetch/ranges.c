/*
 * A range's names: those up to `cursor` have come, those behind it up to `until` are still to come,
 * and may be given away in part. A range of which no page has come yet is a guess, and may be
 * empty; whether its end is open or known, is told by those before it.
 *
 * Of the names that came only what tells the order is kept, so that memory does not grow with them.
 */
#include "fetch/ranges.h"
#include "fetch/ranges_guess.h"
#include "fetch/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define PAGE_FIRST  1000 /* names of a page, before one has come */
#define NOTED_EVERY 16   /* names, of those behind the first page */
#define MANY        1e18 /* names that may be left where nothing is known */
#define DOUBT       4    /* a guess counts for less by this factor */
#define SPLITS_A_PAGE                                                                              \
	2        /* at most, for each page that had names: a guess in vain costs a request         \
	          */
#define ENOUGH 2 /* pages, for a range to be split: half a page more is read at each split */

enum kind { FILES, DIRS, KINDS };

struct name {
	size_t len;
	char s[STORE_KEY_MAX + 2]; /* a directory's ends in '/' */
};

struct range {
	struct ranges *owner;
	char after[RANGES_DEPTH_MAX + 1], until[RANGES_DEPTH_MAX + 1];
	char first[RANGES_DEPTH_MAX + 1]; /* the beginning of its first name */
	struct name cursor;               /* the greatest that came */
	struct name floor;                /* the same, at the end of the last page */
	struct name last[KINDS];          /* of this page; each kind comes in order */
	uint64_t names;
	double promised;     /* names, by the range that it was split off from */
	bool outside;        /* a name of this page was behind `until` */
	uint64_t page_names; /* of this page … */
	bool fruitful;       /* … and whether any was of this range */
	struct range *prev, *next;
};

struct ranges {
	struct guess guess;
	struct range *all;
	unsigned count, pages, splits;
	unsigned fruitful; /* pages that had names of their range */
	bool begun, unordered;
	uint64_t names, page_most;
	size_t depth; /* characters that the first page's names have in common */
};

struct ranges *ranges_new(void)
{
	return calloc(1, sizeof(struct ranges));
}

static void range_free(struct range *r)
{
	DL_DELETE(r->owner->all, r);
	r->owner->count--;
	free(r);
}

void ranges_free(struct ranges *rs)
{
	if (!rs)
		return;
	while (rs->all)
		range_free(rs->all);
	free(rs);
}

unsigned ranges_count(const struct ranges *rs)
{
	return rs->count;
}

unsigned ranges_pages(const struct ranges *rs)
{
	return rs->pages;
}

const char *range_after(const struct range *r)
{
	return r->after;
}

const char *range_until(const struct range *r)
{
	return r->until;
}

/* -- Splitting -- */

static size_t in_common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/* How many names are still to come, if they are spread as those that came. */
static double left_of(const struct range *r)
{
	const struct guess *g = &r->owner->guess;
	size_t skip = in_common(r->first, r->until);
	double from, here;

	if (!r->names)
		return r->promised / DOUBT;
	if (!*r->until)
		return MANY;
	from = guess_place(g, r->first, skip);
	here = guess_place(g, r->cursor.s, skip);
	if (here <= from)
		return MANY;
	return (double)r->names * (guess_place(g, r->until, skip) - here) / (here - from);
}

static struct range *range_new(struct ranges *rs, const char *after, const char *until)
{
	struct range *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->owner = rs;
	snprintf(r->after, sizeof r->after, "%s", after);
	snprintf(r->until, sizeof r->until, "%s", until);
	r->cursor.len = strlen(after);
	memcpy(r->cursor.s, after, r->cursor.len);
	r->floor = r->cursor;
	DL_APPEND(rs->all, r);
	rs->count++;
	return r;
}

/* The range with most left that can be split, and where. */
static struct range *choose(struct ranges *rs, char at[static RANGES_DEPTH_MAX + 1], double *left)
{
	double enough = ENOUGH * (double)(rs->page_most ? rs->page_most : PAGE_FIRST);
	char split[RANGES_DEPTH_MAX + 1];
	struct range *r, *best = NULL;

	*left = 0;
	DL_FOREACH (rs->all, r) {
		double n = left_of(r);

		if (n < enough || n <= *left ||
		        !guess_split(&rs->guess, r->cursor.s, r->until, rs->depth, split))
			continue;
		best = r;
		*left = n;
		memcpy(at, split, sizeof split);
	}
	return best;
}

struct range *ranges_next(struct ranges *rs)
{
	char at[RANGES_DEPTH_MAX + 1];
	struct range *r, *new;
	double left;

	if (!rs->begun) {
		rs->begun = true;
		return range_new(rs, "", "");
	}
	if (rs->unordered || rs->splits >= SPLITS_A_PAGE * rs->fruitful)
		return NULL;
	r = choose(rs, at, &left);
	new = r ? range_new(rs, at, r->until) : NULL;
	if (!new)
		return NULL;
	memcpy(r->until, at, sizeof at);
	r->promised /= 2;
	/* An open end may hold as much again as has come. */
	new->promised = left < MANY ? left / 2 : DOUBT *(double)rs->names;
	rs->splits++;
	return new;
}

/* -- Names -- */

static int compare(const struct name *a, const char *b)
{
	size_t len = strlen(b);
	int order = memcmp(a->s, b, a->len < len ? a->len : len);

	return order ? order : (a->len > len) - (a->len < len);
}

static int compare_names(const struct name *a, const struct name *b)
{
	int order = memcmp(a->s, b->s, a->len < b->len ? a->len : b->len);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

void range_page(struct range *r)
{
	r->last[FILES].len = r->last[DIRS].len = 0;
	r->outside = r->fruitful = false;
	r->page_names = 0;
}

static void copy_name(struct name *to, const struct name *from)
{
	to->len = from->len;
	memcpy(to->s, from->s, from->len);
	to->s[to->len] = 0;
}

/* What the names say about those to come. */
static void learn(struct range *r, const struct name *n)
{
	struct ranges *rs = r->owner;
	size_t len = n->len < RANGES_DEPTH_MAX ? n->len : RANGES_DEPTH_MAX;

	if (!r->names++) {
		memcpy(r->first, n->s, len);
		r->first[len] = 0;
	}
	if (rs->pages == 0 || rs->names % NOTED_EVERY == 0)
		guess_note(&rs->guess, n->s, n->len);
	rs->names++;
}

int range_take(struct range *r, const char *name, size_t len, bool is_dir)
{
	struct name *last = &r->last[is_dir ? DIRS : FILES], n;

	/* The marker of the directory itself. */
	if (!len && !is_dir)
		return 1;
	if (len > STORE_KEY_MAX)
		return -EILSEQ;
	memcpy(n.s, name, len);
	n.s[len] = is_dir ? '/' : 0;
	n.len = len + is_dir;
	n.s[n.len] = 0;
	if (compare_names(&n, last) < 0 || compare_names(&n, &r->floor) < 0) {
		r->owner->unordered = true;
		if (r->owner->splits)
			return -EILSEQ;
	}
	copy_name(last, &n);
	r->page_names++;
	if (*r->until && compare(&n, r->until) > 0) {
		r->outside = true;
		return 0;
	}
	if (*r->after && compare(&n, r->after) == 0)
		return 0;
	if (compare_names(&n, &r->cursor) > 0)
		copy_name(&r->cursor, &n);
	r->fruitful = true;
	learn(r, &n);
	return 1;
}

bool range_end(struct range *r, bool more)
{
	struct ranges *rs = r->owner;

	if (rs->pages++ == 0)
		rs->depth = in_common(r->first, r->cursor.s);
	rs->fruitful += r->fruitful;
	if (r->page_names > rs->page_most)
		rs->page_most = r->page_names;
	copy_name(&r->floor, &r->cursor);
	if (more && !r->outside && !(*r->until && compare(&r->cursor, r->until) == 0))
		return true;
	range_free(r);
	return false;
}
