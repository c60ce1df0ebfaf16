/*
 * What is different where the host's own agent serves everybody ([cache] system): nothing of the
 * configuration depends on who reads it, and nothing that is a secret stands in it.
 */
#include "cache/read/config_parts.h"
#include "cache/read/settings.h"
#include "cache/read/text.h"

#include <string.h>

#define SYSTEM_LOCATION "/var/cache/larder"
#define SYSTEM_RUNTIME  "/run/larder"

static void check_profile(struct config *c, const struct profile *p)
{
	if (*p->secret_access_key || *p->session_token)
		config_fail(c, p->line,
		        "profile '%s': every user reads this file of a system agent; put the keys "
		        "into a file of the agent's and name that by credentials_file",
		        p->name);
}

void config_check_system(struct config *c)
{
	const uint16_t *lines = c->lines;

	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		if (c->cache.system)
			check_profile(c, p);
		else if (*p->allow)
			config_fail(c, p->lines[SETTING_INDEX_profile_allow],
			        "'allow' is kept by a system agent alone; set [cache] system = "
			        "true, "
			        "or leave it out");
	}
	if (!c->cache.system && *c->cache.runtime)
		config_fail(c, lines[SETTING_INDEX_cache_runtime],
		        "'runtime' is the folder of a system agent; set [cache] system = true, or "
		        "leave it out");
	if (c->cache.system && *c->replay)
		config_fail(c, 0,
		        "LARDER_REPLAY=%s: a record is replayed by an agent of one's own; use a "
		        "configuration "
		        "without [cache] system",
		        c->replay);
	if (c->cache.system && *c->cache.group)
		config_fail(c, lines[SETTING_INDEX_cache_group],
		        "'group' shares a cache that its members write; with 'system', 'allow' of "
		        "a profile says who reads it");
}

void config_set_system(struct config *c)
{
	/* What the environment of one user says is nothing to the others. */
	c->n_endpoints = 0;
	if (!c->lines[SETTING_INDEX_cache_location])
		c->cache.location = SYSTEM_LOCATION;
	else if (*c->home && c->tilde_location)
		config_fail(c, c->lines[SETTING_INDEX_cache_location],
		        "'~' is another folder for each user; a system agent's location is one for "
		        "all");
	c->runtime_dir = *c->cache.runtime ? c->cache.runtime : SYSTEM_RUNTIME;
	if (strlen(c->runtime_dir) > CONFIG_RUNTIME_MAX)
		config_fail(c, c->lines[SETTING_INDEX_cache_runtime],
		        "more than %d bytes do not fit into the address of a socket",
		        CONFIG_RUNTIME_MAX);
}
