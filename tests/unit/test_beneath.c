/* No link that somebody put into the cache leads its agent out of it. */
#include "cache/beneath.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char *at(const char *name)
{
	static char out[LAYOUT_PATH_MAX];

	snprintf(out, sizeof out, "%s/cache/%s", cache_folder, name);
	return out;
}

static void make_outside(void)
{
	char path[LAYOUT_PATH_MAX];
	FILE *f;

	snprintf(path, sizeof path, "%s/outside", cache_folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/outside/x", cache_folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
}

static void assert_outside_stays(void)
{
	char path[LAYOUT_PATH_MAX];

	snprintf(path, sizeof path, "%s/outside/x", cache_folder);
	assert_int_equal(access(path, F_OK), 0);
	snprintf(path, sizeof path, "%s/outside/a", cache_folder);
	assert_int_equal(access(path, F_OK), -1);
}

static void link_outside(const char *name)
{
	char path[LAYOUT_PATH_MAX];

	snprintf(path, sizeof path, "%s/outside", cache_folder);
	assert_int_equal(symlink(path, at(name)), 0);
}

static void folders_are_made_with_the_modes_of_the_cache(void **state)
{
	const char *name;
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(beneath_parent(&cache_layout, "data/p~1/a/b", &name), -ENOENT);
	cache_layout.gate_mode = 0710;
	cache_layout.data_dir_mode = 0750;
	fd = beneath_make_parent(&cache_layout, "data/p~1/a/b", &name);
	assert_true(fd >= 0);
	assert_string_equal(name, "b");
	close(fd);
	assert_int_equal(stat(at("data/p~1"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0710);
	assert_int_equal(stat(at("data/p~1/a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	fd = beneath_make_parent(&cache_layout, "dirs/p~1/a/b", &name);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(stat(at("dirs/p~1/a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void a_link_on_the_way_is_no_way(void **state)
{
	const char *name;

	(void)state;
	make_outside();
	assert_int_equal(mkdir(at("data/p~1"), 0700), 0);
	link_outside("data/p~1/d");
	assert_int_equal(beneath_parent(&cache_layout, "data/p~1/d/x", &name), -ELOOP);
	assert_int_equal(beneath_open(&cache_layout, "data/p~1/d/x", O_RDONLY, 0), -ELOOP);
	assert_int_equal(rmdir(at("tmp")), 0);
	link_outside("tmp");
	assert_int_equal(beneath_parent(&cache_layout, "tmp/x", &name), -ELOOP);
	assert_outside_stays();
}

static void what_stands_in_a_folders_place_goes(void **state)
{
	const char *name;
	struct stat st;
	int fd;

	(void)state;
	make_outside();
	assert_int_equal(mkdir(at("data/p~1"), 0700), 0);
	link_outside("data/p~1/d");
	fd = beneath_make_parent(&cache_layout, "data/p~1/d/a/x", &name);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(lstat(at("data/p~1/d"), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_outside_stays();
	assert_int_equal(mkfifo(at("data/p~1/f"), 0666), 0);
	fd = beneath_make_parent(&cache_layout, "data/p~1/f/x", &name);
	assert_true(fd >= 0);
	close(fd);
}

static void a_fifo_does_not_hold_who_opens_it(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(mkfifo(at("data/fifo"), 0666), 0);
	fd = beneath_open(&cache_layout, "data/fifo", O_RDONLY, 0);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(symlink("fifo", at("data/link")), 0);
	assert_int_equal(beneath_open(&cache_layout, "data/link", O_RDONLY, 0), -ELOOP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cache_make, cache_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(folders_are_made_with_the_modes_of_the_cache),
	        TEST(a_link_on_the_way_is_no_way),
	        TEST(what_stands_in_a_folders_place_goes),
	        TEST(a_fifo_does_not_hold_who_opens_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
