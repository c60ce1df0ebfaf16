/* The patterns of `larder warm`. */
#include "fetch/cmd_warm_glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void assert_begins(const char *arg, const char *pattern)
{
	const char *found = warm_glob_of(arg);

	if (pattern)
		assert_string_equal(found, pattern);
	else
		assert_null(found);
}

static void a_pattern_begins_behind_the_last_slash(void **state)
{
	(void)state;
	assert_begins("s3://b/p/*.tar", "*.tar");
	assert_begins("s3://b/p/x-?/y/*", "x-?/y/*");
	assert_begins("s3://b/**/x", "**/x");
	assert_begins("/data/[ab]", "[ab]");
	assert_begins("*.tar", "*.tar");
	assert_begins("s3://b/p/x.tar", NULL);
	assert_begins("s3://b/k?versionId=abc", NULL);
	assert_begins("", NULL);
}

static void assert_matches(enum warm_match wanted, const char *pattern, const char *path)
{
	if (warm_glob_match(pattern, path) != wanted)
		fail_msg("%s, %s: %d", pattern, path, warm_glob_match(pattern, path));
}

static void a_star_stays_in_its_name(void **state)
{
	(void)state;
	assert_matches(WARM_YES, "*.tar", "a.tar");
	assert_matches(WARM_YES, "*.tar", ".tar");
	assert_matches(WARM_NO, "*.tar", "a.tgz");
	assert_matches(WARM_NO, "*.tar", "d/a.tar");
	assert_matches(WARM_YES, "d/*.tar", "d/a.tar");
	assert_matches(WARM_BELOW, "d/*.tar", "d");
	assert_matches(WARM_NO, "d/*.tar", "e");
	assert_matches(WARM_YES, "a[*]b", "a*b");
}

static void a_folder_that_matches_is_all_below(void **state)
{
	(void)state;
	assert_matches(WARM_YES, "*", "d");
	assert_matches(WARM_YES, "*", "d/e/f");
	assert_matches(WARM_YES, "**/train", "x/train/a/b");
	assert_matches(WARM_BELOW, "d/*", "");
}

static void two_stars_are_any_folders(void **state)
{
	(void)state;
	assert_matches(WARM_YES, "**", "a");
	assert_matches(WARM_BELOW, "**", "");
	assert_matches(WARM_YES, "**/*.tar", "a.tar");
	assert_matches(WARM_YES, "**/*.tar", "d/e/a.tar");
	assert_matches(WARM_BELOW, "**/*.tar", "d/e");
	assert_matches(WARM_YES, "d/**/x/*.t", "d/x/x/y/x/a.t");
	assert_matches(WARM_BELOW, "d/**/x/*.t", "d/x/x/y/x/a.u");
	assert_matches(WARM_NO, "d/**/x", "e/x");
	assert_matches(WARM_YES, "**/a/**/b", "x/a/y/a/z/b");
	assert_matches(WARM_BELOW, "**/a/**/b", "x/b/y");
	assert_matches(WARM_NO, "a**b", "a/b");
}

/* An exponential search would not end. */
static void many_stars_take_no_time(void **state)
{
	char pattern[400] = "", path[400] = "";

	(void)state;
	for (int i = 0; i < 60; i++) {
		strcat(pattern, "**/a/");
		strcat(path, "a/");
	}
	strcat(pattern, "b");
	strcat(path, "c");
	assert_matches(WARM_BELOW, pattern, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_pattern_begins_behind_the_last_slash),
	        cmocka_unit_test(a_star_stays_in_its_name),
	        cmocka_unit_test(a_folder_that_matches_is_all_below),
	        cmocka_unit_test(two_stars_are_any_folders),
	        cmocka_unit_test(many_stars_take_no_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
