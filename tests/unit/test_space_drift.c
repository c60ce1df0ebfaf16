/* When the records of usage are put right by what the index found, and when not. */
#include "fetch/space_drift.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define MB    (1LL << 20)
#define LIMIT ((struct usage_amount){1000 * MB, 10000})
#define START 1000

static struct drift drift;
static struct usage_round told;
static uint64_t now;

static int set_up(void **state)
{
	(void)state;
	drift = (struct drift){0};
	told = (struct usage_round){
	        .used = {500 * MB, 500}, .growth = {900 * MB, 900}, .base_seq = 7};
	now = START;
	drift_note(&drift, &told, now);
	return 0;
}

/* The index found so many objects of a MiB, where as many are held as the last round told. */
static bool is_to_move(int64_t found)
{
	struct drift_sample s = {
	        .held = told.used, .found = {found * MB, found}, .limit = LIMIT, .now = now};

	drift_compare(&drift, &told, &s);
	return drift.moves;
}

static void wait_ms(uint64_t ms)
{
	now += ms;
	drift_note(&drift, &told, now);
}

static void a_small_difference_is_none(void **state)
{
	(void)state;
	is_to_move(496);
	assert_false(drift_is_watched(&drift));
}

static void what_stays_different_moves_the_base(void **state)
{
	(void)state;
	assert_false(is_to_move(400));
	assert_true(drift_is_watched(&drift));
	wait_ms(DRIFT_LAG_MS - 1);
	assert_false(is_to_move(400));
	wait_ms(1);
	assert_true(is_to_move(400));
	assert_int_equal(drift.gap.bytes, 100 * MB - 5 * MB);
	assert_int_equal(drift.gap.files, 95);
}

static void what_is_missing_is_added(void **state)
{
	(void)state;
	is_to_move(600);
	wait_ms(DRIFT_LAG_MS);
	assert_true(is_to_move(600));
	assert_int_equal(drift.gap.files, -(100 - 6));
}

static void a_difference_that_comes_and_goes_is_none(void **state)
{
	(void)state;
	is_to_move(400);
	wait_ms(DRIFT_LAG_MS / 2);
	is_to_move(500);
	assert_false(drift_is_watched(&drift));
	wait_ms(DRIFT_LAG_MS);
	assert_false(is_to_move(400));
}

static void only_what_was_always_there_counts(void **state)
{
	(void)state;
	is_to_move(400);
	wait_ms(DRIFT_LAG_MS / 2);
	is_to_move(470);
	wait_ms(DRIFT_LAG_MS);
	assert_true(is_to_move(300));
	assert_int_equal(drift.gap.files, 30 - 5);
}

static void what_others_add_may_not_be_found_yet(void **state)
{
	(void)state;
	told.growth = (struct usage_amount){1000 * MB, 1000};
	told.used = (struct usage_amount){600 * MB, 600};
	is_to_move(500);
	assert_false(drift_is_watched(&drift));
}

/* They tell of it later than the index knows. */
static void what_others_remove_may_be_noted_still(void **state)
{
	(void)state;
	told.used = (struct usage_amount){400 * MB, 400};
	is_to_move(301);
	assert_false(drift_is_watched(&drift));
}

static void what_this_agent_does_is_no_doubt(void **state)
{
	(void)state;
	told.used = (struct usage_amount){400 * MB, 400};
	told.net = (struct usage_amount){-100 * MB, -100};
	is_to_move(301);
	assert_true(drift_is_watched(&drift));
}

static void somebody_else_who_puts_it_right_is_waited_for(void **state)
{
	(void)state;
	is_to_move(400);
	told.base_seq++;
	wait_ms(DRIFT_LAG_MS);
	assert_false(is_to_move(400));
	assert_true(drift_is_watched(&drift));
}

static void a_base_that_may_be_too_large_is_sure_after_a_look(void **state)
{
	(void)state;
	told.stale = true;
	is_to_move(500);
	assert_true(drift_is_watched(&drift));
	wait_ms(DRIFT_LAG_MS);
	assert_true(is_to_move(500));
	assert_int_equal(drift.gap.bytes, 0);
}

static void where_nothing_is_known_what_was_found_is_held(void **state)
{
	struct drift_sample s = {.found = {30 * MB, 30}, .late = {2 * MB, 2}, .now = now};

	(void)state;
	told.unknown = true;
	drift_compare(&drift, &told, &s);
	assert_true(drift_is_found(&drift));
	assert_int_equal(drift.counted.files, 32);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_small_difference_is_none),
	        TEST(what_stays_different_moves_the_base),
	        TEST(what_is_missing_is_added),
	        TEST(a_difference_that_comes_and_goes_is_none),
	        TEST(only_what_was_always_there_counts),
	        TEST(what_others_add_may_not_be_found_yet),
	        TEST(what_others_remove_may_be_noted_still),
	        TEST(what_this_agent_does_is_no_doubt),
	        TEST(somebody_else_who_puts_it_right_is_waited_for),
	        TEST(a_base_that_may_be_too_large_is_sure_after_a_look),
	        TEST(where_nothing_is_known_what_was_found_is_held),
	};

	return cmocka_run_group_tests_name("space_drift", tests, NULL, NULL);
}
