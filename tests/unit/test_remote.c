/* Which remotes there are: those of pinned versions share what they are versions of, and do not
 * become more and more. */
#include "fetch/agent.h"
#include "fetch/remote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define MANY (REMOTE_VERSIONS_MAX + 50)

static struct config config;
static struct agent agent = {.config = &config};
static uv_loop_t loop;

static int set_up(void **state)
{
	static const char text[] = "[profile demo]\nremote = s3://bucket/x\nanonymous = true\n";
	static char *env[] = {"HOME=/nonexistent", NULL};

	(void)state;
	agent.loop = &loop;
	return uv_loop_init(&loop) || config_parse(&config, "f", text, strlen(text), env);
}

static int tear_down(void **state)
{
	(void)state;
	remotes_free(&agent);
	return uv_loop_close(&loop);
}

static struct remote *get(const char *format, int version)
{
	char url[128], err[STORE_ERROR_MAX] = "";
	const struct profile *p;
	struct own_profile own;
	const char *key;
	struct remote *r;
	int error = 0;

	snprintf(url, sizeof url, format, version);
	assert_int_equal(config_profile_of_url(&config, url, &own, &p, &key), 0);
	r = remote_get(&agent, p->dir, &error, err);
	if (!r)
		fail_msg("%s: %s", url, err);
	return r;
}

static void a_version_has_the_store_of_its_remote(void **state)
{
	struct remote *bucket = get("s3://other/k", 0),
	              *version = get("s3://other/k?versionId=%d", 1);

	(void)state;
	assert_null(bucket->home);
	assert_ptr_equal(version->home, bucket);
	assert_ptr_equal(version->store, bucket->store);
	assert_ptr_equal(get("larder://demo/k?versionId=%d", 1)->home, get("larder://demo/k", 0));
	/* It is down for both. */
	remote_failed(version, true, 0, "nobody is there");
	assert_true(remote_is_gone(bucket) && remote_is_gone(version));
	assert_string_equal(remote_why(bucket), remote_why(version));
	remote_answered(version);
	assert_true(remote_is_up(bucket) && remote_is_up(version));
}

static void versions_that_nobody_uses_are_forgotten(void **state)
{
	struct remote *held = get("s3://bucket/x/k?versionId=%d", 0);

	(void)state;
	remote_hold(held);
	for (int i = 1; i < MANY; i++)
		get("s3://bucket/x/k?versionId=%d", i);
	usleep((REMOTE_VERSION_MS + 100) * 1000);
	for (int i = MANY; i < 2 * MANY; i++)
		get("s3://bucket/x/k?versionId=%d", i);
	/* What was used just now is there, and what is held. */
	assert_in_range(agent.n_versions, REMOTE_VERSIONS_MAX, MANY + 1);
	assert_in_range(HASH_COUNT(agent.remotes), agent.n_versions, agent.n_versions + 3);
	assert_ptr_equal(get("s3://bucket/x/k?versionId=%d", 0), held);
	remote_drop(held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_version_has_the_store_of_its_remote),
	        cmocka_unit_test(versions_that_nobody_uses_are_forgotten),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
