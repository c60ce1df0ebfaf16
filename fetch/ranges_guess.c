#include "fetch/ranges_guess.h"

#include <string.h>

#define FIRST_ASCII  0x20
#define BEYOND_ASCII 0x7f
#define PLACES       16 /* characters that tell how far on a name is; a double has room for no more */

/* -- What can be at a position -- */

static uint64_t bits(char first, char last)
{
	return (~0ULL >> (63 - (last & 63))) & (~0ULL << (first & 63));
}

static bool has(const uint64_t map[2], int c)
{
	return (map[c >> 6] >> (c & 63) & 1) != 0;
}

void guess_note(struct guess *g, const char *name, size_t len)
{
	for (size_t i = 0; i < len && i < RANGES_DEPTH_MAX; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c < FIRST_ASCII || c >= BEYOND_ASCII || c == '/')
			continue;
		g->seen[i][c >> 6] |= 1ULL << (c & 63);
		g->anywhere[c >> 6] |= 1ULL << (c & 63);
	}
}

/* Letters of one case: those of hexadecimal digits alone, or all. */
static uint64_t letters(uint64_t seen, char a, char f, char z)
{
	if (seen & bits((char)(f + 1), z))
		return bits(a, z);
	return seen & bits(a, f) ? bits(a, f) : 0;
}

/* The characters seen, with their classes. */
static void complete(const uint64_t seen[2], uint64_t out[2])
{
	out[0] = seen[0] | (seen[0] & bits('0', '9') ? bits('0', '9') : 0);
	out[1] = seen[1] | letters(seen[1], 'A', 'F', 'Z') | letters(seen[1], 'a', 'f', 'z');
}

/* -- Split points -- */

/* The middle of the characters between two, or the first of them; -1 if there is none. */
static int pick(const uint64_t seen[2], int low, int high, bool first)
{
	uint64_t map[2];
	int n = 0;

	complete(seen, map);
	for (int c = low + 1; c < high; c++)
		n += has(map, c);
	for (int c = low + 1, i = 0; n && c < high; c++) {
		if (has(map, c) && (first || i++ == n / 2))
			return c;
	}
	return -1;
}

/* How many characters of a name a split point may begin with: none of them is a '/'. */
static size_t room_of(const char *name)
{
	size_t len = strcspn(name, "/");

	return len < RANGES_DEPTH_MAX ? len : RANGES_DEPTH_MAX - 1;
}

/* The character at a position, -1 behind the end. No split is inside a character of several bytes,
 * and none is above such a one: then it is beyond all. */
static int char_at(const char *s, size_t len, size_t i)
{
	unsigned char c = i < len ? (unsigned char)s[i] : 0;

	return i >= len ? -1 : c < BEYOND_ASCII ? c : BEYOND_ASCII;
}

static bool write_split(const char *low, size_t at, int c, char out[static RANGES_DEPTH_MAX + 1])
{
	if (c < 0)
		return false;
	memcpy(out, low, at);
	out[at] = (char)c;
	out[at + 1] = 0;
	return true;
}

static bool split_open(const struct guess *g, const char *low, size_t len, size_t depth,
        char out[static RANGES_DEPTH_MAX + 1])
{
	size_t levels[RANGES_DEPTH_MAX], n = 0, at = 0;

	for (size_t p = 0; p < len && p <= depth && p <= room_of(low); p++) {
		if (pick(g->seen[p], char_at(low, len, p), BEYOND_ASCII, true) >= 0)
			levels[n++] = p;
	}
	if (n)
		at = levels[(n - 1) / 2];
	return write_split(low, at,
	        pick(n ? g->seen[at] : g->anywhere, char_at(low, len, at), BEYOND_ASCII, n > 1),
	        out);
}

static bool split_closed(const struct guess *g, const char *low, size_t len, const char *high,
        char out[static RANGES_DEPTH_MAX + 1])
{
	size_t high_len = strlen(high), same = 0;

	while (same < len && same < high_len && low[same] == high[same])
		same++;
	for (int wide = 0; wide < 2; wide++) {
		int end = *high ? char_at(high, high_len, same) + (same + 1 < high_len)
		                : BEYOND_ASCII;

		for (size_t p = same; p <= room_of(low); p++, end = BEYOND_ASCII) {
			const uint64_t *seen = wide ? g->anywhere : g->seen[p];
			int c = pick(seen, char_at(low, len, p),
			        end < BEYOND_ASCII ? end : BEYOND_ASCII, false);

			if (write_split(low, p, c, out))
				return true;
		}
	}
	return false;
}

bool guess_split(const struct guess *g, const char *low, const char *high, size_t depth,
        char out[static RANGES_DEPTH_MAX + 1])
{
	size_t len = strlen(low);

	return (!*high && split_open(g, low, len, depth, out)) ||
	       split_closed(g, low, len, high, out);
}

double guess_place(const struct guess *g, const char *name, size_t skip)
{
	double place = 0, unit = 1;
	size_t len = strlen(name);

	for (size_t p = skip; p < skip + PLACES && p < len && p < RANGES_DEPTH_MAX; p++) {
		int c = char_at(name, len, p), rank = 1;
		uint64_t map[2];

		complete(g->seen[p], map);
		for (int i = 0; i < c; i++)
			rank += has(map, i);
		unit /= 2 + __builtin_popcountll(map[0]) + __builtin_popcountll(map[1]);
		place += rank * unit;
	}
	return place;
}
