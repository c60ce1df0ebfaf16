/* larder.ini: what is read from it, what is refused and how it is said, what is derived from it. */
#include "cache/read/config.h"
#include "cache/read/settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct config config, other;
static char *no_env[] = {"HOME=/home/me", NULL};

static int parse(struct config *c, const char *text)
{
	return config_parse(c, "larder.ini", text, strlen(text), no_env);
}

static void assert_loads(const char *text)
{
	if (parse(&config, text) != 0)
		fail_msg("refused: %s", config.error);
	assert_string_equal(config.error, "");
}

/* Refused with a message that begins with file and line, and has the word. */
static void assert_refused(const char *text, int line, const char *word)
{
	char head[64];

	assert_int_equal(parse(&config, text), -EINVAL);
	snprintf(head, sizeof head, "larder.ini:%d: ", line);
	if (strncmp(config.error, head, strlen(head)) != 0)
		fail_msg("wanted %s in: %s", head, config.error);
	if (!strstr(config.error, word))
		fail_msg("wanted '%s' in: %s", word, config.error);
	assert_null(strchr(config.error, '\n'));
}

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

static void remotes_are_taken_apart(void **state)
{
	const struct profile *p;

	(void)state;
	assert_loads(
	        "[profile a]\nremote = s3://bucket/x/y\n[profile b]\nremote = https://host:8443/\n"
	        "[profile c]\nremote = file:///srv/data/\n[profile d]\nremote = s3://bucket\n");
	p = config.profiles;
	assert_string_equal(p[0].scheme, "s3");
	assert_string_equal(p[0].authority, "bucket");
	assert_string_equal(p[0].prefix, "x/y/");
	assert_string_equal(p[1].scheme, "https");
	assert_string_equal(p[1].authority, "host:8443");
	assert_string_equal(p[1].prefix, "");
	assert_string_equal(p[2].authority, "");
	assert_string_equal(p[2].prefix, "srv/data/");
	assert_string_equal(p[3].prefix, "");
	assert_string_equal(p[0].version, "");
	assert_loads("[profile a]\nremote = gs://b/x\n[profile b]\nremote = az://acc/cont/x\n"
	             "[profile c]\nremote = hf://datasets/o/n@v1.0/x\n[profile d]\nremote = "
	             "hf://o/n\n[profile e]\nremote = "
	             "hf://o/n@0123456789abcdef0123456789abcdef01234567\n");
	p = config.profiles;
	assert_string_equal(p[0].scheme, "gs");
	assert_string_equal(p[1].authority, "acc/cont");
	assert_string_equal(p[1].prefix, "x/");
	assert_string_equal(p[2].authority, "datasets/o/n");
	assert_string_equal(p[2].version, "v1.0");
	assert_string_equal(p[2].prefix, "x/");
	assert_false(p[2].immutable);
	assert_string_equal(p[3].version, "main");
	assert_true(p[4].immutable);
	assert_refused("[profile a]\nremote = az://account\n", 2, "az://account/container");
	assert_refused("[profile a]\nremote = hf://datasets/o\n", 2, "hf://");
	assert_refused("[profile a]\nremote = hf://o/n@/x\n", 2, "hf://");
	assert_refused("[profile a]\nremote = larder://b/x\n", 2, "s3://");
	assert_refused("[profile a]\nremote = gopher://b/secret\n", 2, "gopher");
	assert_null(strstr(config.error, "secret"));
	assert_refused("[profile a]\nremote = bucket\n", 2, "s3://");
	assert_refused("[profile a]\nremote = s3:///x\n", 2, "bucket");
	assert_refused("[profile a]\nremote = file://host/x\n", 2, "file:///");
	assert_refused("\n[profile a]\npath = /x\n", 2, "remote");
}

static void times_of_a_profile_come_from_the_cache(void **state)
{
	(void)state;
	assert_loads("[cache]\nttl = 9m\nmax_stale = 2h\n[profile a]\nremote = s3://a\nmax_stale = "
	             "3h\n");
	assert_int_equal(config.profiles[0].ttl, 9 * 60 * 1000);
	assert_int_equal(config.profiles[0].max_stale, 3 * 3600 * 1000);
	assert_int_equal(config.profiles[0].negative_ttl, 60 * 1000);
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

static uint64_t hash_with(char *variable)
{
	char *env[] = {"HOME=/home/me", "LANG=C", variable, NULL};

	assert_int_equal(config_parse(&config, "f", "[cache]\n", 8, env), 0);
	return config.hash;
}

static void the_hash_changes_with_credentials_and_with_nothing_else(void **state)
{
	/* Whatever a store reads. */
	static char *const names[] = {"AWS_PROFILE=x", "AZURE_STORAGE_KEY=x", "IDENTITY_ENDPOINT=x",
	        "IDENTITY_HEADER=x", "GOOGLE_APPLICATION_CREDENTIALS=x", "CLOUDSDK_CONFIG=x",
	        "GCE_METADATA_HOST=x", "NO_GCE_CHECK=true", "STORAGE_EMULATOR_HOST=x", "HF_TOKEN=x",
	        "HUGGING_FACE_HUB_TOKEN=x", "XDG_CACHE_HOME=/x", "NETRC=/x"};
	uint64_t plain = hash_with("TERM=dumb");

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		if (hash_with(names[i]) == plain)
			fail_msg("%s is not in the hash", names[i]);
	}
	assert_true(hash_with("TERM=xterm") == plain);
	assert_true(hash_with("LARDER_RUN=1234") == plain);
	assert_true(hash_with("LD_PRELOAD=/x.so") == plain);
	assert_false(hash_with("AWS_SECRET_ACCESS_KEY=x") == plain);
	assert_false(hash_with("AWS_SECRET_ACCESS_KEY=x") == hash_with("AWS_SECRET_ACCESS_KEY=y"));
	assert_false(hash_with("https_proxy=http://p") == plain);
	assert_false(hash_with("SSL_CERT_FILE=/x") == plain);
}

static bool is_offline_with(char *variable, const char *profile_line)
{
	char *env[] = {"HOME=/h", variable, NULL};
	char text[256];

	snprintf(text, sizeof text, "[profile a]\nremote = s3://b\n%s\n", profile_line);
	assert_int_equal(config_parse(&config, "f", text, strlen(text), env), 0);
	return config.profiles[0].offline;
}

static void offline_is_of_the_cache_the_profile_or_the_process(void **state)
{
	(void)state;
	assert_false(is_offline_with("TERM=x", ""));
	assert_true(is_offline_with("TERM=x", "offline = true"));
	assert_true(is_offline_with("TERM=x", "[cache]\noffline = true"));
	assert_false(is_offline_with("TERM=x", "offline = false\n[cache]\noffline = true"));
	assert_true(is_offline_with("LARDER_OFFLINE=1", "offline = false"));
	assert_true(is_offline_with("LARDER_OFFLINE=Yes", ""));
	assert_false(is_offline_with("LARDER_OFFLINE=", ""));
	assert_false(is_offline_with("LARDER_OFFLINE=0", ""));
	assert_false(is_offline_with("LARDER_OFFLINE=10", ""));
	/* Of s3, that variable says nothing. */
	assert_false(is_offline_with("HF_HUB_OFFLINE=1", ""));
	/* One agent serves both kinds of programs. */
	assert_true(hash_with("LARDER_OFFLINE=1") == hash_with("TERM=dumb"));
}

static void the_hash_does_not_depend_on_the_order_of_variables(void **state)
{
	char *one[] = {"HOME=/h", "AWS_PROFILE=a", "AWS_REGION=b", NULL};
	char *two[] = {"AWS_REGION=b", "HOME=/h", "AWS_PROFILE=a", NULL};

	(void)state;
	config_parse(&config, "f", "", 0, one);
	config_parse(&other, "f", "", 0, two);
	assert_true(config.hash == other.hash);
}

static void the_hash_changes_with_the_text(void **state)
{
	(void)state;
	parse(&config, "[cache]\nttl = 1m\n");
	parse(&other, "[cache]\nttl = 2m\n");
	assert_false(config.hash == other.hash);
	assert_string_not_equal(config.runtime_dir, other.runtime_dir);
}

static void the_runtime_folder_is_short_enough_for_a_socket(void **state)
{
	char own[] = "/tmp/larder-test.XXXXXX", far[128], name[192], wanted[64];
	char *xdg[] = {name, NULL}, *relative[] = {"XDG_RUNTIME_DIR=tmp", NULL};
	char *missing[] = {"XDG_RUNTIME_DIR=/run/user/missing", NULL};

	(void)state;
	assert_non_null(mkdtemp(own));
	snprintf(name, sizeof name, "XDG_RUNTIME_DIR=%s", own);
	snprintf(wanted, sizeof wanted, "%s/larder/", own);
	config_parse(&config, "f", "", 0, xdg);
	assert_int_equal(strncmp(config.runtime_dir, wanted, strlen(wanted)), 0);
	config_parse(&config, "f", "", 0, relative);
	assert_int_equal(strncmp(config.runtime_dir, "/tmp/larder-", 12), 0);
	config_parse(&config, "f", "", 0, missing);
	assert_int_equal(strncmp(config.runtime_dir, "/tmp/larder-", 12), 0);
	snprintf(far, sizeof far, "%s/%080d", own, 0);
	assert_int_equal(mkdir(far, 0700), 0);
	snprintf(name, sizeof name, "XDG_RUNTIME_DIR=%s", far);
	config_parse(&config, "f", "", 0, xdg);
	assert_int_equal(strncmp(config.runtime_dir, "/tmp/larder-", 12), 0);
	rmdir(far);
	rmdir(own);
}

static void the_cache_follows_the_environment(void **state)
{
	char *xdg[] = {"HOME=/h", "XDG_CACHE_HOME=/c", NULL}, *none[] = {NULL};

	(void)state;
	config_parse(&config, "f", "", 0, xdg);
	assert_string_equal(config.cache.location, "/c/larder");
	config_parse(&config, "f", "", 0, none);
	assert_int_equal(strncmp(config.cache.location, "/tmp/larder-", 12), 0);
	config_parse(&config, "f", "[cache]\nlocation = /x\n", 22, xdg);
	assert_string_equal(config.cache.location, "/x");
}

static void the_id_changes_with_the_remote_and_not_with_the_rest(void **state)
{
	static const char *const others[] = {"remote = s3://c/x", "remote = s3://b/y",
	        "remote = s3://b/x\nendpoint = http://e", "remote = http://b/x"};
	char text[256], id[128];

	(void)state;
	assert_loads("[profile a]\nremote = s3://b/x\n");
	snprintf(id, sizeof id, "%s", config.profiles[0].dir);
	assert_loads("[profile a]\nremote = s3://b/x/\npath = /elsewhere\nttl = 1s\nregion = r\n");
	assert_string_equal(config.profiles[0].dir, id);
	for (size_t i = 0; i < COUNT(others); i++) {
		snprintf(text, sizeof text, "[profile a]\n%s\n", others[i]);
		assert_loads(text);
		assert_string_not_equal(config.profiles[0].dir, id);
	}
	assert_ptr_equal(config_profile_of(&config, config.profiles[0].dir), &config.profiles[0]);
	snprintf(text, sizeof text, "%s/some/key", config.profiles[0].dir);
	assert_ptr_equal(config_profile_of(&config, text), &config.profiles[0]);
	assert_null(config_profile_of(&config, id));
}

static const char *dir_with(const char *remote, char *variable)
{
	static char dirs[2][128], text[128];
	static int n;
	char *env[] = {"HOME=/h", variable, NULL}, *dir = dirs[n ^= 1];

	snprintf(text, sizeof text, "[profile a]\nremote = %s\n", remote);
	if (config_parse(&config, "f", text, strlen(text), env))
		fail_msg("%s: %s", variable, config.error);
	snprintf(dir, sizeof dirs[0], "%s", config.profiles[0].dir);
	return dir;
}

static void another_server_of_the_environment_is_another_id(void **state)
{
	static const char *const schemes[][3] = {
	        {"s3://b", "AWS_ENDPOINT_URL=http://e", "AWS_ENDPOINT_URL_S3=http://f"},
	        {"gs://b", "STORAGE_EMULATOR_HOST=e:1", "STORAGE_EMULATOR_HOST=e:2"},
	        {"hf://o/n", "HF_ENDPOINT=http://e", "HF_ENDPOINT=http://f"},
	        {"az://a/c",
	                "AZURE_STORAGE_CONNECTION_STRING=AccountKey=k==; blobendpoint=http://e",
	                "AZURE_STORAGE_CONNECTION_STRING=EndpointSuffix=core.chinacloudapi.cn"},
	        {"az://a/c", "AZURE_STORAGE_SERVICE_ENDPOINT=http://e",
	                "AZURE_STORAGE_SERVICE_ENDPOINT=https://a.blob.core.chinacloudapi.cn/"}};
	static char usual[] = "AZURE_STORAGE_CONNECTION_STRING=AccountName=a;AccountKey=k;"
	                      "EndpointSuffix=core.windows.net";
	static char public_cloud[] =
	        "AZURE_STORAGE_SERVICE_ENDPOINT=https://a.blob.core.windows.net/";

	(void)state;
	for (size_t i = 0; i < COUNT(schemes); i++) {
		const char *const *s = schemes[i];
		char plain[128];

		snprintf(plain, sizeof plain, "%s", dir_with(s[0], "X=1"));
		assert_string_not_equal(dir_with(s[0], (char *)s[1]), plain);
		assert_string_not_equal(dir_with(s[0], (char *)s[2]), plain);
		assert_string_not_equal(dir_with(s[0], (char *)s[1]), dir_with(s[0], (char *)s[2]));
		/* One scheme's is nothing to the others, and neither is a key. */
		assert_string_equal(
		        dir_with("https://h", (char *)s[1]), dir_with("https://h", "X=1"));
		assert_string_equal(dir_with("az://a/c", usual), dir_with("az://a/c", "X=1"));
		assert_string_equal(
		        dir_with("az://a/c", public_cloud), dir_with("az://a/c", "X=1"));
	}
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
	        cmocka_unit_test(remotes_are_taken_apart),
	        cmocka_unit_test(times_of_a_profile_come_from_the_cache),
	        cmocka_unit_test(lines_are_remembered),
	        cmocka_unit_test(a_second_load_knows_nothing_of_the_first),
	        cmocka_unit_test(values_are_written_as_they_are_read),
	        cmocka_unit_test(copies_need_a_local_folder_beside_the_cache),
	        cmocka_unit_test(categories_are_read),
	        cmocka_unit_test(a_category_without_a_path_is_refused),
	        cmocka_unit_test(secrets_are_never_written),
	        cmocka_unit_test(the_hash_changes_with_credentials_and_with_nothing_else),
	        cmocka_unit_test(offline_is_of_the_cache_the_profile_or_the_process),
	        cmocka_unit_test(the_hash_does_not_depend_on_the_order_of_variables),
	        cmocka_unit_test(the_hash_changes_with_the_text),
	        cmocka_unit_test(the_runtime_folder_is_short_enough_for_a_socket),
	        cmocka_unit_test(the_cache_follows_the_environment),
	        cmocka_unit_test(the_id_changes_with_the_remote_and_not_with_the_rest),
	        cmocka_unit_test(another_server_of_the_environment_is_another_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
