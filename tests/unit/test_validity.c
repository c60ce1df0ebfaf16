/* The validity table: which files are fresh, told by the very file and only in this boot. */
#include "cache/validity_table.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>
#include <cmocka.h>

#define KEY  0x1122334455667788
#define STEP (VALIDITY_SLOTS / VALIDITY_BUCKET) /* between keys of one bucket */

static struct validity_table *table;
static char path[LAYOUT_PATH_MAX];
static const struct stat file = {
        .st_dev = 1, .st_ino = 2, .st_size = 3, .st_mtim = {.tv_sec = 4, .tv_nsec = 5}};

/* Instead of libc's: the clock of the day, and the seconds that uses are noted in, can be set. */
static time_t day_offset, use_offset;

int clock_gettime(clockid_t clock, struct timespec *t)
{
	long ret = syscall(SYS_clock_gettime, clock, t);

	if (clock == CLOCK_REALTIME)
		t->tv_sec += day_offset;
	if (clock == CLOCK_MONOTONIC_COARSE)
		t->tv_sec += use_offset;
	return (int)ret;
}

static int set_up(void **state)
{
	day_offset = use_offset = 0;
	if (cache_make(state) || layout_runtime(&cache_layout, path, "validity"))
		return -1;
	return validity_open(&table, path, 0600);
}

static int tear_down(void **state)
{
	validity_close(table);
	return cache_remove(state);
}

static void open_again(void)
{
	validity_close(table);
	assert_int_equal(validity_open(&table, path, 0600), 0);
}

static void assert_expiry(uint64_t key, uint64_t expiry)
{
	struct validity_answer a = validity_lookup(table, key, &file);

	assert_true(a.known);
	assert_int_equal(a.expiry, expiry);
}

static void what_was_never_put_is_unknown(void **state)
{
	struct validity_answer a = validity_lookup(table, KEY, &file);

	(void)state;
	assert_false(a.known);
	assert_int_equal(a.expiry, 0);
	assert_int_equal(a.used, 0);
}

static void what_was_put_is_known(void **state)
{
	struct validity_answer a;

	(void)state;
	validity_put(table, KEY, &file, 1000, 77);
	a = validity_lookup(table, KEY, &file);
	assert_true(a.known);
	assert_int_equal(a.expiry, 1000);
	assert_int_equal(a.etag, 77);
	assert_int_equal(a.used, use_seconds());
	assert_false(validity_lookup(table, KEY + 1, &file).known);
	assert_false(validity_lookup(table, KEY + STEP, &file).known);
}

static void another_file_in_its_place_is_unknown(void **state)
{
	struct stat other[5];

	(void)state;
	validity_put(table, KEY, &file, 1000, 0);
	for (int i = 0; i < 5; i++)
		other[i] = file;
	other[0].st_dev++;
	other[1].st_ino++;
	other[2].st_size++;
	other[3].st_mtim.tv_sec++;
	other[4].st_mtim.tv_nsec++;
	for (int i = 0; i < 5; i++)
		assert_false(validity_lookup(table, KEY, &other[i]).known);
	assert_false(validity_lookup(table, KEY, NULL).known);
	assert_int_not_equal(validity_lookup(table, KEY, NULL).used, 0);
}

static void a_second_put_takes_the_place_of_the_first(void **state)
{
	struct stat other = file;

	(void)state;
	other.st_ino = 99;
	validity_put(table, KEY, &file, 1000, 1);
	validity_put(table, KEY, &other, 2000, 2);
	assert_false(validity_lookup(table, KEY, &file).known);
	assert_int_equal(validity_lookup(table, KEY, &other).expiry, 2000);
}

static void the_same_etag_extends_and_another_ends(void **state)
{
	(void)state;
	validity_put(table, KEY, &file, 1000, 77);
	validity_confirm(table, KEY, 77, 5000);
	assert_expiry(KEY, 5000);
	validity_confirm(table, KEY, 78, 9000);
	assert_expiry(KEY, 0);
	validity_confirm(table, KEY + 1, 77, 5000);
	assert_false(validity_lookup(table, KEY + 1, &file).known);
}

static void what_was_dropped_is_not_fresh(void **state)
{
	(void)state;
	validity_put(table, KEY, &file, 1000, 77);
	validity_drop(table, KEY);
	assert_expiry(KEY, 0);
	validity_drop(table, KEY + 1);
}

static void a_use_is_noted(void **state)
{
	(void)state;
	validity_put(table, KEY, &file, 1000, 77);
	use_offset = 100;
	assert_true(validity_used(table, KEY));
	assert_int_equal(validity_lookup(table, KEY, NULL).used, use_seconds());
	assert_expiry(KEY, 1000);
	assert_false(validity_used(table, KEY + 1));
}

static void a_full_bucket_loses_what_expires_first(void **state)
{
	(void)state;
	validity_put(table, KEY, &file, 400, 0);
	validity_put(table, KEY + STEP, &file, 200, 0);
	validity_put(table, KEY + 2 * STEP, &file, 300, 0);
	validity_put(table, KEY + 3 * STEP, &file, 500, 0);
	validity_put(table, KEY + 4 * STEP, &file, 100, 0);
	assert_false(validity_lookup(table, KEY + STEP, &file).known);
	assert_expiry(KEY, 400);
	assert_expiry(KEY + 2 * STEP, 300);
	assert_expiry(KEY + 3 * STEP, 500);
	assert_expiry(KEY + 4 * STEP, 100);
}

static void a_full_table_answers_truly(void **state)
{
	static const unsigned many = 2 * VALIDITY_SLOTS;
	unsigned known = 0;

	(void)state;
	for (uint64_t i = 1; i <= many; i++)
		validity_put(table, i * 0x9e3779b97f4a7c15, &file, i, i);
	for (uint64_t i = 1; i <= many; i++) {
		struct validity_answer a = validity_lookup(table, i * 0x9e3779b97f4a7c15, &file);

		known += a.known;
		if (a.known)
			assert_int_equal(a.expiry, i);
	}
	assert_in_range(known, VALIDITY_SLOTS / 2, VALIDITY_SLOTS);
}

static void entries_outlive_their_agent(void **state)
{
	(void)state;
	validity_put(table, KEY, &file, 1000, 77);
	open_again();
	assert_true(validity_valid(table, sizeof *table));
	assert_expiry(KEY, 1000);
}

static void entries_do_not_outlive_the_boot(void **state)
{
	(void)state;
	validity_put(table, KEY, &file, 1000, 77);
	day_offset = 24 * 3600;
	assert_false(validity_valid(table, sizeof *table));
	open_again();
	assert_true(validity_valid(table, sizeof *table));
	assert_false(validity_lookup(table, KEY, &file).known);
}

static void a_clock_that_was_set_a_little_is_no_boot(void **state)
{
	(void)state;
	validity_put(table, KEY, &file, 1000, 77);
	day_offset = BOOT_TOLERANCE - 2;
	assert_true(validity_valid(table, sizeof *table));
	day_offset = 2 - BOOT_TOLERANCE;
	open_again();
	assert_expiry(KEY, 1000);
}

static void a_damaged_table_is_begun_anew(void **state)
{
	(void)state;
	validity_put(table, KEY, &file, 1000, 77);
	table->magic++;
	assert_false(validity_valid(table, sizeof *table));
	open_again();
	assert_true(validity_valid(table, sizeof *table));
	assert_false(validity_lookup(table, KEY, &file).known);
}

static void another_size_is_no_table(void **state)
{
	(void)state;
	assert_true(validity_valid(table, sizeof *table));
	assert_false(validity_valid(table, sizeof *table - 1));
	table->n_slots--;
	assert_false(validity_valid(table, sizeof *table));
}

/* An agent that was killed while it wrote. */
static void a_slot_that_is_being_written_is_unknown(void **state)
{
	struct validity_slot *slot = &table->slots[KEY % STEP * VALIDITY_BUCKET];

	(void)state;
	validity_put(table, KEY, &file, 1000, 77);
	assert_int_equal(slot->key, KEY);
	slot->seq |= 1;
	assert_false(validity_lookup(table, KEY, &file).known);
	validity_put(table, KEY, &file, 2000, 77);
	assert_expiry(KEY, 2000);
}

static void a_link_is_not_followed(void **state)
{
	struct validity_table *other;

	(void)state;
	layout_runtime(&cache_layout, path, "link");
	assert_int_equal(symlink("validity", path), 0);
	assert_int_equal(validity_open(&other, path, 0600), -ELOOP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(what_was_never_put_is_unknown),
	        TEST(what_was_put_is_known),
	        TEST(another_file_in_its_place_is_unknown),
	        TEST(a_second_put_takes_the_place_of_the_first),
	        TEST(the_same_etag_extends_and_another_ends),
	        TEST(what_was_dropped_is_not_fresh),
	        TEST(a_use_is_noted),
	        TEST(a_full_bucket_loses_what_expires_first),
	        TEST(a_full_table_answers_truly),
	        TEST(entries_outlive_their_agent),
	        TEST(entries_do_not_outlive_the_boot),
	        TEST(a_clock_that_was_set_a_little_is_no_boot),
	        TEST(a_damaged_table_is_begun_anew),
	        TEST(another_size_is_no_table),
	        TEST(a_slot_that_is_being_written_is_unknown),
	        TEST(a_link_is_not_followed),
	};

	return cmocka_run_group_tests_name("validity", tests, NULL, NULL);
}
