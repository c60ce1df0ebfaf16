/*
 * Which objects are in the cache, in memory: how large, and when they were last used. A hint: the
 * disk is the truth, and what is chosen here is looked at there before it goes.
 *
 * A table of 256 parts, each with a lock of its own that is held for microseconds, or for as long
 * as one part is walked. So the loop and a worker use it at once. 40 bytes an object, and some 60
 * with the room to grow; names are not kept, but where in a journal they stand.
 *
 * The callbacks run under the lock of a part: they must not call back into the index.
 */
#ifndef LARDER_CACHE_INDEX_H
#define LARDER_CACHE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_PARTS        256
#define INDEX_PROFILES_MAX 1024 /* folders under data/; what is beyond counts with the last */
#define INDEX_DIR_MAX      255  /* bytes of the name of one */
#define INDEX_JOURNALS_MAX 4096
#define INDEX_OBJECTS_MAX  (1 << 27) /* entries, whatever journals say: some 8 GB */

struct index_entry {
	uint64_t hash; /* HASH_OBJECT of the rel */
	uint64_t bytes;
	uint64_t place : 48, journal : 16; /* where its line stands */
	uint64_t added, used;              /* ms since 1970 */
	uint16_t profile;                  /* index_profile() */
	uint16_t count;                    /* of uses */
	bool there : 1;                    /* the index's own: not an empty slot */
	bool gone : 1; /* a mark while journals are read: a line that says it was added may follow
	                */
	bool pinned : 1;
	bool seen : 1; /* by the walk under way */
};

struct index_total {
	uint64_t bytes, files;
};

struct index;

struct index *index_new(void);
void index_free(struct index *ix);

/* The number of the profile's folder that a rel begins with. */
uint16_t index_profile(struct index *ix, const char *rel);
const char *index_profile_dir(const struct index *ix, uint16_t profile);
unsigned index_profiles(const struct index *ix);

/* Of one profile, and of all. What is `gone` does not count. */
struct index_total index_total_of(const struct index *ix, uint16_t profile);
struct index_total index_total(const struct index *ix);

/* Entries whose lines stand in this journal. */
uint64_t index_of_journal(const struct index *ix, uint16_t journal);

bool index_find(struct index *ix, uint64_t hash, struct index_entry *out);

/*
 * Calls `change` for the entry of e->hash, which is *e if there was none (`made`), and keeps what
 * it makes of it; an entry that it returns false for is removed. -ENOMEM.
 */
typedef bool index_change(struct index_entry *entry, bool made, void *arg);
int index_update(struct index *ix, const struct index_entry *e, index_change *change, void *arg);

void index_remove(struct index *ix, uint64_t hash);

/* Calls `change` (never `made`) for each entry of one part. The order is that of the table. */
void index_each(struct index *ix, unsigned part, index_change *change, void *arg);

/* Bytes of memory. */
size_t index_memory(const struct index *ix);

#endif
