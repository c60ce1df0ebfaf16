#include "fetch/refresh.h"
#include "cache/listing_build.h"
#include "fetch/list.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct refresh {
	struct agent *agent;
	char *rel;
	uv_timer_t timer;
	unsigned mapped; /* times in a row that only a map was a use of it */
	struct refresh *prev, *next;
};

uint64_t refresh_due(uint64_t now, uint64_t expiry, uint64_t took)
{
	uint64_t life = expiry > now ? expiry - now : 0, lead = life / 2;

	if (took < REFRESH_WORTH_MS || life < REFRESH_WORTH_MS)
		return 0;
	if (took < lead / REFRESH_LEAD)
		lead = took * REFRESH_LEAD;
	return expiry - lead;
}

static void on_closed(uv_handle_t *h)
{
	struct refresh *f = h->data;

	free(f->rel);
	free(f);
}

static void drop(struct refresh *f)
{
	DL_DELETE(f->agent->refreshes, f);
	uv_close((uv_handle_t *)&f->timer, on_closed);
}

static bool is_used(struct refresh *f)
{
	enum listing_use use = listing_in_use(&f->agent->layout, f->rel);

	f->mapped = use == LISTING_MAPPED ? f->mapped + 1 : 0;
	return use != LISTING_UNUSED && f->mapped <= REFRESH_MAPPED_MAX;
}

/* An agent that leaves, or has given way to another one's configuration, begins nothing new. */
static void on_due(uv_timer_t *timer)
{
	struct refresh *f = timer->data;
	struct agent *a = f->agent;

	if (a->stopping || a->leaving || !is_used(f) || !list_ahead(a, f->rel))
		drop(f);
}

static struct refresh *find(struct agent *a, const char *rel, unsigned *count)
{
	struct refresh *f;

	*count = 0;
	DL_FOREACH (a->refreshes, f) {
		if (strcmp(f->rel, rel) == 0)
			return f;
		++*count;
	}
	return NULL;
}

static struct refresh *add(struct agent *a, const char *rel)
{
	struct refresh *f = calloc(1, sizeof *f);

	if (!f)
		return NULL;
	f->agent = a;
	f->rel = strdup(rel);
	if (!f->rel) {
		free(f);
		return NULL;
	}
	uv_timer_init(a->loop, &f->timer);
	f->timer.data = f;
	DL_APPEND(a->refreshes, f);
	return f;
}

void refresh_plan(struct agent *a, const char *rel, uint64_t expiry, uint64_t took)
{
	uint64_t now = boottime_ms(), due = refresh_due(now, expiry, took);
	unsigned count;
	struct refresh *f = find(a, rel, &count);

	if (!f && due && count < REFRESH_MAX)
		f = add(a, rel);
	if (f && due)
		uv_timer_start(&f->timer, on_due, due - now, 0);
	else if (f)
		drop(f);
}

void refresh_stop(struct agent *a)
{
	while (a->refreshes)
		drop(a->refreshes);
}
