/* Listings: whatever is in the file, all that a program could be shown of it lies within. */
#include "cache/read/listing.h"

#include <stdlib.h>
#include <string.h>

static void check(int ok)
{
	if (!ok)
		abort();
}

static void use_entry(const struct listing_header *l, const struct listing_entry *e)
{
	static volatile uint64_t sum;
	struct listing_info info;
	const struct listing_entry *found;
	size_t len = 0, other;
	const char *name = listing_name(l, e, &len);

	listing_read(l, e, &info);
	check(info.type == LISTING_FILE || info.type == LISTING_DIR);
	sum += strlen(listing_etag(l, e)) + info.size + info.executable;
	if (!name)
		return;
	for (size_t i = 0; i < len; i++)
		sum += (unsigned char)name[i];
	/* In a file that is not sorted it need not be found; but what is found has the name. */
	found = listing_find(l, name, len);
	if (found) {
		const char *of = listing_name(l, found, &other);

		check(of && other == len && memcmp(of, name, len) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct listing_header *l = malloc(size ? size : 1);

	if (!l)
		return 0;
	memcpy(l, data, size);
	/* The checks of magic and length would be all that random bytes ever meet. */
	if (size >= sizeof *l && data[sizeof *l - 1] % 2) {
		l->magic = LISTING_MAGIC;
		l->length = size;
		l->count %= size / sizeof(struct listing_entry) + 2;
		l->text = sizeof *l + l->count * sizeof(struct listing_entry);
		((char *)l)[size - 1] = 0;
	}
	if (listing_valid(l, size)) {
		for (uint64_t i = 0; i < l->count; i++)
			use_entry(l, listing_at(l, i));
		check(!listing_at(l, l->count));
		listing_find(l, "", 0);
		listing_find(l, "name", 4);
		listing_is_of(l, "demo~0123456789abcdef", 21);
		listing_fresh(l, 1);
	}
	free(l);
	return 0;
}
