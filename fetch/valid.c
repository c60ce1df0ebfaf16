#include "fetch/valid.h"
#include "cache/access.h"
#include "cache/read/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int open_own(struct agent *a, const struct profile *p, struct validity_table **t)
{
	char path[LAYOUT_PATH_MAX];
	int n = snprintf(
	        path, sizeof path, "%s/listings/%s/" ACCESS_VALIDITY, a->layout.runtime, p->dir);

	return n < (int)sizeof path ? validity_open(t, path, a->layout.runtime_mode)
	                            : -ENAMETOOLONG;
}

int valid_open(struct agent *a)
{
	char path[LAYOUT_PATH_MAX];
	int err = layout_runtime(&a->layout, path, "validity");

	if (!err)
		err = validity_open(&a->validity, path, a->layout.runtime_mode);
	if (err || !a->layout.system)
		return err;
	a->own_validity = calloc(CONFIG_PROFILES_MAX, sizeof *a->own_validity);
	if (!a->own_validity)
		return -ENOMEM;
	for (int i = 0; !err && i < a->config->n_profiles; i++) {
		const struct profile *p = &a->config->profiles[i];

		if (*p->allow)
			err = open_own(a, p, &a->own_validity[i]);
	}
	return err;
}

void valid_close(struct agent *a)
{
	validity_close(a->validity);
	for (int i = 0; a->own_validity && i < CONFIG_PROFILES_MAX; i++)
		validity_close(a->own_validity[i]);
	free(a->own_validity);
	a->own_validity = NULL;
}

void valid_tick(struct agent *a)
{
	validity_tick(a->validity);
	for (int i = 0; a->own_validity && i < CONFIG_PROFILES_MAX; i++) {
		if (a->own_validity[i])
			validity_tick(a->own_validity[i]);
	}
}

struct validity_table *valid_of(const struct agent *a, const struct profile *p)
{
	struct validity_table *own = NULL;

	/* (A bucket without a profile, or a pinned version, is not in the array.) */
	if (a->own_validity && *p->allow)
		p = config_settings_of(a->config, p->dir);
	if (a->own_validity && p && *p->allow)
		own = a->own_validity[p - a->config->profiles];
	return own ? own : a->validity;
}
