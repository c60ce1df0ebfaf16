/* larder.ini: whatever its bytes, parsing ends, stays in bounds, and what it accepts can be used.
 */
#include "cache/read/config.h"
#include "cache/read/settings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct config config;

static void check(int ok)
{
	if (!ok)
		abort();
}

static void use(const struct profile *p)
{
	char out[CONFIG_FILE_MAX], url[2 * CONFIG_PATH_MAX];
	const char *key = "";

	for (int i = 0; i < SETTING_COUNT_ALL; i++) {
		if (strcmp(settings[i].section, "profile") == 0)
			setting_format(&settings[i], p, out, sizeof out);
	}
	/* Nothing more is derived from a remote that is not valid. */
	if (!*p->dir)
		return;
	check(strlen(p->path) == p->path_len && p->path_len < CONFIG_PATH_MAX);
	check(strlen(p->dir) == p->dir_len && !strchr(p->dir, '/'));
	check(config_profile_of(&config, p->dir) != NULL);
	if (strlen(p->remote) < sizeof url) {
		memcpy(url, p->remote, strlen(p->remote) + 1);
		config_profile_of_url(&config, url, &key);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *env[] = {"HOME=/home/me", "AWS_REGION=here", NULL};
	char pool[BUCKET_POOL];
	struct profile bucket;
	int err = config_parse(&config, "larder.ini", (const char *)data, size, env);

	check((err != 0) == (config.error[0] != 0));
	check(!strchr(config.error, '\n'));
	check(config.pool_used <= sizeof config.pool);
	check(config.runtime_dir[0] == '/');
	for (int i = 0; i < config.n_profiles; i++)
		use(&config.profiles[i]);
	if (config_bucket(&config, &bucket, (const char *)data, size, pool, sizeof pool) == 0)
		check(strlen(bucket.dir) == bucket.dir_len && !strchr(bucket.dir, '/'));
	return 0;
}
