/*
 * What no key says alone: checks across the settings of a configuration that has been read.
 */
#include "cache/read/config_parts.h"

#include <string.h>

static bool is_one_of(const char *value, const char *const *words)
{
	while (*words && strcmp(*words, value) != 0)
		words++;
	return *words != NULL;
}

static void check_prefetch(struct config *c, const char *text, int line)
{
	if (profile_prefetch(text) < PREFETCH_AUTO)
		config_fail(c, line, "'prefetch = %s': expected off, auto or a number up to %d",
		        text, PREFETCH_MAX);
}

static void check_words(struct config *c)
{
	static const char *const orders[] = {"lru", "fifo", "lfu", "random", "none", NULL};

	if (!is_one_of(c->cache.eviction, orders))
		config_fail(c, c->lines[SETTING_INDEX_cache_eviction],
		        "'eviction = %s': expected lru, fifo, lfu, random or none",
		        c->cache.eviction);
	check_prefetch(c, c->cache.prefetch, c->lines[SETTING_INDEX_cache_prefetch]);
	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		if (*p->evict && strcmp(p->evict, "never") != 0)
			config_fail(c, p->lines[SETTING_INDEX_profile_evict],
			        "'evict = %s': expected never, or nothing", p->evict);
		check_prefetch(c, p->prefetch, p->lines[SETTING_INDEX_profile_prefetch]);
	}
}

/* A category that says nothing, or something that could be misread, is a mistake. */
static void check_categories(struct config *c)
{
	for (int i = 0; i < c->n_categories; i++) {
		const struct category *g = &c->categories[i];

		if (!*g->path)
			config_fail(c, g->line, "[category %s] has no path; say which folder it is",
			        g->name);
		if (*g->evict && strcmp(g->evict, "never") != 0)
			config_fail(c, g->lines[SETTING_INDEX_category_evict],
			        "'evict = %s': expected never, or nothing", g->evict);
	}
}

/* Whether a path is another one, or inside of it. */
static bool is_within(const char *path, const char *other)
{
	size_t n = strlen(other);

	return strncmp(path, other, n) == 0 && (path[n] == '/' || !path[n]);
}

/* Two caches, each with an eviction of its own. */
static void check_tiers(struct config *c)
{
	const char *local = c->local.location;
	int line = c->lines[SETTING_INDEX_local_location];

	if (*local && (is_within(local, c->cache.location) || is_within(c->cache.location, local)))
		config_fail(c, line,
		        "[local] location and [cache] location must be two folders, "
		        "neither inside the other");
	for (int i = 0; !*local && i < c->n_profiles; i++) {
		if (c->profiles[i].copy)
			config_fail(c, c->profiles[i].lines[SETTING_INDEX_profile_mode],
			        "'mode = copy' needs a local folder; set [local] location");
	}
}

void config_check(struct config *c)
{
	profile_check_overlaps(c);
	check_tiers(c);
	config_check_system(c);
	check_words(c);
	check_categories(c);
}
