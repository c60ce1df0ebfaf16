/* Listings: how long they hold, what takes their place, and what changes in them. */
#include "tests/lib/listings.h"

static void a_listing_is_fresh_until_its_expiry(void **state)
{
	uint64_t expiry;

	(void)state;
	BUILD("d", "", "a");
	expiry = listing->expiry;
	assert_true(listing_fresh(listing, expiry - 1));
	assert_false(listing_fresh(listing, expiry));
	assert_int_equal(listing_extend(&cache_layout, cache_rel("d"), expiry + 10), 0);
	assert_true(listing_fresh(listing, expiry + 9));
}

static void a_listing_that_says_the_same_stays(void **state)
{
	const struct listing_header *old;
	uint64_t expiry;

	(void)state;
	BUILD("d", "\"e\"", "a", "b/");
	old = listing;
	listing = NULL;
	old = listing_map(&cache_layout, cache_rel("d"), false);
	assert_int_equal(listing_extend(&cache_layout, cache_rel("d"), 1), 0);
	expiry = LATER;
	BUILD("d", "\"e\"", "a", "b/");
	assert_true(old->expiry >= expiry);
	assert_true(listing_fresh(old, boottime_ms()));
	BUILD("d", "\"f\"", "a", "b/");
	assert_false(listing_fresh(old, boottime_ms()));
	listing_unmap(old);
}

static void use_of_a_listing_is_seen(void **state)
{
	char path[LAYOUT_PATH_MAX], byte;
	void *map;
	int fd;

	(void)state;
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_UNUSED);
	BUILD("d", "", "a");
	listing_unmap(listing);
	listing = NULL;
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_UNUSED);
	assert_int_equal(layout_listing(&cache_layout, path, cache_rel("d")), 0);
	fd = open(path, O_RDONLY | O_NOATIME);
	assert_true(fd >= 0);
	map = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	close(fd);
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_MAPPED);
	munmap(map, 1);
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_UNUSED);
	/* The clock of files moves in steps. */
	for (int i = 0; i < 1000 && !listing_in_use(&cache_layout, cache_rel("d")); i++) {
		usleep(1000);
		fd = open(path, O_RDONLY);
		assert_int_equal(read(fd, &byte, 1), 1);
		close(fd);
	}
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_OPENED);
	BUILD("d", "", "a");
	listing_unmap(listing);
	listing = NULL;
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_UNUSED);
}

static void a_newer_listing_supersedes_the_older(void **state)
{
	const struct listing_header *old;

	(void)state;
	BUILD("d", "", "a");
	old = listing;
	listing = NULL;
	BUILD("d", "", "b");
	assert_false(listing_fresh(old, boottime_ms()));
	assert_string_equal(names_of(old), "a,");
	assert_true(listing_fresh(listing, boottime_ms()));
	assert_string_equal(names_of(listing), "b,");
	listing_unmap(old);
}

static void a_dropped_listing_is_not_extended(void **state)
{
	(void)state;
	BUILD("d", "", "a");
	listing_drop(&cache_layout, cache_rel("d"));
	assert_false(listing_fresh(listing, boottime_ms()));
	assert_int_equal(listing_extend(&cache_layout, cache_rel("d"), LATER), -ENOENT);
}

/* The listing that `listing` is, to be written to as its agent does. */
static struct listing_header *map_own(const char *name)
{
	struct listing_header *own;
	char path[LAYOUT_PATH_MAX];
	int fd;

	layout_listing(&cache_layout, path, cache_rel(name));
	fd = open(path, O_RDWR);
	own = mmap(NULL, listing->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(own, MAP_FAILED);
	close(fd);
	return own;
}

static void one_of_another_boot_is_not_extended(void **state)
{
	struct listing_header *own;

	(void)state;
	BUILD("d", "", "a");
	own = map_own("d");
	own->boot -= 2 * BOOT_TOLERANCE;
	assert_int_equal(listing_extend(&cache_layout, cache_rel("d"), LATER), -ENOENT);
	munmap(own, listing->length);
}

static void an_object_is_updated_in_place(void **state)
{
	struct listing_info info = {
	        .size = 99, .mtime = 98, .ino = 97, .type = LISTING_FILE, .executable = true};
	struct listing_info got;

	(void)state;
	BUILD("d", "\"old\"", "a", "b", "dir/");
	listing_update(&cache_layout, cache_rel("d/b"), &info);
	listing_read(listing, find("b"), &got);
	assert_int_equal(got.size, 99);
	assert_int_equal(got.mtime, 98);
	assert_int_equal(got.ino, 97);
	assert_true(got.executable);
	/* It was the old generation's. */
	assert_string_equal(listing_etag(listing, find("b")), "");
	assert_string_equal(listing_etag(listing, find("a")), "\"old\"");
	assert_int_equal(listing->seq % 2, 0);
}

static void what_is_not_listed_is_not_updated(void **state)
{
	struct listing_info info = {.size = 99, .type = LISTING_FILE}, got;

	(void)state;
	BUILD("d", "", "a", "dir/");
	listing_update(&cache_layout, cache_rel("d/none"), &info);
	listing_update(&cache_layout, cache_rel("d/dir"), &info);
	listing_update(&cache_layout, cache_rel("unlisted/a"), &info);
	listing_update(&cache_layout, cache_rel(""), &info);
	listing_read(listing, find("dir"), &got);
	assert_int_equal(got.type, LISTING_DIR);
	assert_int_not_equal(got.size, 99);
	assert_string_equal(names_of(listing), "a,dir/,");
}

/* An agent that was killed in the middle leaves the sequence odd; the next update ends that. */
static void an_update_after_a_broken_one_is_read(void **state)
{
	struct listing_info info = {.size = 99, .type = LISTING_FILE}, got;
	struct listing_header *own;

	(void)state;
	BUILD("d", "", "a");
	own = map_own("d");
	own->seq = 7;
	listing_read(listing, find("a"), &got);
	assert_int_equal(got.size, 10);
	listing_update(&cache_layout, cache_rel("d/a"), &info);
	assert_int_equal(own->seq, 8);
	listing_read(listing, find("a"), &got);
	assert_int_equal(got.size, 99);
	munmap(own, listing->length);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_listing_is_fresh_until_its_expiry),
	        TEST(a_newer_listing_supersedes_the_older),
	        TEST(a_listing_that_says_the_same_stays),
	        TEST(use_of_a_listing_is_seen),
	        TEST(a_dropped_listing_is_not_extended),
	        TEST(one_of_another_boot_is_not_extended),
	        TEST(an_object_is_updated_in_place),
	        TEST(what_is_not_listed_is_not_updated),
	        TEST(an_update_after_a_broken_one_is_read),
	};

	return cmocka_run_group_tests_name("listing life", tests, NULL, NULL);
}
