/*
 * Calls on a file system that may hang.
 *
 * A network mount whose server is gone keeps whoever touches it in the kernel, often where no
 * signal reaches. So the loop does not touch it: a thread does, and the loop waits for that thread
 * only so long. Who was given up on stays behind with what it was given, which is its own copy, and
 * is replaced.
 *
 *	guard_call    waits, at most GUARD_PATIENCE_MS
 *	guard_later   does not wait; runs in the order of the calls (closing, unlinking, noting
 *times) guard_begin   does not wait; guard_ended says what became of it (looking whether it is
 *there)
 *
 * A function gets a copy of its argument, and may touch nothing else that changes. guard_call and
 * the others are for the loop's thread.
 */
#ifndef LARDER_FETCH_GUARD_H
#define LARDER_FETCH_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#define GUARD_PATIENCE_MS 5000

struct guard;
struct guard_task;

typedef void guard_fn(void *arg);

struct guard *guard_new(void);

/* Nothing waits for its threads: one that hangs ends with the process. */
void guard_free(struct guard *g);

/*
 * fn(copy of arg), which is copied back. 0, or -ETIMEDOUT: then `undo` (NULL: nothing) is called
 * with the copy when fn comes back after all, by its thread; and -ENOMEM.
 */
int guard_call(struct guard *g, guard_fn *fn, guard_fn *undo, void *arg, size_t size);

/* The same at some time, without an answer. What cannot even be queued is not done. */
void guard_later(struct guard *g, guard_fn *fn, const void *arg, size_t size);

/* The same, to be looked at later. NULL: out of memory. */
struct guard_task *guard_begin(guard_fn *fn, guard_fn *undo, const void *arg, size_t size);

/* True once it has ended: the result is in *arg, and the task is gone. */
bool guard_ended(struct guard_task *t, void *arg);

/* It is not waited for any more. */
void guard_abandon(struct guard_task *t);

#endif
