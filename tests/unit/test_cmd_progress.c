/* The progress line of larder run: what is summed, when it is forgotten, how it looks. */
#include "fetch/cmd.h"
#include "fetch/cmd_progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct progress progress;

static void note(const char *url, uint64_t done, uint64_t total, int64_t elapsed, uint64_t now)
{
	struct wire_reply event = {
	        .type = WIRE_PROGRESS, .size = total, .ino = done, .mtime = elapsed};

	progress_note(&progress, &event, url, now);
}

static void fills_are_summed(void **state)
{
	struct progress_sum s;

	(void)state;
	progress_init(&progress, false);
	note("a", 10, 100, 1500, 1000);
	note("b", 20, 200, 500, 1000);
	note("a", 30, 100, 1700, 1200);
	s = progress_sum(&progress, 1200);
	assert_int_equal(s.fills, 2);
	assert_int_equal(s.done, 50);
	assert_int_equal(s.total, 300);
	assert_int_equal(s.longest_ms, 1700);
}

static void an_unknown_size_makes_the_total_unknown(void **state)
{
	(void)state;
	progress_init(&progress, false);
	note("a", 10, 100, 1500, 1000);
	note("b", 20, 0, 500, 1000);
	assert_int_equal(progress_sum(&progress, 1000).total, 0);
	assert_int_equal(progress_sum(&progress, 1000).done, 30);
}

static void what_is_not_heard_of_has_ended(void **state)
{
	(void)state;
	progress_init(&progress, false);
	note("a", 10, 100, 1500, 1000);
	note("b", 20, 100, 1500, 1000 + PROGRESS_FORGET_MS - 1);
	assert_int_equal(progress_sum(&progress, 1000 + PROGRESS_FORGET_MS).fills, 1);
	assert_int_equal(progress_sum(&progress, 1000 + 2 * PROGRESS_FORGET_MS).fills, 0);
}

static void more_fills_than_there_is_room_for(void **state)
{
	char url[32];

	(void)state;
	progress_init(&progress, false);
	for (int i = 0; i < PROGRESS_FILLS_MAX + 10; i++) {
		snprintf(url, sizeof url, "url-%d", i);
		note(url, 1, 2, 0, 1000);
	}
	assert_int_equal(progress_sum(&progress, 1000).fills, PROGRESS_FILLS_MAX);
	/* The room of those that ended is used again. */
	note("new", 1, 2, 0, 1000 + PROGRESS_FORGET_MS);
	assert_int_equal(progress_sum(&progress, 1000 + PROGRESS_FORGET_MS).fills, 1);
}

static void the_line_fits_its_terminal(void **state)
{
	struct progress_sum s = {
	        .fills = 3, .done = 1ULL << 30, .total = 4ULL << 30, .longest_ms = 4000};
	char line[512];

	(void)state;
	for (unsigned columns = 20; columns < 200; columns++) {
		progress_line(&s, columns, line, sizeof line);
		assert_true(strlen(line) < columns);
	}
	progress_line(&s, 80, line, sizeof line);
	assert_string_equal(line,
	        "larder: [#######----------------------]  25% of 4.0 GiB, 256.0 MiB/s, 3 objects");
}

static void a_line_without_a_total_has_no_bar(void **state)
{
	struct progress_sum s = {.fills = 1, .done = 5 << 20, .longest_ms = 2000};
	char line[512];

	(void)state;
	progress_line(&s, 80, line, sizeof line);
	assert_string_equal(line, "larder: 5.0 MiB, 2.5 MiB/s");
}

static void sizes_for_people(void **state)
{
	char out[CMD_TEXT_MAX];

	(void)state;
	assert_string_equal(cmd_bytes(0, out), "0 B");
	assert_string_equal(cmd_bytes(1023, out), "1023 B");
	assert_string_equal(cmd_bytes(1024, out), "1.0 KiB");
	assert_string_equal(cmd_bytes((1 << 20) - 1, out), "1.0 MiB");
	assert_string_equal(cmd_bytes(UINT64_MAX, out), "16.0 EiB");
	assert_string_equal(cmd_time(0, out), "1970-01-01T00:00:00Z");
	assert_string_equal(cmd_time(1704164645, out), "2024-01-02T03:04:05Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(fills_are_summed),
	        cmocka_unit_test(an_unknown_size_makes_the_total_unknown),
	        cmocka_unit_test(what_is_not_heard_of_has_ended),
	        cmocka_unit_test(more_fills_than_there_is_room_for),
	        cmocka_unit_test(the_line_fits_its_terminal),
	        cmocka_unit_test(a_line_without_a_total_has_no_bar),
	        cmocka_unit_test(sizes_for_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
