/*
 * Listings mapped into this process.
 *
 * A small set-associative table. A slot is used by counting up `refs` and looking at `key` again;
 *it is changed only by who turns refs from 0 to BUSY. Nobody waits: who finds no slot to change
 *maps the file for itself alone. A reference that is lost with a killed thread or a forked child
 *costs that slot and nothing else.
 *
 *	free (key 0, refs 0) ── BUSY ── filled (key, refs ≥ 0) ── BUSY ── filled with another
 */
#include "shim/shim.h"
#include "cache/read/hash.h"

#define SETS 16
#define WAYS 4
#define BUSY 0x80000000u

struct slot {
	_Atomic uint32_t refs;
	_Atomic uint32_t used; /* for choosing a victim: a counter's value when it was last got */
	_Atomic uint64_t key;
	const struct listing_header *l;
};

static struct slot slots[SETS][WAYS];
static _Atomic uint32_t uses;

static struct slot *acquire(uint64_t key)
{
	struct slot *set = slots[key % SETS];

	for (int i = 0; i < WAYS; i++) {
		struct slot *s = &set[i];

		if (atomic_load_explicit(&s->key, memory_order_relaxed) != key)
			continue;
		if (!(atomic_fetch_add_explicit(&s->refs, 1, memory_order_acquire) & BUSY) &&
		        atomic_load_explicit(&s->key, memory_order_relaxed) == key)
			return s;
		atomic_fetch_sub_explicit(&s->refs, 1, memory_order_release);
	}
	return NULL;
}

static void release(struct slot *s)
{
	atomic_fetch_sub_explicit(&s->refs, 1, memory_order_release);
}

/* The slot with the oldest use that nobody has, made BUSY; NULL if all are in use. */
static struct slot *take_victim(uint64_t key)
{
	struct slot *set = slots[key % SETS], *best = NULL;
	uint32_t none = 0;

	for (int i = 0; i < WAYS; i++) {
		struct slot *s = &set[i];

		if (atomic_load_explicit(&s->refs, memory_order_relaxed) == 0 &&
		        (!best || (int32_t)(s->used - best->used) < 0))
			best = s;
	}
	if (!best || !atomic_compare_exchange_strong_explicit(
	                     &best->refs, &none, BUSY, memory_order_acquire, memory_order_relaxed))
		return NULL;
	return best;
}

static const struct listing_header *map_file(uint64_t key, const char *rel, size_t len)
{
	size_t dir_len = text_until(rel, '/');
	char path[shim.listings_len + dir_len + 1 + HASH_HEX_LEN + 1];
	const struct listing_header *l = MAP_FAILED;
	struct stat st;
	int fd;

	memcpy(path, shim.listings, shim.listings_len);
	memcpy(path + shim.listings_len, rel, dir_len);
	path[shim.listings_len + dir_len] = '/';
	hash_hex(key, path + shim.listings_len + dir_len + 1);
	fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return NULL;
	if (sys_fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && owner_is_trusted(&st) &&
	        (size_t)st.st_size >= sizeof *l)
		l = sys_mmap((size_t)st.st_size, PROT_READ, MAP_SHARED, fd);
	sys_close(fd);
	if (l == MAP_FAILED)
		return NULL;
	if (!listing_valid(l, (size_t)st.st_size) || !listing_is_of(l, rel, len) ||
	        !boot_is_ours(l->boot)) {
		sys_munmap(l, (size_t)st.st_size);
		return NULL;
	}
	return l;
}

/* Puts a mapping into the table, if there is room for it. */
static struct slot *insert(uint64_t key, const struct listing_header *l)
{
	struct slot *s = take_victim(key);

	if (!s)
		return NULL;
	if (s->l)
		sys_munmap(s->l, s->l->length);
	s->l = l;
	atomic_store_explicit(&s->key, key, memory_order_relaxed);
	/* From BUSY to one reference, ours; others may be counting up and down meanwhile. */
	atomic_fetch_sub_explicit(&s->refs, BUSY - 1, memory_order_release);
	return s;
}

/* Offline, nobody would make a newer one. (Folders above the prefixes have no profile.) */
static bool is_usable(const struct listing_header *l, const struct profile *p, uint64_t now)
{
	return listing_fresh(l, p && takes_any_age(p) ? 0 : now);
}

int listing_get(struct listing_ref *ref, const struct profile *profile, const char *rel, size_t len)
{
	uint64_t key = hash64(HASH_OBJECT, rel, len), now = boottime_ms();
	struct slot *s = acquire(key);

	if (s && is_usable(s->l, profile, now) && listing_is_of(s->l, rel, len)) {
		atomic_store_explicit(&s->used,
		        atomic_fetch_add_explicit(&uses, 1, memory_order_relaxed),
		        memory_order_relaxed);
		*ref = (struct listing_ref){.l = s->l, .slot = s};
		return 0;
	}
	if (s) {
		/* An old one must not be found again. */
		atomic_store_explicit(&s->key, 0, memory_order_relaxed);
		release(s);
	}
	ref->l = map_file(key, rel, len);
	if (!ref->l)
		return -ENOENT;
	if (!is_usable(ref->l, profile, now)) {
		sys_munmap(ref->l, ref->l->length);
		return -ENOENT;
	}
	ref->slot = insert(key, ref->l);
	return 0;
}

void listing_put(struct listing_ref *ref)
{
	if (ref->slot)
		release(ref->slot);
	else if (ref->l)
		sys_munmap(ref->l, ref->l->length);
	ref->l = NULL;
	ref->slot = NULL;
}
