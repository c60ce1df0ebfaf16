/*
 * How many connections one object gets, and how long its ranges are, by what the connection gives:
 * the pure part of a fill's schedule (fill.c).
 *
 *	MEASURE ──> UP or DOWN, one look ──┬─ worth it: stays, and on in the same direction
 *	   ^                               └─ not: back
 *	   └──────── STEADY, PACE_STEADY looks ──────┘
 *
 * More connections stay if the whole became faster by a quarter of what they could have added;
 * fewer, if it lost less than a twentieth. A range is long enough that its request is less than
 * PACE_OVERHEAD percent of its time, and short enough that the connections end together. Times are
 * milliseconds of one clock; loop thread.
 */
#ifndef LARDER_FETCH_PACE_H
#define LARDER_FETCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_START      8 /* connections */
#define PACE_LEAST      2 /* below it, there is nothing to be gained by fewer */
#define PACE_STEADY     8 /* looks between two trials */
#define PACE_EPOCH_MS   200
#define PACE_OVERHEAD   5 /* percent */
#define PACE_PART_TIMES 8 /* of part_size: the longest range */

enum pace_state { PACE_MEASURE, PACE_UP, PACE_DOWN, PACE_REST };

struct pace {
	unsigned most, now, before; /* connections; `before` the trial */
	enum pace_state state;
	bool down_next;
	unsigned rested;
	uint64_t rate, rate_before; /* bytes a second */
	uint64_t at, done;          /* of the last look */
	uint64_t latency4;          /* four times the time from a request to its head, smoothed */
};

void pace_init(struct pace *p, unsigned most);

/* `done` bytes have come by now; `disturbed`: other limits than the connection's have held them up.
 * True if it has more connections now than before. */
bool pace_look(struct pace *p, uint64_t done, bool disturbed, uint64_t now);

/* A head came so long after its request. */
void pace_answered(struct pace *p, uint64_t ms);

/* Bytes of the next range, of `left` that nobody has asked for. */
uint64_t pace_part(const struct pace *p, uint64_t part_size, uint64_t left);

#endif
