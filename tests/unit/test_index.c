/* The index of what is cached: entries, totals, and what it takes of memory. */
#include "cache/index.h"
#include "cache/read/hash.h"
#include "tests/lib/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define KEYS    4000
#define STEPS   200000
#define A_LOT   1000000
#define PER_MAX 100 /* bytes an object, which the program promises */

static bool take(struct index_entry *e, bool made, void *arg)
{
	const struct index_entry *want = arg;
	bool there = e->there;

	(void)made;
	*e = *want;
	e->there = there;
	return true;
}

static bool count_all(struct index_entry *e, bool made, void *arg)
{
	struct index_total *t = arg;

	assert_false(made);
	t->files++;
	t->bytes += e->bytes;
	return true;
}

static bool is_even(struct index_entry *e, bool made, void *arg)
{
	(void)made, (void)arg;
	return e->bytes % 2 == 0;
}

static struct index_entry entry_of(struct index *ix, uint32_t key, uint64_t bytes)
{
	return (struct index_entry){
	        .hash = hash64(HASH_OBJECT, &key, sizeof key),
	        .bytes = bytes,
	        .journal = 1 + key % 3,
	        .profile = index_profile(ix, key % 2 ? "odd~1/x" : "even~2/x"),
	};
}

/* Whatever is added, changed and removed: the index is the same as a plain array. */
static void test_against_a_model(void **state)
{
	static uint64_t model[KEYS];
	struct index *ix = index_new();
	struct index_total all = {0}, want = {0}, seen = {0};
	struct index_entry e;

	(void)state;
	for (uint32_t i = 0; i < STEPS; i++) {
		uint32_t key = random_below(KEYS), what = random_below(8);

		e = entry_of(ix, key, 1 + random_below(1 << 20));
		if (what < 5 - 2 * (i / (STEPS / 4) % 2)) {
			assert_int_equal(0, index_update(ix, &e, take, &e));
			model[key] = e.bytes;
		} else {
			index_remove(ix, e.hash);
			model[key] = 0;
		}
	}
	for (uint32_t key = 0; key < KEYS; key++) {
		e = entry_of(ix, key, 0);
		assert_int_equal(model[key] != 0, index_find(ix, e.hash, &e));
		assert_int_equal(model[key], e.bytes);
		want.bytes += model[key];
		want.files += model[key] != 0;
	}
	all = index_total(ix);
	for (unsigned i = 0; i < INDEX_PARTS; i++)
		index_each(ix, i, count_all, &seen);
	assert_int_equal(want.files, all.files);
	assert_int_equal(want.bytes, all.bytes);
	assert_int_equal(want.files, seen.files);
	assert_int_equal(want.bytes, seen.bytes);
	assert_int_equal(want.files,
	        index_of_journal(ix, 1) + index_of_journal(ix, 2) + index_of_journal(ix, 3));
	index_free(ix);
}

/* Entries that go while all are visited leave each other one where it can be found. */
static void test_each_may_remove(void **state)
{
	struct index *ix = index_new();
	struct index_entry e;

	(void)state;
	for (uint32_t key = 0; key < KEYS; key++) {
		e = entry_of(ix, key, key);
		index_update(ix, &e, take, &e);
	}
	for (unsigned i = 0; i < INDEX_PARTS; i++)
		index_each(ix, i, is_even, NULL);
	for (uint32_t key = 0; key < KEYS; key++) {
		e = entry_of(ix, key, 0);
		assert_int_equal(key % 2 == 0, index_find(ix, e.hash, &e));
	}
	assert_int_equal(KEYS / 2, index_total(ix).files);
	index_free(ix);
}

static void test_profiles_have_totals(void **state)
{
	struct index *ix = index_new();
	struct index_entry e;
	uint16_t even = index_profile(ix, "even~2");

	(void)state;
	for (uint32_t key = 0; key < 10; key++) {
		e = entry_of(ix, key, 100 + key);
		index_update(ix, &e, take, &e);
	}
	assert_int_equal(even, index_profile(ix, "even~2/a/b"));
	assert_int_not_equal(even, index_profile(ix, "even~2x/a"));
	assert_string_equal("even~2", index_profile_dir(ix, even));
	assert_int_equal(5, index_total_of(ix, even).files);
	assert_int_equal(520, index_total_of(ix, even).bytes);
	index_free(ix);
}

static void test_too_many_profiles_are_counted_together(void **state)
{
	struct index *ix = index_new();
	char rel[32];

	(void)state;
	for (int i = 0; i < 2 * INDEX_PROFILES_MAX; i++) {
		snprintf(rel, sizeof rel, "p%d~1/x", i);
		assert_true(index_profile(ix, rel) < INDEX_PROFILES_MAX);
	}
	assert_int_equal(INDEX_PROFILES_MAX, index_profiles(ix));
	index_free(ix);
}

/* At every size, not only at those that fit well. */
static void test_memory_an_object(void **state)
{
	struct index *ix = index_new();
	size_t least = index_memory(ix), worst = 0;

	(void)state;
	for (uint32_t key = 0; key < A_LOT; key++) {
		struct index_entry e = entry_of(ix, key, 1);

		assert_int_equal(0, index_update(ix, &e, take, &e));
		if (key >= A_LOT / 4 && key % 10000 == 0 &&
		        (index_memory(ix) - least) / (key + 1) > worst)
			worst = (index_memory(ix) - least) / (key + 1);
	}
	assert_in_range(worst, sizeof(struct index_entry), PER_MAX);
	index_free(ix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_against_a_model),
	        cmocka_unit_test(test_each_may_remove),
	        cmocka_unit_test(test_profiles_have_totals),
	        cmocka_unit_test(test_too_many_profiles_are_counted_together),
	        cmocka_unit_test(test_memory_an_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
