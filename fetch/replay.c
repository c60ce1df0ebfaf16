#include "fetch/replay.h"
#include "cache/read/hash.h"
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
		e.info = &replay.sorted[i]->info;
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

/* Another profile may have the same bucket, of another server. */
static bool is_made_of(const struct profile *versioned, const struct profile *p)
{
	size_t n = strcspn(p->name, "@");

	return strcspn(versioned->name, "@") == n && strncmp(versioned->name, p->name, n) == 0;
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
	        config_profile_of_url(c, url, &own, &versioned, &key) != 0 ||
	        !is_made_of(versioned, p))
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
	if (!e || !(e->rel = strdup(rel)) || asprintf(&e->path, "%s/%s", p->dir, key) < 0) {
		free(e ? e->rel : NULL);
		free(e);
		return -ENOMEM;
	}
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
	char key[KEY_MAX + 1];
	const struct profile *p;
	struct own_profile own;
	int err = record_resolve(c, r, &own, &p, key);

	if (!err)
		err = add_key(c, r, p, key);
	return err == -ENOENT ? 0 : err;
}

static void entry_free(struct replay_entry *e)
{
	free(e->path);
	free(e->rel);
	free(e->aside);
	free(e->versioned);
	free(e);
}

void replay_close(void)
{
	struct replay_entry *e, *next;

	HASH_CLEAR(hh_aside, replay.by_aside);
	HASH_ITER (hh, replay.by_rel, e, next) {
		HASH_DEL(replay.by_rel, e);
		entry_free(e);
	}
	free(replay.sorted);
	replay.sorted = NULL;
	replay.n = 0;
	replay.on = false;
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
