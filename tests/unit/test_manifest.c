/* Manifests: the form of a line, the order of a listing, and what is refused. */
#include "fetch/manifest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

static char error[STORE_ERROR_MAX];

static int open_bytes(struct manifest **m, const char *text, size_t len)
{
	int fd = memfd_create("manifest", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	int r = manifest_open(m, fd, error);
	close(fd);
	return r;
}

static struct manifest *open_text(const char *text)
{
	struct manifest *m = NULL;

	assert_int_equal(open_bytes(&m, text, strlen(text)), 0);
	return m;
}

/* Collects a listing as "name size," and "name/,". */
static int collect(void *arg, const struct store_entry *e)
{
	char *out = (char *)arg + strlen(arg);

	if (e->is_dir)
		sprintf(out, "%.*s/,", (int)e->name_len, e->name);
	else
		sprintf(out, "%.*s %llu,", (int)e->name_len, e->name,
		        (unsigned long long)e->info->size);
	return 0;
}

static void assert_listing(const char *text, const char *dir, const char *want)
{
	char got[1000] = "";
	struct manifest *m = open_text(text);

	assert_int_equal(manifest_list(m, dir, collect, got), 0);
	assert_string_equal(got, want);
	manifest_close(m);
}

static void assert_refused(const char *text, const char *line)
{
	struct manifest *m = NULL;

	assert_int_equal(open_bytes(&m, text, strlen(text)), -EPROTO);
	assert_null(m);
	assert_non_null(strstr(error, line));
	assert_non_null(strchr(error, ';'));
}

static void file_has_size_mtime_and_etag(void **state)
{
	(void)state;
	struct object_info info;
	bool is_dir = true;
	struct manifest *m = open_text("a/b\t12\t1700000000.9876543210\t\"x-1\"\n");

	assert_int_equal(manifest_lookup(m, "a/b", &info, &is_dir), 0);
	assert_false(is_dir);
	assert_int_equal(info.size, 12);
	assert_int_equal(info.mtime, 1700000000);
	assert_string_equal(info.etag, "\"x-1\"");
	assert_int_equal(manifest_count(m), 1);
	manifest_close(m);
}

static void missing_fields_have_defaults(void **state)
{
	(void)state;
	struct object_info info;
	bool is_dir;
	struct manifest *m = open_text("a\t1\nb\t2\t\t\"e\"\nc\t3\t-7.5\t");

	assert_int_equal(manifest_lookup(m, "a", &info, &is_dir), 0);
	assert_int_equal(info.mtime, STORE_MTIME_DIR);
	assert_string_equal(info.etag, "");
	assert_int_equal(manifest_lookup(m, "b", &info, &is_dir), 0);
	assert_int_equal(info.mtime, STORE_MTIME_DIR);
	assert_string_equal(info.etag, "\"e\"");
	assert_int_equal(manifest_lookup(m, "c", &info, &is_dir), 0);
	assert_int_equal(info.mtime, -7);
	manifest_close(m);
}

static void comments_empty_lines_and_crlf_are_tolerated(void **state)
{
	(void)state;
	assert_listing("# made by find\r\n\r\n\nb\t2\r\na\t1\t5\r\n", "", "a 1,b 2,");
}

static void root_is_listed_in_bytewise_order(void **state)
{
	(void)state;
	assert_listing("b\t1\nB\t2\n\xc3\xa4\t3\na.txt\t4\na/x\t5\na-b\t6\n", "",
	        "B 2,a/,a-b 6,a.txt 4,b 1,\xc3\xa4 3,");
}

static void subdirectories_are_named_once(void **state)
{
	(void)state;
	assert_listing("d/e/1\t1\nd/e/2\t1\nd/e/f/3\t1\nd/g/4\t1\nd/h\t9\n", "d/", "e/,g/,h 9,");
	assert_listing("d/e/1\t1\nd/e/2\t1\nd/e/f/3\t1\nd/g/4\t1\nd/h\t9\n", "d/e/", "1 1,2 1,f/,");
}

static void names_that_share_a_beginning_stay_apart(void **state)
{
	(void)state;
	assert_listing("ab/x\t1\na/y\t2\na!/z\t3\n", "a/", "y 2,");
}

static void last_duplicate_wins(void **state)
{
	(void)state;
	assert_listing("a\t1\nb\t5\na\t2\na\t3\n", "", "a 3,b 5,");
}

static void directory_wins_over_a_file_of_its_name(void **state)
{
	(void)state;
	assert_listing("a\t1\na/b\t2\na\t3\n", "", "a/,");
	assert_listing("a\t1\na/b\t2\na\t3\n", "a/", "b 2,");
}

static void empty_manifest_has_an_empty_root(void **state)
{
	(void)state;
	assert_listing("", "", "");
	assert_listing("# nothing\n", "", "");
}

static void absent_names_are_absent(void **state)
{
	(void)state;
	struct object_info info;
	bool is_dir;
	struct manifest *m = open_text("a/b\t1\nc\t2\n");

	static const char *const absent[] = {
	        "b", "a/", "a/b/c", "a/b\t1", "a/bb", "C", "d", "c\t", "/a"};
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_int_equal(manifest_lookup(m, absent[i], &info, &is_dir), -ENOENT);
	assert_int_equal(manifest_list(m, "b/", collect, NULL), -ENOENT);
	assert_int_equal(manifest_list(m, "c/", collect, NULL), -ENOENT);
	manifest_close(m);
}

static void directories_follow_from_paths(void **state)
{
	(void)state;
	struct object_info info;
	bool is_dir;
	struct manifest *m = open_text("a/b/c\t1\n");

	static const char *const dirs[] = {"", "a", "a/b"};
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		is_dir = false;
		assert_int_equal(manifest_lookup(m, dirs[i], &info, &is_dir), 0);
		assert_true(is_dir);
		assert_int_equal(info.mtime, STORE_MTIME_DIR);
	}
	manifest_close(m);
}

static int stop(void *arg, const struct store_entry *e)
{
	(void)arg, (void)e;
	return -E2BIG;
}

static void callback_ends_the_listing(void **state)
{
	(void)state;
	struct manifest *m = open_text("a\t1\nb\t2\n");

	assert_int_equal(manifest_list(m, "", stop, NULL), -E2BIG);
	assert_int_equal(manifest_list(m, "a", stop, NULL), -EINVAL);
	manifest_close(m);
}

static void bad_line_is_named_by_number(void **state)
{
	(void)state;
	assert_refused("# c\n\na\t1\nb 2\n", "line 4:");
}

static void paths_that_leave_the_remote_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
	        "/a", "../a", "a/../b", "a/..", ".", "a//b", "a/", "./a", ""};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[100];
		snprintf(text, sizeof(text), "%s\t1\n", bad[i]);
		assert_refused(text, "line 1: the path");
	}
}

static void nul_in_a_path_is_refused(void **state)
{
	(void)state;
	struct manifest *m = NULL;

	assert_int_equal(open_bytes(&m, "a\0b\t1\n", 6), -EPROTO);
}

static void bad_fields_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"a\n", "a\t\n", "a\t-1\n", "a\t1k\n",
	        "a\t9223372036854775808\n", "a\t1\tnow\n", "a\t1\t1.x\n", "a\t1\t1.\n", "a\t1\t-\n",
	        "a\t1\t\te\n", "a\t1\t\tW/\"e\"\n", "a\t1\t1\t\"e\"\tz\n"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(bad[i], "line 1:");
}

static void path_length_is_bounded(void **state)
{
	(void)state;
	char text[STORE_KEY_MAX + 10];
	struct manifest *m = NULL;

	memset(text, 'x', sizeof(text));
	memcpy(text + STORE_KEY_MAX, "\t1\n", 4);
	m = open_text(text);
	assert_int_equal(manifest_count(m), 1);
	manifest_close(m);
	memcpy(text + STORE_KEY_MAX, "x\t1\n", 5);
	assert_refused(text, "4096");
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	struct manifest *m = NULL;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(manifest_open(&m, fds[0], error), -EINVAL);
	close(fds[0]);
	close(fds[1]);
}

static void oversized_file_is_refused(void **state)
{
	(void)state;
	struct manifest *m = NULL;
	int fd = memfd_create("manifest", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, (off_t)MANIFEST_SIZE_MAX + 1), 0);
	assert_int_equal(manifest_open(&m, fd, error), -EFBIG);
	close(fd);
}

static int count(void *arg, const struct store_entry *e)
{
	++*(size_t *)arg;
	assert_true(e->is_dir);
	return 0;
}

static void large_unsorted_manifest_is_sorted(void **state)
{
	(void)state;
	size_t dirs = 0, len = 0;
	char *text = malloc(1 << 20);

	for (int i = 0; i < 20000; i++)
		len += (size_t)sprintf(text + len, "d%d/f%d\t%d\n", i * 7919 % 20000 / 20, i, i);
	struct manifest *m = open_text(text);
	free(text);
	assert_int_equal(manifest_count(m), 20000);
	assert_int_equal(manifest_list(m, "", count, &dirs), 0);
	assert_int_equal(dirs, 1000);
	manifest_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(file_has_size_mtime_and_etag),
	        cmocka_unit_test(missing_fields_have_defaults),
	        cmocka_unit_test(comments_empty_lines_and_crlf_are_tolerated),
	        cmocka_unit_test(root_is_listed_in_bytewise_order),
	        cmocka_unit_test(subdirectories_are_named_once),
	        cmocka_unit_test(names_that_share_a_beginning_stay_apart),
	        cmocka_unit_test(last_duplicate_wins),
	        cmocka_unit_test(directory_wins_over_a_file_of_its_name),
	        cmocka_unit_test(empty_manifest_has_an_empty_root),
	        cmocka_unit_test(absent_names_are_absent),
	        cmocka_unit_test(directories_follow_from_paths),
	        cmocka_unit_test(callback_ends_the_listing),
	        cmocka_unit_test(bad_line_is_named_by_number),
	        cmocka_unit_test(paths_that_leave_the_remote_are_refused),
	        cmocka_unit_test(nul_in_a_path_is_refused),
	        cmocka_unit_test(bad_fields_are_refused),
	        cmocka_unit_test(path_length_is_bounded),
	        cmocka_unit_test(what_is_no_file_is_refused),
	        cmocka_unit_test(oversized_file_is_refused),
	        cmocka_unit_test(large_unsorted_manifest_is_sorted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
