/*
 * How much at once, and how fast: what transfer.c keeps to for each remote and for the agent.
 *
 * Times are milliseconds of one clock that never goes back; the functions have no other state than
 * what they are given, and are for the loop's thread.
 */
#ifndef LARDER_FETCH_FLOW_H
#define LARDER_FETCH_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#define FLOW_BURST_MS   100 /* what an idle bucket holds, in time of its rate */
#define FLOW_RECOVER_MS 500 /* from one connection more to the next, after a cut */
#define FLOW_KEPT_OF_8  7   /* eighths of the connections that may be of nobody who waits */
#define FLOW_REST_MAX_S 300 /* of what a remote asks for in Retry-After */
#define FLOW_GIVES_WAY  4   /* of those, for each connection of somebody who waits */

/* A rate in bytes a second. Bytes are taken as they have come, so it may owe; who owes nothing may
 * go on. */
struct bucket {
	uint64_t rate; /* 0: no limit */
	int64_t left;  /* thousandths of bytes; below 0 it owes */
	uint64_t at;   /* when that was so */
};

void bucket_init(struct bucket *b, uint64_t rate, uint64_t now);

/* Milliseconds until it may go on; 0: now. */
uint64_t bucket_wait(struct bucket *b, uint64_t now);
void bucket_take(struct bucket *b, uint64_t bytes, uint64_t now);

/*
 * How many requests a remote has at once: `most`, but half as many each time that it says it is too
 * much (429, 503), then one more every FLOW_RECOVER_MS. What was sent before it was last halved
 * says nothing new.
 */
struct width {
	unsigned most, now;
	uint64_t cut_at;
	uint64_t grown_at;
	uint64_t rest_until; /* it wants to hear nothing before */
};

void width_init(struct width *w, unsigned most);
unsigned width_of(struct width *w, uint64_t now);

/* A request that was sent at `sent` was refused as one too many, of `running`. */
void width_refused(struct width *w, unsigned running, uint64_t sent, uint64_t now);

/* It asked for so many seconds of rest; what is left of that, in ms. */
void width_rest(struct width *w, unsigned seconds, uint64_t now);
uint64_t width_rests(const struct width *w, uint64_t now);

/* Whether one more request may begin for nobody who waits, if so many run and may run: those who
 * wait have their connections free, and most of the way. */
bool flow_has_room_ahead(unsigned most, unsigned running, unsigned running_ahead);

#endif
