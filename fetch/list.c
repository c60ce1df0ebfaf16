/*
 * Directories that somebody wants listed, or that are listed again ahead of time: one job each,
 * which others join.
 */
#include "fetch/list.h"
#include "cache/read/above.h"
#include "cache/read/identity.h"
#include "fetch/list_above.h"
#include "fetch/list_parts.h"
#include "fetch/lookup.h"
#include "fetch/manifest.h"
#include "fetch/object.h"
#include "fetch/offline.h"
#include "fetch/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* More names than may be held are a remote's fault, or an attack; no program knows that error of a
 * folder. */
static void finish_listed(struct list_job *j, int error, const char *message)
{
	if (error == -E2BIG)
		list_finish(j, -EIO,
		        "it has more names than listing_max of [cache] allows; raise that, or set "
		        "`remote` to a folder below");
	else
		list_finish(j, error, message);
}

static void start(struct list_job *j);

/* What came from a server that cannot be split goes. */
static void start_anew(struct list_job *j)
{
	listing_build_free(j->build);
	j->build = listing_build_new(&j->agent->layout, j->remote->profile, j->rel);
	j->hidden = 0;
	j->n_said = 0;
	if (j->build)
		start(j);
	else
		list_finish(j, -ENOMEM, "out of memory");
}

static void on_listed(void *arg, const struct ask_result *r)
{
	struct list_job *j = arg;

	j->pages = NULL;
	if (r->anew) {
		start_anew(j);
		return;
	}
	if (r->unreachable && !j->ahead && list_use_stale(j, r->message))
		return;
	if (!r->error)
		j->remote->missing[0] = '\0';
	if (r->error == -ENOENT)
		remote_is_missing(
		        j->agent, j->remote, j->waiters ? j->waiters->run : 0, r->message);
	if (r->error)
		finish_listed(j, r->error, r->message);
	else
		list_write(j);
}

/* What need not be asked for: what the record or the manifest says. */
static void list_known(struct list_job *j, int err, const char *absent)
{
	if (err)
		finish_listed(j, err, err == -ENOENT ? absent : strerror(-err));
	else
		list_write(j);
}

static void start(struct list_job *j)
{
	struct remote *r = j->remote;

	if (replay_on()) {
		list_known(j, replay_list(r->profile->dir, j->dir, list_entry, j),
		        "the record does not have it");
		return;
	}
	if (r->manifest) {
		list_known(j, manifest_list(r->manifest, j->dir, list_entry, j), "");
		return;
	}
	if (!remote_lists(r)) {
		list_finish(j, -EOPNOTSUPP,
		        "this store cannot list; set 'manifest' of the profile to a file that "
		        "lists all others");
		return;
	}
	if (!remote_is_up(r) && list_use_stale(j, remote_why(r)))
		return;
	if (remote_is_gone(r)) {
		list_finish(j, -EIO, remote_why(r));
		return;
	}
	if (r->ops->request)
		j->pages = pages_list(j->agent, r, j->dir, j->ahead, list_entry, on_listed, j);
	if (r->ops->request ? !j->pages
	                    : !ask_list(j->agent, r, j->dir, 0, true, list_entry, on_listed, j))
		list_finish(j, -ENOMEM, "out of memory");
}

/* A listing that is there already, and fresh. */
static bool is_fresh(struct agent *a, struct remote *r, const char *rel)
{
	const struct listing_header *l = listing_map(&a->layout, rel, false);
	bool fresh = l && listing_fresh(l, boottime_ms()) && boot_is_ours(l->boot);

	listing_unmap(l);
	return fresh && layout_make_carrier(&a->layout, r->profile, rel) == 0;
}

/* -- Who asks -- */

static struct list_job *job_new(struct agent *a, struct remote *r, const char *rel, const char *key)
{
	struct list_job *j = calloc(1, sizeof *j);

	if (!j)
		return NULL;
	j->agent = a;
	j->remote = r;
	remote_hold(r);
	j->begun = boottime_ms();
	j->rel = strdup(rel);
	j->build = listing_build_new(&a->layout, r->profile, rel);
	if (!j->rel || !j->build) {
		list_free(j);
		return NULL;
	}
	key_to_directory(j->dir, sizeof j->dir, key);
	HASH_ADD_KEYPTR(hh, a->lists, j->rel, strlen(j->rel), j);
	counters_of(a, rel)->lists++;
	return j;
}

static void join(struct list_job *j, struct waiter *w)
{
	DL_APPEND(j->waiters, w);
	w->list = j;
}

static void answer_at_once(struct waiter *w, const char *rel, int error)
{
	struct answer ans = {.error = error, .fd = -1, .message = ""};

	if (!error)
		object_describe_dir(rel, &ans);
	w->answer(w, &ans);
}

/* One is on its way. If that is ahead of time, what there is will do for as long as it is fresh;
 * from then on, somebody waits. */
static void join_other(struct agent *a, struct list_job *j, const char *rel, struct waiter *w)
{
	if (j->ahead && is_fresh(a, j->remote, rel)) {
		answer_at_once(w, rel, 0);
		return;
	}
	j->ahead = false;
	if (j->pages)
		pages_hurry(j->pages);
	join(j, w);
}

void list_directory(struct agent *a, const char *rel, struct waiter *w)
{
	const char *above = above_path(rel);
	struct lookup l;
	struct list_job *j;

	if (above) {
		list_above(a, rel, above, w);
		return;
	}
	HASH_FIND_STR(a->lists, rel, j);
	if (j && (replay_on() || !is_offline(j->remote, w))) {
		join_other(a, j, rel, w);
		return;
	}
	if (!lookup_remote(a, rel, w, list_directory, &l))
		return;
	if (!replay_on() && is_offline(l.remote, w) && (!l.remote->manifest || j)) {
		offline_list(a, &l, rel, w);
		return;
	}
	if (is_fresh(a, l.remote, rel)) {
		answer_at_once(w, rel, 0);
		return;
	}
	j = job_new(a, l.remote, rel, l.key);
	if (!j) {
		answer_at_once(w, rel, -ENOMEM);
		return;
	}
	join(j, w);
	start(j);
}

bool list_ahead(struct agent *a, const char *rel)
{
	char err[STORE_ERROR_MAX], key[KEY_MAX + 1];
	struct list_job *j;
	struct remote *r;
	int error;

	HASH_FIND_STR(a->lists, rel, j);
	if (j)
		return true;
	r = remote_get(a, rel, &error, err);
	if (!r || !list_may_refresh(r) || !remote_is_up(r) ||
	        key_from_rel(key, sizeof key, rel) != 0)
		return false;
	j = job_new(a, r, rel, key);
	if (!j)
		return false;
	j->ahead = true;
	start(j);
	return true;
}

void list_cancel(struct waiter *w)
{
	DL_DELETE(w->list->waiters, w);
	w->list = NULL;
}
