/*
 * Listings for unit tests, in the empty cache of cache.h: `BUILD(dir, etag, name…)` makes
 * `listing`.
 */
#ifndef LARDER_TESTS_LIB_LISTINGS_H
#define LARDER_TESTS_LIB_LISTINGS_H

#include "cache/listing_build.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/validity.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <time.h>
#include <cmocka.h>

#define LATER (boottime_ms() + 100000)

static const struct listing_header *listing;

static inline int tear_down(void **state)
{
	listing_unmap(listing);
	listing = NULL;
	return cache_remove(state);
}

static inline struct listing_info info_of(const char *name, enum listing_type type)
{
	return (struct listing_info){
	        .size = 10 * strlen(name),
	        .mtime = (int64_t)strlen(name) - 2,
	        .ino = hash64(HASH_INODE, name, strlen(name)),
	        .type = type,
	        .executable = name[0] == 'x',
	};
}

/* Names with '/' at their end are directories. */
static inline struct listing_build *begin(
        const char *dir, const char *const *names, size_t n, const char *etag)
{
	struct listing_build *b =
	        listing_build_new(&cache_layout, &cache_config.profiles[0], cache_rel(dir));

	assert_non_null(b);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(names[i]);
		bool is_dir = len && names[i][len - 1] == '/';
		struct listing_info info = info_of(names[i], is_dir ? LISTING_DIR : LISTING_FILE);

		assert_int_equal(listing_build_add(b, names[i], len - is_dir, &info, etag), 0);
	}
	return b;
}

static inline void build(const char *dir, const char *const *names, size_t n, const char *etag)
{
	struct listing_build *b = begin(dir, names, n, etag);

	assert_int_equal(listing_build_write(b, LATER), 0);
	listing_build_free(b);
	listing_unmap(listing);
	listing_share(&cache_layout, &cache_layout, cache_rel(dir));
	listing = listing_map(&cache_layout, cache_rel(dir), false);
	assert_non_null(listing);
}

#define BUILD(dir, etag, ...)                                                                      \
	do {                                                                                       \
		static const char *const names_[] = {__VA_ARGS__};                                 \
		build(dir, names_, sizeof names_ / sizeof *names_, etag);                          \
	} while (0)

/* All names, as "a,b/,". */
static inline const char *names_of(const struct listing_header *l)
{
	static char out[4096];
	size_t len = 0, n;

	out[0] = 0;
	for (uint64_t i = 0; i < l->count; i++) {
		const struct listing_entry *e = listing_at(l, i);
		const char *name = listing_name(l, e, &n);

		len += (size_t)snprintf(out + len, sizeof out - len, "%.*s%s,", (int)n, name,
		        e->type == LISTING_DIR ? "/" : "");
	}
	return out;
}

static inline const struct listing_entry *find(const char *name)
{
	return listing_find(listing, name, strlen(name));
}

static inline void assert_listed(const char *name)
{
	const struct listing_entry *e = find(name);
	size_t n;

	if (!e)
		fail_msg("%s is not found", name);
	assert_memory_equal(listing_name(listing, e, &n), name, strlen(name));
	assert_int_equal(n, strlen(name));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cache_make, tear_down)

#endif
