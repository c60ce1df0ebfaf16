/* Rounds of eviction, as the worker makes them: what goes, what is skipped, and who may. */
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/settings.h"
#include "cache/usage.h"
#include "fetch/evict_parts.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>
#include <cmocka.h>

#define BLOCK 4096
#define NAMES 256 /* bytes of those that went, of which the first are kept */

static struct agent agent;
static char names[NAMES];

/* Instead of libc's: time can pass. */
static time_t seconds_later;

int clock_gettime(clockid_t clock, struct timespec *t)
{
	long ret = syscall(SYS_clock_gettime, clock, t);

	t->tv_sec += seconds_later;
	return (int)ret;
}

static void note_name(struct evict_job *job, const struct evict_item *item)
{
	size_t len = strlen(names);

	(void)job;
	snprintf(names + len, NAMES - len, "%s ", strchr(item->rel, '/') + 1);
}

static struct evict *open_evict(enum evict_order order)
{
	struct evict *e = calloc(1, sizeof *e);

	agent.config = &cache_config;
	memcpy(&agent.layout, &cache_layout, sizeof agent.layout);
	agent.layout.writable = true;
	agent.layout.grace = 0;
	e->agent = &agent;
	e->order = order;
	e->lock.fd = -1;
	e->index = index_new();
	e->journals = journals_open(&agent.layout, e->index);
	locks_init(&e->locks, &agent.layout);
	e->state = journals_catch_up(e->journals, &e->stop);
	names[0] = 0;
	seconds_later = 0;
	return e;
}

static void close_evict(struct evict *e)
{
	journals_close(e->journals, true);
	locks_release(&e->locks);
	pins_release(&e->pins);
	index_free(e->index);
	free(e);
}

/* An object on the disk, used so many seconds ago. */
static void put_file(const char *name, int age)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
	char path[LAYOUT_PATH_MAX];
	int fd;

	assert_int_equal(0, layout_data(&cache_layout, path, cache_rel(name)));
	assert_int_equal(0, layout_make_parents(path, 0700));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(1, write(fd, "x", 1));
	assert_int_equal(0, fchmod(fd, DATA_MODE));
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= age;
	assert_int_equal(0, futimens(fd, times));
	close(fd);
}

static void put(struct evict *e, const char *name, int age)
{
	uint64_t then = journals_now(e->journals) - (uint64_t)age * 1000;

	put_file(name, age);
	journals_added(e->journals, cache_rel(name), BLOCK, then, then);
}

static bool is_there(const char *name)
{
	char path[LAYOUT_PATH_MAX];

	layout_data(&cache_layout, path, cache_rel(name));
	return access(path, F_OK) == 0;
}

static struct evict_result go(struct evict *e, uint64_t files)
{
	struct evict_job job = {.each = note_name, .goal = {.files = files}};

	names[0] = 0;
	evict_run(e, &job);
	return job.result;
}

static void test_oldest_first(void **state)
{
	struct evict *e = open_evict(EVICT_LRU);
	struct evict_result r;

	(void)state;
	put(e, "a/1", 100);
	put(e, "a/2", 300);
	put(e, "b", 200);
	r = go(e, 2);
	assert_string_equal("a/2 b ", names);
	assert_int_equal(2, r.files);
	assert_int_equal(2 * BLOCK, r.bytes);
	assert_int_equal(2 * BLOCK, r.freed_bytes);
	assert_int_equal(1, r.left_files);
	assert_true(is_there("a/1"));
	assert_false(is_there("a/2"));
	assert_int_equal(1, go(e, 5).files);
	assert_int_equal(0, go(e, 5).files);
	/* The folders too. */
	assert_false(is_there("a"));
	close_evict(e);
}

/* What was used later than the journal says takes its place behind others. */
static void test_second_chance(void **state)
{
	struct evict *e = open_evict(EVICT_LRU);

	(void)state;
	put(e, "1", 400);
	put(e, "2", 300);
	put(e, "3", 200);
	put_file("1", 250);
	go(e, 2);
	assert_string_equal("2 1 ", names);
	/* By order of their coming, use does not matter. */
	e->order = EVICT_FIFO;
	put(e, "4", 150);
	put_file("3", 50);
	go(e, 1);
	assert_string_equal("3 ", names);
	close_evict(e);
}

/* An access time a moment later than what was told is of the same use. */
static void test_a_use_counts_once(void **state)
{
	struct evict *e = open_evict(EVICT_LFU);

	(void)state;
	put(e, "1", 400);
	put(e, "2", 300);
	put_file("1", 399);
	go(e, 1);
	assert_string_equal("1 ", names);
	put(e, "3", 50);
	put_file("2", 100);
	go(e, 1);
	assert_string_equal("3 ", names);
	close_evict(e);
}

static void test_used_since_it_began(void **state)
{
	struct evict *e = open_evict(EVICT_RANDOM);

	(void)state;
	put(e, "1", 400);
	put_file("1", -5);
	assert_int_equal(0, go(e, 1).files);
	assert_true(is_there("1"));
	close_evict(e);
}

static void test_being_filled(void **state)
{
	uint64_t hash = hash64(HASH_OBJECT, cache_rel("1"), strlen(cache_rel("1")));
	struct evict *e = open_evict(EVICT_LRU);
	struct locks other;

	(void)state;
	put(e, "1", 400);
	put(e, "2", 300);
	locks_init(&other, &agent.layout);
	assert_int_equal(0, lock_try(&other, hash));
	go(e, 1);
	assert_string_equal("2 ", names);
	lock_drop(&other, hash);
	go(e, 1);
	assert_string_equal("1 ", names);
	locks_release(&other);
	close_evict(e);
}

static void test_what_is_not_there_is_forgotten(void **state)
{
	struct evict *e = open_evict(EVICT_LRU);

	(void)state;
	journals_added(e->journals, cache_rel("none"), BLOCK, 1000, 1000);
	journals_added(e->journals, cache_rel("folder"), BLOCK, 2000, 2000);
	put(e, "folder/1", 100);
	assert_int_equal(1, go(e, 1).files);
	assert_string_equal("folder/1 ", names);
	assert_int_equal(0, index_total(e->index).files);
	close_evict(e);
}

/* A file that is none of ours, at a name that a journal gives. */
static void test_strangers_are_left_alone(void **state)
{
	struct evict *e = open_evict(EVICT_LRU);
	char path[LAYOUT_PATH_MAX];

	(void)state;
	put(e, "1", 100);
	layout_data(&cache_layout, path, cache_rel("1"));
	assert_int_equal(0, chmod(path, 0644));
	assert_int_equal(0, go(e, 1).files);
	assert_true(is_there("1"));
	close_evict(e);
}

static void test_pins(void **state)
{
	struct evict *e = open_evict(EVICT_LRU);
	char path[LAYOUT_PATH_MAX];
	FILE *f;

	(void)state;
	snprintf(path, sizeof path, "%s/usage/pins", cache_layout.location);
	f = fopen(path, "w");
	fprintf(f, "%s\n%s\n\n/\nx\\ny\n", cache_rel("1"), cache_rel("a/"));
	fclose(f);
	put(e, "1", 400);
	put(e, "a/2", 300);
	put(e, "ab", 200);
	go(e, 3);
	assert_string_equal("ab ", names);
	assert_int_equal(0, unlink(path));
	go(e, 3);
	assert_string_equal("1 a/2 ", names);
	close_evict(e);
}

static struct evict_result choose(struct evict *e, struct evict_selection s)
{
	struct evict_job job = {.each = note_name, .selects = true, .selection = s};

	names[0] = 0;
	evict_run(e, &job);
	return job.result;
}

static void test_selections(void **state)
{
	struct evict *e = open_evict(EVICT_NONE);
	struct evict_selection s = {.dry_run = true};

	(void)state;
	put(e, "a/1", 400);
	put(e, "a/2", 300);
	put(e, "ab", 200);
	assert_int_equal(3, choose(e, s).files);
	assert_int_equal(3, index_total(e->index).files);
	s.rel = cache_rel("a");
	assert_int_equal(2, choose(e, s).files);
	s.older_than = 350;
	choose(e, s);
	assert_string_equal("a/1 ", names);
	s = (struct evict_selection){.profile = "other~0123456789abcdef"};
	assert_int_equal(0, choose(e, s).files);
	s = (struct evict_selection){.rel = cache_rel("a/2")};
	assert_int_equal(1, choose(e, s).files);
	assert_false(is_there("a/2"));
	/* Nobody has told of it. */
	put_file("new", 10);
	s.rel = cache_rel("new");
	assert_int_equal(1, choose(e, s).files);
	assert_false(is_there("new"));
	/* To make room, nothing goes. */
	assert_int_equal(-EPERM, go(e, 1).error);
	assert_true(is_there("ab"));
	close_evict(e);
}

/* More candidates than are chosen together, each used later than its journal says. */
static void test_many_batches(void **state)
{
	struct evict *e = open_evict(EVICT_LRU);
	char name[16], path[LAYOUT_PATH_MAX];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof name, "%d", i);
		journals_added(e->journals, cache_rel(name), BLOCK, 1000, 1000 + (uint64_t)i);
		layout_data(&cache_layout, path, cache_rel(name));
		if (i == 0)
			put_file(name, 500);
		if (i % 100 == 0 && i)
			put_file(name, 400 - i / 100);
	}
	assert_int_equal(150, go(e, 150).files);
	assert_memory_equal("0 100 200 300 ", names, 14);
	assert_false(is_there("0"));
	assert_false(is_there("14900"));
	assert_true(is_there("15000"));
	assert_true(is_there("19900"));
	close_evict(e);
}

static void test_one_at_a_time(void **state)
{
	struct evict_lock a = {.fd = -1}, b = {.fd = -1};
	struct evict *e = open_evict(EVICT_LRU);

	(void)state;
	assert_int_equal(0, evict_lock_take(&a, &agent.layout));
	assert_int_equal(-EAGAIN, evict_lock_take(&b, &agent.layout));
	/* It is at work, however long that takes. */
	for (int i = 0; i < 5; i++) {
		seconds_later += EVICT_LOCK_STALE_MS / 1000 - 1;
		assert_int_equal(-EAGAIN, evict_lock_take(&b, &agent.layout));
		evict_lock_beat(&a, &agent.layout);
		assert_int_equal(-EAGAIN, evict_lock_take(&b, &agent.layout));
	}
	evict_lock_drop(&a);
	assert_int_equal(0, evict_lock_take(&b, &agent.layout));
	evict_lock_drop(&b);
	close_evict(e);
}

static void test_a_holder_that_hangs(void **state)
{
	struct evict_lock a = {.fd = -1}, b = {.fd = -1};
	struct evict *e = open_evict(EVICT_LRU);

	(void)state;
	assert_int_equal(0, evict_lock_take(&a, &agent.layout));
	assert_int_equal(-EAGAIN, evict_lock_take(&b, &agent.layout));
	seconds_later += EVICT_LOCK_STALE_MS / 1000 + 1;
	assert_int_equal(0, evict_lock_take(&b, &agent.layout));
	evict_lock_drop(&b);
	evict_lock_drop(&a);
	close_evict(e);
}

/* The lock is free, but the file says that somebody is at work: it died, or locks do not exclude.
 */
static void test_a_holder_that_died(void **state)
{
	struct evict_lock a = {.fd = -1}, b = {.fd = -1};
	struct evict *e = open_evict(EVICT_LRU);

	(void)state;
	assert_int_equal(0, evict_lock_take(&a, &agent.layout));
	close(a.fd);
	assert_int_equal(-EAGAIN, evict_lock_take(&b, &agent.layout));
	seconds_later += EVICT_LOCK_BEATS_MS / 1000 + 1;
	assert_int_equal(0, evict_lock_take(&b, &agent.layout));
	evict_lock_drop(&b);
	close_evict(e);
}

static void walk_all(struct evict *e)
{
	e->walk = evict_walk_new(e, false);
	while (!evict_walk_slice(e, 3))
		;
	evict_walk_free(e->walk);
	e->walk = NULL;
}

static void test_a_walk_finds_and_forgets(void **state)
{
	struct evict *e = open_evict(EVICT_LRU);
	struct index_entry entry;

	(void)state;
	put(e, "known/1", 100);
	put_file("a/b/c/unknown", 500);
	put_file("unknown too", 50);
	journals_added(e->journals, cache_rel("none"), BLOCK, 1000, 1000);
	walk_all(e);
	assert_int_equal(3, index_total(e->index).files);
	assert_int_equal(usage_charge(100) + usage_charge(500) + usage_charge(50),
	        index_total(e->index).bytes);
	assert_false(index_find(e->index,
	        hash64(HASH_OBJECT, cache_rel("none"), strlen(cache_rel("none"))), &entry));
	close_evict(e);
	e = open_evict(EVICT_LRU);
	assert_int_equal(JOURNALS_COMPLETE, e->state);
	go(e, 2);
	assert_string_equal("a/b/c/unknown known/1 ", names);
	close_evict(e);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cache_make, cache_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(test_oldest_first),
	        TEST(test_second_chance),
	        TEST(test_a_use_counts_once),
	        TEST(test_used_since_it_began),
	        TEST(test_being_filled),
	        TEST(test_what_is_not_there_is_forgotten),
	        TEST(test_strangers_are_left_alone),
	        TEST(test_pins),
	        TEST(test_selections),
	        TEST(test_many_batches),
	        TEST(test_one_at_a_time),
	        TEST(test_a_holder_that_hangs),
	        TEST(test_a_holder_that_died),
	        TEST(test_a_walk_finds_and_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
