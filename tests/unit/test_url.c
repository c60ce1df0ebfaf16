/* What URLs name: configured profiles, buckets and versions that have profiles of their own, and
 * the way back from their folders. */
#include "cache/read/url.h"
#include "cache/read/settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct config config;
static struct own_profile own;
static const struct profile *profile;
static const char *key;
static char url[4096];

static void load(const char *text)
{
	static char *env[] = {"HOME=/home/me", NULL};

	if (config_parse(&config, "larder.ini", text, strlen(text), env))
		fail_msg("%s", config.error);
}

static int resolve(const char *text)
{
	snprintf(url, sizeof url, "%s", text);
	profile = NULL;
	key = NULL;
	return config_profile_of_url(&config, url, &own, &profile, &key);
}

/* The URL is `wanted_key` in profile number i. */
static void assert_in(const char *text, int i, const char *wanted_key)
{
	if (resolve(text))
		fail_msg("%s: not found", text);
	if (profile != &config.profiles[i])
		fail_msg("%s: in %s", text, profile->name);
	assert_string_equal(key, wanted_key);
}

/* It has a profile of its own, which is found by its folder again. */
static void assert_own(const char *text, const char *name, const char *version,
        const char *wanted_key, bool immutable)
{
	static struct own_profile again;
	char rel[300];

	if (resolve(text))
		fail_msg("%s: not found", text);
	assert_ptr_equal(profile, &own.profile);
	assert_string_equal(profile->name, name);
	assert_string_equal(profile->version, version);
	assert_string_equal(key, wanted_key);
	assert_int_equal(profile->immutable, immutable);
	assert_int_equal(strlen(profile->dir), profile->dir_len);
	snprintf(rel, sizeof rel, "%s/k", profile->dir);
	assert_ptr_equal(config_profile_of_dir(&config, rel, &again), &again.profile);
	assert_string_equal(again.dir, own.dir);
	assert_string_equal(again.version, own.version);
	assert_string_equal(again.profile.authority, own.profile.authority);
	assert_int_equal(again.profile.immutable, immutable);
	/* Another id is another profile. */
	rel[profile->dir_len - 1] ^= 1;
	assert_null(config_profile_of_dir(&config, rel, &again));
}

static void the_longest_remote_has_a_url(void **state)
{
	(void)state;
	load("[profile a]\nremote = s3://b/\n[profile b]\nremote = s3://b/x/y\n[profile "
	     "c]\nremote = https://h/f\n[profile d]\nremote = file:///srv/data\n"
	     "[profile e]\nremote = gs://b/x\n");
	assert_in("s3://b/x/y/z/k", 1, "z/k");
	assert_in("s3://b/x/y", 1, "");
	assert_in("s3://b/x/y/", 1, "");
	assert_in("s3://b/x/yz", 0, "x/yz");
	assert_in("s3://b", 0, "");
	assert_in("file:///srv/data/k", 3, "k");
	assert_in("gs://b/x/k", 4, "k");
	assert_int_equal(resolve("https://h/g"), -ENOENT);
	assert_int_equal(resolve("file:///srv/dat"), -ENOENT);
	assert_int_equal(resolve("ftp://h/f"), -ENOENT);
	assert_int_equal(resolve("s3://"), -EINVAL);
	assert_own("s3://bb/x", "s3=bb", "", "x", false);
	assert_own("gs://b/y", "gs=b", "", "y", false);
}

static void the_address_of_a_blob_is_an_az_url(void **state)
{
	static const char *const not [] = {"https://a-b.blob.core.windows.net/c/d",
	        "https://ab.blob.core.windows.net/c/d",
	        "https://account.blob.core.windows.net:443/c/d",
	        "https://account.blob.core.windows.net.evil/c/d",
	        "https://u@account.blob.core.windows.net/c/d",
	        "http://account.blob.core.windows.net/c/d",
	        "https://account.blob.core.windows.net/c/d?sv=1&sig=secret",
	        "https://account.blob.core.windows.net"};

	(void)state;
	load("[profile a]\nremote = https://account.blob.core.windows.net/c/in\n[profile "
	     "b]\nremote = az://other/c\n"
	     "[profile listed]\nremote = https://third.blob.core.windows.net/c\nmanifest = "
	     "m.tsv\n");
	assert_string_equal(config.profiles[0].scheme, "az");
	assert_string_equal(config.profiles[0].authority, "account/c");
	assert_string_equal(config.profiles[0].prefix, "in/");
	assert_string_equal(config.profiles[2].scheme, "https");
	assert_in("https://account.blob.core.windows.net/c/in/x y", 0, "x y");
	assert_in("az://account/c/in/x", 0, "x");
	assert_in("https://other.blob.core.windows.net/c/x", 1, "x");
	assert_own("https://third.blob.core.windows.net/c/x/y", "az=third,c", "", "x/y", false);
	assert_own("https://third.blob.core.windows.net/$web", "az=third,$web", "", "", false);
	assert_own("https://third.blob.core.chinacloudapi.cn/c/x",
	        "az=third.blob.core.chinacloudapi.cn,c", "", "x", false);
	assert_int_equal(resolve("https://account.blob.core.windows.net/"), -EINVAL);
	for (size_t i = 0; i < COUNT(not ); i++) {
		if (resolve(not [i]) != -ENOENT)
			fail_msg("%s", not [i]);
	}
}

static void profiles_are_named(void **state)
{
	(void)state;
	load("[profile a.b]\nremote = s3://b/x\n[profile web]\nremote = https://h/f/\n");
	assert_in("larder://a.b/y/k", 0, "y/k");
	assert_in("larder://a.b", 0, "");
	assert_in("msc://web/k", 1, "k");
	assert_in("msc://web/k?versionId=1", 1, "k?versionId=1");
	assert_own("larder://a.b/k?versionId=1", "a.b@1", "1", "k", true);
	assert_int_equal(resolve("larder://a/k"), -ENOENT);
	assert_int_equal(resolve("larder:///k"), -EINVAL);
}

static void what_needs_no_profile_has_its_own(void **state)
{
	(void)state;
	load("");
	assert_own("s3://bucket-1/a/b", "s3=bucket-1", "", "a/b", false);
	assert_own("az://account/container/b/c", "az=account,container", "", "b/c", false);
	assert_string_equal(profile->authority, "account/container");
	assert_own("az://account/$web/x", "az=account,$web", "", "x", false);
	assert_own("hf://org/name/f", "hf=org,name", "main", "f", false);
	assert_own("hf://org/name@main/f", "hf=org,name", "main", "f", false);
	assert_own("hf://datasets/org/name@v1/f", "hf=datasets,org,name@v1", "v1", "f", false);
	assert_string_equal(profile->authority, "datasets/org/name");
	assert_own(
	        "hf://org/name@refs/pr/1/f", "hf=org,name@refs%2Fpr%2F1", "refs/pr/1", "f", false);
	assert_own("hf://org/name@refs%2Fpr%2F1/f", "hf=org,name@refs%2Fpr%2F1", "refs/pr/1", "f",
	        false);
	assert_own("hf://org/name@0123456789abcdef0123456789abcdef01234567/f",
	        "hf=org,name@0123456789abcdef0123456789abcdef01234567",
	        "0123456789abcdef0123456789abcdef01234567", "f", true);
	assert_int_equal(resolve("az://account"), -EINVAL);
	assert_int_equal(resolve("hf://datasets/org"), -EINVAL);
	assert_int_equal(resolve("https://h/x"), -ENOENT);
}

static void pins(void **state)
{
	static const char *const plain[][2] = {{"s3://c/k?versionId=", "k?versionId="},
	        {"s3://c/k?versionId=a/b", "k?versionId=a/b"},
	        {"s3://c/k?versionId=a b", "k?versionId=a b"}, {"s3://c/k?x=1", "k?x=1"},
	        {"s3://c/?versionId=1", "?versionId=1"}, {"gs://c/k#", "k#"},
	        {"gs://c/k#1a", "k#1a"},
	        {"gs://c/k#123456789012345678901", "k#123456789012345678901"},
	        {"gs://c/k#1/b", "k#1/b"}, {"az://c/d/k#1", "k#1"},
	        {"az://c/d/k?snapshot=", "k?snapshot="}, {"az://c/d/k?1", "k?1"},
	        {"az://c/d/k?versionId=1/b", "k?versionId=1/b"},
	        {"az://c/d/k?versionId=1&x=2", "k?versionId=1&x=2"},
	        {"az://c/d/?snapshot=1", "?snapshot=1"}};

	(void)state;
	load("[profile a]\nremote = s3://b/x\nttl = 1s\n[profile b]\nremote = hf://o/n@v1\n");
	assert_own("s3://b/x/k?versionId=V.1_-", "a@V.1_-", "V.1_-", "k", true);
	assert_true(profile->pinned);
	assert_int_equal(profile->ttl, 1000);
	assert_string_equal(profile->prefix, "x/");
	assert_own("s3://c/k?versionId=L+~z=", "s3=c@L%2B%7Ez%3D", "L+~z=", "k", true);
	assert_own("s3://c/k?versionId=null", "s3=c@null", "null", "k", false);
	assert_own("s3://c/k?versionId=1?versionId=2", "s3=c@2", "2", "k?versionId=1", true);
	assert_own("gs://c/k#1700000000000000", "gs=c@1700000000000000", "1700000000000000", "k",
	        true);
	assert_own("az://c/d/k?snapshot=2026-01-31T12:00:00.1Z",
	        "az=c,d@snapshot%3D2026-01-31T12%3A00%3A00.1Z", "snapshot=2026-01-31T12:00:00.1Z",
	        "k", true);
	assert_own("az://c/d/x?y?versionId=1", "az=c,d@versionId%3D1", "versionId=1", "x?y", true);
	for (size_t i = 0; i < COUNT(plain); i++) {
		assert_int_equal(resolve(plain[i][0]), 0);
		assert_string_equal(key, plain[i][1]);
		assert_string_equal(profile->version, "");
		assert_false(profile->pinned);
	}
	assert_in("hf://o/n@v1/k", 1, "k");
	assert_own("hf://o/n/k", "b@main", "main", "k", false);
	assert_false(profile->pinned);
	memset(url, 0, sizeof url);
	assert_int_equal(
	        config_settings_of(&config, "a@V~0000000000000000/k") == &config.profiles[0], 1);
	assert_null(config_settings_of(&config, "s3=c@V~0000000000000000/k"));
}

static void different_versions_have_different_folders(void **state)
{
	char first[300];

	(void)state;
	load("");
	assert_int_equal(resolve("s3://c/k?versionId=a"), 0);
	snprintf(first, sizeof first, "%s", profile->dir);
	assert_int_equal(resolve("s3://c/k?versionId=A"), 0);
	assert_string_not_equal(strrchr(first, '~'), strrchr(profile->dir, '~'));
}

static void what_cannot_be_a_bucket_is_refused(void **state)
{
	static const char *const bad[] = {"s3://", "s3://.", "s3://..", "s3://a b", "s3://a~b",
	        "s3://a\nb", "s3://.hidden", "s3://a@b", "s3://a,b", "s3://a=b", "s3://$a",
	        "az://$a/b", "az://a/.b", "hf://o/n@", "hf://o/n@%2", "hf://o/n@%00",
	        "hf://o/n@%20"};
	char text[400] = "s3://";

	(void)state;
	load("");
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (resolve(bad[i]) != -EINVAL)
			fail_msg("%s", bad[i]);
	}
	memset(text + 5, 'a', URL_AUTHORITY_MAX + 1);
	assert_int_equal(resolve(text), -EINVAL);
	text[5 + URL_AUTHORITY_MAX] = 0;
	assert_int_equal(resolve(text), 0);
	strcat(text, "/k?versionId=");
	memset(text + strlen(text), '+', 40);
	assert_int_equal(resolve(text), -ENAMETOOLONG);
}

/* What make_own says of each setting is what the parser says. */
static void an_own_profile_has_every_default(void **state)
{
	char mine[512], parsed[512];

	(void)state;
	load("[cache]\nttl = 3m\n[profile a]\nremote = s3://elsewhere\n");
	assert_int_equal(resolve("s3://bucket/k"), 0);
	for (int i = 0; i < SETTING_COUNT_ALL; i++) {
		if (strcmp(settings[i].section, "profile") || !strcmp(settings[i].key, "remote"))
			continue;
		setting_format(&settings[i], profile, mine, sizeof mine);
		setting_format(&settings[i], &config.profiles[0], parsed, sizeof parsed);
		if (strcmp(mine, parsed) != 0)
			fail_msg("%s: %s is not %s", settings[i].key, mine, parsed);
	}
	assert_int_equal(profile->ttl, 3 * 60 * 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_longest_remote_has_a_url),
	        cmocka_unit_test(the_address_of_a_blob_is_an_az_url),
	        cmocka_unit_test(profiles_are_named),
	        cmocka_unit_test(what_needs_no_profile_has_its_own),
	        cmocka_unit_test(pins),
	        cmocka_unit_test(different_versions_have_different_folders),
	        cmocka_unit_test(what_cannot_be_a_bucket_is_refused),
	        cmocka_unit_test(an_own_profile_has_every_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
