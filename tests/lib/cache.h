/*
 * An empty cache and runtime folder for a unit test, and a source of random numbers that is the
 * same in every run.
 *
 *	cache_make → cache_layout … → cache_remove      (cmocka: setup and teardown of each test)
 */
#ifndef LARDER_TESTS_LIB_CACHE_H
#define LARDER_TESTS_LIB_CACHE_H

#include "cache/layout.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char cache_folder[128];
static struct config cache_config;
static struct layout cache_layout;
static char cache_error[LAYOUT_ERROR_MAX];

/* Profile 0 of cache_config is "demo", below cache_config.profiles[0].dir. */
static inline int cache_make(void **state)
{
	static char runtime[160];
	static char *env[] = {"HOME=/home/me", NULL};
	const char *tmp = getenv("TMPDIR");
	char text[512];
	int n;

	(void)state;
	snprintf(cache_folder, sizeof cache_folder, "%s/larder-test.XXXXXX",
	        tmp && strlen(tmp) < 64 ? tmp : "/tmp");
	if (!mkdtemp(cache_folder))
		return -1;
	n = snprintf(text, sizeof text,
	        "[cache]\nlocation = %s/cache\n[profile demo]\nremote = s3://bucket\n",
	        cache_folder);
	if (config_parse(&cache_config, "larder.ini", text, (size_t)n, env))
		return -1;
	snprintf(runtime, sizeof runtime, "%s/run", cache_folder);
	cache_config.runtime_dir = runtime;
	return layout_open(&cache_layout, &cache_config, cache_error);
}

static inline int cache_writable_again(
        const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)at;
	if (type == FTW_D || type == FTW_DNR)
		chmod(path, st->st_mode | S_IRWXU);
	return 0;
}

static inline int cache_unlink(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline int cache_remove(void **state)
{
	(void)state;
	layout_close(&cache_layout);
	nftw(cache_folder, cache_writable_again, 16, FTW_PHYS);
	return nftw(cache_folder, cache_unlink, 16, FTW_PHYS | FTW_DEPTH);
}

/* The rel of a name in profile demo; kept until the fourth call after. */
static inline const char *cache_rel(const char *name)
{
	static char rels[4][KEY_REL_MAX];
	static unsigned turn;
	char *rel = rels[turn++ % 4];

	snprintf(rel, KEY_REL_MAX, "%s%s%s", cache_config.profiles[0].dir, *name ? "/" : "", name);
	return rel;
}

/* xorshift64*, which is good enough to choose bytes. */
static inline uint32_t random_below(uint32_t below)
{
	static uint64_t x = 0x9e3779b97f4a7c15u;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return (uint32_t)((x * 0x2545f4914f6cdd1du) >> 32) % below;
}

#endif
