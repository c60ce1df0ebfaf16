#include "fetch/tier.h"
#include "cache/access.h"
#include "fetch/commit.h"
#include "fetch/disk.h"
#include "fetch/evict.h"
#include "fetch/health.h"
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
	t->health = health_new(t);
	return t->commit && t->space && t->keeper && t->health ? 0 : -ENOMEM;
}

void tier_stop(struct agent *t)
{
	commit_free(t->commit);
	space_free(t->space);
	t->space = NULL; /* an eviction that ends later tells nobody */
	evict_free(t->evict);
	keeper_free(t->keeper);
	health_free(t->health);
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

/* What a tier has of the agent. */
static void share(struct agent *t, const struct agent *a)
{
	t->loop = a->loop;
	t->validity = a->validity;
	t->own_validity = a->own_validity;
	t->transfers = a->transfers;
	t->tallies = a->tallies;
	t->server = a->server;
	t->log = a->log;
	t->started = a->started;
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
	share(t, a);
	t->config = config;
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

int tier_open_nowhere(struct agent *a)
{
	char err[LAYOUT_ERROR_MAX];
	struct agent *t;
	int ret;

	if (a->nowhere)
		return 0;
	t = calloc(1, sizeof *t);
	if (!t)
		return -ENOMEM;
	share(t, a);
	t->config = a->config;
	ret = layout_open_runtime(&t->layout, a->config->runtime_dir, a->config, err);
	if (!ret)
		ret = tier_start(t);
	if (!ret)
		a->nowhere = t;
	else
		agent_log(a, "%s: %s", a->config->runtime_dir, strerror(-ret));
	return ret;
}

void tier_close_nowhere(struct agent *a)
{
	if (a->nowhere)
		tier_close(a->nowhere);
	free(a->nowhere);
	a->nowhere = NULL;
}

void tier_renew(struct agent *a, const struct layout *l, bool unopened)
{
	if (unopened) {
		/* It has waited for this since it began, and has done nothing. */
		tier_stop(a);
		a->layout = *l;
		tier_start(a);
		return;
	}
	/* What is open is of the mount that went, and closing it may take as long as it likes. (On
	 * a network file system no lock files are kept open.) */
	if (!a->layout.network)
		locks_release(&a->locks);
	disk_close(a, a->layout.location_fd);
	disk_close(a, a->layout.life);
	a->layout = *l;
	if (!a->layout.network)
		locks_init(&a->locks, &a->layout);
	a->commit = commit_renew(a->commit);
}

struct agent *tier_home(struct agent *a)
{
	if (!a->away && (a->layout.writable || !a->local))
		return a;
	return a->local ? a->local : a->nowhere ? a->nowhere : a;
}
