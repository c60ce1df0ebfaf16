/* Whom `allow` names, and what that makes of a profile's folders. */
#include "cache/access.h"
#include "cache/read/identity.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/xattr.h>
#include <cmocka.h>

static char error[LAYOUT_ERROR_MAX];

static void names_are_separated_by_spaces_and_commas(void **state)
{
	const char *list = " @ml, alice,,1000\t@20 ";
	char name[ACCESS_NAME_MAX];
	bool group;

	(void)state;
	assert_true(access_next(&list, name, &group) && group);
	assert_string_equal(name, "ml");
	assert_true(access_next(&list, name, &group) && !group);
	assert_string_equal(name, "alice");
	assert_true(access_next(&list, name, &group) && !group);
	assert_string_equal(name, "1000");
	assert_true(access_next(&list, name, &group) && group);
	assert_string_equal(name, "20");
	assert_false(access_next(&list, name, &group));
}

static struct access *allow(const char *list)
{
	cache_config.profiles[0].allow = list;
	return access_new(&cache_config, error);
}

static void a_name_that_nobody_has_is_an_error(void **state)
{
	static const char *const wrong[] = {"no-such-user-here", "root @no-such-group-here", "@",
	        "@@root", "-1", "4294967295", "99999999999999999999", "1x"};
	char long_name[ACCESS_NAME_MAX + 50];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_null(allow(wrong[i]));
		assert_non_null(strstr(error, "profile 'demo': allow:"));
	}
	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = 0;
	assert_null(allow(long_name));
}

static void there_is_a_limit(void **state)
{
	char list[ACCESS_IDS_MAX * 8 + 8];
	struct access *a;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < ACCESS_IDS_MAX; i++)
		n += (size_t)snprintf(list + n, sizeof list - n, "%d ", 1000 + i);
	/* The same one again is no more of them. */
	snprintf(list + n, sizeof list - n, "1001");
	a = allow(list);
	assert_non_null(a);
	access_free(a);
	snprintf(list + n, sizeof list - n, "@1");
	assert_null(allow(list));
}

static mode_t mode_of(const char *format)
{
	char path[LAYOUT_PATH_MAX];
	struct stat st;

	snprintf(path, sizeof path, format, cache_folder, cache_config.profiles[0].dir);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void gates_are_for_those_who_are_named(void **state)
{
	struct access *a = allow("1000 @2000");
	char path[LAYOUT_PATH_MAX];
	int closed;

	(void)state;
	assert_non_null(a);
	cache_layout.data_dir_mode = 0755;
	closed = access_gate(a, &cache_layout, error);
	assert_in_range(closed, 0, 1);
	snprintf(path, sizeof path, "%s/cache/data/%s", cache_folder, cache_config.profiles[0].dir);
	if (!closed)
		assert_true(getxattr(path, "system.posix_acl_access", NULL, 0) > 0);
	assert_int_equal(mode_of("%s/cache/data/%s") & 07, 0);
	assert_int_equal(mode_of("%s/run/listings/%s") & 07, 0);
	assert_int_equal(mode_of("%s/run/carriers/%s") & 07, 0);
	assert_true(identity_marked(mode_of("%s/run/carriers/%s")));
	access_free(a);
	/* And open again, for all. */
	a = allow("");
	assert_non_null(a);
	assert_int_equal(access_gate(a, &cache_layout, error), 0);
	assert_true(getxattr(path, "system.posix_acl_access", NULL, 0) <= 0);
	assert_int_equal(mode_of("%s/cache/data/%s"), 0755);
	assert_int_equal(mode_of("%s/run/carriers/%s"), CARRIER_MODE);
	access_free(a);
}

static void a_carrier_inside_leaves_the_gate_as_it_is(void **state)
{
	struct access *a = allow("1000");
	mode_t before;

	(void)state;
	assert_non_null(a);
	assert_true(access_gate(a, &cache_layout, error) >= 0);
	before = mode_of("%s/run/carriers/%s");
	assert_int_equal(
	        layout_make_carrier(&cache_layout, &cache_config.profiles[0], cache_rel("a/b")), 0);
	assert_int_equal(mode_of("%s/run/carriers/%s"), before);
	access_free(a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cache_make, cache_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_are_separated_by_spaces_and_commas),
	        TEST(a_name_that_nobody_has_is_an_error),
	        TEST(there_is_a_limit),
	        TEST(gates_are_for_those_who_are_named),
	        TEST(a_carrier_inside_leaves_the_gate_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
