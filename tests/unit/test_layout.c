/* The folders of a cache: made, refused, or done without. */
#include "cache/fold.h"
#include "cache/read/identity.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <cmocka.h>

static struct layout layout;
static char error[LAYOUT_ERROR_MAX];

static const char *in_folder(const char *path)
{
	static char out[LAYOUT_PATH_MAX];

	assert_true((size_t)snprintf(out, sizeof out, "%s/%s", cache_folder, path) < sizeof out);
	return out;
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(in_folder(path), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void assert_folder(const char *path, mode_t mode)
{
	struct stat st;

	if (lstat(in_folder(path), &st) != 0 || !S_ISDIR(st.st_mode))
		fail_msg("%s is no folder", path);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void all_folders_are_made_and_private(void **state)
{
	static const char *const folders[] = {"cache", "cache/data", "cache/dirs", "cache/tmp",
	        "cache/locks", "run", "run/listings", "run/carriers"};

	(void)state;
	assert_true(cache_layout.writable);
	assert_true(cache_layout.location_fd >= 0);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		assert_folder(folders[i], 0700);
}

static void folders_above_are_made_too(void **state)
{
	(void)state;
	cache_config.cache.location = in_folder("new/one/two/cache");
	assert_int_equal(layout_open(&layout, &cache_config, error), 0);
	assert_true(layout.writable);
	layout_close(&layout);
	assert_folder("new/one/two/cache/data", 0700);
}

static void the_cache_may_lie_behind_links(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_folder("elsewhere"), 0700), 0);
	assert_int_equal(symlink("elsewhere", in_folder("link")), 0);
	cache_config.cache.location = in_folder("link/new/cache");
	assert_int_equal(layout_open(&layout, &cache_config, error), 0);
	assert_true(layout.writable);
	layout_close(&layout);
	cache_config.cache.location = in_folder("link");
	assert_int_equal(layout_open(&layout, &cache_config, error), 0);
	assert_true(layout.writable);
	layout_close(&layout);
	assert_folder("elsewhere/data", 0700);
}

static void a_cache_is_opened_again(void **state)
{
	(void)state;
	assert_int_equal(layout_open(&layout, &cache_config, error), 0);
	assert_true(layout.writable);
	assert_string_equal(error, "");
	layout_close(&layout);
	assert_int_equal(layout.location_fd, -1);
}

static void another_format_is_refused(void **state)
{
	static const char *const others[] = {"larder 2\n", "larder 0\n", "larder\n", "casket 1\n",
	        "larder -1\n", "larder 4294967297\n"};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		write_text("cache/" LAYOUT_FORMAT, others[i]);
		assert_int_equal(layout_open(&layout, &cache_config, error), -EPROTO);
		assert_non_null(strstr(error, LAYOUT_FORMAT));
		assert_null(strchr(error, '\n'));
	}
	write_text("cache/" LAYOUT_FORMAT, "larder 1\n");
	assert_int_equal(layout_open(&layout, &cache_config, error), 0);
	layout_close(&layout);
}

/* No version ever wrote that: a loss of power, perhaps. */
static void a_format_that_was_cut_is_written_again(void **state)
{
	static const char *const cut[] = {"", "\n"};

	(void)state;
	for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
		write_text("cache/" LAYOUT_FORMAT, cut[i]);
		assert_int_equal(layout_open(&layout, &cache_config, error), 0);
		assert_true(layout.writable);
		layout_close(&layout);
	}
}

static void a_cache_that_cannot_be_written_is_done_without(void **state)
{
	(void)state;
	write_text("file", "");
	cache_config.cache.location = in_folder("file/cache");
	assert_int_equal(layout_open(&layout, &cache_config, error), 0);
	assert_false(layout.writable);
	assert_non_null(strstr(error, "without being kept"));
	layout_close(&layout);
}

static void names_in_another_case_are_seen(void **state)
{
	int fd = cache_layout.location_fd;

	(void)state;
	assert_false(cache_layout.folds);
	write_text("cache/tmp/.case.host", "");
	assert_int_equal(fold_seen(fd, "data"), 0);
	assert_int_equal(fold_seen(fd, "tmp/.case.host"), 0);
	write_text("cache/dAtA", "");
	write_text("cache/tmp/.CaSe.hOsT", "");
	assert_int_equal(fold_seen(fd, "data"), 1);
	assert_int_equal(fold_seen(fd, "tmp/.case.host"), 1);
	assert_int_equal(fold_seen(fd, LAYOUT_FORMAT "/x"), -ENOTDIR);
}

static void a_cache_of_somebody_else_is_done_without(void **state)
{
	(void)state;
	if (geteuid() == 0)
		skip();
	assert_int_equal(chmod(in_folder("cache"), 0500), 0);
	assert_int_equal(rmdir(in_folder("cache/trash")), 0);
	assert_int_equal(layout_open(&layout, &cache_config, error), 0);
	assert_false(layout.writable);
	layout_close(&layout);
}

static void a_runtime_folder_that_others_can_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(chmod(in_folder("run"), 0770), 0);
	assert_int_equal(layout_open(&layout, &cache_config, error), -EACCES);
	assert_non_null(strstr(error, "0700"));
	assert_int_equal(chmod(in_folder("run"), 0702), 0);
	assert_int_equal(layout_open(&layout, &cache_config, error), -EACCES);
}

static void a_runtime_folder_behind_a_link_is_refused(void **state)
{
	(void)state;
	assert_int_equal(rename(in_folder("run"), strdupa(in_folder("run2"))), 0);
	assert_int_equal(symlink("run2", in_folder("run")), 0);
	assert_true(layout_open(&layout, &cache_config, error) < 0);
}

static void so_is_one_in_a_folder_of_others(void **state)
{
	(void)state;
	assert_int_equal(chmod(cache_folder, 01777), 0);
	assert_int_equal(layout_open(&layout, &cache_config, error), -EACCES);
	assert_int_equal(chmod(cache_folder, 0700), 0);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(cache_folder, 1, 1), 0);
	assert_int_equal(layout_open(&layout, &cache_config, error), -EACCES);
	assert_int_equal(chown(cache_folder, 0, 0), 0);
}

static void paths_have_their_places(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	assert_int_equal(layout_data(&cache_layout, path, "p~1/a/b"), 0);
	assert_string_equal(path, in_folder("cache/data/p~1/a/b"));
	assert_int_equal(layout_dirs(&cache_layout, path, "p~1/a"), 0);
	assert_string_equal(path, in_folder("cache/dirs/p~1/a/%=list"));
	assert_int_equal(layout_carrier(&cache_layout, path, "p~1/a"), 0);
	assert_string_equal(path, in_folder("run/carriers/p~1/a"));
	/* The hash that test_hash.c has from another implementation. */
	assert_int_equal(
	        layout_listing(&cache_layout, path, "data~0123456789abcdef/train/0001.jpg"), 0);
	assert_string_equal(path, in_folder("run/listings/data~0123456789abcdef/ab40ab2903b45568"));
	assert_int_equal(layout_runtime(&cache_layout, path, "agent.sock"), 0);
	assert_string_equal(path, in_folder("run/agent.sock"));
}

static void a_path_that_is_too_long_is_refused(void **state)
{
	static char rel[LAYOUT_PATH_MAX + 1];
	char path[LAYOUT_PATH_MAX];

	(void)state;
	memset(rel, 'r', LAYOUT_PATH_MAX);
	assert_int_equal(layout_data(&cache_layout, path, rel), -ENAMETOOLONG);
	assert_int_equal(layout_dirs(&cache_layout, path, rel), -ENAMETOOLONG);
	assert_int_equal(layout_carrier(&cache_layout, path, rel), -ENAMETOOLONG);
	assert_int_equal(layout_runtime(&cache_layout, path, rel), -ENAMETOOLONG);
}

static void missing_parents_are_made(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	snprintf(path, sizeof path, "%s", in_folder("a/b/c/file"));
	assert_int_equal(layout_make_parents(path, 0700), 0);
	assert_string_equal(path, in_folder("a/b/c/file"));
	assert_folder("a/b/c", 0700);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(layout_make_parents(path, 0700), 0);
}

static void a_file_in_the_way_of_a_folder_stays(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	write_text("a", "the user's own");
	snprintf(path, sizeof path, "%s", in_folder("a/b/c/file"));
	assert_int_equal(layout_make_parents(path, 0700), -ENOTDIR);
	assert_int_equal(access(in_folder("a"), R_OK), 0);
}

static void times_are_of_the_file_system(void **state)
{
	int64_t now = layout_now(&cache_layout);
	struct timespec here;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &here);
	assert_true(now > here.tv_sec * 1000 - 10000 && now < here.tv_sec * 1000 + 10000);
	cache_layout.clock_ms += 3600000;
	assert_true(layout_now(&cache_layout) > now + 3590000);
	layout_set_clock(&cache_layout);
	assert_true(layout_now(&cache_layout) < now + 60000);
}

static void owners_differ_and_know_their_host(void **state)
{
	char one[LAYOUT_OWNER_MAX], two[LAYOUT_OWNER_MAX], id[LAYOUT_ID_SIZE];

	(void)state;
	layout_owner(&cache_layout, one);
	memcpy(id, cache_layout.id, sizeof id);
	layout_set_id(&cache_layout);
	layout_owner(&cache_layout, two);
	assert_string_not_equal(one, two);
	assert_int_equal(strlen(id), 16);
	assert_memory_equal(id, cache_layout.id, LAYOUT_PLACE_LEN);
	assert_memory_not_equal(id, cache_layout.id, 16);
}

static const char *carrier(const char *rel)
{
	static char out[LAYOUT_PATH_MAX];

	snprintf(out, sizeof out, "run/carriers/%s", rel);
	return out;
}

static void carriers_are_marked_on_every_level(void **state)
{
	const struct profile *p = &cache_config.profiles[0];

	(void)state;
	assert_int_equal(layout_make_carrier(&cache_layout, p, cache_rel("a/b/c")), 0);
	assert_folder(carrier(cache_rel("")), CARRIER_MODE);
	assert_folder(carrier(cache_rel("a")), CARRIER_MODE);
	assert_folder(carrier(cache_rel("a/b")), CARRIER_MODE);
	assert_folder(carrier(cache_rel("a/b/c")), CARRIER_MODE);
	/* Beside one that is there. */
	assert_int_equal(layout_make_carrier(&cache_layout, p, cache_rel("a/b/d")), 0);
	assert_int_equal(layout_make_carrier(&cache_layout, p, cache_rel("a/b/d")), 0);
	assert_folder(carrier(cache_rel("a/b/d")), CARRIER_MODE);
	assert_folder(carrier(cache_rel("a/b")), CARRIER_MODE);
}

static void the_root_has_a_carrier(void **state)
{
	(void)state;
	assert_int_equal(
	        layout_make_carrier(&cache_layout, &cache_config.profiles[0], cache_rel("")), 0);
	assert_folder(carrier(cache_rel("")), CARRIER_MODE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cache_make, cache_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(all_folders_are_made_and_private),
	        TEST(folders_above_are_made_too),
	        TEST(the_cache_may_lie_behind_links),
	        TEST(a_cache_is_opened_again),
	        TEST(another_format_is_refused),
	        TEST(a_format_that_was_cut_is_written_again),
	        TEST(a_cache_that_cannot_be_written_is_done_without),
	        TEST(names_in_another_case_are_seen),
	        TEST(a_cache_of_somebody_else_is_done_without),
	        TEST(a_runtime_folder_that_others_can_write_is_refused),
	        TEST(a_runtime_folder_behind_a_link_is_refused),
	        TEST(so_is_one_in_a_folder_of_others),
	        TEST(paths_have_their_places),
	        TEST(a_path_that_is_too_long_is_refused),
	        TEST(missing_parents_are_made),
	        TEST(a_file_in_the_way_of_a_folder_stays),
	        TEST(times_are_of_the_file_system),
	        TEST(owners_differ_and_know_their_host),
	        TEST(carriers_are_marked_on_every_level),
	        TEST(the_root_has_a_carrier),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
