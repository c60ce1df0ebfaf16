/*
 * All journals of a cache (journal.h) and the index that they make.
 *
 *	journals_open → journals_catch_up → journals_added …, journals_flush, journals_tidy →
 *journals_close
 *
 * This agent appends to one, and reads the others. Notes may be made from the start, by any thread:
 * they are in the index at once, and written by the next flush. Everything that touches the disk
 * blocks and is for one worker at a time.
 *
 *	own file:   [ lines that were there or were rewritten │ appended and flushed ] pending
 *	place of an entry in it:   offset in the file           offset among all that was appended
 *
 * A journal is rewritten by its owner when most of its lines say nothing any more; others see
 *another file under its name and read that. One whose owner is gone (its lock is free, and an hour
 *has passed) is taken over by whoever comes first.
 */
#ifndef LARDER_CACHE_JOURNALS_H
#define LARDER_CACHE_JOURNALS_H

#include "cache/index.h"
#include "cache/journal.h"
#include "cache/layout.h"

struct journals;

/* What the first journals_catch_up found. */
enum journals_state {
	JOURNALS_READING,    /* not yet called, or not yet at the end */
	JOURNALS_COMPLETE,   /* they say all */
	JOURNALS_INCOMPLETE, /* one was damaged, or this agent's former one has no end */
	JOURNALS_NONE,       /* there are none: only a walk tells what is there */
};

/* Touches nothing on the disk yet. The layout must outlive it. NULL: no memory. */
struct journals *journals_open(const struct layout *l, struct index *ix);

/* Writes what is pending, with the mark of a good end if `clean`, and closes. */
void journals_close(struct journals *j, bool clean);

/* Any thread: an object has got its name, and was used (0: now); it has gone; it was used, and the
 * journal shall say so (`written`). False if nothing is known of it. */
void journals_added(
        struct journals *j, const char *rel, uint64_t bytes, uint64_t added, uint64_t used);
void journals_gone(struct journals *j, const char *rel);
bool journals_used(struct journals *j, const char *rel, bool written);

/* Reads what all have written since. Ends early when *stop is set. */
enum journals_state journals_catch_up(struct journals *j, const atomic_bool *stop);

/* Now, by the clock of the file system: ms since 1970. Any thread. */
uint64_t journals_now(const struct journals *j);

/* Writes what is pending. */
int journals_flush(struct journals *j);

/* Rewrites and takes over what is due; after a catch_up. */
void journals_tidy(struct journals *j, const atomic_bool *stop);

/* The name of an entry, kept in buf; NULL if its line is not there any more. */
const char *journals_rel(
        struct journals *j, const struct index_entry *e, char buf[static JOURNAL_LINE_MAX + 1]);

#endif
