#include "fetch/evict.h"
#include "cache/read/identity.h"
#include "fetch/space.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

/* A cached object found by a walk. */
struct found {
	char *path;
	uint64_t bytes;
	ino_t ino;
	struct timespec used;
};

struct evict {
	struct agent *agent;
	struct evict_job *jobs; /* the first is at work */
	uv_work_t work;
	bool working, closing;
	size_t data_len; /* of "<location>/data" */
};

static int older_first(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;

	if (a->used.tv_sec != b->used.tv_sec)
		return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
	return (a->used.tv_nsec > b->used.tv_nsec) - (a->used.tv_nsec < b->used.tv_nsec);
}

static int add_found(struct found **list, size_t *n, size_t *room, const FTSENT *e)
{
	struct found *f;

	if (*n == *room) {
		size_t want = *room ? *room * 2 : 1024;

		f = realloc(*list, want * sizeof **list);
		if (!f)
			return -ENOMEM;
		*list = f;
		*room = want;
	}
	f = &(*list)[*n];
	f->path = strdup(e->fts_path);
	if (!f->path)
		return -ENOMEM;
	f->bytes = (uint64_t)usage_charge((uint64_t)e->fts_statp->st_size);
	f->ino = e->fts_statp->st_ino;
	f->used = e->fts_statp->st_atim;
	(*n)++;
	return 0;
}

/* Walks data/ and collects the objects. */
static int walk(const char *location, struct found **list, size_t *n)
{
	char path[LAYOUT_PATH_MAX], *roots[] = {path, NULL};
	size_t room = 0;
	int err = 0;
	FTSENT *e;
	FTS *fts;

	snprintf(path, sizeof path, "%s/data", location);
	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	if (!fts)
		return -errno;
	while (!err && (e = fts_read(fts))) {
		if (e->fts_info == FTS_F && identity_marked(e->fts_statp->st_mode))
			err = add_found(list, n, &room, e);
	}
	fts_close(fts);
	return err;
}

/* Removes the folders that have become empty, from the lowest up to the profile's. Who publishes
 * makes them again. */
static void prune(char *path, size_t data_len)
{
	char *slash, *profile = strchr(path + data_len + 1, '/');

	while (profile && (slash = strrchr(path, '/')) > profile) {
		*slash = 0;
		if (rmdir(path) != 0)
			return;
	}
}

/* One that was replaced or used since the walk met it stays. */
static bool evict(const struct found *f, size_t data_len)
{
	struct stat st;

	if (lstat(f->path, &st) != 0 || st.st_ino != f->ino ||
	        st.st_atim.tv_sec != f->used.tv_sec || st.st_atim.tv_nsec != f->used.tv_nsec ||
	        unlink(f->path) != 0)
		return false;
	prune(f->path, data_len);
	return true;
}

static bool is_at(const char *rel, const char *prefix)
{
	size_t len = prefix ? strlen(prefix) : 0;

	return !prefix || (strncmp(rel, prefix, len) == 0 && (!rel[len] || rel[len] == '/'));
}

static bool wants(const struct evict_job *j, const char *rel, const struct found *f)
{
	const struct evict_selection *s = &j->selection;

	if (!j->selects)
		return j->result.bytes < j->goal.bytes || j->result.files < j->goal.files;
	return is_at(rel, s->profile) && is_at(rel, s->rel) &&
	       (!s->older_than || time(NULL) - f->used.tv_sec >= (int64_t)s->older_than);
}

static void visit(struct evict *e, struct evict_job *j, const struct found *f)
{
	char *rel = f->path + e->data_len + 1;
	struct evict_item item = {.rel = rel, .bytes = f->bytes, .used = f->used.tv_sec};

	if (!wants(j, rel, f))
		return;
	if (j->each)
		j->each(j, &item);
	if (j->selection.dry_run || evict(f, e->data_len)) {
		j->result.bytes += f->bytes;
		j->result.files++;
	}
}

static void evict_work(uv_work_t *work)
{
	struct evict *e = work->data;
	struct evict_job *j = e->jobs;
	struct found *list = NULL;
	size_t n = 0;

	j->result.error = walk(e->agent->layout.location, &list, &n);
	j->result.left_files = n;
	for (size_t i = 0; i < n; i++)
		j->result.left_bytes += list[i].bytes;
	if (n)
		qsort(list, n, sizeof *list, older_first);
	for (size_t i = 0; i < n; i++) {
		visit(e, j, &list[i]);
		free(list[i].path);
	}
	free(list);
	if (!j->selection.dry_run) {
		j->result.left_bytes -= j->result.bytes;
		j->result.left_files -= j->result.files;
	}
}

static void start(struct evict *e);

static void after_work(uv_work_t *work, int status)
{
	struct evict *e = work->data;
	struct evict_job *j = e->jobs;

	e->working = false;
	if (status)
		j->result.error = status;
	DL_DELETE(e->jobs, j);
	if (j->result.files && !j->selection.dry_run) {
		counters_of(e->agent, "")->evicted += j->result.files;
		counters_of(e->agent, "")->evicted_bytes += j->result.bytes;
		agent_log(e->agent, "evicted %llu objects, %llu bytes; %llu bytes stay",
		        (unsigned long long)j->result.files, (unsigned long long)j->result.bytes,
		        (unsigned long long)j->result.left_bytes);
		/* What went to trash/ is told when that is swept. */
		if (!e->agent->layout.grace)
			space_removed(e->agent->space, j->result.bytes, j->result.files);
	}
	j->done(j);
	if (e->closing)
		free(e);
	else
		start(e);
}

static void start(struct evict *e)
{
	if (!e->jobs || e->working)
		return;
	e->work.data = e;
	e->working = uv_queue_work(e->agent->loop, &e->work, evict_work, after_work) == 0;
}

struct evict *evict_new(struct agent *a)
{
	struct evict *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->agent = a;
	e->data_len = strlen(a->layout.location) + strlen("/data");
	return e;
}

void evict_free(struct evict *e)
{
	e->closing = true;
	if (!e->working)
		free(e);
}

static void add(struct agent *a, struct evict_job *j)
{
	j->result = (struct evict_result){0};
	DL_APPEND(a->evict->jobs, j);
	start(a->evict);
}

void evict_round(struct agent *a, struct evict_job *j, const struct evict_goal *goal)
{
	j->goal = *goal;
	j->selects = false;
	j->selection = (struct evict_selection){0};
	add(a, j);
}

void evict_selection(struct agent *a, struct evict_job *j, const struct evict_selection *s)
{
	j->selects = true;
	j->selection = *s;
	add(a, j);
}

bool evict_cancel(struct agent *a, struct evict_job *j)
{
	struct evict *e = a->evict;

	if (e->working && e->jobs == j)
		return true;
	DL_DELETE(e->jobs, j);
	return false;
}

void evict_added(struct agent *a, const char *rel, uint64_t bytes)
{
	(void)a, (void)rel, (void)bytes;
}

void evict_removed(struct agent *a, const char *rel)
{
	(void)a, (void)rel;
}

void evict_used(struct agent *a, const char *rel)
{
	(void)a, (void)rel;
}

size_t evict_stats(struct agent *a, struct evict_stats *out, size_t max)
{
	(void)a, (void)out, (void)max;
	return 0;
}
