#include "cache/read/listing.h"
#include "cache/read/hash.h"

#include <string.h>

#define READ_TRIES 1000 /* of an entry that is being updated; an update takes a few nanoseconds */

static const struct listing_entry *entries(const struct listing_header *l)
{
	return (const struct listing_entry *)(l + 1);
}

bool listing_valid(const struct listing_header *l, size_t length)
{
	uint64_t room;

	if (length < sizeof *l || l->magic != LISTING_MAGIC || l->length != length)
		return false;
	room = length - sizeof *l;
	if (l->count > room / sizeof(struct listing_entry))
		return false;
	return l->text == sizeof *l + l->count * sizeof(struct listing_entry) &&
	       l->rel_len <= length - l->text && length - l->text <= UINT32_MAX &&
	       ((const char *)l)[length - 1] == 0;
}

bool listing_is_of(const struct listing_header *l, const char *rel, size_t len)
{
	return l->rel_len == len && memcmp((const char *)l + l->text, rel, len) == 0;
}

const struct listing_entry *listing_at(const struct listing_header *l, uint64_t i)
{
	return i < l->count ? entries(l) + i : NULL;
}

const char *listing_name(const struct listing_header *l, const struct listing_entry *e, size_t *len)
{
	if ((uint64_t)e->name + e->name_len > l->length - l->text)
		return NULL;
	*len = e->name_len;
	return (const char *)l + l->text + e->name;
}

const char *listing_etag(const struct listing_header *l, const struct listing_entry *e)
{
	/* The last byte of the file is NUL, so that any offset inside begins a string. */
	if (!e->etag || e->etag >= l->length - l->text)
		return "";
	return (const char *)l + l->text + e->etag;
}

const struct listing_entry *listing_find(
        const struct listing_header *l, const char *name, size_t len)
{
	const struct listing_entry *base = entries(l);
	uint64_t low = 0, high = l->count;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;
		size_t n = 0;
		const char *s = listing_name(l, &base[mid], &n);
		int order = s ? memcmp(name, s, len < n ? len : n) : 0;

		if (!s)
			return NULL;
		if (order == 0 && len == n)
			return &base[mid];
		if (order < 0 || (order == 0 && len < n))
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

void listing_read(
        const struct listing_header *l, const struct listing_entry *e, struct listing_info *info)
{
	for (int i = 0; i < READ_TRIES; i++) {
		uint32_t seq = atomic_load_explicit(&l->seq, memory_order_acquire);

		info->size = e->size;
		info->mtime = e->mtime;
		info->ino = e->ino;
		info->type = e->type == LISTING_DIR ? LISTING_DIR : LISTING_FILE;
		info->executable = e->executable != 0;
		atomic_thread_fence(memory_order_acquire);
		if (!(seq & 1) && seq == atomic_load_explicit(&l->seq, memory_order_relaxed))
			return;
	}
}
