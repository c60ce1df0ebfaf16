/*
 * Reading a page of a listing while it arrives: the store's parser runs on a worker, and the names
 * come to the loop. A page of a thousand names takes a millisecond to parse; a listing of a
 * thousand pages would keep the loop from everything else.
 *
 *	reading_new → reading_feed… → reading_end → done        reading_free at any time
 *
 * What is small is parsed on the loop at once. Memory is bounded by two buffers: who feeds faster
 * than the worker reads is told to hold, and `resume` says when to go on. Loop thread.
 */
#ifndef LARDER_FETCH_READING_H
#define LARDER_FETCH_READING_H

#include "fetch/agent.h"

#define READING_BUFFER ((size_t)256 << 10) /* bytes that wait for the worker; then it is held */
#define READING_ENOUGH ((size_t)48 << 10)  /* bytes that are worth a worker's while */

struct reading;

struct reading_owner {
	store_entry_cb *entry; /* with what a listing shows: size, mtime, executable, ETag */
	/* The page is whole, or in error; `token` is the next one's. May free the reading. */
	void (*done)(void *arg, int error, const char *token);
	void (*resume)(void *arg);
};

/* A page that answers `args`. 0, -ENOMEM or what the store's parser says. */
int reading_new(struct reading **out, struct agent *a, struct remote *r,
        const struct store_args *args, const struct reading_owner *owner, void *arg);

/* 0, TRANSFER_HOLD (nothing was taken), or the error that ended it. */
int reading_feed(struct reading *g, const void *data, size_t n);

/* That was all of it: `done` will be called, or has been. */
void reading_end(struct reading *g);

/* `done` will not be called. NULL is nothing. */
void reading_free(struct reading *g);

#endif
