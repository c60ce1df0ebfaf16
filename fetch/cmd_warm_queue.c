#include "cache/listing_build.h"
#include "fetch/cmd_target.h"
#include "fetch/cmd_warm_parts.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct warm_listing {
	const struct listing_header *map;
	const struct profile *profile;
	struct warm_glob *glob;
	uint64_t at; /* the next entry */
	struct warm_listing *next;
	char rel[];
};

int warm_queue_add(struct warm *w, const struct profile *p, const char *rel, enum warm_given given,
        struct warm_glob *glob)
{
	size_t len = strlen(rel);
	struct warm_name *n = malloc(sizeof *n + len + 1);

	if (!n)
		return -ENOMEM;
	n->profile = p;
	n->given = given;
	n->glob = glob;
	w->n_names++;
	memcpy(n->rel, rel, len + 1);
	n->next = NULL;
	/* Folders go in depth, which keeps few of them; what was given, in the order that it has.
	 */
	if (given == WARM_FOUND || !w->names)
		LL_PREPEND(w->names, n);
	else
		w->last->next = n;
	if (!n->next)
		w->last = n;
	return 0;
}

static bool is_bypassed(const struct profile *p, const char *rel)
{
	char key[KEY_MAX + 1], glob[CONFIG_PATH_MAX];
	const char *word = p->bypass;

	if (p->in_place)
		return true;
	if (!*word || key_from_rel(key, sizeof key, rel) != 0)
		return false;
	while (*word) {
		size_t n = strcspn(word, " ");

		snprintf(glob, sizeof glob, "%.*s", (int)n, word);
		if (n && fnmatch(glob, key, 0) == 0)
			return true;
		word += n + strspn(word + n, " ");
	}
	return false;
}

static bool entry_rel(const struct warm_listing *l, uint64_t i, char rel[static KEY_REL_MAX],
        struct listing_info *info)
{
	const struct listing_entry *e = listing_at(l->map, i);
	size_t len = strlen(l->rel), name_len;
	const char *name = e ? listing_name(l->map, e, &name_len) : NULL;

	if (!name)
		return false;
	memcpy(rel, l->rel, len + 1);
	listing_read(l->map, e, info);
	return target_child(rel, &len, name, name_len) == 0;
}

/* What the pattern of a folder says of a name in it. */
static enum warm_match match(const struct warm_glob *glob, const char *rel)
{
	char key[KEY_MAX + 1];

	if (!glob)
		return WARM_YES;
	if (key_from_rel(key, sizeof key, rel) != 0 || strlen(key) < glob->base)
		return WARM_NO;
	return warm_glob_match(glob->pattern, key + glob->base);
}

static void close_listing(struct warm *w, struct warm_listing *l)
{
	LL_DELETE(w->listings, l);
	w->n_listings--;
	listing_unmap(l->map);
	free(l);
}

/* The next object of the listings that are open. */
static bool take_object(struct warm *w, struct warm_job *j)
{
	while (w->listings) {
		struct warm_listing *l = w->listings;

		while (l->at < l->map->count) {
			struct listing_info info;

			if (!entry_rel(l, l->at++, j->rel, &info) || info.type == LISTING_DIR ||
			        match(l->glob, j->rel) != WARM_YES ||
			        is_bypassed(l->profile, j->rel))
				continue;
			j->kind = WARM_OBJECT;
			j->profile = l->profile;
			j->size = info.size;
			j->ino = info.ino;
			return true;
		}
		close_listing(w, l);
	}
	return false;
}

static bool take_folder(struct warm *w, struct warm_job *j)
{
	struct warm_name *n;

	if (!w->names || w->n_listings + w->listing >= WARM_LISTINGS_MAX)
		return false;
	n = w->names;
	j->kind = WARM_FOLDER;
	j->profile = n->profile;
	j->given = n->given;
	j->glob = n->glob;
	j->size = j->ino = 0;
	memcpy(j->rel, n->rel, strlen(n->rel) + 1);
	LL_DELETE(w->names, n);
	w->n_names--;
	free(n);
	w->listing++;
	return true;
}

/* What to do next; WARM_NOTHING when everything is done. A quarter of the threads look ahead, so
 * that the total is soon known. */
void warm_queue_take(struct warm *w, struct warm_job *j)
{
	j->kind = WARM_NOTHING;
	while (!w->broken) {
		if (w->listing < 1 + w->n_threads / 4 && take_folder(w, j))
			break;
		if (take_object(w, j) || take_folder(w, j))
			break;
		if (!w->busy && !w->feeding)
			break;
		pthread_cond_wait(&w->more, &w->lock);
	}
	w->busy += j->kind != WARM_NOTHING;
}

int warm_queue_listing(
        struct warm *w, const struct profile *p, const char *rel, struct warm_glob *glob)
{
	size_t len = strlen(rel);
	struct warm_listing *l = malloc(sizeof *l + len + 1);
	char child[KEY_REL_MAX];
	int err = 0;

	if (!l)
		return -ENOMEM;
	*l = (struct warm_listing){
	        .profile = p, .glob = glob, .map = listing_map(&w->layout, rel, false)};
	memcpy(l->rel, rel, len + 1);
	if (!l->map) {
		free(l);
		return -ENOENT;
	}
	for (uint64_t i = 0; i < l->map->count && !err; i++) {
		struct listing_info info;
		enum warm_match m;

		if (!entry_rel(l, i, child, &info))
			continue;
		m = match(glob, child);
		if (glob)
			glob->matched += m == WARM_YES;
		if (info.type == LISTING_DIR && m != WARM_NO) {
			err = warm_queue_add(w, p, child, WARM_FOUND, m == WARM_YES ? NULL : glob);
		} else if (m != WARM_YES) {
			continue;
		} else if (is_bypassed(p, child)) {
			w->counts.bypassed++;
		} else {
			w->counts.objects++;
			w->counts.bytes += info.size;
		}
	}
	LL_PREPEND(w->listings, l);
	w->n_listings++;
	return err;
}

void warm_queue_clear(struct warm *w)
{
	struct warm_name *n, *next;

	while (w->listings)
		close_listing(w, w->listings);
	LL_FOREACH_SAFE (w->names, n, next) {
		free(n);
	}
	w->names = NULL;
}
