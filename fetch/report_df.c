/*
 * WIRE_REPORT_DF: a worker looks at the disk, then the loop adds what it knows.
 *
 * A profile is shown if it is configured, if it has anything in the cache, or if it was ever
 * counted.
 */
#include "fetch/report_df.h"
#include "fetch/evict.h"
#include "fetch/prefetch.h"
#include "fetch/space.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <uthash.h>

struct row {
	char dir[EVICT_DIR_MAX + 1];
	struct counters counters;
	struct evict_stats stats;
	UT_hash_handle hh;
};

struct report_job {
	struct agent *agent;
	struct waiter *waiter; /* NULL: has gone */
	uv_work_t work;
	struct row *rows; /* by dir */
	struct statvfs fs;
	bool fs_known;
	uint64_t trash_bytes, trash_files;
};

static struct row *row_of(struct report_job *job, const char *dir)
{
	struct row *r;

	HASH_FIND_STR(job->rows, dir, r);
	if (r || HASH_COUNT(job->rows) >= 2 * COUNTERS_PROFILES_MAX)
		return r;
	r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	snprintf(r->dir, sizeof r->dir, "%s", dir);
	HASH_ADD_STR(job->rows, dir, r);
	return r;
}

static void add_counters(void *arg, const char *dir, const struct counters *c)
{
	struct row *r = row_of(arg, dir);

	if (r)
		counters_add(&r->counters, c);
}

static void add_stats(struct report_job *job)
{
	static struct evict_stats stats[COUNTERS_PROFILES_MAX];
	size_t n = evict_stats(job->agent, stats, COUNTERS_PROFILES_MAX);

	for (size_t i = 0; i < n; i++) {
		struct row *r = row_of(job, stats[i].dir);

		if (r)
			r->stats = stats[i];
	}
}

static void on_gone(struct waiter *w)
{
	struct report_job *job = w->job;

	job->waiter = NULL;
}

/* Its worker's look at trash/. */
static void count_trash(struct report_job *job)
{
	int fd = openat(job->agent->layout.location_fd, "trash",
	        O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	struct stat st;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && (e = readdir(dir))) {
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		        !S_ISREG(st.st_mode))
			continue;
		job->trash_bytes += (uint64_t)st.st_size;
		job->trash_files++;
	}
	if (dir)
		closedir(dir);
}

static void df_work(uv_work_t *work)
{
	struct report_job *job = work->data;

	job->fs_known = statvfs(job->agent->layout.location, &job->fs) == 0;
	count_trash(job);
	counters_others(job->agent->tallies, add_counters, job);
}

/* "imagenet" of "imagenet~0123456789abcdef". */
static void print_row(struct json *j, const struct config *c, const struct row *r)
{
	const struct profile *p = config_profile_of(c, r->dir);
	char name[EVICT_DIR_MAX + 1];

	snprintf(name, sizeof name, "%.*s", (int)strcspn(r->dir, "~"), r->dir);
	json_object(j, NULL);
	json_text(j, "name", name);
	json_text(j, "dir", r->dir);
	json_text(j, "remote", p ? p->remote : "");
	json_text(j, "path", p ? p->path : "");
	json_bool(j, "configured", p != NULL);
	json_number(j, "bytes", r->stats.bytes);
	json_number(j, "files", r->stats.files);
	json_number(j, "oldest", r->stats.oldest > 0 ? (uint64_t)r->stats.oldest : 0);
	json_number(j, "quota", r->stats.quota);
	for (size_t i = 0; i < counters_count; i++)
		json_number(j, counters_table[i].name, counters_get(&r->counters, i));
	json_object_end(j);
}

static void print_totals(struct json *j, const struct report_job *job)
{
	const struct agent *a = job->agent;
	uint64_t bytes = 0, files = 0;
	struct row *r, *next;

	HASH_ITER (hh, job->rows, r, next) {
		bytes += r->stats.bytes;
		files += r->stats.files;
	}
	json_object(j, "totals");
	json_number(j, "bytes", bytes);
	json_number(j, "files", files);
	json_number(j, "size", a->config->cache.size);
	json_number(j, "files_limit", a->config->cache.files);
	json_number(j, "free", job->fs_known ? job->fs.f_bavail * job->fs.f_frsize : 0);
	json_number(j, "capacity", job->fs_known ? job->fs.f_blocks * job->fs.f_frsize : 0);
	json_number(j, "trash_bytes", job->trash_bytes);
	json_number(j, "trash_files", job->trash_files);
	json_bool(j, "writable", a->layout.writable);
	if (a->local) {
		json_text(j, "local_location", a->local->config->cache.location);
		json_number(j, "local_bytes", space_used(a->local->space));
		json_number(j, "local_size", a->local->config->cache.size);
	}
	json_object_end(j);
}

static int by_dir(const struct row *a, const struct row *b)
{
	return strcmp(a->dir, b->dir);
}

static void free_job(struct report_job *job)
{
	struct row *r, *next;

	HASH_ITER (hh, job->rows, r, next) {
		HASH_DEL(job->rows, r);
		free(r);
	}
	free(job);
}

static void after_df(uv_work_t *work, int status)
{
	struct report_job *job = work->data;
	const struct config *c = job->agent->config;
	struct row *r, *next;
	struct json j;
	FILE *f = job->waiter ? report_open() : NULL;

	(void)status;
	if (f) {
		for (int i = 0; i < c->n_profiles; i++)
			row_of(job, c->profiles[i].dir);
		counters_each(job->agent, true, add_counters, job);
		add_stats(job);
		HASH_SORT(job->rows, by_dir);
		j = json_begin(f);
		report_agent(&j, job->agent);
		print_totals(&j, job);
		json_array(&j, "profiles");
		HASH_ITER (hh, job->rows, r, next) {
			print_row(&j, c, r);
		}
		json_array_end(&j);
		json_finish(&j);
	}
	if (job->waiter) {
		job->waiter->leave = NULL;
		report_answer(job->waiter, f);
	}
	free_job(job);
}

void report_df(struct agent *a, struct waiter *w)
{
	struct report_job *job = calloc(1, sizeof *job);

	prefetch_settle(a);
	if (job) {
		job->agent = a;
		job->waiter = w;
		job->work.data = job;
		w->job = job;
		w->leave = on_gone;
	}
	if (!job || uv_queue_work(a->loop, &job->work, df_work, after_df) != 0) {
		w->leave = NULL;
		free(job);
		report_answer(w, NULL);
	}
}
