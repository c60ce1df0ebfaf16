/*
 * Pins: what the user wants kept. The file usage/pins has a rel a line, or a folder's with a "/" at
 * its end; a newline in it is written as \n and a backslash as \\. The evictor reads it before each
 * round (fetch/evict.c); here it is changed, by rename under the lock usage/pins.lock, and shown.
 *
 * Answers come from a worker, later.
 */
#ifndef LARDER_FETCH_PINS_H
#define LARDER_FETCH_PINS_H

#include "fetch/agent.h"

#define PINS_FILE_MAX (16 << 20) /* bytes of the file */
#define PINS_LOCK_MS  5000       /* that a worker waits for the lock */

/* Adds a rel or a folder ("rel/"), or removes it. The answer's `size` is 1 if that changed
 * anything. */
void pins_change(struct agent *a, const char *rel, bool pin, struct waiter *w);

/* Answers with JSON: pins: rel */
void pins_report(struct agent *a, struct waiter *w);

#endif
