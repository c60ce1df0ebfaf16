/*
 * What the unit tests of usage.h share: three agents of one cache, a clock that stands still, and a
 * round of one of them.
 */
#include "cache/usage.h"
#include "tests/lib/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MB   (1LL << 20)
#define NONE INT64_MAX

/* Of a test that has the agents. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* As if of three hosts. */
static struct usage agents[3];
static struct layout layouts[3];
static char runtimes[3][160];
static uint64_t clock_ms;

static uint64_t test_clock(void)
{
	return clock_ms;
}

static int set_up(void **state)
{
	int err = cache_make(state);

	clock_ms = 1000000;
	for (int i = 0; !err && i < 3; i++) {
		snprintf(runtimes[i], sizeof runtimes[i], "%s/run%d", cache_folder, i);
		mkdir(runtimes[i], 0700);
		layouts[i] = cache_layout;
		layouts[i].runtime = runtimes[i];
		agents[i] = (struct usage){.now = test_clock};
		err = usage_open(&agents[i], &layouts[i]);
	}
	return err;
}

static int tear_down(void **state)
{
	for (int i = 0; i < 3; i++)
		usage_close(&agents[i], (struct usage_amount){0}, (struct usage_amount){0});
	return cache_remove(state);
}

/* A round of one agent that has added `net`, fills `least` and wants `want`, of bytes. */
static struct usage_round ask(
        struct usage *u, int64_t limit, int64_t net, int64_t least, int64_t want)
{
	struct usage_round r = {
	        .net = {net, 1},
	        .added = {net > 0 ? net : 0, 1},
	        .least = {least, 0},
	        .want = {want, 0},
	        .first = {want, 0},
	        .limit = {limit, NONE},
	};

	assert_int_equal(usage_round(u, &r), 0);
	return r;
}
