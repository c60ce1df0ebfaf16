#include "fetch/list.h"
#include "cache/listing_build.h"
#include "cache/read/above.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "fetch/ask.h"
#include "fetch/disk.h"
#include "fetch/known.h"
#include "fetch/list_above.h"
#include "fetch/lookup.h"
#include "fetch/manifest.h"
#include "fetch/object.h"
#include "fetch/pages.h"
#include "fetch/offline.h"
#include "fetch/refresh.h"
#include "fetch/replay.h"
#include "fetch/tier.h"
#include "fetch/valid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define LISTING_LIFE_MIN_MS 1000 /* whatever the ttl: who asked for it has to find it fresh */

#define LONG 5000 /* names, from which on it is worth while to be prepared for many */

/* What the listing says of an object that the validity table has. */
struct said_object {
	uint64_t key, etag;
};

struct list_job {
	struct agent *agent;
	struct remote *remote;
	char *rel;
	char dir[KEY_MAX + 2]; /* the key with '/' at its end, or "" */
	struct listing_build *build;
	struct pages *pages; /* while they come */
	struct waiter *waiters;
	uint64_t begun; /* ms of CLOCK_BOOTTIME */
	bool ahead;     /* of the end of the one that there is; nobody has asked yet */
	const struct layout *shared;
	bool written; /* for this host; not for others yet */
	uint64_t expiry;
	bool marker; /* the directory exists though nothing is in it */
	bool asked;  /* whether it does was asked by its own name */
	unsigned hidden;
	struct validity_filter *filter; /* of a long one; NULL of others */
	struct said_object *said;
	size_t n_said, said_room;
	uv_work_t work;
	int error;
	UT_hash_handle hh;
};

/* Whether the validity table has it. Of a million names few are there, and each look at the table
 * itself is at memory that no cache has. */
static bool is_known(struct list_job *j, uint64_t key)
{
	const struct validity_table *t = valid_of(j->agent, j->remote->profile);

	if (!j->filter && listing_build_count(j->build) >= LONG) {
		j->filter = malloc(sizeof *j->filter);
		if (j->filter)
			validity_filter(t, j->filter);
	}
	return (!j->filter || validity_may_have(j->filter, key)) && validity_has(t, key);
}

/* The listing is the remote's word on every object in it: entries of the validity table, which the
 * loop alone writes, are extended or ended. */
static int note_object(struct list_job *j, const char *rel, size_t len, const char *etag)
{
	struct said_object o = {.key = hash64(HASH_OBJECT, rel, len)};
	struct said_object *more;

	if (!*etag || j->n_said == VALIDITY_SLOTS || !is_known(j, o.key))
		return 0;
	if (j->n_said == j->said_room) {
		j->said_room = j->said_room ? 2 * j->said_room : 64;
		more = realloc(j->said, j->said_room * sizeof *more);
		if (!more)
			return -ENOMEM;
		j->said = more;
	}
	o.etag = hash64(HASH_ETAG, etag, strlen(etag));
	j->said[j->n_said++] = o;
	return 0;
}

static void confirm_objects(struct list_job *j)
{
	uint64_t expiry = agent_expiry(j->remote->profile->ttl);

	for (size_t i = 0; i < j->n_said; i++)
		validity_confirm(valid_of(j->agent, j->remote->profile), j->said[i].key,
		        j->said[i].etag, expiry);
}

/* On the loop, or on a worker for a folder; the job is not touched elsewhere meanwhile. */
static int on_entry(void *arg, const struct store_entry *e)
{
	struct list_job *j = arg;
	struct listing_info info = {.type = e->is_dir ? LISTING_DIR : LISTING_FILE};
	struct answer shown;
	char child[KEY_REL_MAX];
	size_t len = strlen(j->rel);
	int err;

	if (!e->name_len && !e->is_dir) {
		j->marker = true;
		return 0;
	}
	memcpy(child, j->rel, len + 1);
	if (key_append_name(child, sizeof child, &len, e->name, e->name_len)) {
		j->hidden++;
		return 0;
	}
	if (e->is_dir)
		object_describe_dir(child, &shown);
	else
		object_describe(j->remote, child, e->info, &shown);
	info.size = shown.size;
	info.mtime = shown.mtime;
	info.ino = shown.ino;
	info.executable = shown.executable;
	if (listing_build_count(j->build) >= j->agent->config->cache.listing_max)
		return -E2BIG;
	err = listing_build_add(
	        j->build, e->name, e->name_len, &info, e->is_dir ? "" : e->info->etag);
	if (err == -ENAMETOOLONG) {
		j->hidden++;
		err = 0;
	}
	if (!err && !e->is_dir && j->remote->ops->listing_etags)
		err = note_object(j, child, len, e->info->etag);
	return err;
}

static void job_free(struct list_job *j)
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
	job_free(j);
}

/* A folder is listed at once, and from a manifest nothing has to be fetched. */
static bool may_refresh(const struct remote *r)
{
	const struct profile *p = r->profile;

	return p->listing_refresh && !p->offline && !p->manifest[0] && r->ops->request &&
	       !replay_on();
}

/* By how long it took, or would have taken with all of its connections. */
static void plan_refresh(struct list_job *j, int error)
{
	uint64_t took = (boottime_ms() - j->begun) / (j->ahead ? PAGES_LEISURE : 1);

	if (!error && j->written && may_refresh(j->remote))
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

static void finish(struct list_job *j, int error, const char *message)
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
		job_free(j);
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
		confirm_objects(j);
	finish(j, j->error, "the listing could not be written to the runtime folder");
}

static bool ask_by_name(struct list_job *j);

static void write_listing(struct list_job *j)
{
	/* A folder can be empty; in a store of keys, a directory is mostly what its keys make it.
	 */
	bool exists = j->marker || !j->dir[0] || !j->remote->ops->request;

	if (listing_build_count(j->build) == 0 && !exists) {
		if (!ask_by_name(j))
			finish(j, -ENOENT, "nothing has this prefix");
		return;
	}
	j->work.data = j;
	if (uv_queue_work(j->agent->loop, &j->work, write_work, after_write) != 0)
		finish(j, -ENOMEM, "out of memory");
}

static void on_name(void *arg, const struct ask_result *r)
{
	struct list_job *j = arg;

	j->marker = !r->error && r->is_dir;
	if (r->error && r->error != -ENOENT)
		finish(j, r->error, r->message);
	else
		write_listing(j);
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

/* The remote cannot be reached: the listing that this host or another one had. */
static bool use_stale(struct list_job *j, const char *message)
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
	finish(j, 0, "");
	return true;
}

/* More names than may be held are a remote's fault, or an attack; no program knows that error of a
 * folder. */
static void finish_listed(struct list_job *j, int error, const char *message)
{
	if (error == -E2BIG)
		finish(j, -EIO,
		        "it has more names than listing_max of [cache] allows; raise that, or set "
		        "`remote` to a folder below");
	else
		finish(j, error, message);
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
		finish(j, -ENOMEM, "out of memory");
}

static void on_listed(void *arg, const struct ask_result *r)
{
	struct list_job *j = arg;

	j->pages = NULL;
	if (r->anew) {
		start_anew(j);
		return;
	}
	if (r->unreachable && !j->ahead && use_stale(j, r->message))
		return;
	if (!r->error)
		j->remote->missing[0] = '\0';
	if (r->error == -ENOENT)
		remote_is_missing(
		        j->agent, j->remote, j->waiters ? j->waiters->run : 0, r->message);
	if (r->error)
		finish_listed(j, r->error, r->message);
	else
		write_listing(j);
}

/* What need not be asked for: what the record or the manifest says. */
static void list_known(struct list_job *j, int err, const char *absent)
{
	if (err)
		finish_listed(j, err, err == -ENOENT ? absent : strerror(-err));
	else
		write_listing(j);
}

static void start(struct list_job *j)
{
	struct remote *r = j->remote;

	if (replay_on()) {
		list_known(j, replay_list(r->profile->dir, j->dir, on_entry, j),
		        "the record does not have it");
		return;
	}
	if (r->manifest) {
		list_known(j, manifest_list(r->manifest, j->dir, on_entry, j), "");
		return;
	}
	if (!remote_lists(r)) {
		finish(j, -EOPNOTSUPP,
		        "this store cannot list; set 'manifest' of the profile to a file that "
		        "lists all others");
		return;
	}
	if (!remote_is_up(r) && use_stale(j, remote_why(r)))
		return;
	if (remote_is_gone(r)) {
		finish(j, -EIO, remote_why(r));
		return;
	}
	if (r->ops->request)
		j->pages = pages_list(j->agent, r, j->dir, j->ahead, on_entry, on_listed, j);
	if (r->ops->request ? !j->pages
	                    : !ask_list(j->agent, r, j->dir, 0, true, on_entry, on_listed, j))
		finish(j, -ENOMEM, "out of memory");
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
		job_free(j);
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
	if (!r || !may_refresh(r) || !remote_is_up(r) || key_from_rel(key, sizeof key, rel) != 0)
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
