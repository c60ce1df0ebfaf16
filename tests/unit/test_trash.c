/* trash/: what was replaced or evicted stays for its grace, by the file system's clock. */
#include "cache/trash.h"
#include "cache/beneath.h"
#include "tests/lib/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define GRACE 60000

static int begin(void **state)
{
	int err = cache_make(state);

	cache_layout.grace = GRACE;
	return err;
}

static const char *data(const char *name)
{
	static char path[LAYOUT_PATH_MAX];

	assert_int_equal(layout_data(&cache_layout, path, cache_rel(name)), 0);
	return path;
}

static const char *put(const char *name, const char *text)
{
	static char path[LAYOUT_PATH_MAX];
	FILE *f;

	snprintf(path, sizeof path, "%s", data(name));
	assert_int_equal(layout_make_parents(path, 0700), 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

/* How many files trash/ has; one of them in `found`. */
static unsigned count(char found[static LAYOUT_PATH_MAX])
{
	char path[LAYOUT_PATH_MAX];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof path, "%s/trash", cache_layout.location);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		n++;
		snprintf(found, LAYOUT_PATH_MAX, "%s/trash/%s", cache_layout.location, e->d_name);
	}
	if (d)
		closedir(d);
	return n;
}

static int keep(const char *name)
{
	char path[LAYOUT_PATH_MAX];
	const char *last;
	int dir, err;

	snprintf(path, sizeof path, "data/%s", cache_rel(name));
	dir = beneath_parent(&cache_layout, path, &last);
	if (dir < 0)
		return dir;
	err = trash_keep_at(&cache_layout, dir, last);
	close(dir);
	return err;
}

static uint64_t sweep(void)
{
	struct trash_left left;

	assert_int_equal(trash_sweep(&cache_layout, GRACE, &left), 0);
	return left.files;
}

static void what_is_put_there_has_its_bytes(void **state)
{
	char path[LAYOUT_PATH_MAX], text[8] = "";
	int fd;

	(void)state;
	put("x", "old");
	assert_int_equal(trash_put(&cache_layout, cache_rel("x")), 0);
	assert_int_equal(access(data("x"), F_OK), -1);
	assert_int_equal(count(path), 1);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof text), 3);
	assert_string_equal(text, "old");
	close(fd);
	assert_int_equal(trash_put(&cache_layout, cache_rel("x")), -ENOENT);
}

static void what_is_kept_has_two_names(void **state)
{
	char path[LAYOUT_PATH_MAX];
	struct stat one, two;

	(void)state;
	put("x", "old");
	assert_int_equal(keep("x"), 0);
	assert_int_equal(count(path), 1);
	assert_int_equal(stat(path, &one), 0);
	assert_int_equal(stat(data("x"), &two), 0);
	assert_int_equal(one.st_ino, two.st_ino);
}

static void nothing_is_kept_of_nothing(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	put("folder/x", "x");
	assert_int_equal(keep("absent"), 0);
	assert_int_equal(keep("folder"), 0);
	assert_int_equal(count(path), 0);
}

static void names_do_not_meet(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	for (int i = 0; i < 3; i++) {
		put("x", "old");
		assert_int_equal(trash_put(&cache_layout, cache_rel("x")), 0);
		layout_set_id(&cache_layout);
	}
	assert_int_equal(count(path), 3);
}

static void without_grace_it_goes_at_once(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	cache_layout.grace = 0;
	put("x", "old");
	assert_int_equal(keep("x"), 0);
	assert_int_equal(count(path), 0);
	assert_int_equal(trash_put(&cache_layout, cache_rel("x")), 0);
	assert_int_equal(count(path), 0);
	assert_int_equal(access(data("x"), F_OK), -1);
}

static void a_sweep_takes_what_is_older_than_the_grace(void **state)
{
	char path[LAYOUT_PATH_MAX];
	struct trash_left left;

	(void)state;
	put("x", "old");
	assert_int_equal(trash_put(&cache_layout, cache_rel("x")), 0);
	assert_int_equal(sweep(), 1);
	cache_layout.clock_ms += GRACE / 2;
	put("y", "later");
	assert_int_equal(trash_put(&cache_layout, cache_rel("y")), 0);
	cache_layout.clock_ms += GRACE / 2 + 1000;
	assert_int_equal(trash_sweep(&cache_layout, GRACE, &left), 0);
	assert_int_equal(left.files, 1);
	assert_true(left.bytes >= strlen("later"));
	assert_true(left.gone_bytes >= strlen("old"));
	assert_int_equal(count(path), 1);
}

static void times_of_the_files_do_not_matter(void **state)
{
	struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	char path[LAYOUT_PATH_MAX];

	(void)state;
	assert_int_equal(utimensat(AT_FDCWD, put("x", "old"), times, 0), 0);
	assert_int_equal(trash_put(&cache_layout, cache_rel("x")), 0);
	assert_int_equal(sweep(), 1);
	assert_int_equal(count(path), 1);
}

/* Put there by somebody whose clock was wrong. */
static void a_time_to_come_is_mended(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	put("x", "old");
	cache_layout.clock_ms += 365LL * 86400 * 1000;
	assert_int_equal(trash_put(&cache_layout, cache_rel("x")), 0);
	cache_layout.clock_ms -= 365LL * 86400 * 1000;
	assert_int_equal(sweep(), 1);
	assert_int_equal(sweep(), 1);
	cache_layout.clock_ms += GRACE + 2000;
	assert_int_equal(sweep(), 0);
	assert_int_equal(count(path), 0);
}

static void other_names_are_left(void **state)
{
	static const char *const names[] = {
	        "x", "zz.host.1-2.3", "00000000001", "0x1.host", "-1.host"};
	char path[LAYOUT_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/trash/%s", cache_layout.location, names[i]);
		close(open(path, O_WRONLY | O_CREAT, 0600));
	}
	assert_int_equal(sweep(), 0);
	assert_int_equal(count(path), sizeof names / sizeof *names);
}

static void a_missing_folder_is_made(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	snprintf(path, sizeof path, "%s/trash", cache_layout.location);
	assert_int_equal(rmdir(path), 0);
	put("x", "old");
	assert_int_equal(trash_put(&cache_layout, cache_rel("x")), 0);
	assert_int_equal(count(path), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, cache_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(what_is_put_there_has_its_bytes),
	        TEST(what_is_kept_has_two_names),
	        TEST(nothing_is_kept_of_nothing),
	        TEST(names_do_not_meet),
	        TEST(without_grace_it_goes_at_once),
	        TEST(a_sweep_takes_what_is_older_than_the_grace),
	        TEST(times_of_the_files_do_not_matter),
	        TEST(a_time_to_come_is_mended),
	        TEST(other_names_are_left),
	        TEST(a_missing_folder_is_made),
	};

	return cmocka_run_group_tests_name("trash", tests, NULL, NULL);
}
