#include "fetch/offline.h"
#include "cache/listing_build.h"
#include "fetch/disk.h"
#include "fetch/known.h"
#include "fetch/object.h"
#include "fetch/tier.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define EXPIRED 1 /* a listing that is there, and that only who is offline takes */
#define ANY_AGE INT64_MIN

static void refuse(struct agent *a, const struct lookup *l, struct waiter *w, const char *what)
{
	struct answer ans = {.error = -ENETUNREACH, .fd = -1};
	char url[KEY_MAX + CONFIG_PATH_MAX], text[STORE_ERROR_MAX];

	snprintf(text, sizeof text, "is not %s, and no remote is asked: %s", what,
	        l->remote->profile->offline ? "offline = true" : "LARDER_OFFLINE is set");
	ans.message = text;
	remote_url(l->remote, l->key, url, sizeof url);
	agent_tell(a, w->run, "%s: %s", url, text);
	w->answer(w, &ans);
}

/* The last listing of a directory: this host's, or else the cache's copy becomes that. */
static const struct listing_header *last_listing(struct agent *a, const char *rel)
{
	const struct listing_header *l = listing_map(&a->layout, rel, false);

	if (l && boot_is_ours(l->boot))
		return l;
	listing_unmap(l);
	if (disk_restore_listing(tier_home(a), rel, EXPIRED, ANY_AGE) != 0)
		return NULL;
	return listing_map(&a->layout, rel, false);
}

/* What the last listing of its folder says of a name. False: there is none. */
static bool was_listed(struct agent *a, const struct remote *r, const char *rel, struct answer *out)
{
	struct object_info info = {0};
	char dir[KEY_REL_MAX];
	const char *name = strrchr(rel, '/');
	const struct listing_header *l;
	const struct listing_entry *e;
	struct listing_info li;

	if (!name || (size_t)(name - rel) >= sizeof dir)
		return false;
	memcpy(dir, rel, (size_t)(name - rel));
	dir[name - rel] = 0;
	l = last_listing(a, dir);
	if (!l)
		return false;
	e = listing_find(l, name + 1, strlen(name + 1));
	if (!e) {
		*out = (struct answer){.error = -ENOENT, .fd = -1, .message = ""};
	} else if (e->type == LISTING_DIR) {
		object_describe_dir(rel, out);
	} else {
		listing_read(l, e, &li);
		snprintf(info.etag, sizeof info.etag, "%s", listing_etag(l, e));
		info.size = li.size;
		info.mtime = li.mtime;
		object_describe(r, rel, &info, out);
		out->ino = li.ino;
		out->executable = li.executable;
	}
	listing_unmap(l);
	return true;
}

/* Whatever was once known of a name that is not cached. */
static bool recall(struct agent *a, const struct lookup *l, const char *rel, struct answer *out)
{
	const struct listing_header *own;

	if (l->listed) {
		object_describe(l->remote, rel, &l->info, out);
		return true;
	}
	if (was_listed(a, l->remote, rel, out) || known_recall(a, rel, out) == 0)
		return true;
	own = last_listing(a, rel);
	if (own)
		object_describe_dir(rel, out);
	listing_unmap(own);
	return own != NULL;
}

void offline_open(struct agent *a, const struct lookup *l, const char *rel, struct waiter *w)
{
	struct answer ans = {.fd = -1, .message = ""};
	struct cached c;

	lookup_object(a, l->remote, rel, &c);
	if (c.fd >= 0) {
		lookup_describe(&c, &ans);
		ans.fd = c.fd;
		ans.hit = true;
		w->answer(w, &ans);
	} else if (recall(a, l, rel, &ans) && (ans.error || ans.type == WIRE_DIR)) {
		w->answer(w, &ans);
	} else {
		refuse(a, l, w, "cached");
	}
}

void offline_stat(struct agent *a, const struct lookup *l, const char *rel, struct waiter *w)
{
	struct answer ans = {.fd = -1, .message = ""};
	struct cached c;

	lookup_object(a, l->remote, rel, &c);
	if (c.fd >= 0) {
		lookup_describe(&c, &ans);
		ans.hit = true;
		lookup_release(&c);
		w->answer(w, &ans);
	} else if (recall(a, l, rel, &ans)) {
		ans.hit = false;
		w->answer(w, &ans);
	} else {
		refuse(a, l, w, "cached or listed");
	}
}

void offline_list(struct agent *a, const struct lookup *l, const char *rel, struct waiter *w)
{
	const struct listing_header *own = last_listing(a, rel);
	struct answer ans = {.fd = -1, .message = ""};

	listing_unmap(own);
	if (own && layout_make_carrier(&a->layout, l->remote->profile, rel) == 0) {
		object_describe_dir(rel, &ans);
		w->answer(w, &ans);
	} else if (known_recall(a, rel, &ans) == 0 && ans.error) {
		w->answer(w, &ans);
	} else {
		refuse(a, l, w, "listed");
	}
}
