/* The end of a listing: it is written for this host, shared with others, or cannot be had; whoever
 * waits is told, and the next one is planned. */
#include "fetch/disk.h"
#include "fetch/list_parts.h"
#include "fetch/lookup.h"
#include "fetch/object.h"
#include "fetch/refresh.h"
#include "fetch/replay.h"
#include "fetch/tier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define LISTING_LIFE_MIN_MS 1000 /* whatever the ttl: who asked for it has to find it fresh */

void list_free(struct list_job *j)
{
	remote_drop(j->remote);
	listing_build_free(j->build);
	free(j->filter);
	free(j->said);
	free(j->rel);
	free(j);
}

static void share_work(uv_work_t *work)
{
	struct list_job *j = work->data;

	listing_share(&j->agent->layout, j->shared, j->rel);
}

static void after_share(uv_work_t *work, int status)
{
	struct list_job *j = work->data;

	(void)status;
	j->agent->sharing--;
	list_free(j);
}

bool list_may_refresh(const struct remote *r)
{
	const struct profile *p = r->profile;

	return p->listing_refresh && !p->offline && !p->manifest[0] && r->ops->request &&
	       !replay_on();
}

/* By how long it took, or would have taken with all of its connections. */
static void plan_refresh(struct list_job *j, int error)
{
	uint64_t took = (boottime_ms() - j->begun) / (j->ahead ? PAGES_LEISURE : 1);

	if (!error && j->written && list_may_refresh(j->remote))
		refresh_plan(j->agent, j->rel, j->expiry, took);
	else
		refresh_plan(j->agent, j->rel, 0, 0);
}

/* Whoever waits is told; of what was done ahead, nobody does. */
static void tell(struct list_job *j, int error, const char *message)
{
	char url[KEY_MAX + CONFIG_PATH_MAX];

	remote_url(j->remote, j->dir, url, sizeof url);
	if (j->ahead)
		agent_log(j->agent, "%s: the listing was not refreshed ahead of its end: %s (%s)",
		        url, message, strerror(-error));
	else if (error != -ENOENT)
		agent_tell(j->agent, j->waiters ? j->waiters->run : 0, "%s: %s (%s)", url, message,
		        strerror(-error));
}

void list_finish(struct list_job *j, int error, const char *message)
{
	struct answer a = {.error = error, .fd = -1, .message = message};
	struct waiter *w, *next;

	if (!error)
		object_describe_dir(j->rel, &a);
	else
		tell(j, error, message);
	DL_FOREACH_SAFE (j->waiters, w, next) {
		DL_DELETE(j->waiters, w);
		w->list = NULL;
		w->answer(w, &a);
	}
	HASH_DEL(j->agent->lists, j);
	plan_refresh(j, error);
	j->work.data = j;
	j->shared = &tier_home(j->agent)->layout;
	listing_build_free(j->build);
	j->build = NULL;
	/* Nobody waits for the other hosts' copy: their cache may hang. */
	if (error || !j->written || !j->shared->writable || replay_on() ||
	        uv_queue_work(j->agent->loop, &j->work, share_work, after_share) != 0)
		list_free(j);
	else
		j->agent->sharing++;
}

static void write_work(uv_work_t *work)
{
	struct list_job *j = work->data;
	uint64_t ttl = j->remote->profile->ttl;

	j->expiry = agent_expiry(ttl > LISTING_LIFE_MIN_MS ? ttl : LISTING_LIFE_MIN_MS);
	j->error = listing_build_write(j->build, j->expiry);
	j->written = !j->error;
	if (!j->error)
		j->error = layout_make_carrier(&j->agent->layout, j->remote->profile, j->rel);
}

static void after_write(uv_work_t *work, int status)
{
	struct list_job *j = work->data;

	if (status < 0)
		j->error = -EIO;
	if (j->hidden)
		agent_log(j->agent, "%s: %u names are too long for a directory and not listed",
		        j->rel, j->hidden);
	if (!j->error)
		list_confirm(j);
	list_finish(j, j->error, "the listing could not be written to the runtime folder");
}

static bool ask_by_name(struct list_job *j);

void list_write(struct list_job *j)
{
	/* A folder can be empty; in a store of keys, a directory is mostly what its keys make it.
	 */
	bool exists = j->marker || !j->dir[0] || !j->remote->ops->request;

	if (listing_build_count(j->build) == 0 && !exists) {
		if (!ask_by_name(j))
			list_finish(j, -ENOENT, "nothing has this prefix");
		return;
	}
	j->work.data = j;
	if (uv_queue_work(j->agent->loop, &j->work, write_work, after_write) != 0)
		list_finish(j, -ENOMEM, "out of memory");
}

static void on_name(void *arg, const struct ask_result *r)
{
	struct list_job *j = arg;

	j->marker = !r->error && r->is_dir;
	if (r->error && r->error != -ENOENT)
		list_finish(j, r->error, r->message);
	else
		list_write(j);
}

/* An empty directory of a store that has such: its own key is one. */
static bool ask_by_name(struct list_job *j)
{
	char key[KEY_MAX + 2];

	if (j->asked || !j->remote->ops->marks_dirs || replay_on() || j->remote->manifest)
		return false;
	j->asked = true;
	snprintf(key, sizeof key, "%.*s", (int)strlen(j->dir) - 1, j->dir);
	return ask_head(j->agent, j->remote, key, true, on_name, j) != NULL;
}

bool list_use_stale(struct list_job *j, const char *message)
{
	const struct profile *p = j->remote->profile;
	int64_t oldest =
	        layout_now(&j->agent->layout) / 1000 - (int64_t)((p->ttl + p->max_stale) / 1000);
	uint64_t expiry = agent_expiry(STALE_RECHECK_MS);
	int err = disk_restore_listing(tier_home(j->agent), j->rel, expiry, oldest);

	if (err)
		err = listing_extend(&j->agent->layout, j->rel, expiry);
	if (!err)
		err = layout_make_carrier(&j->agent->layout, p, j->rel);
	if (err)
		return false;
	agent_tell(j->agent, j->waiters ? j->waiters->run : 0,
	        "%s: the last known listing is shown: %s", j->rel, message);
	counters_of(j->agent, j->rel)->stale++;
	list_finish(j, 0, "");
	return true;
}
