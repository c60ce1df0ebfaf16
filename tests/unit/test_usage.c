/* How much a cache holds: what several agents add and reserve together, also those that die. */
#include "unit/usage_test.h"

#include <sys/wait.h>

static void what_fits_is_reserved(void **state)
{
	struct usage_round r;

	(void)state;
	r = ask(&agents[0], 100 * MB, 0, 0, 60 * MB);
	assert_int_equal(r.reserved.bytes, 60 * MB);
	assert_int_equal(r.over.bytes, 0);
	r = ask(&agents[1], 100 * MB, 0, 0, 60 * MB);
	assert_int_equal(r.reserved.bytes, 0);
	assert_int_equal(r.over.bytes, 20 * MB);
	assert_int_equal(r.others.bytes, 60 * MB);
	/* The first has filled it, and gives back the rest. */
	r = ask(&agents[0], 100 * MB, 30 * MB, 0, 0);
	assert_int_equal(r.reserved.bytes, 0);
	r = ask(&agents[1], 100 * MB, 0, 0, 60 * MB);
	assert_int_equal(r.used.bytes, 30 * MB);
	assert_int_equal(r.reserved.bytes, 60 * MB);
}

static void what_is_being_filled_stays_reserved(void **state)
{
	struct usage_round r;

	(void)state;
	ask(&agents[0], 100 * MB, 0, 0, 90 * MB);
	/* The cache has become smaller in the meantime. */
	r = ask(&agents[0], 50 * MB, 0, 90 * MB, 10 * MB);
	assert_int_equal(r.reserved.bytes, 90 * MB);
	assert_int_equal(r.over.bytes, 50 * MB);
}

static void the_first_that_waits_must_fit(void **state)
{
	struct usage_round r = {
	        .want = {90 * MB, 0}, .first = {30 * MB, 0}, .limit = {60 * MB, NONE}};

	(void)state;
	assert_int_equal(usage_round(&agents[0], &r), 0);
	assert_int_equal(r.reserved.bytes, 60 * MB);
	r = (struct usage_round){
	        .want = {90 * MB, 0}, .first = {70 * MB, 0}, .limit = {60 * MB, NONE}};
	assert_int_equal(usage_round(&agents[0], &r), 0);
	assert_int_equal(r.reserved.bytes, 0);
}

static void slack_is_a_small_part_of_a_small_cache(void **state)
{
	struct usage_round r = {.limit = {64 * MB, NONE}, .slack = true};

	(void)state;
	assert_int_equal(usage_round(&agents[0], &r), 0);
	assert_int_equal(r.reserved.bytes, MB);
	assert_int_equal(r.reserved.files, USAGE_SLACK_FILES_MAX);
	r = (struct usage_round){.limit = {1LL << 50, 6400}, .slack = true};
	assert_int_equal(usage_round(&agents[0], &r), 0);
	assert_in_range(r.reserved.bytes, 1, USAGE_SLACK_MAX);
	assert_int_equal(r.reserved.files, 100);
}

static void files_are_bounded_too(void **state)
{
	struct usage_round r = {.want = {0, 8}, .first = {0, 1}, .limit = {NONE, 10}};

	(void)state;
	assert_int_equal(usage_round(&agents[0], &r), 0);
	assert_int_equal(r.reserved.files, 8);
	r = (struct usage_round){.want = {0, 8}, .first = {0, 1}, .limit = {NONE, 10}};
	assert_int_equal(usage_round(&agents[1], &r), 0);
	assert_int_equal(r.reserved.files, 2);
	assert_int_equal(r.over.files, 6);
}

static void the_file_system_keeps_what_is_to_stay_free(void **state)
{
	struct usage_round r = {
	        .want = {MB, 0}, .first = {MB, 0}, .limit = {NONE, NONE}, .min_free = 1LL << 59};

	(void)state;
	assert_int_equal(usage_round(&agents[0], &r), 0);
	assert_int_equal(r.reserved.bytes, 0);
	assert_true(r.over.bytes > MB);
}

static void an_agent_that_leaves_leaves_its_numbers(void **state)
{
	struct usage_round r;

	(void)state;
	assert_int_equal(
	        usage_counted(&agents[1], (struct usage_amount){0}, (struct usage_amount){0}), 0);
	ask(&agents[0], 100 * MB, 40 * MB, 0, 5 * MB);
	usage_close(
	        &agents[0], (struct usage_amount){42 * MB, 7}, (struct usage_amount){50 * MB, 9});
	r = ask(&agents[1], 100 * MB, 0, 0, 0);
	assert_int_equal(r.used.bytes, 42 * MB);
	assert_int_equal(r.used.files, 7 + 1);
	assert_int_equal(r.growth.bytes, 50 * MB);
	assert_int_equal(r.agents, 0);
	assert_false(r.stale);
}

static void others_may_remove_what_one_has_added(void **state)
{
	struct usage_round r;

	(void)state;
	ask(&agents[0], 100 * MB, 80 * MB, 0, 0);
	r = ask(&agents[1], 100 * MB, -70 * MB, 0, 0);
	assert_int_equal(r.used.bytes, 10 * MB);
	r = ask(&agents[2], 100 * MB, -70 * MB, 0, 0);
	assert_int_equal(r.used.bytes, 0);
}

static void a_dead_hosts_record_is_folded(void **state)
{
	struct usage_round r;

	(void)state;
	assert_int_equal(
	        usage_counted(&agents[1], (struct usage_amount){0}, (struct usage_amount){0}), 0);
	ask(&agents[0], 100 * MB, 40 * MB, 0, 20 * MB);
	r = ask(&agents[1], 100 * MB, 0, 0, 0);
	assert_int_equal(r.agents, 1);
	clock_ms += USAGE_DEAD_MS;
	r = ask(&agents[1], 100 * MB, 0, 0, 0);
	assert_int_equal(r.agents, 0);
	/* What it reserved may be there or not. */
	assert_int_equal(r.used.bytes, 60 * MB);
	assert_int_equal(r.others.bytes, 0);
	assert_true(r.stale);
	/* Somebody counts. */
	assert_int_equal(usage_counted(&agents[1], (struct usage_amount){45 * MB, 3}, r.growth), 0);
	r = ask(&agents[1], 100 * MB, 0, 0, 0);
	assert_int_equal(r.used.bytes, 45 * MB);
	assert_false(r.stale);
	assert_false(r.unknown);
}

static void one_that_moves_is_not_dead(void **state)
{
	struct usage_round r = {0};

	(void)state;
	ask(&agents[1], 100 * MB, 0, 0, 0);
	for (int i = 0; i < 5; i++) {
		ask(&agents[0], 100 * MB, 40 * MB, 0, 20 * MB);
		r = ask(&agents[1], 100 * MB, 0, 0, 0);
		clock_ms += USAGE_DEAD_MS - 1;
	}
	assert_int_equal(r.agents, 1);
	assert_int_equal(r.others.bytes, 20 * MB);
}

static void one_that_was_taken_for_dead_counts_on(void **state)
{
	struct usage_round r;

	(void)state;
	assert_int_equal(
	        usage_counted(&agents[1], (struct usage_amount){0}, (struct usage_amount){0}), 0);
	ask(&agents[0], 100 * MB, 40 * MB, 0, 20 * MB);
	ask(&agents[1], 100 * MB, 0, 0, 0);
	clock_ms += USAGE_DEAD_MS;
	ask(&agents[1], 100 * MB, 0, 0, 0);
	/* It is back, with its fill done. */
	r = ask(&agents[0], 100 * MB, 60 * MB, 0, 0);
	assert_int_equal(r.used.bytes, 80 * MB); /* never too little */
	assert_true(r.stale);
	r = ask(&agents[1], 100 * MB, 0, 0, 0);
	assert_int_equal(r.agents, 1);
	assert_int_equal(r.used.bytes, 80 * MB);
}

static void a_former_agents_record_is_folded_at_once(void **state)
{
	struct usage_round r;
	int status;
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0) {
		struct usage u = {.now = test_clock};
		struct usage_round mine = {.net = {10 * MB, 2}, .limit = {100 * MB, NONE}};

		_exit(usage_open(&u, &layouts[0]) || usage_round(&u, &mine));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	r = ask(&agents[1], 100 * MB, 0, 0, 0);
	assert_int_equal(r.agents, 1);
	assert_int_equal(usage_counted(&agents[1], (struct usage_amount){10 * MB, 2}, r.growth), 0);
	agents[2] = (struct usage){.now = test_clock};
	assert_int_equal(usage_open(&agents[2], &layouts[0]), 0);
	r = ask(&agents[1], 100 * MB, 0, 0, 0);
	assert_int_equal(r.agents, 0);
	assert_int_equal(r.used.bytes, 10 * MB);
}

/* Processes that reserve, fill and remove at once never hold more than the limit together. */
static void racing_agents_stay_within_the_limit(void **state)
{
	enum { AGENTS = 4, ROUNDS = 150 };
	pid_t children[AGENTS];
	struct usage_round r;
	char runtime[AGENTS][200];

	(void)state;
	for (int i = 0; i < AGENTS; i++) {
		snprintf(runtime[i], sizeof runtime[i], "%s/race%d", cache_folder, i);
		mkdir(runtime[i], 0700);
		children[i] = fork();
		if (children[i])
			continue;
		struct layout l = cache_layout;
		struct usage u = {.now = test_clock};
		int64_t net = 0, added = 0, bad = 0;

		l.runtime = runtime[i];
		if (usage_open(&u, &l))
			_exit(2);
		for (int n = 0; n < ROUNDS; n++) {
			struct usage_round q = {.net = {net, 0},
			        .added = {added, 0},
			        .want = {(n % 7 + 1) * MB, 0},
			        .first = {(n % 7 + 1) * MB, 0},
			        .limit = {20 * MB, NONE}};

			if (usage_round(&u, &q))
				_exit(3);
			bad |= q.used.bytes + q.others.bytes + q.reserved.bytes > 20 * MB;
			if (q.reserved.bytes && !q.clash) {
				net += q.reserved.bytes;
				added += q.reserved.bytes;
			} else {
				net = 0;
			}
		}
		usage_close(&u, (struct usage_amount){net, 0}, (struct usage_amount){added, 0});
		_exit(bad ? 1 : 0);
	}
	for (int i = 0; i < AGENTS; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	r = ask(&agents[0], 20 * MB, 0, 0, 0);
	assert_int_equal(r.agents, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(what_fits_is_reserved),
	        TEST(what_is_being_filled_stays_reserved),
	        TEST(the_first_that_waits_must_fit),
	        TEST(slack_is_a_small_part_of_a_small_cache),
	        TEST(files_are_bounded_too),
	        TEST(the_file_system_keeps_what_is_to_stay_free),
	        TEST(an_agent_that_leaves_leaves_its_numbers),
	        TEST(others_may_remove_what_one_has_added),
	        TEST(a_dead_hosts_record_is_folded),
	        TEST(one_that_moves_is_not_dead),
	        TEST(one_that_was_taken_for_dead_counts_on),
	        TEST(a_former_agents_record_is_folded_at_once),
	        TEST(racing_agents_stay_within_the_limit),
	};

	return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
