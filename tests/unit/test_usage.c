/* How much a cache holds: what several agents add and reserve together, and records that lie. */
#include "cache/read/hash.h"
#include "cache/usage.h"
#include "tests/lib/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <cmocka.h>

#define MB   (1LL << 20)
#define NONE INT64_MAX

/* Three agents of one cache, as if of three hosts. */
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

/* All that is in a struct but its padding. */
static void assert_same(const struct usage_record *a, const struct usage_record *b)
{
	assert_memory_equal(a, b, offsetof(struct usage_record, stale));
	assert_int_equal(a->stale, b->stale);
	assert_string_equal(a->folded, b->folded);
}

static void a_record_is_read_as_it_was_written(void **state)
{
	struct usage_record in = {.net = {-5, 6},
	                            .added = {7, 8},
	                            .reserved = {9, 10},
	                            .filling = {11, 12},
	                            .seq = 13,
	                            .stale = true,
	                            .folded = "host.0123456789abcdef.77-1.use"},
	                    out;
	char text[USAGE_RECORD_SIZE];

	(void)state;
	usage_format(&in, text);
	assert_int_equal(usage_parse(&out, text, sizeof text), 0);
	assert_same(&in, &out);
	in = (struct usage_record){.net = {-USAGE_NUMBER_MAX, USAGE_NUMBER_MAX},
	        .added = {USAGE_NUMBER_MAX, USAGE_NUMBER_MAX},
	        .reserved = {USAGE_NUMBER_MAX, USAGE_NUMBER_MAX},
	        .filling = {USAGE_NUMBER_MAX, USAGE_NUMBER_MAX},
	        .seq = USAGE_NUMBER_MAX};
	memset(in.folded, 'x', sizeof in.folded - 1);
	usage_format(&in, text);
	assert_int_equal(usage_parse(&out, text, sizeof text), 0);
	assert_same(&in, &out);
}

static void a_record_that_is_torn_is_none(void **state)
{
	struct usage_record old = {.net = {1000000, 1}, .seq = 8},
	                    new = {.net = {2345678, 22}, .seq = 9}, out;
	char a[USAGE_RECORD_SIZE], b[USAGE_RECORD_SIZE], torn[USAGE_RECORD_SIZE];

	(void)state;
	usage_format(&old, a);
	usage_format(&new, b);
	for (size_t i = 1; i < sizeof torn; i++) {
		memcpy(torn, b, i);
		memcpy(torn + i, a + i, sizeof torn - i);
		if (memcmp(torn, a, sizeof torn) != 0 && memcmp(torn, b, sizeof torn) != 0)
			assert_int_equal(usage_parse(&out, torn, sizeof torn), -EPROTO);
		assert_int_equal(usage_parse(&out, b, i), -EPROTO);
	}
	for (size_t i = 0; i < sizeof b; i++) {
		size_t text = strcspn(b, " ");

		memcpy(torn, b, sizeof torn);
		torn[i] ^= 1;
		/* The spaces at the end say nothing. */
		if (b[i] != ' ' && i > text && i + 1 < sizeof b)
			assert_int_equal(usage_parse(&out, torn, sizeof torn), -EPROTO);
	}
}

/* With a good sum, so that nothing but the numbers is wrong. */
static int parse_lines(const char *lines)
{
	char text[USAGE_RECORD_SIZE], hex[HASH_HEX_LEN + 1];
	struct usage_record r;
	int n;

	hash_hex(hash64(HASH_USAGE, lines, strlen(lines)), hex);
	memset(text, ' ', sizeof text);
	n = snprintf(text, sizeof text, "%ssum %s\n", lines, hex);
	text[n] = ' ';
	return usage_parse(&r, text, sizeof text);
}

#define GOOD_REST "added 1 1\nreserved 1 1\nfilling 1 1\n"

static void nonsense_is_no_record(void **state)
{
	static const char *const bad[] = {
	        "larder-usage 2\nseq 1 0 -\nnet 1 1\n" GOOD_REST,
	        "larder-usage 1\nseq -1 0 -\nnet 1 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 ../../x\nnet 1 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0\nnet 1 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 1152921504606846977 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 99999999999999999999999999 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet  1 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 1 1 1\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 1 1x\n" GOOD_REST,
	        "larder-usage 1\nseq 1 0 -\nnet 1 1\nadded 1 1\nreserved -1 1\nfilling 1 1\n",
	        "larder-usage 1\nseq 1 0 -\nnet 1 1\nadded 1 1\nreserved 1 1\n",
	        "larder-usage 1\n",
	        "",
	};

	(void)state;
	assert_int_equal(parse_lines("larder-usage 1\nseq 1 0 -\nnet 1 1\n" GOOD_REST), 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(parse_lines(bad[i]), -EPROTO);
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_record_is_read_as_it_was_written),
	        TEST(a_record_that_is_torn_is_none),
	        TEST(nonsense_is_no_record),
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
	        TEST(a_new_cache_is_known_to_hold_nothing),
	        TEST(a_cache_with_another_agent_is_not_new),
	        TEST(a_cache_with_an_object_is_not_new),
	        TEST(nothing_is_known_of_a_cache_without_a_base),
	        TEST(what_came_during_a_count_is_not_forgotten),
	        TEST(the_base_moves_once_by_what_two_have_found),
	        TEST(hostile_records_harm_nobody),
	        TEST(a_cache_that_was_removed_begins_anew),
	        TEST(racing_agents_stay_within_the_limit),
	};

	return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
