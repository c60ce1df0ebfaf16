/* Listings: copies for other hosts. */
#include "tests/lib/listings.h"

static void lose_own(const char *dir)
{
	char path[LAYOUT_PATH_MAX];

	assert_int_equal(layout_listing(&cache_layout, path, cache_rel(dir)), 0);
	assert_int_equal(unlink(path), 0);
	assert_null(listing_map(&cache_layout, cache_rel(dir), false));
}

static void a_listing_is_restored_from_its_copy(void **state)
{
	uint64_t expiry = LATER;

	(void)state;
	BUILD("d", "\"tag\"", "a", "b/");
	lose_own("d");
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), expiry, 0), 0);
	listing_unmap(listing);
	listing = listing_map(&cache_layout, cache_rel("d"), false);
	assert_non_null(listing);
	assert_int_equal(listing->expiry, expiry);
	assert_true(boot_is_ours(listing->boot));
	assert_string_equal(names_of(listing), "a,b/,");
	assert_string_equal(listing_etag(listing, find("a")), "\"tag\"");
}

static void a_copy_that_is_too_old_is_not_restored(void **state)
{
	(void)state;
	BUILD("d", "", "a");
	lose_own("d");
	assert_int_equal(
	        listing_restore(&cache_layout, cache_rel("d"), LATER, time(NULL) + 1000), -ENOENT);
	assert_null(listing_map(&cache_layout, cache_rel("d"), false));
}

static void a_damaged_copy_is_not_restored(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	BUILD("d", "", "a");
	lose_own("d");
	assert_int_equal(layout_dirs(&cache_layout, path, cache_rel("d")), 0);
	assert_int_equal(truncate(path, 130), 0);
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
}

/* Another member of a group can put there what he likes. */
static void what_was_planted_for_a_copy_is_not_restored(void **state)
{
	char path[LAYOUT_PATH_MAX], other[LAYOUT_PATH_MAX + 8];

	(void)state;
	BUILD("d", "", "a");
	lose_own("d");
	assert_int_equal(layout_dirs(&cache_layout, path, cache_rel("d")), 0);
	snprintf(other, sizeof other, "%s.other", path);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(other, path), 0);
	assert_int_equal(truncate(path, (off_t)2 << 30), 0);
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
}

/* One bit anywhere behind the header, which is still a listing for all that its form tells. */
static void a_copy_with_a_wrong_bit_is_not_sound(void **state)
{
	char path[LAYOUT_PATH_MAX];
	struct stat st;
	unsigned char *map;
	int fd;

	(void)state;
	BUILD("d", "\"tag\"", "a", "b/", "c");
	assert_true(listing_sound(listing));
	assert_int_equal(layout_dirs(&cache_layout, path, cache_rel("d")), 0);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_true(listing_sound((struct listing_header *)map));
	for (size_t i = sizeof(struct listing_header); i < (size_t)st.st_size; i++) {
		map[i] ^= 1 << (i % 8);
		assert_false(listing_sound((struct listing_header *)map));
		assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
		map[i] ^= 1 << (i % 8);
	}
	munmap(map, (size_t)st.st_size);
}

static void a_copy_has_no_expiry(void **state)
{
	(void)state;
	BUILD("d", "", "a");
	listing_unmap(listing);
	listing = listing_map(&cache_layout, cache_rel("d"), true);
	assert_non_null(listing);
	assert_false(listing_fresh(listing, 0));
}

static void without_a_cache_there_is_no_copy(void **state)
{
	(void)state;
	cache_layout.writable = false;
	BUILD("d", "", "a");
	assert_null(listing_map(&cache_layout, cache_rel("d"), true));
}

static void nothing_is_left_beside_the_listings(void **state)
{
	char command[256];

	(void)state;
	BUILD("d", "", "a");
	BUILD("d", "", "b");
	lose_own("d");
	listing_restore(&cache_layout, cache_rel("d"), LATER, 0);
	snprintf(command, sizeof command, "test $(ls %s/run/listings | wc -l) = 1", cache_folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_listing_is_restored_from_its_copy),
	        TEST(a_copy_that_is_too_old_is_not_restored),
	        TEST(a_damaged_copy_is_not_restored),
	        TEST(a_copy_with_a_wrong_bit_is_not_sound),
	        TEST(a_copy_has_no_expiry),
	        TEST(without_a_cache_there_is_no_copy),
	        TEST(what_was_planted_for_a_copy_is_not_restored),
	        TEST(nothing_is_left_beside_the_listings),
	};

	return cmocka_run_group_tests_name("listing copy", tests, NULL, NULL);
}
