/* Journals: what agents write of what they cached, and what others make of it. */
#include "cache/journals.h"
#include "cache/read/hash.h"
#include "tests/lib/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/time.h>
#include <time.h>
#include <cmocka.h>

#define MANY 30000 /* objects, with which a journal is worth rewriting */

static const atomic_bool go_on;

/* An agent's view. Two of them have names of their own, as they hold them at the same time. */
struct view {
	struct index *index;
	struct journals *journals;
	enum journals_state state;
};

static struct view view_open(void)
{
	struct view v = {.index = index_new()};

	v.journals = journals_open(&cache_layout, v.index);
	assert_non_null(v.journals);
	v.state = journals_catch_up(v.journals, &go_on);
	return v;
}

static void view_close(struct view *v, bool clean)
{
	journals_close(v->journals, clean);
	index_free(v->index);
}

static bool has(struct view *v, const char *rel, struct index_entry *e)
{
	char buf[JOURNAL_LINE_MAX + 1];
	const char *name;

	if (!index_find(v->index, hash64(HASH_OBJECT, rel, strlen(rel)), e))
		return false;
	name = journals_rel(v->journals, e, buf);
	assert_non_null(name);
	assert_string_equal(rel, name);
	return true;
}

static unsigned journal_files(char path[static 512])
{
	char folder[256];
	struct dirent *d;
	unsigned n = 0;
	DIR *dir;

	snprintf(folder, sizeof folder, "%s/usage", cache_layout.location);
	dir = opendir(folder);
	while ((d = readdir(dir))) {
		size_t len = strlen(d->d_name);

		if (len < 4 || strcmp(d->d_name + len - 4, ".log") != 0)
			continue;
		snprintf(path, 512, "%s/%.200s", folder, d->d_name);
		n++;
	}
	closedir(dir);
	return n;
}

static const char *numbered(unsigned i)
{
	char name[32];

	snprintf(name, sizeof name, "%02x/%u", i % 256, i);
	return cache_rel(name);
}

static void test_lines_come_back(void **state)
{
	static const char *const names[] = {"p~1/a", "p~1/a\nb", "p~1/a\\nb", "p~1/\\", "p~1/ x "};
	char text[JOURNAL_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct journal_line l = {.kind = JOURNAL_ADDED,
		                            .bytes = 4096,
		                            .time = 17,
		                            .used = 18,
		                            .count = 3,
		                            .rel = names[i]},
		                    got;
		size_t len = journal_format(text, &l);

		assert_null(memchr(text, '\n', len - 1));
		assert_int_equal('\n', text[len - 1]);
		assert_int_equal(0, journal_parse(&got, text, len - 1));
		assert_string_equal(names[i], got.rel);
		assert_int_equal(4096, got.bytes);
		assert_int_equal(17, got.time);
		assert_int_equal(18, got.used);
		assert_int_equal(3, got.count);
	}
}

/* A bit anywhere. */
static void test_damaged_lines_are_none(void **state)
{
	struct journal_line l = {.kind = JOURNAL_ADDED, .bytes = 4096, .rel = "p~1/a/b"}, got;
	char text[JOURNAL_LINE_MAX], copy[JOURNAL_LINE_MAX];
	size_t len = journal_format(text, &l) - 1;

	(void)state;
	for (size_t i = 0; i < len * 8; i++) {
		memcpy(copy, text, len);
		copy[i / 8] = (char)(copy[i / 8] ^ 1 << i % 8);
		/* In its check, a letter may be a capital one. */
		if (journal_parse(&got, copy, len) == 0)
			assert_in_range(i / 8, 0, 7);
	}
	for (size_t n = 0; n < len; n++) {
		memcpy(copy, text, len);
		assert_int_equal(-EBADMSG, journal_parse(&got, copy, n));
	}
}

static void test_names_that_lead_out_are_refused(void **state)
{
	static const char *const names[] = {"", "p~1", "p~1/", "/a/b", "../a", "./a", "p~1/../a",
	        "p~1/a/..", "p~1/./a", "p~1//a", ".p/a"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_false(journal_names_object(names[i]));
	assert_true(journal_names_object("p~1/a"));
	assert_true(journal_names_object("p~1/a/b.c"));
}

static void test_kept_across_a_restart(void **state)
{
	struct view v = view_open();
	struct index_entry e;

	(void)state;
	assert_int_equal(JOURNALS_NONE, v.state);
	journals_added(v.journals, cache_rel("a"), 4096, 0, 0);
	journals_added(v.journals, cache_rel("b"), 8192, 1000, 2000);
	journals_added(v.journals, cache_rel("c"), 1, 0, 0);
	journals_gone(v.journals, cache_rel("c"));
	assert_true(journals_used(v.journals, cache_rel("a"), true));
	assert_false(journals_used(v.journals, cache_rel("none"), true));
	assert_true(has(&v, cache_rel("a"), &e));
	assert_int_equal(0, journals_flush(v.journals));
	assert_true(has(&v, cache_rel("a"), &e));
	view_close(&v, true);
	v = view_open();
	assert_int_equal(JOURNALS_COMPLETE, v.state);
	assert_true(has(&v, cache_rel("a"), &e));
	assert_int_equal(2, e.count);
	assert_true(has(&v, cache_rel("b"), &e));
	assert_int_equal(8192, e.bytes);
	assert_int_equal(1000, e.added);
	assert_int_equal(2000, e.used);
	assert_false(has(&v, cache_rel("c"), &e));
	assert_int_equal(2, index_total(v.index).files);
	view_close(&v, true);
}

/* Notes that were made before the journal was read, and go behind what stands there. */
static void test_notes_while_it_is_read(void **state)
{
	struct view v = view_open();
	struct index_entry e;

	(void)state;
	journals_added(v.journals, cache_rel("a"), 4096, 0, 0);
	view_close(&v, true);
	v.index = index_new();
	v.journals = journals_open(&cache_layout, v.index);
	journals_added(v.journals, cache_rel("b"), 4096, 0, 0);
	assert_true(has(&v, cache_rel("b"), &e));
	assert_int_equal(JOURNALS_COMPLETE, journals_catch_up(v.journals, &go_on));
	assert_true(has(&v, cache_rel("a"), &e));
	assert_true(has(&v, cache_rel("b"), &e));
	journals_flush(v.journals);
	assert_true(has(&v, cache_rel("b"), &e));
	view_close(&v, true);
}

static void test_a_crash_is_noticed(void **state)
{
	struct view v = view_open();
	struct index_entry e;
	char path[512];
	int fd;

	(void)state;
	journals_added(v.journals, cache_rel("a"), 4096, 0, 0);
	view_close(&v, false);
	assert_int_equal(1, journal_files(path));
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(9, write(fd, "12345678 ", 9)); /* the beginning of a line */
	close(fd);
	v = view_open();
	assert_int_equal(JOURNALS_INCOMPLETE, v.state);
	assert_true(has(&v, cache_rel("a"), &e));
	journals_added(v.journals, cache_rel("b"), 4096, 0, 0);
	view_close(&v, true);
	v = view_open();
	assert_int_equal(JOURNALS_COMPLETE, v.state);
	assert_int_equal(2, index_total(v.index).files);
	view_close(&v, true);
}

static void test_others_are_seen(void **state)
{
	struct view a = view_open(), b = view_open();
	struct index_entry e;
	char path[512];

	(void)state;
	journals_added(a.journals, cache_rel("x"), 4096, 0, 0);
	journals_flush(a.journals);
	journals_catch_up(b.journals, &go_on);
	assert_true(has(&b, cache_rel("x"), &e));
	assert_int_equal(2, journal_files(path));
	/* Who takes it away is another one than who put it there. */
	journals_gone(b.journals, cache_rel("x"));
	journals_flush(b.journals);
	journals_catch_up(a.journals, &go_on);
	assert_false(has(&a, cache_rel("x"), &e));
	view_close(&a, true);
	view_close(&b, true);
	/* In whichever order they are read. */
	a = view_open();
	assert_int_equal(0, index_total(a.index).files);
	view_close(&a, true);
}

/* Most of it has gone: the file becomes shorter, for its owner and for who reads it. */
static void test_rewriting(void **state)
{
	struct view a = view_open(), b = view_open();
	struct index_entry e;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		journals_added(a.journals, numbered(i), 4096, 0, 0);
	journals_flush(a.journals);
	journals_catch_up(b.journals, &go_on);
	for (unsigned i = 0; i < MANY; i++) {
		if (i % 10)
			journals_gone(a.journals, numbered(i));
	}
	journals_flush(a.journals);
	journals_added(a.journals, cache_rel("pending"), 4096, 0, 0);
	journals_tidy(a.journals, &go_on);
	journals_catch_up(a.journals, &go_on);
	journals_added(a.journals, cache_rel("later"), 4096, 0, 0);
	for (int twice = 0; twice < 2; twice++) {
		for (unsigned i = 0; i < MANY; i++)
			assert_int_equal(i % 10 == 0, has(&a, numbered(i), &e));
		assert_true(has(&a, cache_rel("pending"), &e));
		assert_true(has(&a, cache_rel("later"), &e));
		journals_flush(a.journals);
	}
	journals_catch_up(b.journals, &go_on);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(i % 10 == 0, has(&b, numbered(i), &e));
	assert_true(has(&b, cache_rel("later"), &e));
	assert_int_equal(MANY / 10 + 2, index_total(b.index).files);
	view_close(&b, true);
	view_close(&a, true);
	a = view_open();
	assert_int_equal(JOURNALS_COMPLETE, a.state);
	assert_int_equal(MANY / 10 + 2, index_total(a.index).files);
	view_close(&a, true);
}

/* A journal that nobody writes to any more becomes part of another one. */
static void test_taking_over(void **state)
{
	struct timeval old[2] = {{.tv_sec = time(NULL) - 7200}, {.tv_sec = time(NULL) - 7200}};
	struct view a = view_open(), b = view_open();
	struct index_entry e;
	char path[512], other[256];

	(void)state;
	journals_added(b.journals, cache_rel("x"), 4096, 0, 0);
	journals_flush(b.journals);
	journals_catch_up(a.journals, &go_on);
	assert_int_equal(2, journal_files(path));
	snprintf(other, sizeof other, "%s/usage", cache_layout.location);
	for (DIR *d = opendir(other); d; closedir(d), d = NULL) {
		struct dirent *f;

		while ((f = readdir(d))) {
			snprintf(path, sizeof path, "%s/%.200s", other, f->d_name);
			if (f->d_name[0] != '.')
				utimes(path, old);
		}
	}
	/* Its owner lives. */
	journals_tidy(a.journals, &go_on);
	assert_int_equal(2, journal_files(path));
	view_close(&b, false);
	journals_tidy(a.journals, &go_on);
	assert_int_equal(1, journal_files(path));
	assert_true(has(&a, cache_rel("x"), &e));
	view_close(&a, true);
	a = view_open();
	assert_true(has(&a, cache_rel("x"), &e));
	view_close(&a, true);
}

/* Somebody removes the file under our feet: it is written again. */
static void test_a_lost_journal_is_written_again(void **state)
{
	struct view a = view_open();
	struct index_entry e;
	char path[512];

	(void)state;
	journals_added(a.journals, cache_rel("x"), 4096, 0, 0);
	journals_flush(a.journals);
	journal_files(path);
	assert_int_equal(0, unlink(path));
	journals_added(a.journals, cache_rel("y"), 4096, 0, 0);
	journals_flush(a.journals);
	assert_int_equal(JOURNALS_INCOMPLETE, journals_catch_up(a.journals, &go_on));
	journals_tidy(a.journals, &go_on);
	assert_int_equal(1, journal_files(path));
	view_close(&a, true);
	a = view_open();
	assert_int_equal(JOURNALS_COMPLETE, a.state);
	assert_true(has(&a, cache_rel("x"), &e));
	assert_true(has(&a, cache_rel("y"), &e));
	view_close(&a, true);
}

/* What is in usage/ may be anything. */
static void test_strange_files_are_left_alone(void **state)
{
	char path[512];
	struct view v;

	(void)state;
	snprintf(path, sizeof path, "%s/usage/fifo.log", cache_layout.location);
	assert_int_equal(0, mkfifo(path, 0600));
	snprintf(path, sizeof path, "%s/usage/link.log", cache_layout.location);
	assert_int_equal(0, symlink("/etc/passwd", path));
	snprintf(path, sizeof path, "%s/usage/folder.log", cache_layout.location);
	assert_int_equal(0, mkdir(path, 0700));
	v = view_open();
	assert_int_equal(JOURNALS_NONE, v.state);
	view_close(&v, true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cache_make, cache_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_lines_come_back),
	        cmocka_unit_test(test_damaged_lines_are_none),
	        cmocka_unit_test(test_names_that_lead_out_are_refused),
	        TEST(test_kept_across_a_restart),
	        TEST(test_notes_while_it_is_read),
	        TEST(test_a_crash_is_noticed),
	        TEST(test_others_are_seen),
	        TEST(test_rewriting),
	        TEST(test_taking_over),
	        TEST(test_a_lost_journal_is_written_again),
	        TEST(test_strange_files_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
