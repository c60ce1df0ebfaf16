#include "fetch/space.h"
#include "cache/read/identity.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#define FORGOTTEN_MAX 65536 /* objects evicted in one round */

/* A cached object found by a walk. */
struct found {
	char *path;
	uint64_t bytes;
	ino_t ino;
	struct timespec used;
};

struct space {
	struct agent *agent;
	uint64_t used;    /* bytes of objects under data/, as of the last walk and since */
	uint64_t sealed;  /* bytes of whole objects that have no name yet: they count, but cannot be
	                     evicted */
	uint64_t claimed; /* bytes of claims that are granted */
	struct space_claim *waiting;
	uv_work_t work;
	uv_timer_t kick;
	bool walking, closing;
	bool exhausted; /* the last walk found nothing to evict, and nothing has changed since */
	uint64_t published; /* bytes that got their names since the walk began, which may have
	                       missed them */
	/* The worker's, while it walks. */
	uint64_t target, walked, freed;
	unsigned evicted;
};

static int older_first(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;

	if (a->used.tv_sec != b->used.tv_sec)
		return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
	return (a->used.tv_nsec > b->used.tv_nsec) - (a->used.tv_nsec < b->used.tv_nsec);
}

/* The kernel's blocks rather than the length: what the disk really gives up. */
static uint64_t bytes_of(const struct stat *st)
{
	uint64_t blocks = (uint64_t)st->st_blocks * 512;

	return blocks > (uint64_t)st->st_size ? blocks : (uint64_t)st->st_size;
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
	f->bytes = bytes_of(e->fts_statp);
	f->ino = e->fts_statp->st_ino;
	f->used = e->fts_statp->st_atim;
	(*n)++;
	return 0;
}

/* Walks data/. Collects the objects where `list` is given. Returns their bytes. */
static uint64_t walk(const char *location, struct found **list, size_t *n)
{
	char path[LAYOUT_PATH_MAX], *roots[] = {path, NULL};
	uint64_t total = 0;
	size_t room = 0;
	FTSENT *e;
	FTS *fts;

	snprintf(path, sizeof path, "%s/data", location);
	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	while (fts && (e = fts_read(fts))) {
		if (e->fts_info != FTS_F || !identity_marked(e->fts_statp->st_mode))
			continue;
		total += bytes_of(e->fts_statp);
		if (list && add_found(list, n, &room, e))
			break;
	}
	if (fts)
		fts_close(fts);
	return total;
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

static void walk_work(uv_work_t *work)
{
	struct space *s = work->data;
	size_t n = 0, data_len = strlen(s->agent->layout.location) + strlen("/data");
	struct found *list = NULL;

	s->freed = 0;
	s->evicted = 0;
	s->walked = walk(s->agent->layout.location, s->target == UINT64_MAX ? NULL : &list, &n);
	if (n)
		qsort(list, n, sizeof *list, older_first);
	for (size_t i = 0; i < n; i++) {
		if (s->walked - s->freed > s->target && s->evicted < FORGOTTEN_MAX &&
		        evict(&list[i], data_len)) {
			s->freed += list[i].bytes;
			s->evicted++;
		}
		free(list[i].path);
	}
	free(list);
}

static void after_walk(uv_work_t *work, int status);

/* A round that leaves `target` bytes; UINT64_MAX only counts. */
static void start_walk(struct space *s, uint64_t target)
{
	s->target = target;
	s->published = 0;
	s->work.data = s;
	s->walking = uv_queue_work(s->agent->loop, &s->work, walk_work, after_walk) == 0;
}

static bool fits(const struct space *s, uint64_t bytes)
{
	return !bytes || s->used + s->sealed + s->claimed + bytes <= s->agent->config->cache.size;
}

/* What eviction has to leave so that all that waits and all that is on its way fits. */
static uint64_t wanted_level(const struct space *s)
{
	uint64_t size = s->agent->config->cache.size, low = size / 100 * SPACE_LOW_PERCENT;
	uint64_t want = s->claimed + s->sealed;
	const struct space_claim *c;

	DL_FOREACH (s->waiting, c) {
		want += c->bytes;
	}
	if (want >= size)
		return 0;
	return size - want < low ? size - want : low;
}

/*
 * Grants what fits, in turn. For the rest older objects go; and where there are none, it waits for
 * those that are on their way to become whole: then they can be evicted. Only if nothing is on its
 * way either, more is granted than there is room for.
 */
static void serve(struct space *s)
{
	struct space_claim *c;

	while ((c = s->waiting) && !s->walking) {
		bool alone = s->exhausted && !s->claimed && !s->sealed;

		if (!fits(s, c->bytes) && !alone) {
			if (!s->exhausted)
				start_walk(s, wanted_level(s));
			return;
		}
		DL_DELETE(s->waiting, c);
		c->waiting = false;
		c->granted = true;
		s->claimed += c->bytes;
		c->granted_cb(c);
	}
}

static void after_walk(uv_work_t *work, int status)
{
	struct space *s = work->data;

	(void)status;
	s->walking = false;
	if (s->closing) {
		free(s);
		return;
	}
	s->used = s->walked - s->freed + s->published;
	s->exhausted = s->target != UINT64_MAX && s->freed == 0;
	if (s->evicted) {
		s->agent->counters.evicted += s->evicted;
		agent_log(s->agent, "evicted %u objects, %llu bytes; %llu bytes stay", s->evicted,
		        (unsigned long long)s->freed, (unsigned long long)s->used);
	}
	serve(s);
}

static void on_kick(uv_timer_t *timer)
{
	serve(timer->data);
}

struct space *space_new(struct agent *a)
{
	struct space *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->agent = a;
	uv_timer_init(a->loop, &s->kick);
	s->kick.data = s;
	if (a->layout.writable)
		start_walk(s, UINT64_MAX);
	return s;
}

static void on_closed(uv_handle_t *h)
{
	struct space *s = h->data;

	s->closing = true;
	if (!s->walking)
		free(s);
}

void space_free(struct space *s)
{
	uv_close((uv_handle_t *)&s->kick, on_closed);
}

void space_claim(struct space *s, struct space_claim *c, uint64_t bytes)
{
	c->bytes = bytes;
	c->waiting = false;
	c->granted = !bytes || (!s->walking && !s->waiting && fits(s, bytes));
	if (c->granted) {
		s->claimed += bytes;
		return;
	}
	c->waiting = true;
	DL_APPEND(s->waiting, c);
	if (!s->walking && !s->exhausted)
		start_walk(s, wanted_level(s));
}

void space_queue(struct space *s, struct space_claim *c)
{
	c->bytes = 0;
	c->granted = !s->waiting;
	c->waiting = !c->granted;
	if (c->waiting)
		DL_APPEND(s->waiting, c);
}

void space_cancel(struct space *s, struct space_claim *c)
{
	if (c->waiting)
		DL_DELETE(s->waiting, c);
	if (c->granted)
		s->claimed -= c->bytes;
	/* Whoever waits for this one to become something that can be evicted has waited in vain. */
	if ((c->waiting || (c->granted && c->bytes)) && s->waiting) {
		s->exhausted = false;
		uv_timer_start(&s->kick, on_kick, 0, 0);
	}
	c->granted = c->waiting = false;
}

void space_sealed(struct space *s, uint64_t bytes)
{
	s->sealed += bytes;
}

void space_published(struct space *s, uint64_t bytes, bool kept)
{
	s->sealed -= bytes;
	if (kept) {
		s->used += bytes;
		s->published += bytes;
	}
	s->exhausted = false;
	/* Later: many are published together, and a walk sees them all. */
	uv_timer_start(&s->kick, on_kick, 0, 0);
}

uint64_t space_used(const struct space *s)
{
	return s->used + s->sealed;
}
