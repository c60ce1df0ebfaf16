#include "fetch/replay.h"
#include "cache/read/hash.h"
#include "fetch/ask.h"
#include "fetch/object.h"
#include "fetch/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE (CONFIG_PATH_MAX + KEY_MAX)

static struct {
	bool on;
	struct replay_entry *by_rel, *by_aside;
	struct replay_entry **sorted; /* by path */
	size_t n;
} replay;

bool replay_on(void)
{
	return replay.on;
}

const struct replay_entry *replay_find(const char *rel)
{
	struct replay_entry *e;

	HASH_FIND_STR(replay.by_rel, rel, e);
	if (!e)
		HASH_FIND(hh_aside, replay.by_aside, rel, strlen(rel), e);
	return e;
}

bool replay_same(const struct replay_entry *e, const char *etag, uint64_t size, int64_t mtime)
{
	if (e->info.size != size)
		return false;
	return *e->info.etag ? strcmp(e->info.etag, etag) == 0 : e->info.mtime == mtime;
}

/* -- Directories -- */

/* The first entry that is not before `path`. */
static size_t lower_bound(const char *path)
{
	size_t low = 0, high = replay.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(replay.sorted[middle]->path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_prefix(size_t i, const char *prefix, size_t len)
{
	return i < replay.n && strncmp(replay.sorted[i]->path, prefix, len) == 0;
}

bool replay_has_below(const char *rel)
{
	char path[PATH_SIZE], key[KEY_MAX + 1];
	int n;

	if (key_from_rel(key, sizeof key, rel) != 0)
		return false;
	n = snprintf(
	        path, sizeof path, "%.*s/%s%s", (int)strcspn(rel, "/"), rel, key, *key ? "/" : "");
	return n < (int)sizeof path && has_prefix(lower_bound(path), path, (size_t)n);
}

int replay_list(const char *dir, const char *key, store_entry_cb *cb, void *arg)
{
	char path[PATH_SIZE];
	int n = snprintf(path, sizeof path - 2, "%s/%s", dir, key), err = 0;
	size_t i, len = (size_t)n;

	if (n >= (int)sizeof path - 2)
		return -ENAMETOOLONG;
	i = lower_bound(path);
	if (!has_prefix(i, path, len))
		return *key ? -ENOENT : 0;
	while (!err && has_prefix(i, path, len)) {
		const char *name = replay.sorted[i]->path + len;
		struct store_entry e = {.name = name, .name_len = strcspn(name, "/")};

		e.is_dir = name[e.name_len] == '/';
		if (!e.is_dir)
			e.info = replay.sorted[i]->info;
		err = cb(arg, &e);
		if (e.is_dir && len + e.name_len + 2 <= sizeof path) {
			/* Behind all that is in it: '0' follows '/'. */
			memcpy(path + len, name, e.name_len);
			memcpy(path + len + e.name_len, "0", 2);
			i = lower_bound(path);
			path[len] = 0;
		} else {
			i++;
		}
	}
	return err;
}

/* -- Loading -- */

/* The URL of that version alone; false if the store keeps none, or it is one already. */
static bool make_versioned(const struct profile *p, const struct record_entry *r, const char *key,
        char *out, size_t size)
{
	const char *mark = strcmp(p->scheme, "s3") == 0   ? "?versionId="
	                   : strcmp(p->scheme, "gs") == 0 ? "#"
	                                                  : NULL;
	size_t n = url_head(p, "://", out, size);

	if (!*r->version || strcmp(p->version, r->version) == 0 ||
	        strlen(r->version) > URL_VERSION_MAX || !n)
		return false;
	if (mark && !p->pinned)
		n += (size_t)snprintf(out + n, size - n, "/%s%s%s", key, mark, r->version);
	else if (strcmp(p->scheme, "hf") == 0)
		n = (size_t)snprintf(out, size, "hf://%s@%s/%s", p->authority, r->version, key);
	else
		return false;
	return n < size;
}

static void place_aside(const struct config *c, const struct profile *p,
        const struct record_entry *r, struct replay_entry *e)
{
	char url[PATH_SIZE + URL_VERSION_MAX + 16], dir[URL_NAME_MAX + HASH_HEX_LEN + 2];
	char hex[HASH_HEX_LEN + 1], rel[KEY_REL_MAX];
	const struct profile *versioned;
	struct own_profile own;
	const char *key;

	if (!make_versioned(p, r, e->key, url, sizeof url) ||
	        config_profile_of_url(c, url, &own, &versioned, &key) != 0)
		return;
	/* Not that of the URL itself, whose files show themselves as others. */
	hash_hex(hash64(HASH_PROFILE, versioned->dir, versioned->dir_len), hex);
	snprintf(dir, sizeof dir, "%s~%s", versioned->name, hex);
	if (key_to_rel(rel, sizeof rel, dir, e->key) != 0)
		return;
	e->aside = strdup(rel);
	e->versioned = strdup(versioned->dir);
}

/* What is found already, or noted now. */
static int add_key(const struct config *c, const struct record_entry *r, const struct profile *p,
        const char *key)
{
	struct replay_entry *e;
	char rel[KEY_REL_MAX];

	if (key_to_rel(rel, sizeof rel, p->dir, key) != 0)
		return -ENOENT;
	HASH_FIND_STR(replay.by_rel, rel, e);
	if (e) {
		e->ambiguous = true;
		return 0;
	}
	e = calloc(1, sizeof *e);
	if (!e || !(e->rel = strdup(rel)) || asprintf(&e->path, "%s/%s", p->dir, key) < 0)
		return -ENOMEM;
	e->key = e->path + p->dir_len + 1;
	e->info = (struct object_info){
	        .size = r->size, .mtime = r->modified, .executable = r->executable};
	snprintf(e->info.etag, sizeof e->info.etag, "%s", r->etag);
	place_aside(c, p, r, e);
	HASH_ADD_KEYPTR(hh, replay.by_rel, e->rel, strlen(e->rel), e);
	if (e->aside)
		HASH_ADD_KEYPTR(hh_aside, replay.by_aside, e->aside, strlen(e->aside), e);
	return 0;
}

/* What no profile of this configuration has, nobody can ask for. */
static int add(const struct config *c, const struct record_entry *r)
{
	char *url = strdup(r->url), *key;
	const struct profile *p;
	struct own_profile own;
	int err = url ? record_resolve(c, url, &own, &p, &key) : -ENOMEM;

	if (!err)
		err = add_key(c, r, p, key);
	free(url);
	return err == -ENOENT ? 0 : err;
}

static int compare(const void *a, const void *b)
{
	return strcmp(
	        (*(struct replay_entry *const *)a)->path, (*(struct replay_entry *const *)b)->path);
}

static int sort(void)
{
	struct replay_entry *e;

	replay.sorted = malloc((HASH_COUNT(replay.by_rel) + 1) * sizeof *replay.sorted);
	if (!replay.sorted)
		return -ENOMEM;
	for (e = replay.by_rel; e; e = e->hh.next)
		replay.sorted[replay.n++] = e;
	qsort(replay.sorted, replay.n, sizeof *replay.sorted, compare);
	return 0;
}

int replay_open(const struct config *c, char err[static STORE_ERROR_MAX])
{
	char why[RECORD_ERROR_MAX];
	struct record record = {0};
	struct record_entry *r;
	int ret;

	if (!*c->replay || replay.on)
		return 0;
	ret = record_read_whole(&record, c->replay, why);
	if (!ret)
		snprintf(why, sizeof why, "out of memory");
	for (r = record.entries; r && !ret; r = r->hh.next)
		ret = add(c, r);
	if (!ret)
		ret = sort();
	record_release(&record);
	replay.on = !ret;
	if (ret)
		snprintf(err, STORE_ERROR_MAX, "%.300s: cannot be replayed: %s", c->replay, why);
	return ret;
}

/* -- Answers -- */

void replay_describe(struct agent *a, const struct replay_entry *e, struct answer *out)
{
	char err[STORE_ERROR_MAX];
	int error;
	struct remote *r = remote_get(a, e->rel, &error, err);

	*out = (struct answer){.error = -EIO, .fd = -1, .message = ""};
	if (r)
		object_describe(r, e->rel, &e->info, out);
}

struct explaining {
	const struct replay_entry *entry;
	replay_explained *done;
	void *arg;
};

static void on_head(void *arg, const struct ask_result *r)
{
	struct explaining *x = arg;
	const struct object_info *want = &x->entry->info;
	char found[STORE_ETAG_MAX + 200], text[STORE_ERROR_MAX], time[RECORD_TIME_MAX];

	if (r->error == -ENOENT)
		snprintf(found, sizeof found, "it is gone");
	else if (r->error)
		snprintf(
		        found, sizeof found, "what it has now cannot be told (%.120s)", r->message);
	else if (*r->info.etag)
		snprintf(found, sizeof found, "it has %s now", r->info.etag);
	else
		snprintf(found, sizeof found, "it has %llu bytes of %s now",
		        (unsigned long long)r->info.size, record_time(r->info.mtime * 1000, time));
	record_time(want->mtime * 1000, time);
	snprintf(text, sizeof text,
	        "the record has it as %.100s (%llu bytes of %s), which is neither cached nor had "
	        "by "
	        "the remote any more: %.200s",
	        *want->etag ? want->etag : "opened then", (unsigned long long)want->size, time,
	        found);
	x->done(x->arg, text);
	free(x);
}

void replay_explain(
        struct agent *a, const struct replay_entry *e, replay_explained *done, void *arg)
{
	struct explaining *x = malloc(sizeof *x);
	char err[STORE_ERROR_MAX];
	int error;
	struct remote *r = remote_get(a, e->rel, &error, err);

	if (x)
		*x = (struct explaining){.entry = e, .done = done, .arg = arg};
	if (x && r && ask_head(a, r, e->key, false, on_head, x))
		return;
	free(x);
	done(arg, "the remote does not have the version that was recorded");
}
