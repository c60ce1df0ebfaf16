/* Listings: built, and found in. */
#include "tests/lib/listings.h"

static void entries_are_sorted_by_their_bytes(void **state)
{
	(void)state;
	BUILD("d", "", "b", "a", "\xff", "a.b", "A", "ab", "a/", "-", "aa/", " ", "\xc3\xbc");
	assert_string_equal(names_of(listing), " ,-,A,a/,a.b,aa/,ab,b,\xc3\xbc,\xff,");
}

static void of_an_object_and_a_directory_the_directory_stays(void **state)
{
	(void)state;
	BUILD("d", "", "a", "b/", "a/", "b", "c", "c");
	assert_string_equal(names_of(listing), "a/,b/,c,");
}

static void every_entry_is_found_and_nothing_else(void **state)
{
	(void)state;
	BUILD("d", "", "first", "last", "middle/", "mid", "m");
	assert_listed("first");
	assert_listed("last");
	assert_listed("middle");
	assert_listed("mid");
	assert_listed("m");
	assert_null(find(""));
	assert_null(find("a"));
	assert_null(find("z"));
	assert_null(find("midd"));
	assert_null(find("middle2"));
	assert_null(find("lasa"));
	assert_null(listing_find(listing, "first\0", 6));
}

static void an_empty_directory_has_a_listing(void **state)
{
	(void)state;
	build("d", NULL, 0, "");
	assert_int_equal(listing->count, 0);
	assert_null(find("x"));
	assert_null(listing_at(listing, 0));
}

static void the_root_has_a_listing(void **state)
{
	(void)state;
	BUILD("", "", "a");
	assert_true(listing_is_of(listing, cache_rel(""), strlen(cache_rel(""))));
	assert_listed("a");
}

static void what_was_added_is_read(void **state)
{
	const struct listing_entry *e;
	struct listing_info info, wanted = info_of("xyz", LISTING_FILE);

	(void)state;
	BUILD("d", "\"tag\"", "a", "xyz", "dir/");
	e = find("xyz");
	listing_read(listing, e, &info);
	assert_int_equal(info.size, wanted.size);
	assert_int_equal(info.mtime, wanted.mtime);
	assert_int_equal(info.ino, wanted.ino);
	assert_int_equal(info.type, LISTING_FILE);
	assert_true(info.executable);
	assert_string_equal(listing_etag(listing, e), "\"tag\"");
	listing_read(listing, find("a"), &info);
	assert_int_equal(info.mtime, -1);
	assert_false(info.executable);
}

static void without_an_etag_there_is_none(void **state)
{
	(void)state;
	BUILD("d", "", "a");
	assert_string_equal(listing_etag(listing, find("a")), "");
}

static void the_directory_itself_is_described(void **state)
{
	const char *rel = cache_rel("some/dir");

	(void)state;
	BUILD("some/dir", "", "a");
	assert_true(listing_is_of(listing, rel, strlen(rel)));
	assert_false(listing_is_of(listing, rel, strlen(rel) - 1));
	assert_int_equal(listing->ino, identity_ino(rel, strlen(rel), ""));
	assert_int_equal(listing->dev, cache_config.profiles[0].dev);
	assert_true(boot_is_ours(listing->boot));
}

static void names_are_escaped(void **state)
{
	(void)state;
	BUILD("d", "", "", "..", "%=list", "/");
	assert_string_equal(names_of(listing), "%~/,%~%=list,%~..,");
}

static void a_name_that_no_directory_can_hold_is_left_out(void **state)
{
	char name[300];
	struct listing_info info = {.type = LISTING_FILE};
	struct listing_build *b = begin("d", NULL, 0, "");

	(void)state;
	memset(name, 'n', sizeof name);
	assert_int_equal(listing_build_add(b, name, 255, &info, ""), 0);
	assert_int_equal(listing_build_add(b, name, 256, &info, ""), -ENAMETOOLONG);
	name[0] = '%';
	name[1] = '~';
	assert_int_equal(listing_build_add(b, name, 253, &info, ""), 0);
	assert_int_equal(listing_build_add(b, name, 254, &info, ""), -ENAMETOOLONG);
	assert_int_equal(listing_build_count(b), 2);
	listing_build_free(b);
}

static void many_names_are_found(void **state)
{
	struct listing_info info = {.type = LISTING_FILE};
	struct listing_build *b = begin("d", NULL, 0, "");
	char name[16];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		int n = snprintf(name, sizeof name, "%d", i * 7919 % 20000);

		info.size = (uint64_t)(i * 7919 % 20000);
		assert_int_equal(listing_build_add(b, name, (size_t)n, &info, "\"e\""), 0);
	}
	assert_int_equal(listing_build_write(b, LATER), 0);
	listing_build_free(b);
	listing = listing_map(&cache_layout, cache_rel("d"), false);
	assert_int_equal(listing->count, 20000);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof name, "%d", i);
		assert_listed(name);
		listing_read(listing, find(name), &info);
		assert_int_equal(info.size, i);
	}
}

/* More than a block of memory holds, so that runs are merged; and each third name twice, once as a
 * directory. */
static void more_than_memory_holds_is_sorted(void **state)
{
	enum { N = 300000 };
	struct listing_info info = {.type = LISTING_FILE};
	struct listing_build *b = begin("d", NULL, 0, "");
	char name[64];
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		unsigned k = (unsigned)(i * 100003ULL % N);
		int n = snprintf(name, sizeof name, "a-name-of-some-length-%u", k);

		info.size = k;
		info.type = LISTING_FILE;
		assert_int_equal(listing_build_add(b, name, (size_t)n, &info, "\"etag\""), 0);
		info.type = LISTING_DIR;
		if (k % 3 == 0)
			assert_int_equal(listing_build_add(b, name, (size_t)n, &info, ""), 0);
	}
	assert_int_equal(listing_build_count(b), N + N / 3);
	assert_int_equal(listing_build_write(b, LATER), 0);
	listing_build_free(b);
	listing = listing_map(&cache_layout, cache_rel("d"), false);
	assert_non_null(listing);
	assert_int_equal(listing->count, N);
	assert_true(listing_sound(listing));
	for (unsigned i = 0; i < N; i++) {
		int n = snprintf(name, sizeof name, "a-name-of-some-length-%u", i);
		const struct listing_entry *e = listing_find(listing, name, (size_t)n);

		assert_non_null(e);
		assert_int_equal(e->size, i);
		assert_int_equal(e->type, i % 3 ? LISTING_FILE : LISTING_DIR);
		assert_string_equal(listing_etag(listing, e), i % 3 ? "\"etag\"" : "");
		assert_memory_equal(listing_name(listing, e, &len), name, len);
	}
}

static void there_is_no_listing_of_what_was_not_listed(void **state)
{
	(void)state;
	assert_null(listing_map(&cache_layout, cache_rel("d"), false));
	assert_null(listing_map(&cache_layout, cache_rel("d"), true));
	assert_int_equal(listing_extend(&cache_layout, cache_rel("d"), LATER), -ENOENT);
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
	listing_drop(&cache_layout, cache_rel("d"));
}

/* Two names with one hash would share a file. */
static void a_listing_of_another_directory_is_not_taken(void **state)
{
	char from[LAYOUT_PATH_MAX], to[LAYOUT_PATH_MAX];

	(void)state;
	BUILD("d", "", "a");
	assert_int_equal(layout_listing(&cache_layout, from, cache_rel("d")), 0);
	assert_int_equal(layout_listing(&cache_layout, to, cache_rel("e")), 0);
	assert_int_equal(rename(from, to), 0);
	assert_null(listing_map(&cache_layout, cache_rel("e"), false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(entries_are_sorted_by_their_bytes),
	        TEST(of_an_object_and_a_directory_the_directory_stays),
	        TEST(every_entry_is_found_and_nothing_else),
	        TEST(an_empty_directory_has_a_listing),
	        TEST(the_root_has_a_listing),
	        TEST(what_was_added_is_read),
	        TEST(without_an_etag_there_is_none),
	        TEST(the_directory_itself_is_described),
	        TEST(names_are_escaped),
	        TEST(a_name_that_no_directory_can_hold_is_left_out),
	        TEST(many_names_are_found),
	        TEST(more_than_memory_holds_is_sorted),
	        TEST(there_is_no_listing_of_what_was_not_listed),
	        TEST(a_listing_of_another_directory_is_not_taken),
	};

	return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
