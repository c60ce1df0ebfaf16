/* What is derived from larder.ini and the environment: remotes, hash, folders and ids. */
#include "unit/config_test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config other;

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
	        cmocka_unit_test(remotes_are_taken_apart),
	        cmocka_unit_test(times_of_a_profile_come_from_the_cache),
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
