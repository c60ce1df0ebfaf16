/* Other tools' caches: what is counted, and what a removal may touch. */
#include "cache/category.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define OLD 1000000000

static char top[] = "/tmp/larder-category.XXXXXX";
static char path[512];
static struct category category = {.name = "c", .path = "", .evict = "", .env = ""};

struct seen {
	unsigned units;
	uint64_t files;
	struct category_unit last;
	char path[256];
	const char *want;
};

static const char *at(const char *name)
{
	static char paths[4][512];
	static unsigned turn;
	char *p = paths[turn++ % 4];

	snprintf(p, sizeof paths[0], "%s/%s", top, name);
	return p;
}

static void put(const char *name, int64_t used)
{
	struct timespec times[2] = {{.tv_sec = used}, {.tv_sec = used}};
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static void folder(const char *name)
{
	assert_int_equal(mkdir(at(name), 0755), 0);
}

static int fresh(void **state)
{
	char command[512];

	(void)state;
	snprintf(command, sizeof command, "chmod -R u+w %s; rm -rf %s", top, top);
	if (system(command) != 0 || mkdir(top, 0755) != 0)
		return -1;
	folder("cache");
	snprintf(path, sizeof path, "%s/cache", top);
	category.path = path;
	category.unit = 0;
	category.evict = "";
	return 0;
}

static int gone(void **state)
{
	char command[512];

	(void)state;
	snprintf(command, sizeof command, "chmod -R u+w %s; rm -rf %s", top, top);
	return system(command);
}

static int see(void *arg, const struct category_unit *unit)
{
	struct seen *s = arg;

	s->units++;
	s->files += unit->files;
	if (s->want && strcmp(s->want, unit->path) != 0)
		return 0;
	s->last = *unit;
	snprintf(s->path, sizeof s->path, "%s", unit->path);
	return 0;
}

static int remove_unit(struct seen *s)
{
	s->last.path = s->path;
	return category_remove(&category, &s->last);
}

static struct seen walk(const char *want)
{
	struct seen s = {.want = want};

	assert_int_equal(category_walk(&category, see, &s), 0);
	return s;
}

static void each_file_is_a_unit(void **state)
{
	struct seen s;

	(void)state;
	folder("cache/a");
	put("cache/a/x", OLD);
	put("cache/y", OLD + 5);
	s = walk("a/x");
	assert_int_equal(s.units, 2);
	assert_int_equal(s.last.files, 1);
	assert_int_equal(s.last.used, OLD);
	assert_in_range(s.last.bytes, 1, 1 << 20);
}

static void a_folder_is_a_unit_with_the_last_use_of_its_files(void **state)
{
	struct seen s;

	(void)state;
	category.unit = 1;
	folder("cache/model");
	folder("cache/model/blobs");
	put("cache/model/blobs/x", OLD);
	put("cache/model/blobs/y", OLD + 9);
	assert_int_equal(symlink("blobs/x", at("cache/model/link")), 0);
	s = walk("model");
	assert_int_equal(s.units, 1);
	assert_int_equal(s.last.files, 3);
	assert_int_equal(s.last.used, OLD + 9);
}

static void a_file_with_two_names_is_counted_once(void **state)
{
	(void)state;
	put("cache/x", OLD);
	assert_int_equal(link(at("cache/x"), at("cache/y")), 0);
	assert_int_equal(walk(NULL).files, 1);
}

static void links_are_not_followed(void **state)
{
	(void)state;
	folder("elsewhere");
	put("elsewhere/x", OLD);
	assert_int_equal(symlink(at("elsewhere"), at("cache/link")), 0);
	assert_int_equal(walk(NULL).files, 1); /* the link itself */
}

static void what_is_removed_takes_its_empty_folders_along(void **state)
{
	struct seen s;

	(void)state;
	folder("cache/a");
	folder("cache/a/b");
	put("cache/a/b/x", OLD);
	s = walk("a/b/x");
	assert_int_equal(remove_unit(&s), 0);
	assert_int_equal(access(at("cache/a"), F_OK), -1);
	assert_int_equal(access(at("cache"), F_OK), 0);
}

static void what_is_read_only_goes_too(void **state)
{
	struct seen s;

	(void)state;
	category.unit = 1;
	folder("cache/module");
	folder("cache/module/sub");
	put("cache/module/sub/x", OLD);
	chmod(at("cache/module/sub"), 0555);
	chmod(at("cache/module"), 0555);
	s = walk("module");
	assert_int_equal(remove_unit(&s), 0);
	assert_int_equal(access(at("cache/module"), F_OK), -1);
}

static void what_was_used_meanwhile_stays(void **state)
{
	struct seen s;

	(void)state;
	category.unit = 1;
	folder("cache/m");
	put("cache/m/x", OLD);
	s = walk("m");
	put("cache/m/y", OLD + 1);
	assert_int_equal(remove_unit(&s), -EBUSY);
	assert_int_equal(access(at("cache/m/x"), F_OK), 0);
}

/* Somebody puts a link to another folder in the way, between the look and the removal. */
static void a_removal_cannot_be_led_elsewhere(void **state)
{
	struct seen s;

	(void)state;
	folder("elsewhere");
	put("elsewhere/x", OLD);
	folder("cache/a");
	put("cache/a/x", OLD);
	s = walk("a/x");
	assert_int_equal(unlink(at("cache/a/x")), 0);
	assert_int_equal(rmdir(at("cache/a")), 0);
	assert_int_equal(symlink(at("elsewhere"), at("cache/a")), 0);
	assert_true(remove_unit(&s) < 0);
	assert_int_equal(access(at("elsewhere/x"), F_OK), 0);
}

/* A unit that is a link goes as a link. */
static void a_link_is_removed_and_not_what_it_names(void **state)
{
	struct seen s;

	(void)state;
	category.unit = 1;
	folder("elsewhere");
	put("elsewhere/x", OLD);
	assert_int_equal(symlink(at("elsewhere"), at("cache/link")), 0);
	s = walk("link");
	assert_int_equal(remove_unit(&s), 0);
	assert_int_equal(access(at("elsewhere/x"), F_OK), 0);
	assert_int_equal(access(at("cache/link"), F_OK), -1);
}

static void never_is_never(void **state)
{
	struct seen s;

	(void)state;
	put("cache/x", OLD);
	s = walk("x");
	category.evict = "never";
	assert_int_equal(remove_unit(&s), -EPERM);
	assert_int_equal(access(at("cache/x"), F_OK), 0);
}

static void folders_of_the_system_and_of_larder_are_refused(void **state)
{
	static struct config config;
	static const char *const paths[] = {"/", "/usr", "/home", "/tmp"};

	(void)state;
	config.cache.location = at("");
	config.home = "/home/me";
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct category g = {.path = paths[i], .evict = ""};

		assert_non_null(category_refused(&config, &g));
	}
	config.cache.location = "/srv/larder";
	assert_null(category_refused(&config, &category));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(each_file_is_a_unit, fresh),
	        cmocka_unit_test_setup(a_folder_is_a_unit_with_the_last_use_of_its_files, fresh),
	        cmocka_unit_test_setup(a_file_with_two_names_is_counted_once, fresh),
	        cmocka_unit_test_setup(links_are_not_followed, fresh),
	        cmocka_unit_test_setup(what_is_removed_takes_its_empty_folders_along, fresh),
	        cmocka_unit_test_setup(what_is_read_only_goes_too, fresh),
	        cmocka_unit_test_setup(what_was_used_meanwhile_stays, fresh),
	        cmocka_unit_test_setup(a_removal_cannot_be_led_elsewhere, fresh),
	        cmocka_unit_test_setup(a_link_is_removed_and_not_what_it_names, fresh),
	        cmocka_unit_test_setup(never_is_never, fresh),
	        cmocka_unit_test_setup(folders_of_the_system_and_of_larder_are_refused, fresh),
	};

	if (!mkdtemp(top))
		return 1;
	return cmocka_run_group_tests(tests, NULL, gone);
}
