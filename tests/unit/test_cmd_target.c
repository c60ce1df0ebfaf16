/* What an argument of a subcommand means: virtual URLs, paths in a prefix, links into one. */
#include "fetch/cmd_target.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct config config;
static struct target target;
static char folder[] = "/tmp/larder-test.XXXXXX";
static char error[TARGET_ERROR_MAX];

static int set_up(void **state)
{
	static const char text[] =
	        "[profile images]\nremote = s3://bucket/images\npath = /data/images\n"
	        "[profile web]\nremote = https://host/files/\n"
	        "[profile disk]\nremote = file:///srv/disk\npath = /data/disk\n";
	static char *env[] = {"HOME=/home/me", NULL};

	(void)state;
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return -1;
	return config_parse(&config, "larder.ini", text, sizeof text - 1, env);
}

static int tear_down(void **state)
{
	(void)state;
	return chdir("/") || rmdir(folder);
}

/* The argument is `rest` in the folder of profile number i. */
static void assert_is(const char *arg, int i, const char *rest)
{
	if (target_resolve(&config, arg, &target, error) != 0)
		fail_msg("%s: %s", arg, error);
	assert_ptr_equal(target.profile, &config.profiles[i]);
	assert_int_equal(strncmp(target.rel, target.profile->dir, target.profile->dir_len), 0);
	assert_string_equal(target.rel + target.profile->dir_len, rest);
}

static void assert_is_not(const char *arg, int wanted, const char *word)
{
	assert_int_equal(target_resolve(&config, arg, &target, error), wanted);
	assert_non_null(strstr(error, word));
}

static void urls_of_profiles(void **state)
{
	(void)state;
	assert_is("s3://bucket/images/a/b", 0, "/a/b");
	assert_is("s3://bucket/images", 0, "");
	assert_is("s3://bucket/images/", 0, "");
	assert_is("https://host/files/x", 1, "/x");
	assert_is("file:///srv/disk/x", 2, "/x");
}

static void urls_that_were_bent(void **state)
{
	(void)state;
	assert_is("s3:/bucket/images/a", 0, "/a");
	assert_is("s3://bucket//images/./a//b/../c/", 0, "/a/c");
	assert_is("https:/host/files/x", 1, "/x");
}

static void paths_in_a_prefix(void **state)
{
	(void)state;
	assert_is("/data/images", 0, "");
	assert_is("//data/./images//a/", 0, "/a");
	assert_is("/data/disk/../images/a", 0, "/a");
	assert_is("../../../../../data/images/a", 0, "/a");
}

static void links_into_a_prefix(void **state)
{
	(void)state;
	assert_int_equal(symlink("/data/images/a", "link"), 0);
	assert_int_equal(symlink("link", "chain"), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_is("link/b", 0, "/a/b");
	assert_is("./chain", 0, "/a");
	assert_is_not("loop/x", -ENOENT, "no profile");
	assert_int_equal(unlink("link") | unlink("chain") | unlink("loop"), 0);
}

static void buckets_without_a_profile(void **state)
{
	char url[TARGET_URL_MAX];

	(void)state;
	assert_int_equal(target_resolve(&config, "s3://other/a/b", &target, error), 0);
	assert_ptr_equal(target.profile, &target.own.profile);
	assert_string_equal(target.profile->name, "s3=other");
	target_url(target.profile, target.rel, url, sizeof url);
	assert_string_equal(url, "s3://other/a/b");
	target_path(target.profile, target.rel, url, sizeof url);
	assert_string_equal(url, "");
	/* Not below the profile's prefix, so it is the bucket itself. */
	assert_int_equal(target_resolve(&config, "s3://bucket/imagesque", &target, error), 0);
	assert_ptr_equal(target.profile, &target.own.profile);
}

static void assert_shown(const char *arg, const char *shown)
{
	char url[TARGET_URL_MAX];

	if (target_resolve(&config, arg, &target, error) != 0)
		fail_msg("%s: %s", arg, error);
	target_url(target.profile, target.rel, url, sizeof url);
	assert_string_equal(url, shown);
	target_rel_url(&config, target.rel, url, sizeof url);
	assert_string_equal(url, shown);
}

static void urls_come_back_with_what_they_pin(void **state)
{
	(void)state;
	assert_shown("larder://images/a", "s3://bucket/images/a");
	assert_shown("msc://web/a", "https://host/files/a");
	assert_shown("s3://bucket/images/a?versionId=x-1", "s3://bucket/images/a?versionId=x-1");
	assert_shown("larder://images/a?versionId=x~1", "s3://bucket/images/a?versionId=x~1");
	assert_shown("gs://other/a#12", "gs://other/a#12");
	assert_shown("az://account/container/a", "az://account/container/a");
	assert_shown("hf:/o/n@main/a", "hf://o/n/a");
	assert_shown("hf://datasets/o/n@refs/pr/1/a", "hf://datasets/o/n@refs%2Fpr%2F1/a");
	/* A profile is found by what it covers, not by how its remote is written. */
	assert_shown("s3://bucket/images/a?versionId=x/b", "s3://bucket/images/a?versionId=x/b");
	assert_string_equal(target.profile->version, "");
}

static void what_is_not_ours(void **state)
{
	(void)state;
	assert_is_not("/data/imagesque", -ENOENT, "no profile");
	assert_is_not("/data", -ENOENT, "no profile");
	assert_is_not("", -ENOENT, "no profile");
	assert_is_not("s3://", -EINVAL, "bucket");
	assert_is_not("s3://a b/x", -EINVAL, "bucket");
	assert_is_not("https://elsewhere/x", -ENOENT, "https://elsewhere/x");
	assert_is_not("az://account", -EINVAL, "az://account/container");
	assert_is_not("larder://nobody/x", -ENOENT, "profile");
	assert_is_not("ftp://host/x", -ENOENT, "ftp://host/x");
}

static void names_that_are_too_long(void **state)
{
	static char arg[PATH_MAX + 64];

	(void)state;
	memset(arg, 'a', sizeof arg - 1);
	memcpy(arg, "/data/images/", 13);
	assert_is_not(arg, -ENAMETOOLONG, "long");
	memcpy(arg, "s3://bucket/i", 13);
	assert_is_not(arg, -ENAMETOOLONG, "long");
}

static void a_long_name_comes_back_as_it_was(void **state)
{
	char arg[512], shown[TARGET_URL_MAX];
	int n = snprintf(arg, sizeof arg, "/data/images/x/");

	(void)state;
	memset(arg + n, 'n', 300);
	snprintf(arg + n + 300, sizeof arg - (size_t)n - 300, "/y");
	assert_int_equal(target_resolve(&config, arg, &target, error), 0);
	target_path(target.profile, target.rel, shown, sizeof shown);
	assert_string_equal(shown, arg);
	target_url(target.profile, target.rel, shown, sizeof shown);
	assert_string_equal(shown + strlen("s3://bucket/images"), arg + strlen("/data/images"));
}

static void children_of_a_folder(void **state)
{
	size_t len;

	(void)state;
	assert_is("/data/images/a", 0, "/a");
	len = strlen(target.rel);
	assert_int_equal(target_child(target.rel, &len, "b", 1), 0);
	assert_string_equal(target.rel + target.profile->dir_len, "/a/b");
	assert_int_equal(len, strlen(target.rel));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(urls_of_profiles),
	        cmocka_unit_test(urls_that_were_bent),
	        cmocka_unit_test(paths_in_a_prefix),
	        cmocka_unit_test(links_into_a_prefix),
	        cmocka_unit_test(buckets_without_a_profile),
	        cmocka_unit_test(urls_come_back_with_what_they_pin),
	        cmocka_unit_test(what_is_not_ours),
	        cmocka_unit_test(names_that_are_too_long),
	        cmocka_unit_test(a_long_name_comes_back_as_it_was),
	        cmocka_unit_test(children_of_a_folder),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
