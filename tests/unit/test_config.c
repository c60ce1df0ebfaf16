/* larder.ini: what is read from it, what is refused and how it is said. */
#include "cache/read/settings.h"
#include "unit/config_test.h"

static void defaults_without_any_text(void **state)
{
	(void)state;
	assert_loads("");
	assert_string_equal(config.cache.location, "/home/me/.cache/larder");
	assert_int_equal(config.cache.size, 50ULL << 30);
	assert_int_equal(config.cache.ttl, 5 * 60 * 1000);
	assert_int_equal(config.n_profiles, 0);
	assert_true(config_has_scheme(&config, "s3", 2));
	assert_false(config_has_scheme(&config, "s", 1));
	assert_false(config_has_scheme(&config, "https", 5));
}

static void sizes_and_times_have_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
	} sizes[] = {{"1048576", 1 << 20}, {"1024K", 1 << 20}, {"3M", 3 << 20}, {"2G", 2ULL << 30},
	        {"1T", 1ULL << 40}};
	static const struct {
		const char *text;
		uint64_t ms;
	} times[] = {{"250ms", 250}, {"0", 0}, {"7", 7000}, {"7s", 7000}, {"2m", 120000},
	        {"1h", 3600000}, {"1d", 86400000}};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		snprintf(text, sizeof text, "[cache]\nsize = %s\n", sizes[i].text);
		assert_loads(text);
		assert_int_equal(config.cache.size, sizes[i].size);
	}
	for (size_t i = 0; i < COUNT(times); i++) {
		snprintf(text, sizeof text, "[cache]\nttl = %s\n", times[i].text);
		assert_loads(text);
		assert_int_equal(config.cache.ttl, times[i].ms);
	}
}

static void bad_values_are_refused(void **state)
{
	static const char *const bad[] = {"size = ", "size = -1", "size = 5X", "size = 1.5G",
	        "size = 0x10", "size = 99999999999999999999", "size = 99999999999P", "size = 1K",
	        "retries = 101", "retries = 1K", "ttl = 5 m", "ttl = m", "max_connections = 0",
	        "location = relative", "location = /a/../b", "location = /./b"};
	char text[128], word[32];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(text, sizeof text, "; a comment\n[cache]\n%s\n", bad[i]);
		snprintf(word, sizeof word, "%.*s", (int)strcspn(bad[i], " "), bad[i]);
		assert_refused(text, 3, strcmp(word, "location") == 0 ? "" : word);
	}
	assert_refused("[profile a]\nremote = s3://b\nimmutable = perhaps\n", 3, "true or false");
}

static void booleans_have_three_spellings(void **state)
{
	(void)state;
	assert_loads("[profile a]\nremote = s3://a\nimmutable = yes\n[profile b]\nremote = "
	             "s3://b\nimmutable = on\n"
	             "anonymous = true\n[profile c]\nremote = s3://c\nimmutable = no\n");
	assert_true(config.profiles[0].immutable);
	assert_true(config.profiles[1].immutable);
	assert_true(config.profiles[1].anonymous);
	assert_false(config.profiles[2].immutable);
}

static void unknown_names_are_refused_where_they_stand(void **state)
{
	(void)state;
	assert_refused("[cache]\nttl = 5m\nsise = 5G\n", 3, "sise");
	assert_refused("\n[pantry]\n\nx = 1\n", 2, "pantry");
	assert_refused("x = 1\n", 1, "'x'");
	assert_refused("[profile a b]\nremote = s3://b\n", 1, "a b");
	assert_refused("[profile .a]\nremote = s3://b\n", 1, ".a");
	assert_refused("[profile ]\nremote = s3://b\n", 1, "");
	assert_refused("[cache]\nnothing here\n", 2, "key = value");
	assert_refused("[cache\nttl = 1m\n", 1, "no end");
	assert_refused("[cache]\nremote = s3://b\n", 2, "remote");
}

static void the_first_mistake_is_the_one_that_is_told(void **state)
{
	(void)state;
	assert_refused("[cache]\nsise = 1\nttl = x\n[profile a]\n", 2, "sise");
}

static void what_is_right_is_kept_beside_a_mistake(void **state)
{
	(void)state;
	assert_refused("[cache]\nttl = 7m\nsise = 1\n[profile a]\nremote = s3://b\n", 3, "sise");
	assert_int_equal(config.cache.ttl, 7 * 60 * 1000);
	assert_int_equal(config.n_profiles, 1);
}

static void a_key_given_twice_is_refused(void **state)
{
	(void)state;
	assert_refused("[cache]\nttl = 5m\n[cache]\nttl = 6m\n", 4, "line 2");
	assert_refused("[profile a]\nremote = s3://b\nremote = s3://c\n", 3, "remote");
	/* An indented line goes on with the value before, which is easily done by mistake. */
	assert_refused("[profile a]\nremote = s3://b\n  path = /x\n", 3, "indented");
}

static void words_add_up(void **state)
{
	(void)state;
	assert_loads("[profile a]\nremote = s3://b\nbypass = *.tmp\nbypass = logs/*\n  [ab]*\n");
	assert_string_equal(config.profiles[0].bypass, "*.tmp logs/* [ab]*");
}

static void lines_have_a_longest(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof text, "[cache]\nttl = 5m ; %0170d\n", 0);
	assert_loads(text);
	snprintf(text, sizeof text, "[cache]\nttl = 5m ; %0250d\n", 0);
	assert_refused(text, 2, "longer than");
}

static void binary_files_are_refused(void **state)
{
	static const char text[] = "[cache]\nttl = 5m\nsize\0 = 1G\n";
	static char large[CONFIG_FILE_MAX + 1];

	(void)state;
	assert_int_equal(config_parse(&config, "f", text, sizeof text - 1, no_env), -EINVAL);
	assert_non_null(strstr(config.error, "f:3: "));
	assert_non_null(strstr(config.error, "NUL"));
	memset(large, '\n', sizeof large);
	assert_int_equal(config_parse(&config, "f", large, sizeof large, no_env), -EINVAL);
	assert_non_null(strstr(config.error, "larger than"));
}

static void profiles_have_a_limit(void **state)
{
	char text[CONFIG_PROFILES_MAX * 64];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < CONFIG_PROFILES_MAX; i++)
		len += (size_t)snprintf(
		        text + len, sizeof text - len, "[profile p%d]\nremote = s3://b%d\n", i, i);
	assert_loads(text);
	assert_int_equal(config.n_profiles, CONFIG_PROFILES_MAX);
	snprintf(text + len, sizeof text - len, "[profile more]\nremote = s3://more\n");
	assert_refused(text, 2 * CONFIG_PROFILES_MAX + 1, "more than");
}

static void prefixes_must_not_overlap(void **state)
{
	(void)state;
	assert_refused("[profile a]\nremote = s3://a\npath = /data/a\n[profile b]\nremote = "
	               "s3://b\npath = /data/a/b\n",
	        6, "/data/a/b");
	assert_refused("[profile a]\nremote = s3://a\npath = /data/a/b\n[profile b]\nremote = "
	               "s3://b\npath = /data/a\n",
	        6, "overlaps");
	assert_refused("[profile a]\nremote = s3://a\npath = /d\n[profile b]\nremote = "
	               "s3://b\npath = //d/\n",
	        6, "/d");
	assert_refused("[profile a]\nremote = s3://a\npath = /\n", 3, "/");
	assert_loads("[profile a]\nremote = s3://a\npath = /data/a\n[profile b]\nremote = "
	             "s3://b\npath = /data/ab\n");
}

static void paths_are_put_in_order(void **state)
{
	(void)state;
	assert_loads(
	        "[cache]\nlocation = ~/c//d/\n[profile a]\nremote = s3://a\npath = //data///a/\n");
	assert_string_equal(config.cache.location, "/home/me/c/d");
	assert_string_equal(config.profiles[0].path, "/data/a");
	assert_int_equal(config.profiles[0].path_len, strlen("/data/a"));
}

static void lines_are_remembered(void **state)
{
	(void)state;
	assert_loads("; x\n[cache]\n\nttl = 9m\n[profile a]\n\nremote = s3://a\n");
	assert_int_equal(config.lines[SETTING_INDEX_cache_ttl], 4);
	assert_int_equal(config.lines[SETTING_INDEX_cache_size], 0);
	assert_int_equal(config.profiles[0].line, 5);
	assert_int_equal(config.profiles[0].lines[SETTING_INDEX_profile_remote], 7);
}

static void a_second_load_knows_nothing_of_the_first(void **state)
{
	(void)state;
	assert_loads("[profile a]\nremote = s3://a\npath_style = true\nimmutable = true\n");
	assert_loads("[profile b]\nremote = s3://b\n");
	assert_int_equal(config.profiles[0].lines[SETTING_INDEX_profile_immutable], 0);
	assert_false(config.profiles[0].immutable);
	assert_false(config.profiles[0].path_style);
	assert_false(config.profiles[0].path_style_set);
}

/* Every type's text as larder.ini has it, by the row of settings.def. */
static void values_are_written_as_they_are_read(void **state)
{
	static const struct {
		int index;
		const char *wanted;
	} rows[] = {
	        {SETTING_INDEX_profile_remote, "s3://b/x"},
	        {SETTING_INDEX_profile_ttl, "90s"},
	        {SETTING_INDEX_profile_negative_ttl, "0"},
	        {SETTING_INDEX_profile_max_stale, "2d"},
	        {SETTING_INDEX_profile_immutable, "true"},
	        {SETTING_INDEX_profile_anonymous, "false"},
	        {SETTING_INDEX_profile_region, ""},
	};
	char out[64];

	(void)state;
	assert_loads("[cache]\nsize = 1536M\n[profile a]\nremote = s3://b/x\nttl = "
	             "90\nnegative_ttl = 0s\nmax_stale = 48h\n"
	             "immutable = yes\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		setting_format(&settings[rows[i].index], &config.profiles[0], out, sizeof out);
		assert_string_equal(out, rows[i].wanted);
	}
	setting_format(&settings[SETTING_INDEX_cache_size], &config, out, sizeof out);
	assert_string_equal(out, "1536M");
	setting_format(&settings[SETTING_INDEX_cache_retries], &config, out, sizeof out);
	assert_string_equal(out, "5");
}

static void copies_need_a_local_folder_beside_the_cache(void **state)
{
	(void)state;
	assert_loads("[cache]\nlocation = /shared/l\n[local]\nlocation = /shared/local\nsize = 2G\n"
	             "[profile a]\nremote = s3://b\nmode = copy\n[profile c]\nremote = s3://c\n");
	assert_string_equal(config.local.location, "/shared/local");
	assert_int_equal(config.local.size, 2ULL << 30);
	assert_true(config.profiles[0].copy);
	assert_false(config.profiles[1].copy);
	assert_refused("[profile a]\nremote = s3://b\nmode = copied\n", 3, "direct or copy");
	assert_refused("[profile a]\nremote = s3://b\nmode = copy\n", 3, "[local]");
	assert_refused("[cache]\nlocation = /c\n[local]\nlocation = /c/local\n", 4, "two folders");
	assert_refused("[cache]\nlocation = /c/d\n[local]\nlocation = /c\n", 4, "two folders");
}

static void categories_are_read(void **state)
{
	(void)state;
	assert_loads(
	        "[category pip]\npath = ~/pip\nretention = 90d\n[profile a]\nremote = s3://b\n"
	        "[category hub]\npath = /srv/hub\nunit = 1\nevict = never\nenv = HF_HUB_CACHE\n");
	assert_int_equal(config.n_categories, 2);
	assert_int_equal(config.n_profiles, 1);
	assert_string_equal(config.categories[0].name, "pip");
	assert_string_equal(config.categories[0].path, "/home/me/pip");
	assert_int_equal(config.categories[0].retention, 90ULL * 24 * 3600 * 1000);
	assert_int_equal(config.categories[0].unit, 0);
	assert_string_equal(config.categories[1].evict, "never");
	assert_string_equal(config.categories[1].env, "HF_HUB_CACHE");
	assert_true(config.categories[1].retention == SETTING_UNSET);
}

static void a_category_without_a_path_is_refused(void **state)
{
	(void)state;
	assert_refused("[category pip]\nretention = 90d\n", 1, "no path");
	assert_refused("[category pip]\npath = /x\nevict = often\n", 3, "never");
	assert_refused("[category]\npath = /x\n", 1, "[category]");
	assert_refused("[category ../x]\npath = /x\n", 1, "../x");
}

static void secrets_are_never_written(void **state)
{
	char out[64];

	(void)state;
	assert_loads("[profile a]\nremote = s3://b\naccess_key_id = hush-id\nsecret_access_key = "
	             "hush-key\n"
	             "session_token = hush-token\n");
	for (int i = 0; i < SETTING_COUNT_ALL; i++) {
		if (strcmp(settings[i].section, "profile") != 0)
			continue;
		setting_format(&settings[i], &config.profiles[0], out, sizeof out);
		assert_null(strstr(out, "hush"));
	}
	setting_format(&settings[SETTING_INDEX_profile_session_token], &config.profiles[0], out,
	        sizeof out);
	assert_string_equal(out, "****");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(defaults_without_any_text),
	        cmocka_unit_test(sizes_and_times_have_units),
	        cmocka_unit_test(bad_values_are_refused),
	        cmocka_unit_test(booleans_have_three_spellings),
	        cmocka_unit_test(unknown_names_are_refused_where_they_stand),
	        cmocka_unit_test(the_first_mistake_is_the_one_that_is_told),
	        cmocka_unit_test(what_is_right_is_kept_beside_a_mistake),
	        cmocka_unit_test(a_key_given_twice_is_refused),
	        cmocka_unit_test(words_add_up),
	        cmocka_unit_test(lines_have_a_longest),
	        cmocka_unit_test(binary_files_are_refused),
	        cmocka_unit_test(profiles_have_a_limit),
	        cmocka_unit_test(prefixes_must_not_overlap),
	        cmocka_unit_test(paths_are_put_in_order),
	        cmocka_unit_test(lines_are_remembered),
	        cmocka_unit_test(a_second_load_knows_nothing_of_the_first),
	        cmocka_unit_test(values_are_written_as_they_are_read),
	        cmocka_unit_test(copies_need_a_local_folder_beside_the_cache),
	        cmocka_unit_test(categories_are_read),
	        cmocka_unit_test(a_category_without_a_path_is_refused),
	        cmocka_unit_test(secrets_are_never_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
