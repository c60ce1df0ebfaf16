/*
 * The journals of a cache: what each agent has put there and what it took away, a line each.
 *
 *	usage/<host>.<id>.log, appended to by one agent alone, read by all:
 *
 *	<check> <kind> <bytes> <time> <used> <count> <rel>
 *	3f2a9c01 + 4096 1700000000000 1700000300000 2 demo~0123456789abcdef/a/b
 *
 * <check> is 8 hexadecimal digits over the rest, so a line that was torn or damaged is none. In the
 * rel, a backslash is written as \\ and a newline as \n. Times are milliseconds since 1970, by the
 *clock of the file system.
 *
 * A journal is a hint: what it says of an object is checked against the disk before anything is
 * done to it. The text is not trusted: a rel that no key has is refused.
 */
#ifndef LARDER_CACHE_JOURNAL_H
#define LARDER_CACHE_JOURNAL_H

#include "cache/read/key.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define JOURNAL_LINE_MAX  (2 * KEY_REL_MAX + 128) /* bytes with the newline */
#define JOURNAL_BYTES_MAX (1ULL << 60)
#define JOURNAL_TIME_MAX  (1ULL << 47) /* ms */

enum journal_kind {
	JOURNAL_ADDED = '+', /* at `time`; last used at `used`, `count` times */
	JOURNAL_GONE = '-',  /* at `time`; `count` is 1 if another journal says that it was added */
	JOURNAL_USED = '=',  /* at `used`, `count` times in all */
	JOURNAL_END = '.',   /* the agent left in good order; the rel is "." */
};

struct journal_line {
	enum journal_kind kind;
	uint64_t bytes;
	uint64_t time, used;
	uint16_t count;
	const char *rel; /* ends in NUL */
};

/* Writes the line with its newline. Its length. */
size_t journal_format(char out[static JOURNAL_LINE_MAX], const struct journal_line *l);

/* Writes the check over what follows it in a line without its newline, of at least 10 bytes. */
void journal_check(char *line, size_t len);

/* Parses a line without its newline, in place; l->rel points into it. -EBADMSG if it is none. */
int journal_parse(struct journal_line *l, char *text, size_t len);

/* Whether a rel is a folder of a profile and what some key is there: nothing leads out of data/. */
bool journal_names_object(const char *rel);

/*
 * Calls `line` for each whole line of the file from *at on, with its place, and moves *at behind
 * the last one. Ends early when *stop is set. Lines that are none are counted in *damaged. 0 or
 * -errno. Blocks.
 */
typedef void journal_each(void *arg, const struct journal_line *l, uint64_t place);
int journal_read(int fd, uint64_t *at, journal_each *line, void *arg, const atomic_bool *stop,
        unsigned *damaged);

/* The line at a place; its text is kept in buf. 0 or -errno. Blocks. */
int journal_line_at(
        int fd, uint64_t place, char buf[static JOURNAL_LINE_MAX + 1], struct journal_line *l);

#endif
