/* What is known of how much a cache holds: new, counted, lost, or told by records that lie. */
#include "unit/usage_test.h"

#include <errno.h>

static void path_in_usage(char *path, const char *name)
{
	snprintf(path, LAYOUT_PATH_MAX, "%s/usage/%s", cache_layout.location, name);
}

static void put_file(const char *name, const void *text, size_t len)
{
	char path[LAYOUT_PATH_MAX];
	FILE *f;

	path_in_usage(path, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

static void put_record(const char *name, const struct usage_record *r)
{
	char text[USAGE_RECORD_SIZE];

	usage_format(r, text);
	put_file(name, text, sizeof text);
}

static void a_new_cache_is_known_to_hold_nothing(void **state)
{
	struct usage_round r = ask(&agents[0], 100 * MB, 0, 0, 0);

	(void)state;
	assert_false(r.unknown);
	assert_false(r.stale);
	assert_int_equal(r.used.bytes, 0);
}

/* An agent of a cache that has lost its base. */
static struct usage_round ask_anew(void)
{
	char base[LAYOUT_PATH_MAX];

	path_in_usage(base, "base");
	assert_int_equal(unlink(base), 0);
	usage_close(&agents[0], (struct usage_amount){0}, (struct usage_amount){0});
	agents[0] = (struct usage){.now = test_clock};
	assert_int_equal(usage_open(&agents[0], &layouts[0]), 0);
	return ask(&agents[0], 100 * MB, 0, 0, 0);
}

static void a_cache_with_another_agent_is_not_new(void **state)
{
	(void)state;
	ask(&agents[1], 100 * MB, 10 * MB, 0, 0);
	assert_true(ask_anew().unknown);
}

static void a_cache_with_an_object_is_not_new(void **state)
{
	char object[LAYOUT_PATH_MAX];

	(void)state;
	snprintf(object, sizeof object, "%s/data/demo", cache_layout.location);
	assert_int_equal(mkdir(object, 0700), 0);
	assert_true(ask_anew().unknown);
	assert_int_equal(rmdir(object), 0);
	put_file("base", "", 0);
	assert_false(ask_anew().unknown);
}

static void nothing_is_known_of_a_cache_without_a_base(void **state)
{
	char base[LAYOUT_PATH_MAX];
	struct usage_round r;

	(void)state;
	path_in_usage(base, "base");
	assert_int_equal(unlink(base), 0);
	r = ask(&agents[0], 100 * MB, 0, 0, 0);
	assert_true(r.unknown);
	assert_int_equal(usage_counted(&agents[0], (struct usage_amount){30 * MB, 3}, r.growth), 0);
	r = ask(&agents[0], 100 * MB, 0, 0, 0);
	assert_false(r.unknown);
	assert_int_equal(r.used.bytes, 30 * MB);
	put_file("base", "rubbish", 7);
	assert_true(ask(&agents[0], 100 * MB, 0, 0, 0).unknown);
}

/* An object that came while somebody counted may have been met or not. */
static void what_came_during_a_count_is_not_forgotten(void **state)
{
	struct usage_round before = ask(&agents[0], 100 * MB, 0, 0, 0), r;

	(void)state;
	ask(&agents[1], 100 * MB, 20 * MB, 0, 0);
	assert_int_equal(
	        usage_counted(&agents[0], (struct usage_amount){30 * MB, 3}, before.growth), 0);
	r = ask(&agents[0], 100 * MB, 0, 0, 0);
	assert_int_equal(r.used.bytes, 50 * MB);
}

static void the_base_moves_once_by_what_two_have_found(void **state)
{
	struct usage_round r = ask(&agents[0], 100 * MB, 20 * MB, 0, 0);

	(void)state;
	assert_int_equal(usage_move(&agents[0], (struct usage_amount){5 * MB, 0}, r.base_seq), 0);
	assert_int_equal(
	        usage_move(&agents[1], (struct usage_amount){5 * MB, 0}, r.base_seq), -ESTALE);
	r = ask(&agents[1], 100 * MB, 0, 0, 0);
	assert_int_equal(r.used.bytes, 15 * MB);
}

static void hostile_records_harm_nobody(void **state)
{
	struct usage_record huge = {.net = {USAGE_NUMBER_MAX, USAGE_NUMBER_MAX},
	        .added = {USAGE_NUMBER_MAX, USAGE_NUMBER_MAX},
	        .reserved = {USAGE_NUMBER_MAX, USAGE_NUMBER_MAX},
	        .filling = {USAGE_NUMBER_MAX, 0}};
	char path[LAYOUT_PATH_MAX], name[64], long_text[5000];
	struct usage_round r;

	(void)state;
	memset(long_text, '7', sizeof long_text);
	put_file("long.use", long_text, sizeof long_text);
	put_file("empty.use", "", 0);
	path_in_usage(path, "pipe.use");
	assert_int_equal(mkfifo(path, 0600), 0);
	path_in_usage(path, "link.use");
	assert_int_equal(symlink("/dev/zero", path), 0);
	path_in_usage(path, "folder.use");
	assert_int_equal(mkdir(path, 0700), 0);
	r = ask(&agents[0], 100 * MB, 5 * MB, 0, 10 * MB);
	assert_true(r.stale);
	assert_int_equal(r.used.bytes, 5 * MB);
	assert_int_equal(r.reserved.bytes, 10 * MB);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "host.%d.use", i);
		put_record(name, &huge);
	}
	r = ask(&agents[0], 100 * MB, 5 * MB, 10 * MB, 10 * MB);
	assert_int_equal(r.used.bytes, USAGE_NUMBER_MAX);
	assert_int_equal(r.reserved.bytes, 10 * MB);
	for (int i = 0; i < 40; i++) {
		huge.net = (struct usage_amount){-USAGE_NUMBER_MAX, -USAGE_NUMBER_MAX};
		snprintf(name, sizeof name, "host.%d.use", i);
		put_record(name, &huge);
	}
	r = ask(&agents[0], 100 * MB, 5 * MB, 10 * MB, 10 * MB);
	assert_int_equal(r.used.bytes, 0);
	clock_ms += USAGE_DEAD_MS;
	ask(&agents[0], 100 * MB, 5 * MB, 10 * MB, 10 * MB);
}

static void a_cache_that_was_removed_begins_anew(void **state)
{
	char path[LAYOUT_PATH_MAX], command[LAYOUT_PATH_MAX + 16];
	struct usage_round r = ask(&agents[0], 100 * MB, 30 * MB, 0, 0);

	(void)state;
	path_in_usage(path, "");
	snprintf(command, sizeof command, "rm -r '%s'", path);
	assert_int_equal(system(command), 0);
	r = ask(&agents[0], 100 * MB, 30 * MB, 0, 0);
	assert_true(r.unknown);
	assert_int_equal(r.used.bytes, 0);
	r = ask(&agents[0], 100 * MB, 35 * MB, 0, 0);
	assert_int_equal(r.used.bytes, 5 * MB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_new_cache_is_known_to_hold_nothing),
	        TEST(a_cache_with_another_agent_is_not_new),
	        TEST(a_cache_with_an_object_is_not_new),
	        TEST(nothing_is_known_of_a_cache_without_a_base),
	        TEST(what_came_during_a_count_is_not_forgotten),
	        TEST(the_base_moves_once_by_what_two_have_found),
	        TEST(hostile_records_harm_nobody),
	        TEST(a_cache_that_was_removed_begins_anew),
	};

	return cmocka_run_group_tests_name("usage_base", tests, NULL, NULL);
}
