/* The places that keys can be got from, in their order, and what is refused before anybody is
 * asked. */
#include "fetch/credentials.h"
#include "fetch/login.h"
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

#define PRINTS                                                                                     \
	"[default]\ncredential_process = printf '{\"Version\": %s, \"AccessKeyId\": \"%s\", "      \
	"\"SecretAccessKey\": \"SECRET\", \"SessionToken\": \"t\", "                               \
	"\"Expiration\": \"2999-01-01T00:00:00Z\"}' "
#define ROLE "role_arn = arn:aws:iam::1:role/r\n"

static const char *const variables[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_EC2_METADATA_DISABLED", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};

static char home[] = "/tmp/test_credentials_parts.XXXXXX";
static struct config config;
static struct profile profile;
static struct credentials got;
static char err[STORE_ERROR_MAX];

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", home, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int fresh(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		unsetenv(variables[i]);
	write_file(".aws/credentials", "");
	write_file(".aws/config", "");
	config.home = home;
	bare_profile(&profile);
	return 0;
}

static void load(void)
{
	if (credentials_load(&got, &config, &profile, err))
		fail_msg("%s", err);
}

/* Who would be asked, if it came to that. */
static void assert_waits_for(const char *who)
{
	load();
	assert_true(got.pending);
	assert_string_equal(got.access_key_id, "");
	if (!strstr(got.source, who))
		fail_msg("\"%s\", not %s", got.source, who);
}

static int log_in(void)
{
	err[0] = '\0';
	return credentials_login(&got, &config, &profile, login_deadline(), err);
}

static void assert_refused(const char *text, int code, const char *message)
{
	write_file(".aws/config", text);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	assert_int_equal(log_in(), code);
	if (!strstr(err, message))
		fail_msg("\"%s\" is not in \"%s\"", message, err);
	assert_null(strstr(err, "SECRET"));
}

static void test_the_order(void **state)
{
	static const char pair[] =
	        "[default]\naws_access_key_id=%s\naws_secret_access_key=SECRET\n";
	char text[512];

	(void)state;
	assert_waits_for("the machine's metadata service");
	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x", 1);
	assert_waits_for("the container's endpoint");
	snprintf(text, sizeof text, pair, "config");
	write_file(".aws/config", text);
	load();
	assert_string_equal(got.access_key_id, "config");
	snprintf(text + strlen(text), 100, "credential_process = true\n");
	write_file(".aws/config", text);
	assert_waits_for("credential_process");
	snprintf(text, sizeof text, pair, "credentials");
	write_file(".aws/credentials", text);
	load();
	assert_string_equal(got.access_key_id, "credentials");
	write_file(".aws/config",
	        "[default]\nsso_start_url=https://x\nsso_region=us-east-1\nsso_account_id=1\n"
	        "sso_role_name=r\n");
	assert_waits_for("single sign-on");
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/x", 1);
	setenv("AWS_ROLE_ARN", "arn", 1);
	assert_waits_for("web identity");
	write_file(".aws/config", "[default]\n" ROLE "source_profile = default\n");
	assert_waits_for("a role,");
	setenv("AWS_ACCESS_KEY_ID", "environment", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1);
	load();
	assert_string_equal(got.access_key_id, "environment");
	profile.access_key_id = "profile";
	profile.secret_access_key = "SECRET";
	load();
	assert_string_equal(got.access_key_id, "profile");
	profile.anonymous = true;
	load();
	assert_string_equal(got.access_key_id, "");
	assert_false(got.pending);
}

/* The token goes with it, so nobody on the network is to hear it. */
static void test_containers_without_tls_are_near(void **state)
{
	static const char *const refused[] = {"http://10.0.0.1/x", "http://169.254.169.254/x",
	        "http://example.com/x", "http://127.0.0.1.example.com/x", "ftp://localhost/x",
	        "http://localhost@10.0.0.1/x", "http://[::2]/x", "localhost"};
	static const char *const taken[] = {"https://example.com/x", "http://127.0.0.1:80/x",
	        "http://localhost/x", "http://[::1]:80/x", "http://169.254.170.2/x",
	        "http://169.254.170.23/v1", "http://[fd00:ec2::23]/v1"};

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", refused[i], 1);
		assert_int_equal(credentials_load(&got, &config, &profile, err), -EINVAL);
		assert_non_null(strstr(err, "AWS_CONTAINER_CREDENTIALS_FULL_URI"));
	}
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", taken[i], 1);
		assert_waits_for("the container's endpoint");
	}
}

static void test_roles_that_cannot_be(void **state)
{
	(void)state;
	assert_refused("[default]\n" ROLE, -EINVAL, "role_arn needs source_profile");
	assert_refused("[default]\n" ROLE "source_profile = a\ncredential_source = Environment\n",
	        -EINVAL, "only one can be");
	assert_refused("[default]\n" ROLE "credential_source = Elsewhere\n", -EINVAL, "is none of");
	assert_refused("[default]\n" ROLE "credential_source = Environment\n", -EACCES,
	        "Environment, its source, has no keys");
	assert_refused("[default]\n" ROLE "source_profile = gone\n", -EACCES, "has no keys");
	assert_refused("[default]\n" ROLE "source_profile = a\nmfa_serial = 1\n", -EINVAL,
	        "nobody is there to type the code");
	assert_refused("[default]\n" ROLE "source_profile = a\n[profile a]\n" ROLE
	               "source_profile = b\n[profile b]\n" ROLE "source_profile = a\n",
	        -EINVAL, "is it a circle?");
	assert_refused("[default]\nweb_identity_token_file = /x\n", -EINVAL, "without a role");
	assert_refused("[default]\n" ROLE "web_identity_token_file = /nonexistent\n", -EACCES,
	        "/nonexistent");
}

static void test_processes(void **state)
{
	(void)state;
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	write_file(".aws/config", PRINTS "1 'x y'\n");
	assert_int_equal(log_in(), -EINVAL); /* a key with a space */
	write_file(".aws/config", PRINTS "1 x\\'y#z\n");
	assert_int_equal(log_in(), 0);
	assert_string_equal(got.access_key_id, "x'y#z");
	assert_string_equal(got.session_token, "t");
	assert_true(got.until == 32472144000);
	assert_refused("[default]\ncredential_process = false\n", -EACCES, "status 1");
	assert_refused("[default]\ncredential_process = /nonexistent\n", -EACCES, "No such file");
	assert_refused("[default]\ncredential_process = echo SECRET\n", -EACCES, "Version 1");
	assert_refused("[default]\ncredential_process = echo '\n", -EINVAL, "quote");
	assert_refused(
	        "[default]\ncredential_process = printf '{\"Version\": 1}'\n", -EACCES, "keys");
	assert_refused("[default]\ncredential_process = cat /dev/zero\n", -EACCES, "too much");
}

static void test_sign_on_that_has_ended(void **state)
{
	static const char section[] =
	        "[default]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n"
	        "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x\n";

	(void)state;
	assert_refused(section, -EACCES, "run `aws sso login`");
	/* SHA-1 of "s" */
	write_file(".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json",
	        "{\"accessToken\": \"SECRET\", \"expiresAt\": \"2020-01-01T00:00:00Z\"}");
	assert_refused(section, -EACCES, "ended at 2020-01-01T00:00:00Z; run `aws sso login`");
	assert_refused("[default]\nsso_session = gone\nsso_account_id = 1\nsso_role_name = r\n",
	        -EINVAL, "needs sso_start_url");
}

static void test_endpoints_of_the_files(void **state)
{
	(void)state;
	write_file(".aws/config",
	        "[default]\nendpoint_url = https://all\nservices = mine\nuse_dualstack_endpoint = "
	        "true\nuse_fips_endpoint = true\ns3 =\n  addressing_style = path\n"
	        "  use_dualstack_endpoint = false\n"
	        "[services mine]\nsts =\n  endpoint_url = https://sts\ns3 =\n  endpoint_url = "
	        "https://s3\n");
	load();
	assert_string_equal(got.endpoint, "https://s3");
	assert_true(got.path_style_set && got.path_style && got.fips && !got.dualstack);
	setenv("AWS_USE_DUALSTACK_ENDPOINT", "true", 1);
	setenv("AWS_USE_FIPS_ENDPOINT", "false", 1);
	load();
	assert_true(got.dualstack && !got.fips);
	setenv("AWS_ENDPOINT_URL", "https://environment", 1);
	load();
	assert_string_equal(got.endpoint, "https://environment");
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	load();
	assert_string_equal(got.endpoint, "");
	profile.endpoint = "https://mine";
	load();
	assert_string_equal(got.endpoint, "https://mine");
}

static int make_home(void **state)
{
	static const char *const folders[] = {"/.aws", "/.aws/sso", "/.aws/sso/cache"};
	char path[256];

	(void)state;
	if (!mkdtemp(home))
		return -1;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, sizeof path, "%s%s", home, folders[i]);
		if (mkdir(path, 0700))
			return -1;
	}
	return 0;
}

static int remove_home(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof command, "rm -r %s", home);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(test_the_order, fresh),
	        cmocka_unit_test_setup(test_containers_without_tls_are_near, fresh),
	        cmocka_unit_test_setup(test_roles_that_cannot_be, fresh),
	        cmocka_unit_test_setup(test_processes, fresh),
	        cmocka_unit_test_setup(test_sign_on_that_has_ended, fresh),
	        cmocka_unit_test_setup(test_endpoints_of_the_files, fresh),
	};

	return cmocka_run_group_tests(tests, make_home, remove_home);
}
