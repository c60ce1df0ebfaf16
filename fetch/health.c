#include "fetch/health.h"
#include "fetch/space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct health {
	struct agent *agent;
	bool failing;
	uint64_t last;    /* failure, uv_now */
	uint64_t objects; /* that were not kept since it began */
	uv_timer_t retry;
	uv_work_t work;
	bool working, closed;
	struct layout found; /* the worker's, while it works */
};

static const char *remedy(int error)
{
	switch (error) {
	case -ENOSPC:
		return "make room on this disk, or lower [cache] size or raise min_free";
	case -EDQUOT:
		return "raise the quota, or lower [cache] size";
	case -EROFS:
		return "mount it writable, or choose another [cache] location";
	case -EACCES:
	case -EPERM:
		return "give this user the permission to write there, or choose another [cache] "
		       "location";
	default:
		return "check this disk, or choose another [cache] location";
	}
}

void health_failed(struct agent *a, const char *what, int error)
{
	struct health *h = a->health;

	h->last = uv_now(a->loop);
	h->objects++;
	if (h->failing)
		return;
	h->failing = true;
	h->objects = 1;
	agent_log(a, "%s: %s: %s; objects are served without being kept: %s", a->layout.location,
	        what, strerror(-error), remedy(error));
}

void health_works(struct agent *a)
{
	struct health *h = a->health;

	if (!h->failing || uv_now(a->loop) - h->last < HEALTH_QUIET_MS)
		return;
	h->failing = false;
	agent_log(a, "%s: objects are kept again; %llu were not", a->layout.location,
	        (unsigned long long)h->objects);
}

/* One that is away is looked for by watch.c; and there are tiers of no folder at all. */
static bool may_retry(const struct agent *a)
{
	return !a->layout.writable && !a->away && a->layout.location == a->config->cache.location;
}

static void retry_work(uv_work_t *work)
{
	struct health *h = work->data;
	char err[LAYOUT_ERROR_MAX];

	if (layout_open(&h->found, h->agent->config, err) != 0)
		h->found.writable = false;
}

/* The descriptors and names of this agent stay what they are. */
static void adopt(struct health *h)
{
	struct layout *l = &h->agent->layout;

	memcpy(h->found.id, l->id, sizeof l->id);
	layout_close(l);
	*l = h->found;
	/* It may have folded case before. The word is not about local tiers, which have no watch.
	 */
	if (h->agent->watch)
		atomic_store(&h->agent->validity->away, 0);
	agent_log(h->agent, "%s can be used now: objects are kept", l->location);
	space_refresh(h->agent->space);
}

static void after_retry(uv_work_t *work, int status)
{
	struct health *h = work->data;

	h->working = false;
	if (h->closed || status || !h->found.writable || !may_retry(h->agent))
		layout_close(&h->found);
	else
		adopt(h);
	if (h->closed)
		free(h);
}

static void on_retry(uv_timer_t *timer)
{
	struct health *h = timer->data;

	if (h->working || !may_retry(h->agent))
		return;
	h->work.data = h;
	h->working = uv_queue_work(h->agent->loop, &h->work, retry_work, after_retry) == 0;
}

struct health *health_new(struct agent *a)
{
	struct health *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->agent = a;
	uv_timer_init(a->loop, &h->retry);
	h->retry.data = h;
	uv_timer_start(&h->retry, on_retry, HEALTH_RETRY_MS, HEALTH_RETRY_MS);
	return h;
}

static void on_closed(uv_handle_t *handle)
{
	struct health *h = handle->data;

	h->closed = true;
	if (!h->working)
		free(h);
}

void health_free(struct health *h)
{
	uv_close((uv_handle_t *)&h->retry, on_closed);
}
