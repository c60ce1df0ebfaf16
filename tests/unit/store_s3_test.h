/* What the unit tests of the S3 store share beside store_test.h: its bare profile, with keys. */
#define NOW   1369353600 /* 2013-05-24T00:00:00Z */
#define STORE store_s3

#include "unit/store_test.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, release)

static const char *const variables[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE", "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_USE_FIPS_ENDPOINT"};

static int fresh(void **state)
{
	(void)state;
	bare_store(variables, sizeof variables / sizeof *variables);
	profile.authority = "bucket";
	profile.access_key_id = "AKIAIOSFODNN7EXAMPLE";
	profile.secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
	secrets[0] = profile.secret_access_key;
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	return 0;
}
