/*
 * Building and publishing listings (cache/read/listing.h).
 *
 *	listing_build_new → listing_build_add… → listing_build_write → listing_build_free
 *
 * Entries come in any order and are sorted here, in bounded memory (listing_sort.h); of an object
 * and a directory with one name the directory stays. For the agent. A builder is used by one thread
 * at a time.
 */
#ifndef LARDER_CACHE_LISTING_BUILD_H
#define LARDER_CACHE_LISTING_BUILD_H

#include "cache/layout.h"
#include "cache/read/listing.h"

#define LISTING_ENTRIES_MAX 20000000 /* names in one directory */

struct listing_build;

struct listing_build *listing_build_new(
        const struct layout *l, const struct profile *p, const char *rel);
void listing_build_free(struct listing_build *b);

/*
 * Adds a name (a raw segment of a key; it is escaped here). One that would be longer than a
 * directory entry can hold is left out: -ENAMETOOLONG, which may be ignored. `etag` is "" where the
 * store's listings have none. -E2BIG, -ENOMEM, -ENOSPC. A repeated name is no error.
 */
int listing_build_add(struct listing_build *b, const char *name, size_t len,
        const struct listing_info *info, const char *etag);

/* Names added, with those that came twice. */
uint64_t listing_build_count(const struct listing_build *b);

/* Ends the adding, and writes the file for this host, fresh until `expiry` (ms of CLOCK_BOOTTIME).
 * An older one that says something else is marked superseded and gives way; one that says the same
 * stays where it is mapped, and is fresh for longer. 0 or -errno. */
int listing_build_write(struct listing_build *b, uint64_t expiry);

/* A copy of this host's listing for other hosts below dirs/, where the cache can be written. Its
 * loss is no loss of truth, so errors are not told. */
void listing_share(const struct layout *from, const struct layout *to, const char *rel);

/* A mapped listing of the runtime folder, or of dirs/ (`shared`); NULL if there is none. End with
 * listing_unmap. */
const struct listing_header *listing_map(const struct layout *l, const char *rel, bool shared);
void listing_unmap(const struct listing_header *l);

/* The checksum of all that follows the header, of a valid listing that nobody updates. Never 0. */
uint64_t listing_sum(const struct listing_header *l);

/* Whether everything in a valid listing is as it was written: the checksum if it has one, and each
 * entry. O(n). */
bool listing_sound(const struct listing_header *l);

/* Brings the copy in dirs/ back to the runtime folder, to be served until `expiry`; -ENOENT if
 * there is none, it is damaged, or it was fetched before `not_before`. */
int listing_restore(const struct layout *l, const char *rel, uint64_t expiry, int64_t not_before);

/* Makes an existing listing of this host trusted until `expiry`. */
int listing_extend(const struct layout *l, const char *rel, uint64_t expiry);

/* Whether a program has opened this host's listing since it was written or last found unchanged, or
 * at least has it mapped now. (On a file system that keeps no access times, only the latter.) */
enum listing_use { LISTING_UNUSED, LISTING_MAPPED, LISTING_OPENED };
enum listing_use listing_in_use(const struct layout *l, const char *rel);

/* Marks a listing of this host as not to be used any more. */
void listing_drop(const struct layout *l, const char *rel);

/* Updates the entry of one object in its directory's listing, if there is one that has it. */
void listing_update(const struct layout *l, const char *rel, const struct listing_info *info);

#endif
