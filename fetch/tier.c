#include "fetch/tier.h"
#include "cache/access.h"
#include "fetch/commit.h"
#include "fetch/evict.h"
#include "fetch/keeper.h"
#include "fetch/space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int tier_start(struct agent *t)
{
	locks_init(&t->locks, &t->layout);
	t->commit = commit_new(t);
	t->evict = evict_new(t);
	t->space = t->evict ? space_new(t) : NULL;
	t->keeper = keeper_new(t);
	return t->commit && t->space && t->keeper ? 0 : -ENOMEM;
}

void tier_stop(struct agent *t)
{
	commit_free(t->commit);
	space_free(t->space);
	evict_free(t->evict);
	keeper_free(t->keeper);
}

void tier_close(struct agent *t)
{
	locks_release(&t->locks);
	layout_close(&t->layout);
}

/* The configuration with the local folder as the cache. Its text stays in the original. */
static struct config *local_config(const struct config *c)
{
	struct config *own = malloc(sizeof *own);

	if (!own)
		return NULL;
	memcpy(own, c, sizeof *own);
	own->cache.location = c->local.location;
	own->cache.size = c->local.size;
	own->cache.files = 0;
	return own;
}

int tier_open_local(struct agent *a)
{
	char err[LAYOUT_ERROR_MAX];
	struct config *config;
	struct agent *t;
	int ret;

	if (!*a->config->local.location)
		return 0;
	t = calloc(1, sizeof *t);
	config = t ? local_config(a->config) : NULL;
	if (!config) {
		free(t);
		return -ENOMEM;
	}
	t->config = config;
	t->loop = a->loop;
	t->validity = a->validity;
	t->own_validity = a->own_validity;
	t->transfers = a->transfers;
	t->log = a->log;
	t->started = a->started;
	ret = layout_open(&t->layout, config, err);
	if (err[0])
		agent_log(a, "%s", err);
	if (!ret && a->access && access_gate(a->access, &t->layout, err) < 0) {
		agent_log(a, "%s", err);
		ret = -EPERM;
	}
	/* One of another format is left alone, and is as good as none that can be written. */
	if (ret)
		t->layout.writable = false;
	a->local = t;
	return tier_start(t);
}

void tier_close_local(struct agent *a)
{
	if (!a->local)
		return;
	tier_close(a->local);
	free((struct config *)a->local->config);
	free(a->local);
	a->local = NULL;
}

struct agent *tier_of(struct agent *a, const struct remote *r)
{
	return r->profile->copy ? a->local : a;
}
