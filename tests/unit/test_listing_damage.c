/* Listings: harmless when their file is damaged. */
#include "tests/lib/listings.h"

/* Looks at everything that a program could be shown. */
static void use_all(const struct listing_header *l)
{
	struct listing_info info;
	uint64_t sum = 0;

	for (uint64_t i = 0; i < l->count; i++) {
		const struct listing_entry *e = listing_at(l, i);
		size_t n = 0;
		const char *name = listing_name(l, e, &n);

		listing_read(l, e, &info);
		for (size_t j = 0; name && j < n; j++)
			sum += (unsigned char)name[j];
		sum += strlen(listing_etag(l, e)) + info.size;
		if (name)
			listing_find(l, name, n);
	}
	listing_find(l, "", 0);
	listing_find(l, "mmm", 3);
	listing_is_of(l, "demo", 4);
	listing_fresh(l, sum);
}

/* A copy in memory of its own, with nothing behind it. */
static struct listing_header *copy(size_t length)
{
	struct listing_header *l = malloc(length ? length : 1);

	assert_non_null(l);
	memcpy(l, listing, length < listing->length ? length : listing->length);
	return l;
}

static void a_file_that_was_cut_is_refused(void **state)
{
	(void)state;
	BUILD("d", "\"tag\"", "a", "b", "c/", "dd");
	for (size_t n = 0; n < listing->length; n++) {
		struct listing_header *l = copy(n);

		assert_false(listing_valid(l, n));
		/* Also if it says that it is so short. */
		if (n >= sizeof *l) {
			l->length = n;
			if (listing_valid(l, n))
				use_all(l);
		}
		free(l);
	}
}

static void changed_bytes_are_survived(void **state)
{
	(void)state;
	BUILD("d", "\"tag\"", "a", "b", "c/", "dd", "eee", "mmm");
	assert_true(listing_valid(listing, listing->length));
	for (int i = 0; i < 50000; i++) {
		struct listing_header *l = copy(listing->length);
		unsigned char *bytes = (unsigned char *)l;

		for (uint32_t edits = random_below(4) + 1; edits; edits--) {
			uint32_t at = random_below((uint32_t)listing->length);

			if (random_below(2))
				bytes[at] = (unsigned char)random_below(256);
			else
				bytes[at] ^= (unsigned char)(1 << random_below(8));
		}
		if (listing_valid(l, listing->length))
			use_all(l);
		free(l);
	}
}

static void numbers_at_their_limits_are_survived(void **state)
{
	static const uint64_t limits[] = {0, 1, 127, 128, 1ULL << 31, UINT32_MAX, 1ULL << 32,
	        UINT64_MAX / sizeof(struct listing_entry), UINT64_MAX - 127, UINT64_MAX};

	(void)state;
	BUILD("d", "\"tag\"", "a", "b", "mmm");
	for (size_t at = 0; at + 8 <= listing->length; at += 4) {
		for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
			struct listing_header *l = copy(listing->length);

			memcpy((char *)l + at, &limits[i], 8);
			if (listing_valid(l, listing->length))
				use_all(l);
			free(l);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_file_that_was_cut_is_refused),
	        TEST(changed_bytes_are_survived),
	        TEST(numbers_at_their_limits_are_survived),
	};

	return cmocka_run_group_tests_name("listing damage", tests, NULL, NULL);
}
