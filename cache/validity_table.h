/*
 * Writing the validity table (cache/read/validity.h). For the agent's loop thread alone.
 */
#ifndef LARDER_CACHE_VALIDITY_TABLE_H
#define LARDER_CACHE_VALIDITY_TABLE_H

#include "cache/read/validity.h"

/* Makes or reuses the file, whole and mapped; a new one has that mode. *t or -errno. */
int validity_open(struct validity_table **t, const char *path, mode_t mode);
void validity_close(struct validity_table *t);

/* From time to time: follows a clock that was set, by which readers tell this boot from another. */
void validity_tick(struct validity_table *t);

/* Notes that the file of `st` (key is the hash of its rel) is fresh until `expiry`, and was used
 * now. */
void validity_put(struct validity_table *t, uint64_t key, const struct stat *st, uint64_t expiry,
        uint64_t etag);

/* A listing says what the object's ETag is: extends the entry if it is the same, ends it otherwise.
 */
void validity_confirm(struct validity_table *t, uint64_t key, uint64_t etag, uint64_t expiry);

/* Whether the table has the object now. Any thread: what is being put may be missed. */
bool validity_has(const struct validity_table *t, uint64_t key);

/* What the table had at one time, in little memory: of most others it says quickly that they are
 * not there. For who asks of a million. */
#define VALIDITY_FILTER_BITS (16 * VALIDITY_SLOTS)
struct validity_filter {
	uint64_t bits[VALIDITY_FILTER_BITS / 64];
};
void validity_filter(const struct validity_table *t, struct validity_filter *f);

static inline bool validity_may_have(const struct validity_filter *f, uint64_t key)
{
	return f->bits[key / 64 % (VALIDITY_FILTER_BITS / 64)] >> key % 64 & 1;
}

/* Notes a use; false if the table does not have the object. */
bool validity_used(struct validity_table *t, uint64_t key);

/* It was not used for long: the next use will be told to the agent. */
void validity_unused(struct validity_table *t, uint64_t key);

/* The object is not to be trusted any more. */
void validity_drop(struct validity_table *t, uint64_t key);

#endif
