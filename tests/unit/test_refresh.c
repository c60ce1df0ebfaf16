/* When a listing is due to be fetched again, ahead of its end. */
#include "fetch/refresh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void what_is_short_is_not_refreshed(void **state)
{
	(void)state;
	assert_int_equal(refresh_due(1000, 61000, REFRESH_WORTH_MS - 1), 0);
	assert_int_equal(refresh_due(1000, 61000, 0), 0);
}

static void a_listing_is_due_early_enough_to_be_fetched_at_leisure(void **state)
{
	(void)state;
	assert_int_equal(refresh_due(1000, 61000, 1000), 61000 - 1000 * REFRESH_LEAD);
}

static void at_the_earliest_after_half_of_its_life(void **state)
{
	(void)state;
	assert_int_equal(refresh_due(1000, 61000, 10000), 31000);
	assert_int_equal(refresh_due(1000, 61000, UINT64_MAX), 31000);
}

static void what_ends_at_once_is_never_due(void **state)
{
	(void)state;
	assert_int_equal(refresh_due(1000, 1000, 5000), 0);
	assert_int_equal(refresh_due(1000, 900, 5000), 0);
	assert_int_equal(refresh_due(1000, 1000 + REFRESH_WORTH_MS - 1, 5000), 0);
	/* No end: far away. */
	assert_true(refresh_due(1000, UINT64_MAX, 5000) > UINT64_MAX / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_short_is_not_refreshed),
	        cmocka_unit_test(a_listing_is_due_early_enough_to_be_fetched_at_leisure),
	        cmocka_unit_test(at_the_earliest_after_half_of_its_life),
	        cmocka_unit_test(what_ends_at_once_is_never_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
