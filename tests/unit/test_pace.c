/* What fetch/pace.h promises, on a simulated connection and clock. */
#include "fetch/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MB   1000000ULL
#define PART ((uint64_t)8 << 20)

/* So much comes on one connection and on all together; what each of more than `crowd` costs the
 * others, in percent; and percent of noise. */
struct way {
	uint64_t one, all;
	unsigned crowd, noise;
};

static uint64_t rate_of(const struct way *w, unsigned n)
{
	uint64_t r = n * w->one < w->all ? n * w->one : w->all;

	if (w->crowd && n > w->crowd)
		r -= r * 5 * (n - w->crowd) / 100;
	if (w->noise)
		r += r * (uint64_t)(random() % w->noise) / 100;
	return r;
}

static struct pace pace;

/* Bytes that come in `looks` looks. */
static uint64_t run(const struct way *w, unsigned most, unsigned looks)
{
	uint64_t done = 0;

	pace_init(&pace, most);
	pace_look(&pace, 0, false, 1000);
	for (unsigned i = 1; i <= looks; i++) {
		done += rate_of(w, pace.now) / 4;
		pace_look(&pace, done, false, 1000 + 250 * i);
		assert_in_range(pace.now, 1, most);
	}
	return done;
}

static void more_where_each_is_slow(void **state)
{
	struct way w = {50 * MB, 100000 * MB, 0, 0};

	(void)state;
	run(&w, 16, 2);
	assert_int_equal(pace.now, 16);
	run(&w, 256, 8);
	assert_int_equal(pace.now, 256);
	w.noise = 10;
	run(&w, 16, 3);
	assert_int_equal(pace.now, 16);
	/* Nearly all of what the most could give. */
	assert_in_range(run(&w, 16, 100), 16 * 50 * MB * 25 * 9 / 10, 16 * 50 * MB * 28);
}

static void fewer_where_it_makes_no_difference(void **state)
{
	struct way w = {300 * MB, 1200 * MB, 0, 0};

	(void)state;
	assert_in_range(run(&w, 16, 200), 1200 * MB * 50 * 95 / 100, 1200 * MB * 50);
	assert_in_range(pace.now, 3, 6);
}

static void back_where_it_is_worse(void **state)
{
	struct way w = {100 * MB, 800 * MB, 8, 0};

	(void)state;
	run(&w, 16, 2);
	assert_int_equal(pace.now, 8);
	assert_in_range(run(&w, 16, 100), 800 * MB * 25 * 93 / 100, 800 * MB * 25);
}

static void bounds_are_kept(void **state)
{
	struct way w = {50 * MB, 100 * MB, 0, 20};

	(void)state;
	for (unsigned most = 1; most < 20; most++)
		run(&w, most, 100);
	run(&w, 1, 50);
	assert_int_equal(pace.now, 1);
}

static void what_holds_it_up_is_no_measure(void **state)
{
	(void)state;
	pace_init(&pace, 16);
	for (unsigned i = 1; i < 50; i++)
		assert_false(pace_look(&pace, i * MB, true, 250 * i));
	assert_int_equal(pace.now, PACE_START);
}

static void ranges_grow_with_latency(void **state)
{
	(void)state;
	pace_init(&pace, 8);
	assert_int_equal(pace_part(&pace, PART, 1000 * PART), PART);
	pace.rate = 8 * 100 * MB;
	pace_answered(&pace, 1);
	assert_int_equal(pace_part(&pace, PART, 1000 * PART), PART);
	for (int i = 0; i < 50; i++)
		pace_answered(&pace, 20);
	/* 19 times 20 ms at 100 MB/s. */
	assert_in_range(pace_part(&pace, PART, 1000 * PART), 19 * 2 * MB * 9 / 10, 8 * PART);
	for (int i = 0; i < 50; i++)
		pace_answered(&pace, 2000);
	assert_int_equal(pace_part(&pace, PART, 1000 * PART), PACE_PART_TIMES * PART);
	/* The end is shared out. */
	assert_int_equal(pace_part(&pace, PART, 20 * PART), PART);
	assert_int_equal(pace_part(&pace, PART, 5), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(more_where_each_is_slow),
	        cmocka_unit_test(fewer_where_it_makes_no_difference),
	        cmocka_unit_test(back_where_it_is_worse),
	        cmocka_unit_test(bounds_are_kept),
	        cmocka_unit_test(what_holds_it_up_is_no_measure),
	        cmocka_unit_test(ranges_grow_with_latency),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
