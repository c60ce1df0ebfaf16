#include "fetch/evict.h"
#include "fetch/metrics.h"
#include "fetch/object.h"
#include "fetch/server.h"
#include "fetch/space.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

/* What is shown under one value of the label `profile`: also of its earlier remotes. */
struct row {
	char name[COUNTERS_DIR_MAX + 1];
	struct counters counters;
	uint64_t bytes, files, quota;
	int64_t oldest;
	UT_hash_handle hh;
};

void metrics_print_label(FILE *f, const char *value)
{
	putc('"', f);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", f);
		else if (*value == '"' || *value == '\\')
			fprintf(f, "\\%c", *value);
		else
			putc(*value, f);
	}
	putc('"', f);
}

static struct row *row_of(struct row **rows, const char *dir)
{
	size_t len = strcspn(dir, "~");
	struct row *r;

	HASH_FIND(hh, *rows, dir, len, r);
	if (r || len > COUNTERS_DIR_MAX)
		return r;
	r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	memcpy(r->name, dir, len);
	HASH_ADD_KEYPTR(hh, *rows, r->name, len, r);
	return r;
}

static void add_counters(void *arg, const char *dir, const struct counters *c)
{
	struct row *r = row_of(arg, dir);

	if (r)
		counters_add(&r->counters, c);
}

static void add_stats(struct row **rows, struct agent *a)
{
	static struct evict_stats stats[COUNTERS_PROFILES_MAX];
	size_t n = evict_stats(a, stats, COUNTERS_PROFILES_MAX);

	for (size_t i = 0; i < n; i++) {
		struct row *r = row_of(rows, stats[i].dir);

		if (!r)
			continue;
		r->bytes += stats[i].bytes;
		r->files += stats[i].files;
		r->quota = stats[i].quota ? stats[i].quota : r->quota;
		if (stats[i].oldest && (!r->oldest || stats[i].oldest < r->oldest))
			r->oldest = stats[i].oldest;
	}
}

static void head(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP larder_%s %s\n# TYPE larder_%s %s\n", name, help, name, type);
}

static void single(FILE *f, const char *name, const char *help, uint64_t value)
{
	head(f, name, "gauge", help);
	fprintf(f, "larder_%s %llu\n", name, (unsigned long long)value);
}

static void sample(FILE *f, const char *name, const struct row *r, uint64_t value)
{
	fprintf(f, "larder_%s{profile=", name);
	metrics_print_label(f, r->name);
	fprintf(f, "} %llu\n", (unsigned long long)value);
}

static void print_counters(FILE *f, struct row *rows)
{
	struct row *r, *next;
	char name[64];

	for (size_t i = 0; i < counters_count; i++) {
		snprintf(name, sizeof name, "%s_total", counters_table[i].name);
		head(f, name, "counter", counters_table[i].help);
		HASH_ITER (hh, rows, r, next) {
			sample(f, name, r, counters_get(&r->counters, i));
		}
	}
}

static void print_gauges(FILE *f, struct row *rows)
{
	struct row *r, *next;

	head(f, "cached_bytes", "gauge", "Bytes of the profile's objects in the cache.");
	HASH_ITER (hh, rows, r, next) {
		sample(f, "cached_bytes", r, r->bytes);
	}
	head(f, "cached_files", "gauge", "Objects of the profile in the cache.");
	HASH_ITER (hh, rows, r, next) {
		sample(f, "cached_files", r, r->files);
	}
	head(f, "quota_bytes", "gauge", "Most bytes that the profile may have; 0 without a quota.");
	HASH_ITER (hh, rows, r, next) {
		sample(f, "quota_bytes", r, r->quota);
	}
	head(f, "oldest_use_timestamp_seconds", "gauge",
	        "When the object that was unused for longest was used last; 0 without objects.");
	HASH_ITER (hh, rows, r, next) {
		sample(f, "oldest_use_timestamp_seconds", r,
		        r->oldest > 0 ? (uint64_t)r->oldest : 0);
	}
}

static void print_agent(FILE *f, const struct process *p)
{
	const struct agent *a = p->agents;
	uint64_t clients = 0, objects = 0;

	for (const struct agent *i = p->agents; i; i = i->earlier) {
		clients +=
		        i->server && server_agent(i->server) == i ? server_clients(i->server) : 0;
		objects += objects_count(i);
	}
	head(f, "build_info", "gauge", "The agent's version.");
	fprintf(f, "larder_build_info{version=\"" LARDER_VERSION "\"} 1\n");
	single(f, "start_time_seconds", "When the agent began.",
	        (uint64_t)time(NULL) - (boottime_ms() - a->started) / 1000);
	single(f, "clients", "Programs that are connected.", clients);
	single(f, "objects_in_progress", "Objects that are on their way into the cache.", objects);
	single(f, "cache_used_bytes", "Bytes in the cache, as far as this agent knows.",
	        space_used(a->space));
	single(f, "cache_limit_bytes", "Most bytes that the cache may hold.",
	        a->config->cache.size);
	single(f, "cache_writable", "Whether the cache can be written.", a->layout.writable);
	if (a->local)
		single(f, "local_used_bytes", "Bytes in the local tier.",
		        space_used(a->local->space));
}

static int by_name(const struct row *a, const struct row *b)
{
	return strcmp(a->name, b->name);
}

void metrics_print(const struct process *p, FILE *f)
{
	const struct config *c = p->agents->config;
	struct row *rows = NULL, *r, *next;

	for (int i = 0; i < c->n_profiles; i++)
		row_of(&rows, c->profiles[i].dir);
	for (const struct agent *a = p->agents; a; a = a->earlier) {
		if (counters_agent(a->tallies) == a)
			counters_each(a, false, add_counters, &rows);
	}
	add_stats(&rows, p->agents);
	HASH_SORT(rows, by_name);
	print_agent(f, p);
	print_gauges(f, rows);
	print_counters(f, rows);
	HASH_ITER (hh, rows, r, next) {
		HASH_DEL(rows, r);
		free(r);
	}
}
