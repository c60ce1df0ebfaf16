/* What fetch/ahead.h promises: how much of what programs open was fetched before, and how much for
 * nothing. */
#include "fetch/ahead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 5000

/* A folder whose objects come at once. */
static struct folder {
	struct ahead ahead;
	int fetched_by[COUNT]; /* number of the stream, from 1 on; 0: not fetched */
	bool opened[COUNT];
	unsigned hits, misses, fetched;
} f;

static void set_up_folder(unsigned most)
{
	memset(&f, 0, sizeof f);
	ahead_init(&f.ahead, most);
}

/* Those which were fetched for it, from behind. */
static void pass_by(struct ahead_stream *s)
{
	int number = (int)(s - f.ahead.streams) + 1;

	for (int64_t i = 0; i < COUNT && ahead_is_past(s, i); i++) {
		if (f.fetched_by[i] != number || f.opened[i])
			continue;
		f.fetched_by[i] = -1;
		ahead_passed(s);
	}
}

static void open_name(int64_t i)
{
	bool hit = f.fetched_by[i] != 0;
	struct ahead_stream *s;

	if (f.fetched_by[i] > 0 && !f.opened[i])
		ahead_used(&f.ahead, &f.ahead.streams[f.fetched_by[i] - 1]);
	if (!f.opened[i])
		*(hit ? &f.hits : &f.misses) += 1;
	f.opened[i] = true;
	s = ahead_seen(&f.ahead, i, hit);
	if (!s)
		return;
	pass_by(s);
	while (ahead_wants(s) && (i = ahead_step(s, COUNT)) >= 0) {
		if (f.fetched_by[i] || f.opened[i])
			continue;
		f.fetched_by[i] = (int)(s - f.ahead.streams) + 1;
		f.fetched++;
		ahead_fetched(s);
		assert_in_range(s->out, 1, f.ahead.most);
	}
}

static unsigned wasted(void)
{
	unsigned n = 0;

	for (int i = 0; i < COUNT; i++)
		n += f.fetched_by[i] && !f.opened[i];
	return n;
}

static void one_after_another(void **state)
{
	(void)state;
	set_up_folder(AHEAD_WINDOW_AUTO);
	for (int i = 0; i < COUNT; i++)
		open_name(i);
	assert_int_equal(f.misses, 2);
	assert_int_equal(wasted(), 0);
}

static void window_grows_and_is_limited(void **state)
{
	(void)state;
	set_up_folder(16);
	for (int i = 0; i < 100; i++)
		open_name(i);
	assert_int_equal(f.fetched, 98 + 16);
	set_up_folder(AHEAD_WINDOW_AUTO);
	open_name(0);
	open_name(1);
	assert_int_equal(f.fetched, AHEAD_WINDOW_NEW);
	for (int i = 2; i < 100; i++)
		open_name(i);
	assert_in_range(f.fetched, 2 * 98 - 10, 2 * 98 + AHEAD_WINDOW_NEW);
	set_up_folder(1);
	for (int i = 0; i < 100; i++)
		open_name(i);
	assert_int_equal(f.fetched, 99);
}

static void at_random_nothing_to_speak_of(void **state)
{
	(void)state;
	srandom(7);
	set_up_folder(AHEAD_WINDOW_AUTO);
	for (int i = 0; i < 1000; i++)
		open_name(random() % COUNT);
	assert_in_range(f.fetched, 0, 100);
}

static void backwards_nothing(void **state)
{
	(void)state;
	set_up_folder(AHEAD_WINDOW_AUTO);
	for (int i = COUNT - 1; i >= 0; i--)
		open_name(i);
	assert_int_equal(f.fetched, 0);
}

static void several_readers(void **state)
{
	(void)state;
	set_up_folder(AHEAD_WINDOW_AUTO);
	for (int i = 0; i < 500; i++) {
		for (int reader = 0; reader < 8; reader++)
			open_name(600 * reader + i);
	}
	assert_in_range(f.misses, 8, 8 * 4);
	assert_in_range(wasted(), 0, 8 * 600);
}

/* Each worker of one reader of a list has every eighth of it, or of this host has only one. */
static void workers_in_turn(void **state)
{
	(void)state;
	set_up_folder(AHEAD_WINDOW_AUTO);
	for (int i = 0; i + 8 < COUNT; i += 8) {
		static const int order[] = {0, 2, 1, 3, 5, 7, 4, 6};

		for (int worker = 0; worker < 8; worker++)
			open_name(i + order[worker]);
	}
	assert_in_range(f.misses, 2, 16);
	set_up_folder(AHEAD_WINDOW_AUTO);
	for (int i = 3; i < COUNT; i += 8)
		open_name(i);
	assert_in_range(f.misses, 3, 4);
	assert_in_range(wasted(), 0, 2);
}

/* Workers with a batch of neighbours each. */
static void workers_with_batches(void **state)
{
	(void)state;
	set_up_folder(AHEAD_WINDOW_AUTO);
	for (int round = 0; round + 128 <= COUNT; round += 128) {
		for (int i = 0; i < 32; i++) {
			for (int worker = 0; worker < 4; worker++)
				open_name(round + 32 * worker + i);
		}
	}
	assert_in_range(f.misses, 4, COUNT / 40);
	assert_in_range(wasted(), 0, AHEAD_WINDOW_AUTO);
}

/* A half that is skipped without a pattern is not worth it; a fifth is. */
static void shrinks_with_waste(void **state)
{
	(void)state;
	srandom(3);
	set_up_folder(AHEAD_WINDOW_AUTO);
	for (int i = 0; i < COUNT; i++) {
		if (random() % 5)
			open_name(i);
	}
	assert_in_range(f.hits, COUNT * 3 / 4, COUNT);
	set_up_folder(AHEAD_WINDOW_AUTO);
	for (int i = 0; i < COUNT; i++) {
		if (random() % 2)
			open_name(i);
	}
	for (int n = 0; n < AHEAD_STREAMS; n++)
		assert_in_range(f.ahead.streams[n].window, 0, 64);
}

static void pattern_that_breaks(void **state)
{
	unsigned before;

	(void)state;
	srandom(5);
	set_up_folder(AHEAD_WINDOW_AUTO);
	for (int i = 0; i < 200; i++)
		open_name(i);
	before = f.fetched;
	for (int i = 0; i < 300; i++)
		open_name(1000 + random() % 4000);
	assert_in_range(f.fetched, before, before + 50);
	assert_in_range(wasted(), 1, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_after_another),
	        cmocka_unit_test(window_grows_and_is_limited),
	        cmocka_unit_test(at_random_nothing_to_speak_of),
	        cmocka_unit_test(backwards_nothing),
	        cmocka_unit_test(several_readers),
	        cmocka_unit_test(workers_in_turn),
	        cmocka_unit_test(workers_with_batches),
	        cmocka_unit_test(shrinks_with_waste),
	        cmocka_unit_test(pattern_that_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
