/*
 * Who reads a folder in order: the pure part of fetching ahead. Names are numbers here, their
 * places in the folder's listing; prefetch.c knows the objects.
 *
 * Each program that walks the folder becomes a stream: by two neighbours, or by three names at one
 * distance (one worker of several, which share the names out). Programs that jump about become
 * none. Of what was fetched for a stream and was not opened yet, it has at most `window`: one more
 * with each that is opened, two less with each that it passed by. So it fetches more and more where
 * at least two of three are wanted.
 *
 *	ahead_seen(a, i) → while ahead_wants(s): ahead_step(s, count) → ahead_fetched(s)
 *	later, for each fetched: ahead_used, ahead_passed or ahead_lost, once
 */
#ifndef LARDER_FETCH_AHEAD_H
#define LARDER_FETCH_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#define AHEAD_STREAMS     16  /* of one folder; the one that moved last longest ago makes room */
#define AHEAD_STRIDE_MAX  256 /* names from one to the next of a stream */
#define AHEAD_SLACK       8   /* names of its own that it may skip, or come late by */
#define AHEAD_LATE        32  /* names of its own behind which one is passed by */
#define AHEAD_WINDOW_MIN  2
#define AHEAD_WINDOW_NEW  4
#define AHEAD_WINDOW_AUTO 512

struct ahead_stream {
	int64_t front;   /* the furthest name that was opened */
	int64_t next;    /* the next one to fetch; those before it were looked at */
	int64_t stride;  /* 0: only one name was opened yet */
	unsigned seen;   /* names opened in order; from 3 (2 neighbours) on it is one */
	unsigned window; /* … and `out` of it are used up */
	unsigned out;
	uint64_t moved;      /* tick of its last name */
	uint32_t generation; /* tells it from one that was here before */
};

struct ahead {
	struct ahead_stream streams[AHEAD_STREAMS];
	unsigned most; /* the largest window */
	uint64_t tick;
};

void ahead_init(struct ahead *a, unsigned most);

/*
 * Name number i was opened. The stream that it belongs to, which may want to fetch now, or NULL.
 * `known`: it can be taken for one in order without a second, since it was fetched ahead for
 * another stream, or the folder before this one was read in order.
 */
struct ahead_stream *ahead_seen(struct ahead *a, int64_t i, bool known);

/* Whether it is the very next name after one that was opened, at the distance of those before. */
bool ahead_is_next(const struct ahead *a, int64_t i);

/* Whether it has room for one more. */
bool ahead_wants(const struct ahead_stream *s);

/* The next name to fetch, below `count`; or -1 at the end. */
int64_t ahead_step(struct ahead_stream *s, int64_t count);

void ahead_fetched(struct ahead_stream *s);
void ahead_used(struct ahead *a, struct ahead_stream *s);
void ahead_passed(struct ahead_stream *s);
void ahead_lost(struct ahead_stream *s);

/* Whether a fetched name i lies so far behind that it was passed by. */
bool ahead_is_past(const struct ahead_stream *s, int64_t i);

#endif
