/* larder.ini: whatever its bytes, parsing ends, stays in bounds, and what it accepts can be used.
 */
#include "cache/read/config.h"
#include "cache/read/settings.h"
#include "cache/read/url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct config config;

static void check(int ok)
{
	if (!ok)
		abort();
}

/* What a URL means comes back from the rel, and from what is shown of it. */
static void use_url(const char *text, size_t len)
{
	char url[2 * CONFIG_PATH_MAX], shown[8 * CONFIG_PATH_MAX];
	static struct own_profile own, again;
	const struct profile *p;
	const char *key = "";
	struct url_tail tail;
	size_t n;

	if (len >= sizeof url)
		return;
	memcpy(url, text, len);
	url[len] = 0;
	if (config_profile_of_url(&config, url, &own, &p, &key))
		return;
	check(key >= url && key <= url + len);
	check(strlen(p->dir) == p->dir_len && !strchr(p->dir, '/') && p->dir_len <= 255);
	check(strlen(p->version) <= URL_VERSION_MAX);
	if (p == &own.profile) {
		check(config_profile_of_dir(&config, p->dir, &again) == &again.profile);
		check(strcmp(again.dir, own.dir) == 0 && strcmp(again.version, own.version) == 0);
		check(strcmp(again.profile.authority, p->authority) == 0);
		check(again.profile.pinned == p->pinned);
	}
	n = url_head(p, "://", shown, sizeof shown);
	tail = url_tail(p);
	if (!n || !*key || !p->pinned)
		return;
	memcpy(shown + n, "/k", 3);
	strcat(strcat(shown, tail.mark), tail.version);
	check(config_profile_of_url(&config, shown, &again, &p, &key) == 0);
	check(strcmp(again.dir, own.dir) == 0 && strcmp(key, "k") == 0);
}

static void use(const struct profile *p)
{
	char out[CONFIG_FILE_MAX];

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
	use_url(p->remote, strlen(p->remote));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *env[] = {"HOME=/home/me", "AWS_REGION=here", NULL};
	int err = config_parse(&config, "larder.ini", (const char *)data, size, env);

	check((err != 0) == (config.error[0] != 0));
	check(!strchr(config.error, '\n'));
	check(config.pool_used <= sizeof config.pool);
	check(config.runtime_dir[0] == '/');
	for (int i = 0; i < config.n_profiles; i++)
		use(&config.profiles[i]);
	use_url((const char *)data, size);
	return 0;
}
