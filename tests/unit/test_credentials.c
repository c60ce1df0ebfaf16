/* Where keys, region and endpoint come from, and what is said of files that cannot be used. */
#include "fetch/credentials.h"
#include "lib/bare_profile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static const char *const variables[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE"};

static char home[] = "/tmp/test_credentials.XXXXXX";
static struct config config;
static struct profile profile;
static struct credentials got;
static char err[STORE_ERROR_MAX];

static void path_of(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s/.aws/%s", home, name);
}

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	path_of(path, sizeof path, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int load(void)
{
	err[0] = '\0';
	return credentials_load(&got, &config, &profile, err);
}

static void assert_keys(const char *id, const char *secret, const char *token)
{
	int code = load();

	if (code)
		print_error("%s\n", err);
	assert_int_equal(code, 0);
	assert_string_equal(got.access_key_id, id);
	assert_string_equal(got.secret_access_key, secret);
	assert_string_equal(got.session_token, token);
}

static void assert_refused(const char *message)
{
	assert_int_equal(load(), -EINVAL);
	if (!strstr(err, message))
		fail_msg("\"%s\" is not in \"%s\"", message, err);
	assert_null(strstr(err, "SECRET"));
	assert_string_equal(got.secret_access_key, "");
}

static int fresh(void **state)
{
	char path[256];

	(void)state;
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		unsetenv(variables[i]);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	path_of(path, sizeof path, "credentials");
	unlink(path);
	path_of(path, sizeof path, "config");
	unlink(path);
	config.home = home;
	bare_profile(&profile);
	return 0;
}

static void test_nothing_at_all_says_where_it_looked(void **state)
{
	(void)state;
	assert_keys("", "", "");
	assert_string_equal(got.region, "us-east-1");
	assert_string_equal(got.endpoint, "");
	assert_non_null(strstr(got.source, "AWS_ACCESS_KEY_ID"));
	assert_non_null(strstr(got.source, "[default]"));
	assert_non_null(strstr(got.source, "/.aws/credentials"));
	assert_non_null(strstr(got.source, "/.aws/config"));
}

static void test_profile_beats_environment(void **state)
{
	(void)state;
	setenv("AWS_ACCESS_KEY_ID", "env", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "env-SECRET", 1);
	setenv("AWS_SESSION_TOKEN", "env-SECRET-token", 1);
	profile.access_key_id = "mine";
	profile.secret_access_key = "my-SECRET";
	assert_keys("mine", "my-SECRET", "");
}

static void test_environment_beats_files(void **state)
{
	(void)state;
	setenv("AWS_ACCESS_KEY_ID", "env", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "env-SECRET", 1);
	setenv("AWS_SESSION_TOKEN", "env-SECRET-token", 1);
	write_file("credentials",
	        "[default]\naws_access_key_id=file\naws_secret_access_key=file-SECRET\n");
	assert_keys("env", "env-SECRET", "env-SECRET-token");
}

static void test_credentials_profile_beats_environment(void **state)
{
	(void)state;
	setenv("AWS_ACCESS_KEY_ID", "env", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "env-SECRET", 1);
	write_file("credentials", "[team]\naws_access_key_id=file\naws_secret_access_key=s\n");
	profile.credentials_profile = "team";
	assert_keys("file", "s", "");
}

static void test_anonymous_beats_everything(void **state)
{
	(void)state;
	setenv("AWS_ACCESS_KEY_ID", "env", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "env-SECRET", 1);
	profile.anonymous = true;
	assert_keys("", "", "");
	assert_non_null(strstr(got.source, "anonymous"));
}

static void test_reads_the_section_that_is_named(void **state)
{
	(void)state;
	write_file("credentials", "\xef\xbb\xbf# of the team\r\n"
	                          "[default]\n"
	                          "aws_access_key_id = A\n"
	                          "aws_secret_access_key = A/SECRET+=\n"
	                          "\n"
	                          "[ team ]\n"
	                          "  AWS_ACCESS_KEY_ID = B   # not part of it\n"
	                          "  aws_secret_access_key=B#SECRET\n"
	                          "  aws_session_token = B-SECRET-token\n");
	assert_keys("A", "A/SECRET+=", "");
	setenv("AWS_DEFAULT_PROFILE", "default", 1);
	setenv("AWS_PROFILE", "team", 1);
	assert_keys("B", "B#SECRET", "B-SECRET-token");
	assert_non_null(strstr(got.source, "credentials:7: [team]"));
}

static void test_config_file_gives_keys_region_and_endpoint(void **state)
{
	(void)state;
	write_file("config", "[default]\nregion = eu-north-1\n"
	                     "[profile \"the lab\"]\n"
	                     "region = eu-west-3\n"
	                     "s3 =\n"
	                     "  endpoint_url = http://nested\n"
	                     "  region = nested\n"
	                     "endpoint_url = http://127.0.0.1:9000\n"
	                     "aws_access_key_id = C\n"
	                     "aws_secret_access_key = C-SECRET\n"
	                     "[the lab]\nregion = wrong\n");
	profile.credentials_profile = "the lab";
	assert_keys("C", "C-SECRET", "");
	assert_string_equal(got.region, "eu-west-3");
	assert_string_equal(got.endpoint, "http://127.0.0.1:9000");
}

static void test_environment_names_the_files(void **state)
{
	char path[256];

	(void)state;
	path_of(path, sizeof path, "config");
	write_file("config", "[default]\naws_access_key_id=D\naws_secret_access_key=d\n");
	setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
	setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
	assert_keys("D", "d", "");
	setenv("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/config", 1);
	assert_keys("D", "d", "");
}

static void test_region_and_endpoint_in_their_order(void **state)
{
	(void)state;
	write_file("config", "[default]\nregion = file\nendpoint_url = http://file\n");
	assert_keys("", "", "");
	assert_string_equal(got.region, "file");
	assert_string_equal(got.endpoint, "http://file");
	setenv("AWS_DEFAULT_REGION", "env2", 1);
	setenv("AWS_ENDPOINT_URL", "http://env2", 1);
	assert_keys("", "", "");
	assert_string_equal(got.region, "env2");
	assert_string_equal(got.endpoint, "http://env2");
	setenv("AWS_REGION", "env1", 1);
	setenv("AWS_ENDPOINT_URL_S3", "http://env1", 1);
	assert_keys("", "", "");
	assert_string_equal(got.region, "env1");
	assert_string_equal(got.endpoint, "http://env1");
	profile.region = "profile";
	profile.endpoint = "http://profile";
	assert_keys("", "", "");
	assert_string_equal(got.region, "profile");
	assert_string_equal(got.endpoint, "http://profile");
}

static void test_ca_bundle_is_for_profiles_without_ca_file(void **state)
{
	(void)state;
	setenv("AWS_CA_BUNDLE", "/etc/env.pem", 1);
	assert_keys("", "", "");
	assert_string_equal(got.ca_file, "/etc/env.pem");
	profile.ca_file = "/etc/profile.pem";
	assert_keys("", "", "");
	assert_string_equal(got.ca_file, "/etc/profile.pem");
}

static void test_half_a_pair_is_refused(void **state)
{
	(void)state;
	profile.access_key_id = "only";
	assert_refused("[profile p]: an access key without its secret key");
	profile.access_key_id = "";
	setenv("AWS_SECRET_ACCESS_KEY", "env-SECRET", 1);
	assert_refused("environment: a secret key without its access key");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	write_file("credentials", "\n[default]\naws_secret_access_key = file-SECRET\n");
	assert_refused("/.aws/credentials:3: [default]: a secret key without");
}

static void test_unparsable_file_is_refused_with_its_line(void **state)
{
	(void)state;
	write_file("credentials", "[default]\naws_access_key_id = A\nfile-SECRET\n");
	assert_refused("/.aws/credentials:3: neither");
	write_file("credentials", "[default\naws_access_key_id = A\n");
	assert_refused("/.aws/credentials:1: neither");
}

static void test_value_that_cannot_be_sent_is_refused(void **state)
{
	(void)state;
	write_file("credentials", "[default]\naws_session_token = SECRET with space\n");
	assert_refused("/.aws/credentials:2: aws_session_token is too long or holds");
	fresh(NULL);
	setenv("AWS_ACCESS_KEY_ID", "A\nX-Header: B", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "env-SECRET", 1);
	assert_refused("environment: a key is too long or holds");
}

static void test_file_that_is_too_large_or_no_file_is_refused(void **state)
{
	char path[256];

	(void)state;
	write_file("credentials", "");
	path_of(path, sizeof path, "credentials");
	assert_int_equal(truncate(path, CREDENTIALS_FILE_MAX + 1), 0);
	assert_refused("not a plain file of at most 1048576");
	assert_int_equal(truncate(path, 100), 0);
	assert_refused("NUL byte");
	setenv("AWS_SHARED_CREDENTIALS_FILE", home, 1);
	assert_refused("not a plain file");
}

static void test_named_section_must_exist(void **state)
{
	(void)state;
	write_file("credentials", "[default]\naws_access_key_id=A\naws_secret_access_key=s\n");
	profile.credentials_profile = "nobody";
	assert_refused("no section [nobody]");
	assert_non_null(strstr(err, "credentials_profile"));
}

static void test_token_of_eight_kilobytes_fits(void **state)
{
	static char text[CREDENTIALS_TOKEN_MAX + 200], token[CREDENTIALS_TOKEN_MAX + 1];

	(void)state;
	memset(token, 't', CREDENTIALS_TOKEN_MAX);
	snprintf(text, sizeof text,
	        "[default]\naws_access_key_id=A\naws_secret_access_key=s\naws_session_token=%s\n",
	        token);
	write_file("credentials", text);
	assert_keys("A", "s", token);
}

static void set_file(char *path, size_t size, mode_t mode)
{
	write_file("credentials",
	        "[default]\naws_access_key_id=file\naws_secret_access_key=file-SECRET\n");
	path_of(path, size, "credentials");
	assert_int_equal(chmod(path, mode), 0);
}

static void test_own_file_beats_environment(void **state)
{
	static char path[256];

	(void)state;
	setenv("AWS_ACCESS_KEY_ID", "env", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "env-SECRET", 1);
	setenv("AWS_PROFILE", "other", 1);
	set_file(path, sizeof path, 0600);
	profile.credentials_file = path;
	assert_keys("file", "file-SECRET", "");
	unlink(path);
	assert_int_equal(load(), -ENOENT);
	assert_non_null(strstr(err, path));
}

static void test_own_file_is_for_nobody_else_to_read(void **state)
{
	static char path[256];

	(void)state;
	set_file(path, sizeof path, 0644);
	profile.credentials_file = path;
	assert_int_equal(load(), -EPERM);
	assert_non_null(strstr(err, "others can read it"));
	assert_null(strstr(err, "SECRET"));
}

static void test_a_file_that_others_can_write_is_refused(void **state)
{
	static const mode_t modes[] = {0602, 0646, 0666};
	char path[256];

	(void)state;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		set_file(path, sizeof path, modes[i]);
		assert_int_equal(load(), -EPERM);
		assert_non_null(strstr(err, "others can write it"));
	}
	set_file(path, sizeof path, 0644);
	assert_keys("file", "file-SECRET", "");
	if (geteuid() != 0)
		return;
	/* The user's own group may, another may not. */
	set_file(path, sizeof path, 0664);
	assert_keys("file", "file-SECRET", "");
	assert_int_equal(chown(path, 0, 65520), 0);
	assert_int_equal(load(), -EPERM);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chown(path, 65501, 0), 0);
	assert_int_equal(load(), -EPERM);
	assert_non_null(strstr(err, "its owner can write it"));
}

static int make_home(void **state)
{
	char path[256];

	(void)state;
	if (!mkdtemp(home))
		return -1;
	snprintf(path, sizeof path, "%s/.aws", home);
	return mkdir(path, 0700);
}

static int remove_home(void **state)
{
	char path[256];

	fresh(state);
	snprintf(path, sizeof path, "%s/.aws", home);
	return rmdir(path) || rmdir(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(test_nothing_at_all_says_where_it_looked, fresh),
	        cmocka_unit_test_setup(test_profile_beats_environment, fresh),
	        cmocka_unit_test_setup(test_environment_beats_files, fresh),
	        cmocka_unit_test_setup(test_credentials_profile_beats_environment, fresh),
	        cmocka_unit_test_setup(test_anonymous_beats_everything, fresh),
	        cmocka_unit_test_setup(test_reads_the_section_that_is_named, fresh),
	        cmocka_unit_test_setup(test_config_file_gives_keys_region_and_endpoint, fresh),
	        cmocka_unit_test_setup(test_environment_names_the_files, fresh),
	        cmocka_unit_test_setup(test_region_and_endpoint_in_their_order, fresh),
	        cmocka_unit_test_setup(test_ca_bundle_is_for_profiles_without_ca_file, fresh),
	        cmocka_unit_test_setup(test_half_a_pair_is_refused, fresh),
	        cmocka_unit_test_setup(test_unparsable_file_is_refused_with_its_line, fresh),
	        cmocka_unit_test_setup(test_value_that_cannot_be_sent_is_refused, fresh),
	        cmocka_unit_test_setup(test_file_that_is_too_large_or_no_file_is_refused, fresh),
	        cmocka_unit_test_setup(test_named_section_must_exist, fresh),
	        cmocka_unit_test_setup(test_token_of_eight_kilobytes_fits, fresh),
	        cmocka_unit_test_setup(test_own_file_beats_environment, fresh),
	        cmocka_unit_test_setup(test_own_file_is_for_nobody_else_to_read, fresh),
	        cmocka_unit_test_setup(test_a_file_that_others_can_write_is_refused, fresh),
	};

	return cmocka_run_group_tests(tests, make_home, remove_home);
}
