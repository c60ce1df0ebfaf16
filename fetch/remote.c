#include "fetch/agent.h"
#include "fetch/connection.h"
#include "fetch/manifest_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define FORGET_LOOKS 4 /* at pinned versions, for each that is new */

const struct store_ops *store_for(const struct profile *p)
{
	static const struct {
		const char *scheme;
		const struct store_ops *ops;
	} stores[] = {{"s3", &store_s3}, {"gs", &store_gcs}, {"az", &store_azure},
	        {"hf", &store_hf}, {"http", &store_http}, {"https", &store_http},
	        {"file", &store_file}};

	for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
		if (strcmp(p->scheme, stores[i].scheme) == 0)
			return stores[i].ops;
	}
	return NULL;
}

bool remote_lists(const struct remote *r)
{
	return r->ops->lists && !r->profile->pinned;
}

int remote_open(struct remote *r, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	int error;

	r->profile = p;
	r->ops = store_for(p);
	if (!r->ops)
		return -EINVAL;
	error = connection_check(c, p, err);
	return error ? error : r->ops->open(&r->store, c, p, err);
}

/* Of a version in a profile, or in a bucket that has none: the remote without a version. */
static struct remote *home_of(
        struct agent *a, const struct profile *p, int *error, char err[static STORE_ERROR_MAX])
{
	const struct profile *base = config_settings_of(a->config, p->dir);
	char url[URL_SCHEME_MAX + URL_AUTHORITY_MAX + 4];
	struct own_profile own;
	const char *key;

	if (base)
		return remote_get(a, base->dir, error, err);
	snprintf(url, sizeof url, "%s://%s", p->scheme, p->authority);
	*error = config_profile_of_url(a->config, url, &own, &base, &key);
	return *error ? NULL : remote_get(a, base->dir, error, err);
}

static bool is_version(const struct profile *p)
{
	return strchr(p->name, '@') != NULL;
}

static const struct remote *at_home(const struct remote *r)
{
	return r->home ? r->home : r;
}

static int open_home(struct agent *a, struct remote *r, char err[static STORE_ERROR_MAX])
{
	int error;

	r->home = home_of(a, r->profile, &error, err);
	if (!r->home)
		return error;
	r->ops = r->home->ops;
	r->store = r->home->store;
	return 0;
}

void remote_hold(struct remote *r)
{
	r->held++;
}

void remote_drop(struct remote *r)
{
	r->held--;
}

static void note_use(struct agent *a, struct remote *r)
{
	r->used = boottime_ms();
	if (!r->home)
		return;
	DL_DELETE(a->versions, r);
	DL_APPEND(a->versions, r);
}

static bool is_idle(const struct remote *r)
{
	return !r->held && !r->manifest && !r->loading && !r->crew.busy &&
	       boottime_ms() - r->used > REMOTE_VERSION_MS;
}

/* Makes room for one more. One that is held goes to the end of the line. */
static void forget_versions(struct agent *a)
{
	struct remote *r;

	for (int i = 0; i < FORGET_LOOKS && a->n_versions >= REMOTE_VERSIONS_MAX; i++) {
		r = a->versions;
		DL_DELETE(a->versions, r);
		if (!is_idle(r)) {
			DL_APPEND(a->versions, r);
			continue;
		}
		HASH_DEL(a->remotes, r);
		a->n_versions--;
		free(r);
	}
}

static void add_version(struct agent *a, struct remote *r)
{
	forget_versions(a);
	DL_APPEND(a->versions, r);
	a->n_versions++;
}

struct remote *remote_get(
        struct agent *a, const char *rel, int *error, char err[static STORE_ERROR_MAX])
{
	struct remote *r;

	HASH_FIND(hh, a->remotes, rel, strcspn(rel, "/"), r);
	if (r) {
		note_use(a, r);
		return r;
	}
	*error = -ENOMEM;
	snprintf(err, STORE_ERROR_MAX, "out of memory");
	r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->profile = config_profile_of_dir(a->config, rel, &r->own);
	*error = r->profile ? 0 : -EINVAL;
	snprintf(err, STORE_ERROR_MAX, "no profile or bucket has this name");
	if (!*error)
		*error = is_version(r->profile) ? open_home(a, r, err)
		                                : remote_open(r, a->config, r->profile, err);
	if (*error) {
		free(r);
		return NULL;
	}
	width_init(&r->width, (unsigned)r->profile->max_connections);
	bucket_init(&r->bucket, r->profile->bandwidth, uv_now(a->loop));
	r->used = boottime_ms();
	if (r->home)
		add_version(a, r);
	HASH_ADD_KEYPTR(hh, a->remotes, r->profile->dir, r->profile->dir_len, r);
	return r;
}

bool remote_is_up(const struct remote *r)
{
	const struct remote *home = at_home(r);
	uint64_t now = boottime_ms();

	return now >= home->down_until && now >= home->rests_until;
}

bool remote_is_gone(const struct remote *r)
{
	return boottime_ms() < at_home(r)->refused_until;
}

void remote_answered(struct remote *r)
{
	r = r->home ? r->home : r;
	r->answered = boottime_ms();
	r->down_until = r->refused_until = r->break_ms = 0;
}

void remote_failed(struct remote *r, bool unconnected, uint64_t since, const char *message)
{
	r = r->home ? r->home : r;
	if (r->answered >= since && r->answered)
		return;
	snprintf(r->why, sizeof r->why,
	        "the remote could not be reached a moment ago, and is tried again soon: %.400s",
	        message);
	if (unconnected)
		r->refused_until = boottime_ms() + REMOTE_GONE_MS;
	if (!remote_is_up(r))
		return; /* one failure for many that were under way together */
	r->break_ms = r->break_ms ? r->break_ms * 2 : REMOTE_BREAK_MIN_MS;
	if (r->break_ms > REMOTE_BREAK_MAX_MS)
		r->break_ms = REMOTE_BREAK_MAX_MS;
	r->down_until = boottime_ms() + r->break_ms;
}

bool remote_is_missing(struct agent *a, struct remote *r, uint64_t run, const char *message)
{
	uint64_t now = boottime_ms();

	if (!r->ops->prefixes)
		return false;
	snprintf(r->missing, sizeof r->missing, "%s", message);
	/* Each run is told of it, even if the log has it already. */
	if (!r->told || now >= r->told + REMOTE_TOLD_MS || (run && run != r->told_run)) {
		r->told = now;
		r->told_run = run;
		agent_tell(a, run, "%s", message);
	}
	return true;
}

void remote_url(const struct remote *r, const char *key, char *out, size_t size)
{
	struct url_tail tail = url_tail(r->profile);
	size_t len = url_head(r->profile, "://", out, size);

	snprintf(out + len, size - len, "/%s%s%s", key, tail.mark, tail.version);
}

const char *remote_why(const struct remote *r)
{
	return at_home(r)->why;
}

bool remotes_busy(const struct agent *a)
{
	for (const struct remote *r = a->remotes; r; r = r->hh.next) {
		if (r->crew.busy || r->login.busy)
			return true;
	}
	return false;
}

void remotes_free(struct agent *a)
{
	struct remote *r, *next;

	HASH_ITER (hh, a->remotes, r, next) {
		HASH_DEL(a->remotes, r);
		manifest_load_free(r);
		if (!r->home)
			r->ops->close(r->store);
		free(r);
	}
}
