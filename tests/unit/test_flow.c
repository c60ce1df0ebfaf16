/* What fetch/flow.h promises. */
#include "fetch/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MIB ((uint64_t)1 << 20)

/* How long `bytes` in pieces take, by a clock that waits as it is told to. */
static uint64_t time_of(struct bucket *b, uint64_t bytes, uint64_t piece, uint64_t now)
{
	uint64_t begun = now;

	while (bytes) {
		uint64_t n = bytes < piece ? bytes : piece;

		now += bucket_wait(b, now);
		bucket_take(b, n, now);
		bytes -= n;
	}
	return now - begun;
}

static void rate_is_kept(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 5 * MIB, 7);
	assert_in_range(time_of(&b, 10 * MIB, 16 << 10, 7), 1890, 2000);
	/* Idle for an hour: no more than the burst is saved up. */
	assert_in_range(time_of(&b, 10 * MIB, 256 << 10, 3600000), 1850, 2000);
	bucket_init(&b, 1, 0);
	assert_in_range(time_of(&b, 100, 10, 0), 89000, 100000);
}

static void no_rate_no_wait(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 0, 0);
	bucket_take(&b, UINT64_MAX / 2000, 0);
	assert_int_equal(bucket_wait(&b, 0), 0);
	bucket_init(&b, UINT64_MAX - 2, 0); /* faster than can be counted */
	assert_int_equal(time_of(&b, 1000 * MIB, MIB, 0), 0);
}

static void width_halves_and_recovers(void **state)
{
	struct width w;

	(void)state;
	width_init(&w, 32);
	assert_int_equal(width_of(&w, 1000), 32);
	width_refused(&w, 32, 990, 1000);
	assert_int_equal(width_of(&w, 1000), 16);
	/* The others of the same moment were refused too. */
	width_refused(&w, 31, 990, 1001);
	width_refused(&w, 30, 1000, 1002);
	assert_int_equal(width_of(&w, 1002), 16);
	width_refused(&w, 16, 1001, 1010);
	assert_int_equal(width_of(&w, 1010), 8);
	assert_int_equal(width_of(&w, 1010 + FLOW_RECOVER_MS - 1), 8);
	assert_int_equal(width_of(&w, 1010 + FLOW_RECOVER_MS), 9);
	assert_int_equal(width_of(&w, 1010 + 5 * FLOW_RECOVER_MS), 13);
	assert_int_equal(width_of(&w, 1010 + 1000 * FLOW_RECOVER_MS), 32);
}

static void width_is_at_least_one(void **state)
{
	struct width w;

	(void)state;
	width_init(&w, 3);
	for (uint64_t now = 1; now < 10; now++)
		width_refused(&w, 1, now, now);
	assert_int_equal(width_of(&w, 10), 1);
	/* Few that ran are half of few, whatever might have run. */
	width_init(&w, 1000);
	width_refused(&w, 4, 1, 2);
	assert_int_equal(width_of(&w, 2), 2);
}

static void rest_is_the_longest_and_has_an_end(void **state)
{
	struct width w;

	(void)state;
	width_init(&w, 4);
	assert_int_equal(width_rests(&w, 1000), 0);
	width_rest(&w, 0, 1000);
	assert_int_equal(width_rests(&w, 1000), 0);
	width_rest(&w, 5, 1000);
	width_rest(&w, 1, 2000);
	assert_int_equal(width_rests(&w, 2000), 4000);
	assert_int_equal(width_rests(&w, 6000), 0);
	width_rest(&w, 86400, 7000);
	assert_int_equal(width_rests(&w, 7000), FLOW_REST_MAX_S * 1000);
}

static void those_who_wait_have_room(void **state)
{
	(void)state;
	assert_true(flow_has_room_ahead(32, 0, 0));
	assert_true(flow_has_room_ahead(32, 27, 27));
	assert_false(flow_has_room_ahead(32, 28, 28));
	assert_false(flow_has_room_ahead(32, 25, 24));
	assert_true(flow_has_room_ahead(32, 24, 23));
	assert_false(flow_has_room_ahead(32, 7, 0));
	assert_false(flow_has_room_ahead(1, 0, 0));
	assert_true(flow_has_room_ahead(2, 0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rate_is_kept),
	        cmocka_unit_test(no_rate_no_wait),
	        cmocka_unit_test(width_halves_and_recovers),
	        cmocka_unit_test(width_is_at_least_one),
	        cmocka_unit_test(rest_is_the_longest_and_has_an_end),
	        cmocka_unit_test(those_who_wait_have_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
