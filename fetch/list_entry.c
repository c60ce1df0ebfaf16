/* The names of a listing as they come: shown as the objects are, and compared with what the
 * validity table has of them. */
#include "cache/read/hash.h"
#include "fetch/list_parts.h"
#include "fetch/object.h"
#include "fetch/valid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LONG 5000 /* names, from which on it is worth while to be prepared for many */

/* Whether the validity table has it. Of a million names few are there, and each look at the table
 * itself is at memory that no cache has. */
static bool is_known(struct list_job *j, uint64_t key)
{
	const struct validity_table *t = valid_of(j->agent, j->remote->profile);

	if (!j->filter && listing_build_count(j->build) >= LONG) {
		j->filter = malloc(sizeof *j->filter);
		if (j->filter)
			validity_filter(t, j->filter);
	}
	return (!j->filter || validity_may_have(j->filter, key)) && validity_has(t, key);
}

/* The listing is the remote's word on every object in it: entries of the validity table, which the
 * loop alone writes, are extended or ended. */
static int note_object(struct list_job *j, const char *rel, size_t len, const char *etag)
{
	struct said_object o = {.key = hash64(HASH_OBJECT, rel, len)};
	struct said_object *more;

	if (!*etag || j->n_said == VALIDITY_SLOTS || !is_known(j, o.key))
		return 0;
	if (j->n_said == j->said_room) {
		j->said_room = j->said_room ? 2 * j->said_room : 64;
		more = realloc(j->said, j->said_room * sizeof *more);
		if (!more)
			return -ENOMEM;
		j->said = more;
	}
	o.etag = hash64(HASH_ETAG, etag, strlen(etag));
	j->said[j->n_said++] = o;
	return 0;
}

void list_confirm(struct list_job *j)
{
	uint64_t expiry = agent_expiry(j->remote->profile->ttl);

	for (size_t i = 0; i < j->n_said; i++)
		validity_confirm(valid_of(j->agent, j->remote->profile), j->said[i].key,
		        j->said[i].etag, expiry);
}

int list_entry(void *arg, const struct store_entry *e)
{
	struct list_job *j = arg;
	struct listing_info info = {.type = e->is_dir ? LISTING_DIR : LISTING_FILE};
	struct answer shown;
	char child[KEY_REL_MAX];
	size_t len = strlen(j->rel);
	int err;

	if (!e->name_len && !e->is_dir) {
		j->marker = true;
		return 0;
	}
	memcpy(child, j->rel, len + 1);
	if (key_append_name(child, sizeof child, &len, e->name, e->name_len)) {
		j->hidden++;
		return 0;
	}
	if (e->is_dir)
		object_describe_dir(child, &shown);
	else
		object_describe(j->remote, child, e->info, &shown);
	info.size = shown.size;
	info.mtime = shown.mtime;
	info.ino = shown.ino;
	info.executable = shown.executable;
	if (listing_build_count(j->build) >= j->agent->config->cache.listing_max)
		return -E2BIG;
	err = listing_build_add(
	        j->build, e->name, e->name_len, &info, e->is_dir ? "" : e->info->etag);
	if (err == -ENAMETOOLONG) {
		j->hidden++;
		err = 0;
	}
	if (!err && !e->is_dir && j->remote->ops->listing_etags)
		err = note_object(j, child, len, e->info->etag);
	return err;
}
