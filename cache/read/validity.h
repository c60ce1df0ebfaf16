/*
 * The validity table: which cached files are fresh on this host, and when they were last used.
 *
 * A fixed-size file in the runtime folder, written by the agent alone and mapped read-only by
 * everyone else. An entry describes one file by device, inode, size, mtime and whether it is
 * executable, so that a file which somebody changed or put back is not trusted. All times are
 * milliseconds of this host's CLOCK_BOOTTIME. The table is a cache: a missing entry means one
 * question to the agent.
 *
 * Buckets of four slots by key hash; each slot has a sequence number that is odd while it is
 * written. Thread and signal safe; nothing allocates.
 */
#ifndef LARDER_CACHE_READ_VALIDITY_H
#define LARDER_CACHE_READ_VALIDITY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define VALIDITY_MAGIC      0x31306469766c646cULL /* "ldlvid01" */
#define VALIDITY_BUCKET     4
#define VALIDITY_SLOTS      (64 << 10)
#define VALIDITY_USE_PERIOD 60 /* s between two notes of use of one object */

struct validity_slot {
	_Atomic uint32_t seq;
	_Atomic uint32_t used; /* use_seconds() */
	uint64_t key;          /* hash of the rel; 0 is free */
	uint64_t dev, ino;
	uint64_t size;   /* validity_size() */
	uint64_t mtime;  /* nanoseconds */
	uint64_t expiry; /* ms; 0 is "not fresh" */
	uint64_t etag;   /* hash of the ETag */
};

struct validity_table {
	uint64_t magic;
	uint64_t n_slots;
	_Atomic int64_t boot;  /* boot_instant() of the writer */
	_Atomic uint64_t away; /* 1: the cache is not to be touched: it may hang, or folds case */
	uint64_t reserved[4];
	struct validity_slot slots[VALIDITY_SLOTS];
};

/* The size of a file, with a mark in its highest bit if it is executable. */
static inline uint64_t validity_size(const struct stat *st)
{
	return (uint64_t)st->st_size | (st->st_mode & S_IXUSR ? 1ULL << 63 : 0);
}

struct validity_answer {
	bool listed; /* the table has an entry for this rel: it is the name of an object */
	bool known;  /* the table has this very file */
	uint64_t expiry;
	uint32_t used;
	uint64_t etag;
};

/* Whether `length` bytes at t are such a table, of this boot. */
bool validity_valid(const struct validity_table *t, size_t length);

/* Looks up the file that `st` describes under the hash of its rel; without st, only when it was
 * used. */
struct validity_answer validity_lookup(
        const struct validity_table *t, uint64_t key, const struct stat *st);

/* Now, in milliseconds of CLOCK_BOOTTIME. */
uint64_t boottime_ms(void);

/* Now, for notes of use: seconds of the coarse monotonic clock, which costs a tenth of the other.
 */
uint32_t use_seconds(void);

/*
 * When this host booted, in seconds since 1970 by its clock of now. Files with times of
 * CLOCK_BOOTTIME carry it, since a runtime folder in /tmp can outlive the boot; boot_is_ours allows
 * for a clock that was set a little.
 */
#define BOOT_TOLERANCE 60
int64_t boot_instant(void);
bool boot_is_ours(int64_t boot);

#endif
