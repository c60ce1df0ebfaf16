/* How an object is opened in a replay (replay.h). */
#include "fetch/object_parts.h"
#include "fetch/offline.h"
#include "fetch/replay.h"

#include <errno.h>
#include <string.h>

bool object_is_recorded(struct agent *a, const struct remote *r, const struct replay_entry *e)
{
	struct cached c;
	bool kept;

	lookup_object(a, r, e->rel, &c);
	kept = c.fd >= 0;
	lookup_release(&c);
	if (kept || !e->aside)
		return kept;
	lookup_object(a, r, e->aside, &c);
	kept = c.fd >= 0;
	lookup_release(&c);
	return kept;
}

void object_open_recorded(
        struct agent *a, struct lookup *l, const struct replay_entry *e, struct waiter *w)
{
	struct answer fail = {.error = -ESTALE, .fd = -1, .message = ""};
	struct cached c = {.fd = -1};
	struct remote *r = l->remote;
	const char *rel = e->rel;
	char err[STORE_ERROR_MAX], url[KEY_MAX + CONFIG_PATH_MAX];

	if (e->ambiguous) {
		fail.message = "it was opened in several generations, and which of them is wanted "
		               "cannot be known";
		remote_url(r, e->key, url, sizeof url);
		agent_tell(a, w->run, "%s: %s (%s)", url, fail.message, strerror(ESTALE));
		w->answer(w, &fail);
		return;
	}
	if (e->aside) {
		lookup_object(a, r, rel, &c);
		rel = c.fd >= 0 ? rel : e->aside;
		r = c.fd >= 0 ? r : remote_get(a, e->versioned, &fail.error, err);
		lookup_release(&c);
	}
	fail.message = err;
	if (!r)
		w->answer(w, &fail);
	else if (object_join(a, rel, w))
		return;
	else if (is_offline(r, w))
		offline_open(a, l, rel, w);
	else
		object_open_remote(a, r, rel, e->key, w);
}

void object_tell_unrecorded(struct agent *a, const char *rel, struct waiter *w)
{
	char err[STORE_ERROR_MAX], key[KEY_MAX + 1], url[KEY_MAX + CONFIG_PATH_MAX];
	int error;
	struct remote *r;

	if (replay_find(rel) || replay_has_below(rel) || key_from_rel(key, sizeof key, rel) != 0 ||
	        !*key || !(r = remote_get(a, rel, &error, err)))
		return;
	remote_url(r, key, url, sizeof url);
	agent_tell(a, w->run, "%s: the record does not name it, so it is not there (%s)", url,
	        strerror(ENOENT));
}
