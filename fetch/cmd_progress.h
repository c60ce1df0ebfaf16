/*
 * What a run's downloads are up to, from the agent's events, and one line on a terminal that shows
 * it.
 *
 * A fill that is not heard of for PROGRESS_FORGET_MS has ended. The line is drawn only on a
 * terminal whose foreground we have, and only while a fill has lasted PROGRESS_AFTER_MS; whoever
 * else writes to stderr calls progress_erase first. One thread.
 */
#ifndef LARDER_FETCH_CMD_PROGRESS_H
#define LARDER_FETCH_CMD_PROGRESS_H

#include "fetch/client/wire.h"

#include <stdbool.h>
#include <stdint.h>

#define PROGRESS_FILLS_MAX 64  /* that are told apart; more are not shown */
#define PROGRESS_FORGET_MS 450 /* the agent speaks of each every 200 ms */
#define PROGRESS_DRAW_MS   150 /* between two changes of the line */
#define PROGRESS_AFTER_MS  1000

struct progress_fill {
	uint64_t name; /* hash of its URL; 0 is free */
	uint64_t done, total, elapsed_ms, heard;
};

struct progress {
	bool wanted; /* on a terminal */
	bool drawn;
	uint64_t drawn_at;
	struct progress_fill fills[PROGRESS_FILLS_MAX];
};

/* All fills that are under way at `now` (cmd_now_ms). */
struct progress_sum {
	unsigned fills;
	uint64_t done, total; /* total is 0 if one of them is not known */
	uint64_t longest_ms;
};

void progress_init(struct progress *p, bool wanted);

/* Takes a WIRE_PROGRESS event. */
void progress_note(
        struct progress *p, const struct wire_reply *event, const char *url, uint64_t now);

/* Takes all events that are there of a subscription, and hands messages to `tell` (NULL: nobody
 * wants them). One that ends is closed and becomes -1. */
void progress_take(struct progress *p, int *subscription,
        void (*tell)(void *arg, const char *message), void *arg);

struct progress_sum progress_sum(const struct progress *p, uint64_t now);

/* Writes the line as it should be now; erases it where there is nothing to show. */
void progress_draw(struct progress *p, uint64_t now);
void progress_erase(struct progress *p);

/* The text of the line, without colours or control characters, at most `columns` wide. */
void progress_line(const struct progress_sum *s, unsigned columns, char *out, size_t size);

/* Whether stderr is a terminal and ours to draw on. */
bool progress_terminal(void);

/* Columns of the terminal; 80 if unknown. */
unsigned progress_columns(void);

#endif
