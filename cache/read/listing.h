/*
 * A listing: the names of one directory as a sorted binary index, in a file that is mapped and
 *never copied.
 *
 * Written by the agent (cache/listing_build.h), read by it and by the shim. The reader trusts
 *nothing in the file but its own bounds checks. A file is allocated whole and never shortened, so
 *that a mapped one cannot fault; one that is replaced gets `superseded` set first. Entries whose
 *object changed are updated in place under `seq` (odd while it happens); names, types and their
 *order never change.
 *
 *	header | entries[count], sorted bytewise by name | text: names, ETags
 *
 * Thread and signal safe; nothing allocates.
 */
#ifndef LARDER_CACHE_READ_LISTING_H
#define LARDER_CACHE_READ_LISTING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LISTING_MAGIC 0x313074736c72646cULL /* "ldrlst01" */

enum listing_type { LISTING_FILE = 1, LISTING_DIR = 2 };

struct listing_header {
	uint64_t magic;
	uint64_t length;         /* of the file */
	_Atomic uint64_t expiry; /* milliseconds of CLOCK_BOOTTIME; 0 in a copy for other hosts */
	_Atomic uint32_t
	        superseded;   /* a newer listing has taken its place, or it must not be used */
	_Atomic uint32_t seq; /* odd: an entry is being updated */
	uint64_t count;
	uint64_t text;     /* offset of the text */
	uint64_t rel_hash; /* of the directory */
	uint32_t rel_len;  /* the directory's rel stands at the start of the text */
	uint32_t dev;
	uint64_t ino;    /* of the directory itself */
	int64_t fetched; /* seconds since 1970, for people */
	int64_t boot;    /* boot_instant() of the writer, for expiry */
	uint64_t sum;    /* listing_sum in a copy for other hosts; 0: none */
	uint64_t reserved[4];
};

struct listing_entry {
	uint64_t size;
	int64_t mtime;
	uint64_t ino;
	uint32_t name; /* offset in the text */
	uint32_t etag; /* offset in the text, of a NUL-terminated string; 0 is none */
	uint16_t name_len;
	uint8_t type; /* enum listing_type */
	uint8_t executable;
	uint32_t reserved;
};

/* A consistent copy of what an entry says. */
struct listing_info {
	uint64_t size, ino;
	int64_t mtime;
	enum listing_type type;
	bool executable;
};

/* Whether `length` bytes at `map` are a listing whose header, entries and text lie within them.
 * O(1). */
bool listing_valid(const struct listing_header *l, size_t length);

/* Whether it is the listing of `rel`. */
bool listing_is_of(const struct listing_header *l, const char *rel, size_t len);

/* Fresh at `now` (milliseconds of CLOCK_BOOTTIME) and not superseded. */
static inline bool listing_fresh(const struct listing_header *l, uint64_t now)
{
	return atomic_load_explicit(&l->superseded, memory_order_acquire) == 0 &&
	       now < atomic_load_explicit(&l->expiry, memory_order_relaxed);
}

/* The entry of that name, or NULL. */
const struct listing_entry *listing_find(
        const struct listing_header *l, const char *name, size_t len);

/* Entry number i (below count), or NULL. */
const struct listing_entry *listing_at(const struct listing_header *l, uint64_t i);

/* The entry's name, not NUL-terminated, or NULL if the file is damaged. */
const char *listing_name(
        const struct listing_header *l, const struct listing_entry *e, size_t *len);

/* The entry's ETag; "" if it has none. */
const char *listing_etag(const struct listing_header *l, const struct listing_entry *e);

void listing_read(
        const struct listing_header *l, const struct listing_entry *e, struct listing_info *info);

#endif
