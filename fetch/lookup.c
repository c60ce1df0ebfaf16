#include "fetch/lookup.h"
#include "cache/listing_build.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "fetch/digest.h"
#include "fetch/disk.h"
#include "fetch/list.h"
#include "fetch/manifest.h"
#include "fetch/manifest_load.h"
#include "fetch/object.h"
#include "fetch/replay.h"
#include "fetch/tier.h"
#include "fetch/valid.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define AHEAD_MAX_MS 10000 /* a note from a time to come is not believed */

static bool refuse(
        struct agent *a, struct waiter *w, const char *rel, int error, const char *message)
{
	struct answer ans = {.error = error, .fd = -1, .message = message};

	if (error != -ENOENT)
		agent_tell(a, w->run, "%s: %s", rel, message);
	w->answer(w, &ans);
	return false;
}

bool lookup_remote(
        struct agent *a, const char *rel, struct waiter *w, lookup_resume *resume, struct lookup *l)
{
	char err[STORE_ERROR_MAX];
	int error;

	l->remote = remote_get(a, rel, &error, err);
	if (!l->remote)
		return refuse(a, w, rel, error, err);
	/* A spelling that no key has is the name of nothing. */
	error = key_from_rel(l->key, sizeof l->key, rel);
	if (error)
		return refuse(
		        a, w, rel, error == -EINVAL ? -ENOENT : error, "not the name of a key");
	if (replay_on() || !l->remote->profile->manifest[0] ||
	        strcmp(l->key, l->remote->profile->manifest) == 0)
		return true;
	return manifest_ready(a, l->remote, rel, w, resume);
}

/* What a fresh listing of the parent says: 0 if nothing for certain. */
static int ask_listing(struct agent *a, const char *rel)
{
	char dir[KEY_REL_MAX];
	const char *name = strrchr(rel, '/');
	const struct listing_header *l;
	const struct listing_entry *e;
	int verdict = 0;

	if (!name || (size_t)(name - rel) >= sizeof dir)
		return 0;
	memcpy(dir, rel, (size_t)(name - rel));
	dir[name - rel] = 0;
	l = listing_map(&a->layout, dir, false);
	if (l && listing_fresh(l, boottime_ms()) && boot_is_ours(l->boot)) {
		e = listing_find(l, name + 1, strlen(name + 1));
		if (e && e->type == LISTING_DIR)
			verdict = LISTING_DIR;
		else if (e)
			verdict = LISTING_FILE;
	}
	listing_unmap(l);
	return verdict;
}

/* In a replay, the record is all that there is. */
static bool find_recorded(struct agent *a, const char *rel, struct waiter *w, struct lookup *l)
{
	const struct replay_entry *e = replay_find(rel);
	struct answer dir;

	if (e) {
		l->listed = true;
		l->info = e->info;
		return true;
	}
	if (!replay_has_below(rel))
		return refuse(a, w, rel, -ENOENT, "the record does not have it");
	object_describe_dir(rel, &dir);
	w->answer(w, &dir);
	return false;
}

bool lookup_begin(
        struct agent *a, const char *rel, struct waiter *w, lookup_resume *resume, struct lookup *l)
{
	struct answer ans = {.fd = -1, .message = ""};
	bool is_dir = false;

	l->listed = false;
	if (!lookup_remote(a, rel, w, resume, l))
		return false;
	is_dir = !l->key[0];
	if (!is_dir && replay_on())
		return find_recorded(a, rel, w, l);
	if (!is_dir && l->remote->manifest && strcmp(l->key, l->remote->profile->manifest) != 0) {
		if (manifest_lookup(l->remote->manifest, l->key, &l->info, &is_dir) != 0)
			return refuse(a, w, rel, -ENOENT, "the manifest does not have it");
		l->listed = true;
	} else if (!is_dir) {
		is_dir = ask_listing(a, rel) == LISTING_DIR;
	}
	if (!is_dir)
		return true;
	object_describe_dir(rel, &ans);
	w->answer(w, &ans);
	return false;
}

bool lookup_matches(const char *globs, const char *key)
{
	char glob[CONFIG_PATH_MAX];

	while (*globs) {
		size_t n = strcspn(globs, " ");

		if (n < sizeof glob) {
			memcpy(glob, globs, n);
			glob[n] = 0;
			if (fnmatch(glob, key, 0) == 0)
				return true;
		}
		globs += n + strspn(globs + n, " ");
	}
	return false;
}

/* Of a store without modes, the setting decides, for all that shows a mode. */
static bool is_executable(const struct remote *r, const char *rel, bool own)
{
	char key[KEY_MAX + 1];

	if (r->ops->has_modes || !*r->profile->executable)
		return r->ops->has_modes && own;
	return key_from_rel(key, sizeof key, rel) == 0 &&
	       lookup_matches(r->profile->executable, key);
}

/*
 * The setting may have been another one when the file was kept. What the table knows has been
 * settled; so readers trust a file whose mode the setting decides only if the table knows it. False
 * if the file cannot be had with that mode.
 */
static bool settle_mode(struct agent *a, const struct remote *r, const char *rel, struct cached *c)
{
	bool want = is_executable(r, rel, false);

	int err = 0;

	if (want != ((c->st.st_mode & S_IXUSR) != 0))
		err = disk_set_mode(c->tier, c->fd, want ? DATA_MODE_EXEC : DATA_MODE, &c->st);
	/* Another member's file of a group's cache is replaced by one of our own. */
	if (err == -EPERM && a->layout.gid != (gid_t)-1)
		return false;
	if (err)
		agent_log(a, "%s: its mode cannot be changed to what 'executable' says: %s", rel,
		        strerror(-err));
	if (r->profile->immutable)
		validity_put(valid_of(a, r->profile), hash64(HASH_OBJECT, rel, strlen(rel)), &c->st,
		        0, 0);
	return true;
}

/* Whether what is recorded is of this very key: where names fold case, two keys have one file. */
static bool is_of(const char *rel, const struct cached *c)
{
	char version[STORE_ETAG_MAX + 1];
	size_t len = strlen(rel);

	snprintf(version, sizeof version, "%llu %lld", (unsigned long long)c->st.st_size,
	        (long long)c->st.st_mtim.tv_sec);
	return c->meta.ino == identity_ino(rel, len, version) ||
	       (c->meta.etag[0] && c->meta.ino == identity_ino(rel, len, c->meta.etag));
}

/* Until when it may be used without asking: by what this host knows, or else by what is recorded
 * with it. */
static uint64_t trusted_until(const struct agent *a, const struct remote *r, const char *rel,
        const struct cached *c, const struct validity_answer *v)
{
	int64_t age = layout_now(&a->layout) - c->meta.validated * 1000;
	uint64_t ttl = r->profile->ttl;

	if (v->known)
		return r->profile->immutable || boottime_ms() < v->expiry ? v->expiry : 0;
	if (r->profile->immutable)
		return agent_expiry(ttl);
	if (!c->meta.validated || !is_of(rel, c) || age < -AHEAD_MAX_MS ||
	        (age > 0 && (uint64_t)age >= ttl))
		return 0;
	return agent_expiry(age > 0 ? ttl - (uint64_t)age : ttl);
}

void lookup_release(struct cached *c)
{
	if (c->fd >= 0)
		disk_close(c->tier, c->fd);
	c->fd = -1;
}

/* A file that the table does not know can be another host's, or of another boot; or it was cut
 * behind our back. Then its ETag says nothing of it, and asking the remote with that would make it
 * good. */
static bool has_its_size(const struct cached *c)
{
	struct digest digest;

	return digest_parse(c->meta.digest, &digest) != 0 || digest.size == (uint64_t)c->st.st_size;
}

/* In a replay, a copy of another generation is none. */
static void keep_recorded(const struct remote *r, const char *rel, struct cached *c)
{
	const struct replay_entry *e = replay_find(rel);

	c->fresh = e && replay_same(e, c->meta.etag, (uint64_t)c->st.st_size, c->st.st_mtim.tv_sec);
	if (c->fresh)
		c->expiry = agent_expiry(r->profile->ttl);
	else
		lookup_release(c);
}

static void look(
        struct agent *a, const struct remote *r, const char *rel, bool anew, struct cached *c)
{
	struct validity_answer v;
	struct disk_file file;

	disk_look(a, rel, anew, &file);
	*c = (struct cached){.tier = a, .fd = file.fd, .st = file.st, .meta = file.meta};
	if (c->fd < 0)
		return;
	if (!identity_marked(c->st.st_mode)) {
		c->settling = c->meta.ino != 0;
		disk_close(a, c->fd);
		c->fd = -1;
		return;
	}
	v = validity_lookup(valid_of(a, r->profile), hash64(HASH_OBJECT, rel, strlen(rel)), &c->st);
	if (!v.known && (!has_its_size(c) || (!r->ops->has_modes && !settle_mode(a, r, rel, c)))) {
		lookup_release(c);
		return;
	}
	if (replay_on()) {
		keep_recorded(r, rel, c);
		return;
	}
	c->fresh = r->profile->immutable || (v.known && boottime_ms() < v.expiry);
	c->expiry = trusted_until(a, r, rel, c, &v);
	/* Another host asked the remote a short while ago. (The slot of an object that is copied is
	 * its local copy's.) */
	if (!v.known && c->expiry && a->layout.network && !r->profile->copy) {
		c->fresh = true;
		validity_put(valid_of(a, r->profile), hash64(HASH_OBJECT, rel, strlen(rel)), &c->st,
		        c->expiry, hash64(HASH_ETAG, c->meta.etag, strlen(c->meta.etag)));
	}
}

/* The table has the local copy's file. A listing, or the remote, said that this generation is good
 * until then, whichever file it is in. */
static bool trust_generation(
        struct agent *a, const struct remote *r, const char *rel, struct cached *c)
{
	uint64_t key = hash64(HASH_OBJECT, rel, strlen(rel));
	struct validity_answer v = validity_lookup(valid_of(a, r->profile), key, NULL);
	const char *etag = c->meta.etag;

	if (!*etag || !v.listed || v.etag != hash64(HASH_ETAG, etag, strlen(etag)) ||
	        boottime_ms() >= v.expiry)
		return false;
	c->expiry = v.expiry;
	return true;
}

void lookup_object(struct agent *a, const struct remote *r, const char *rel, struct cached *c)
{
	struct cached shared;

	if (!r->profile->copy) {
		lookup_cached(a, r, rel, c);
		if (c->fd < 0 && !c->settling && tier_home(a) != a)
			lookup_cached(tier_home(a), r, rel, c);
		return;
	}
	lookup_cached(a->local, r, rel, c);
	if (c->fresh)
		return;
	lookup_cached(a, r, rel, &shared);
	if (shared.fd < 0)
		return;
	shared.fresh = shared.fresh || trust_generation(a, r, rel, &shared);
	lookup_release(c);
	*c = shared;
}

bool lookup_same(const struct cached *a, const struct cached *b)
{
	return a->fd >= 0 && b->fd >= 0 && a->meta.ino && a->meta.ino == b->meta.ino &&
	       a->st.st_size == b->st.st_size && a->st.st_mtim.tv_sec == b->st.st_mtim.tv_sec &&
	       a->st.st_mode == b->st.st_mode;
}

void lookup_cached(struct agent *a, const struct remote *r, const char *rel, struct cached *c)
{
	look(a, r, rel, false, c);
}

void lookup_cached_anew(struct agent *a, const struct remote *r, const char *rel, struct cached *c)
{
	look(a, r, rel, true, c);
}

static void describe_etag(const char *etag, struct answer *out)
{
	size_t n = strlen(etag);

	memcpy(out->etag, n <= ANSWER_ETAG_MAX ? etag : "", n <= ANSWER_ETAG_MAX ? n + 1 : 1);
}

void lookup_describe(const struct cached *c, struct answer *out)
{
	describe_etag(c->meta.etag, out);
	out->type = WIRE_FILE;
	out->fd = -1;
	out->size = (uint64_t)c->st.st_size;
	out->mtime = c->st.st_mtim.tv_sec;
	out->ino = c->meta.ino ? c->meta.ino : c->st.st_ino;
	out->executable = (c->st.st_mode & S_IXUSR) != 0;
}

bool lookup_servable(const struct remote *r, const struct cached *c)
{
	const struct profile *p = r->profile;
	int64_t limit = c->meta.validated + (int64_t)((p->ttl + p->max_stale) / 1000);

	return c->fd >= 0 && (!c->meta.validated || layout_now(&c->tier->layout) / 1000 <= limit);
}

/* A directory that was listed, here or on another host, and not too long ago. */
static bool was_listed(struct agent *a, const struct remote *r, const char *rel)
{
	const struct profile *p = r->profile;
	int64_t oldest = layout_now(&a->layout) / 1000 - (int64_t)((p->ttl + p->max_stale) / 1000);
	const struct listing_header *l = listing_map(&a->layout, rel, false);
	bool usable = l && l->fetched >= oldest;

	listing_unmap(l);
	return usable || disk_has_listing(tier_home(a), rel, oldest);
}

bool lookup_stale(struct agent *a, const struct remote *r, const char *rel, struct answer *out)
{
	struct cached c;
	bool servable;

	if (was_listed(a, r, rel)) {
		object_describe_dir(rel, out);
		return true;
	}

	lookup_object(a, r, rel, &c);
	servable = lookup_servable(r, &c);
	if (servable) {
		*out = (struct answer){.message = ""};
		lookup_describe(&c, out);
	}
	lookup_release(&c);
	return servable;
}

bool lookup_listed(struct agent *a, const char *rel, struct object_info *info)
{
	char dir[KEY_REL_MAX];
	const char *name = strrchr(rel, '/');
	const struct listing_header *l = NULL;
	const struct listing_entry *e = NULL;
	struct listing_info li;

	if (name && (size_t)(name - rel) < sizeof dir) {
		memcpy(dir, rel, (size_t)(name - rel));
		dir[name - rel] = 0;
		l = listing_map(&a->layout, dir, false);
	}
	if (l)
		e = listing_find(l, name + 1, strlen(name + 1));
	if (e) {
		listing_read(l, e, &li);
		info->size = li.size;
		info->mtime = li.mtime;
		snprintf(info->etag, sizeof info->etag, "%s", listing_etag(l, e));
	}
	listing_unmap(l);
	return e != NULL;
}

/* Takes over what the listing says of the same generation. */
static bool settle_by_listing(struct agent *a, const char *rel, struct object_info *info)
{
	struct object_info listed;

	if (!lookup_listed(a, rel, &listed) || listed.size != info->size ||
	        strcmp(listed.etag, info->etag) != 0)
		return false;
	info->mtime = listed.mtime;
	return true;
}

void lookup_settle(struct agent *a, struct remote *r, const char *rel, const char *key,
        struct object_info *info)
{
	struct object_info listed = {0};
	struct listing_info li;
	struct answer ans;
	bool is_dir = false;

	if (r->manifest && manifest_lookup(r->manifest, key, &listed, &is_dir) == 0 && !is_dir) {
		if (listed.size == info->size)
			info->mtime = listed.mtime;
	} else if (settle_by_listing(a, rel, info)) {
		return;
	}
	object_describe(r, rel, info, &ans);
	li = (struct listing_info){
	        .size = ans.size,
	        .ino = ans.ino,
	        .mtime = ans.mtime,
	        .type = LISTING_FILE,
	        .executable = ans.executable,
	};
	listing_update(&a->layout, rel, &li);
}

/* The version by which all of a store's answers tell two generations of an object apart. */
static void version_of(
        const struct remote *r, const struct object_info *info, char out[static STORE_ETAG_MAX + 1])
{
	if (info->etag[0] && !r->profile->manifest[0])
		memcpy(out, info->etag, strlen(info->etag) + 1);
	else
		snprintf(out, STORE_ETAG_MAX + 1, "%llu %lld", (unsigned long long)info->size,
		        (long long)info->mtime);
}

void object_describe(
        const struct remote *r, const char *rel, const struct object_info *info, struct answer *out)
{
	char version[STORE_ETAG_MAX + 1];

	version_of(r, info, version);
	*out = (struct answer){
	        .fd = -1,
	        .type = WIRE_FILE,
	        .size = info->size,
	        .mtime = info->mtime,
	        .executable = is_executable(r, rel, info->executable),
	        .ino = identity_ino(rel, strlen(rel), version),
	        .message = "",
	};
	describe_etag(info->etag, out);
}

void object_describe_dir(const char *rel, struct answer *out)
{
	*out = (struct answer){
	        .fd = -1,
	        .type = WIRE_DIR,
	        .mtime = STORE_MTIME_DIR,
	        .ino = identity_ino(rel, strlen(rel), ""),
	        .message = "",
	};
}
