#include "fetch/agent.h"
#include "fetch/manifest_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct store_ops *store_for(const struct profile *p)
{
	if (strcmp(p->scheme, "s3") == 0)
		return &store_s3;
	if (strcmp(p->scheme, "http") == 0 || strcmp(p->scheme, "https") == 0)
		return &store_http;
	if (strcmp(p->scheme, "file") == 0)
		return &store_file;
	return NULL;
}

/* The profile of "<name>~<id>", or of a bucket that none covers ("s3=<bucket>~<id>"). */
static int find_profile(struct agent *a, struct remote *r, const char *rel)
{
	size_t len = strcspn(rel, "/"), name = strcspn(rel, "~");

	r->profile = config_profile_of(a->config, rel);
	if (r->profile)
		return 0;
	if (strncmp(rel, "s3=", 3) != 0 || name >= len ||
	        config_bucket(a->config, &r->own, rel + 3, name - 3, r->pool, sizeof r->pool) != 0)
		return -EINVAL;
	if (r->own.dir_len != len || memcmp(r->own.dir, rel, len) != 0)
		return -EINVAL;
	r->profile = &r->own;
	return 0;
}

struct remote *remote_get(
        struct agent *a, const char *rel, int *error, char err[static STORE_ERROR_MAX])
{
	struct remote *r;

	HASH_FIND(hh, a->remotes, rel, strcspn(rel, "/"), r);
	if (r)
		return r;
	*error = -ENOMEM;
	snprintf(err, STORE_ERROR_MAX, "out of memory");
	r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	*error = find_profile(a, r, rel);
	snprintf(err, STORE_ERROR_MAX, "no profile or bucket has this name");
	if (!*error) {
		r->ops = store_for(r->profile);
		*error = r->ops ? r->ops->open(&r->store, a->config, r->profile, err) : -EINVAL;
	}
	if (*error) {
		free(r);
		return NULL;
	}
	width_init(&r->width, (unsigned)r->profile->max_connections);
	bucket_init(&r->bucket, r->profile->bandwidth, uv_now(a->loop));
	HASH_ADD_KEYPTR(hh, a->remotes, r->profile->dir, r->profile->dir_len, r);
	return r;
}

bool remote_is_up(const struct remote *r)
{
	return boottime_ms() >= r->down_until;
}

bool remote_is_gone(const struct remote *r)
{
	return boottime_ms() < r->refused_until;
}

void remote_answered(struct remote *r)
{
	r->answered = boottime_ms();
	r->down_until = r->refused_until = r->break_ms = 0;
}

void remote_failed(struct remote *r, bool unconnected, uint64_t since)
{
	if (r->answered >= since && r->answered)
		return;
	if (unconnected)
		r->refused_until = boottime_ms() + REMOTE_GONE_MS;
	if (!remote_is_up(r))
		return; /* one failure for many that were under way together */
	r->break_ms = r->break_ms ? r->break_ms * 2 : REMOTE_BREAK_MIN_MS;
	if (r->break_ms > REMOTE_BREAK_MAX_MS)
		r->break_ms = REMOTE_BREAK_MAX_MS;
	r->down_until = boottime_ms() + r->break_ms;
}

void remote_url(const struct remote *r, const char *key, char *out, size_t size)
{
	const struct profile *p = r->profile;

	snprintf(out, size, "%s://%s/%s%s", p->scheme, p->authority, p->prefix, key);
}

bool remotes_busy(const struct agent *a)
{
	for (const struct remote *r = a->remotes; r; r = r->hh.next) {
		if (r->crew.busy)
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
		r->ops->close(r->store);
		free(r);
	}
}
