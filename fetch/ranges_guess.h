/*
 * Where to split a range of names, of which nobody has seen the rest.
 *
 * Names of one directory are alike: digits stand where digits stood. So for each position it is
 * noted which characters were there, and a class of which one was seen (digits, a to f, a to z,
 * capitals) is taken to be there whole. Split points are ASCII behind whole characters: always
 * valid UTF-8, and without '/', so that no directory lies on both sides of one.
 */
#ifndef LARDER_FETCH_RANGES_GUESS_H
#define LARDER_FETCH_RANGES_GUESS_H

#include "fetch/ranges.h"

#include <stdint.h>

struct guess {
	uint64_t seen[RANGES_DEPTH_MAX][2]; /* ASCII characters at each position */
	uint64_t anywhere[2];
};

void guess_note(struct guess *g, const char *name, size_t len);

/*
 * A name between `low` and `high` ("" is beyond all), not equal to either, written to `out`: the
 * middle of what can be there. In an open range the first `depth` characters of `low` are what
 * neighbours have in common; how many of them change further on is tried by halves. False if there
 * is none.
 */
bool guess_split(const struct guess *g, const char *low, const char *high, size_t depth,
        char out[static RANGES_DEPTH_MAX + 1]);

/* How far on `name` is among the names that agree in the first `skip` characters: to be compared
 * with others of these. */
double guess_place(const struct guess *g, const char *name, size_t skip);

#endif
