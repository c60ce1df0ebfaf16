/* The objects of --from-record, which an agent that replays it brings in the recorded versions. */
#include "fetch/cmd_warm_parts.h"
#include "fetch/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* A profile that is not configured, for as long as the work goes on. */
struct warm_own {
	struct own_profile own;
	struct warm_own *next;
};

/* In place of a profile that is made for one URL. */
static const struct profile *keep(struct warm *w, const struct profile *p, struct warm_own **spare)
{
	struct warm_own *o;

	if (p != &(*spare)->own.profile)
		return p;
	LL_FOREACH (w->owns, o) {
		if (strcmp(o->own.profile.dir, p->dir) == 0)
			return &o->own.profile;
	}
	LL_PREPEND(w->owns, *spare);
	*spare = NULL;
	return p;
}

static int add(struct warm *w, const struct record_entry *e, struct warm_own **spare)
{
	char key[KEY_MAX + 1], rel[KEY_REL_MAX];
	const struct profile *p;
	int err;

	if (!*spare && !(*spare = malloc(sizeof **spare)))
		return -ENOMEM;
	err = record_resolve(w->config, e, &(*spare)->own, &p, key);
	if (!err)
		err = key_to_rel(rel, sizeof rel, p->dir, key);
	return err ? err : warm_add(w, keep(w, p, spare), rel);
}

int warm_from_record(struct warm *w, const struct record *r)
{
	struct warm_own *spare = NULL;
	int err = 0;

	for (const struct record_entry *e = r->entries; e && err != -ENOMEM; e = e->hh.next) {
		err = add(w, e, &spare);
		if (!err)
			continue;
		w->counts.failed++;
		w->report(w->arg, e->url,
		        err == -ENOENT ? "no profile has this URL" : strerror(-err));
	}
	free(spare);
	return err == -ENOMEM ? err : 0;
}

void warm_record_end(struct warm *w)
{
	struct warm_own *o, *next;

	LL_FOREACH_SAFE (w->owns, o, next) {
		free(o);
	}
}
