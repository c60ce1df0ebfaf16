/*
 * What goes: a job's candidates are taken from the index in the order of the policy, a batch at a
 * time, and each is looked at on the disk before it is removed.
 *
 * A batch holds the first so many candidates behind the last one of the batch before. What turns
 * out to have been used later than the index knew gets its place further behind, and comes again
 * there. So a round ends, and reads the whole index once a batch, but never the tree.
 */
#include "cache/beneath.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/validity.h"
#include "cache/trash.h"
#include "fetch/evict_batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define QUOTA_LOW_PERCENT 95 /* of a quota that was passed, what stays */

static struct evict_rule rule_of(const struct evict *e, uint16_t profile)
{
	const struct config *c = e->agent->config;
	const struct profile *p = config_settings_of(c, index_profile_dir(e->index, profile));
	struct evict_rule r = {.priority = EVICT_PRIORITY};
	/* What goes from the local tier can be copied there again. */
	bool is_local = c->cache.location == c->local.location;

	if (p)
		r = (struct evict_rule){.priority = p->priority,
		        .quota = p->quota == SETTING_UNSET ? 0 : p->quota,
		        .retention = p->retention == SETTING_UNSET ? 0 : p->retention,
		        .never = !is_local && strcmp(p->evict, "never") == 0};
	return r;
}

uint64_t evict_quota(const struct evict *e, uint16_t profile)
{
	return rule_of(e, profile).quota;
}

static bool is_done(const struct round *r)
{
	const struct evict_job *j = r->job;

	if (r->e->stop)
		return true;
	return !j->selects && j->result.bytes >= j->goal.bytes && j->result.files >= j->goal.files;
}

static bool is_at(const char *rel, const char *prefix)
{
	size_t len = prefix ? strlen(prefix) : 0;

	return !prefix || (strncmp(rel, prefix, len) == 0 && (!rel[len] || rel[len] == '/'));
}

static bool mark_pinned(struct index_entry *e, bool made, void *arg)
{
	(void)arg;
	e->pinned = true;
	return !made;
}

static bool mark_unpinned(struct index_entry *e, bool made, void *arg)
{
	(void)made, (void)arg;
	e->pinned = false;
	return true;
}

/* The kernel notes a read a moment after the agent was told of the use, which is counted already.
 */
static bool mark_used(struct index_entry *e, bool made, void *arg)
{
	const uint64_t *used = arg;

	if (*used > e->used + VALIDITY_USE_PERIOD * 1000)
		e->count = (uint16_t)(e->count + (e->count < UINT16_MAX));
	if (*used > e->used)
		e->used = *used;
	return !made;
}

/* Removes a folder that has become empty, and those above it up to the profile's. Who publishes
 * makes them again. */
static void prune(struct evict *e, char *rel)
{
	char path[LAYOUT_PATH_MAX];
	const char *name;
	char *slash;

	for (; strchr(rel, '/'); *slash = 0) {
		int dir, err;

		slash = strrchr(rel, '/');
		snprintf(path, sizeof path, "data/%s", rel);
		dir = beneath_parent(&e->agent->layout, path, &name);
		err = dir < 0 ? dir : unlinkat(dir, name, AT_REMOVEDIR);
		if (dir >= 0)
			close(dir);
		if (err)
			return;
	}
}

/* Something went from the folder of `rel` (NULL: from none any more). What was used together is
 * often in one folder, which is tried when the last of them has gone. */
static void leave_folder(struct round *r, const char *rel)
{
	size_t len = rel ? (size_t)(strrchr(rel, '/') - rel) : 0;

	if (rel && strncmp(r->folder, rel, len) == 0 && !r->folder[len])
		return;
	prune(r->e, r->folder);
	memcpy(r->folder, rel ? rel : "", len);
	r->folder[len] = 0;
}

static void count(struct round *r, const struct index_entry *e, const char *rel, bool gone)
{
	struct evict_result *res = &r->job->result;
	struct evict_item item = {.rel = rel, .bytes = e->bytes, .used = (int64_t)(e->used / 1000)};

	res->bytes += e->bytes;
	res->files++;
	if (gone) {
		r->e->went[e->profile].bytes += e->bytes;
		r->e->went[e->profile].files++;
	}
	if (gone && !r->e->agent->layout.grace) {
		res->freed_bytes += e->bytes;
		res->freed_files++;
	}
	if (r->job->each)
		r->job->each(r->job, &item);
}

static void take_away(struct round *r, const struct index_entry *e, const char *rel)
{
	/* Who fills it holds its lock, on any host. */
	int lock = lock_try(&r->e->locks, e->hash), err;

	if (lock == -EAGAIN)
		return;
	err = trash_put(&r->e->agent->layout, rel);
	if (!lock)
		lock_drop(&r->e->locks, e->hash);
	if (err && err != -ENOENT)
		return;
	journals_gone(r->e->journals, rel);
	if (!err)
		count(r, e, rel, true);
	leave_folder(r, rel);
}

/* When it was last used by what the disk says; 0 if there is nothing to evict, which is noted. */
static uint64_t look(struct round *r, const char *rel)
{
	char path[LAYOUT_PATH_MAX];
	struct stat st;

	if (layout_data(&r->e->agent->layout, path, rel) != 0)
		return 0;
	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || !identity_marked(st.st_mode)) {
		evict_look(r->e, rel);
		return 0;
	}
	return (uint64_t)st.st_atim.tv_sec * 1000 + (uint64_t)st.st_atim.tv_nsec / 1000000;
}

/* Whether what was used so late may go all the same. */
static bool may_go(const struct round *r, const struct index_entry *e, uint64_t used)
{
	bool by_use = r->job->selects || r->order == EVICT_LRU || r->order == EVICT_LFU;

	if (used >= r->before)
		return false;
	if (r->job->selects && r->before == UINT64_MAX)
		return true;
	/* Since the round began: used, or another object by now. */
	if (used >= r->now)
		return false;
	return !by_use || used <= e->used || r->job->selects;
}

/* Its place has changed: it comes again behind others, in this batch or a later one. */
static void come_again(struct round *r, uint64_t hash, uint64_t used)
{
	struct index_entry e = {.hash = hash};

	index_update(r->e->index, &e, mark_used, &used);
	if (!index_find(r->e->index, hash, &e))
		return;
	if (e.used < r->before && used < r->now)
		batch_put_back(r, &e);
}

static void visit(struct round *r, uint64_t hash)
{
	struct index_entry e, template = {.hash = hash};
	const struct evict_selection *s = &r->job->selection;
	char buf[JOURNAL_LINE_MAX + 1];
	const char *rel;
	uint64_t used;

	if (!index_find(r->e->index, hash, &e))
		return;
	rel = journals_rel(r->e->journals, &e, buf);
	if (!rel) {
		/* Its line has gone: a walk finds it again, if it is there. */
		index_remove(r->e->index, hash);
		r->e->damaged = true;
		return;
	}
	if (!is_at(rel, s->rel))
		return;
	if (!s->even_kept && pins_have(&r->e->pins, rel)) {
		index_update(r->e->index, &template, mark_pinned, NULL);
		return;
	}
	used = look(r, rel);
	if (!used)
		return;
	if (!may_go(r, &e, used)) {
		come_again(r, hash, used);
		return;
	}
	e.used = used > e.used ? used : e.used;
	if (s->dry_run)
		count(r, &e, rel, false);
	else
		take_away(r, &e, rel);
}

static void run_round(struct round *r)
{
	r->first = true;
	while (!is_done(r) && batch_fill(r)) {
		while (r->n && !is_done(r)) {
			evict_lock_beat(&r->e->lock, &r->e->agent->layout);
			visit(r, batch_pop(r).hash);
		}
		journals_flush(r->e->journals);
	}
	leave_folder(r, NULL);
}

static struct round *round_new(struct evict *e, struct evict_job *j)
{
	unsigned n = index_profiles(e->index);
	struct round *r = malloc(sizeof *r);
	struct evict_rule *rules = calloc(n + 1, sizeof *rules);

	if (!r || !rules) {
		free(rules);
		free(r);
		return NULL;
	}
	for (unsigned i = 0; i < n; i++)
		rules[i] = rule_of(e, (uint16_t)i);
	r->e = e;
	r->job = j;
	r->rules = rules;
	r->n_rules = n;
	r->order = e->order;
	r->profile = -1;
	r->folder[0] = 0;
	r->before = UINT64_MAX;
	r->now = journals_now(e->journals);
	if (getrandom(&r->seed, sizeof r->seed, 0) < 0)
		r->seed = r->now;
	return r;
}

static void round_free(struct round *r)
{
	free((void *)r->rules);
	free(r);
}

/* Takes the lock, and learns what has happened. */
static int begin(struct evict *e)
{
	int err = evict_lock_take(&e->lock, &e->agent->layout);
	bool changed;

	if (err == -EAGAIN)
		return err;
	e->state = journals_catch_up(e->journals, &e->stop);
	if (e->state == JOURNALS_INCOMPLETE)
		e->damaged = true;
	err = pins_load(&e->pins, &e->agent->layout, &changed);
	for (unsigned i = 0; changed && i < INDEX_PARTS; i++)
		index_each(e->index, i, mark_unpinned, NULL);
	if (err)
		evict_lock_drop(&e->lock);
	return err;
}

static void end(struct evict *e)
{
	journals_flush(e->journals);
	evict_lock_drop(&e->lock);
}

static void select_and_run(struct evict *e, struct round *r)
{
	const struct evict_selection *s = &r->job->selection;

	if (s->profile)
		r->profile = index_profile(e->index, s->profile);
	if (s->older_than)
		r->before = r->now > s->older_than * 1000 ? r->now - s->older_than * 1000 : 0;
	if (s->rel && journal_names_object(s->rel))
		evict_look(e, s->rel);
	run_round(r);
}

void evict_run(struct evict *e, struct evict_job *j)
{
	bool counts = !j->selects && !j->goal.bytes && !j->goal.files;
	struct index_total left;
	struct round *r;

	j->result = (struct evict_result){0};
	if (!j->selects && !counts && e->order == EVICT_NONE)
		j->result.error = -EPERM;
	else if (!counts)
		j->result.error = begin(e);
	if (!counts && !j->result.error) {
		r = round_new(e, j);
		if (!r)
			j->result.error = -ENOMEM;
		else if (j->selects)
			select_and_run(e, r);
		else
			run_round(r);
		if (r)
			round_free(r);
		end(e);
	}
	if (e->stop)
		j->result.error = -ECANCELED;
	left = index_total(e->index);
	j->result.left_bytes = left.bytes;
	j->result.left_files = left.files;
}

/* One profile: what was not used for its retention, then what is beyond its quota. */
static void keep_profile(struct evict *e, struct round *r, uint16_t profile)
{
	const struct evict_rule *rule = &r->rules[profile];
	uint64_t bytes = index_total_of(e->index, profile).bytes;

	r->profile = profile;
	r->job->result = (struct evict_result){0};
	if (rule->retention) {
		r->before = r->now > rule->retention ? r->now - rule->retention : 0;
		r->job->goal = (struct evict_goal){UINT64_MAX, UINT64_MAX};
		run_round(r);
		bytes = index_total_of(e->index, profile).bytes;
	}
	r->before = UINT64_MAX;
	if (rule->quota && bytes > rule->quota && e->order != EVICT_NONE) {
		uint64_t low = rule->quota / 100 * QUOTA_LOW_PERCENT;

		r->job->goal = (struct evict_goal){r->job->result.bytes + bytes - low, 0};
		run_round(r);
	}
	e->kept_house.bytes += r->job->result.bytes;
	e->kept_house.files += r->job->result.files;
	e->kept_house.freed_bytes += r->job->result.freed_bytes;
	e->kept_house.freed_files += r->job->result.freed_files;
}

static bool note_oldest(struct index_entry *e, bool made, void *arg)
{
	struct evict *ev = arg;

	(void)made;
	if (!e->gone && (!ev->oldest[e->profile] || e->used < ev->oldest[e->profile]))
		ev->oldest[e->profile] = e->used;
	return true;
}

void evict_find_oldest(struct evict *e)
{
	for (unsigned i = 0; i < index_profiles(e->index); i++)
		e->oldest[i] = 0;
	for (unsigned i = 0; i < INDEX_PARTS && !e->stop; i++)
		index_each(e->index, i, note_oldest, e);
}

int evict_keep_house(struct evict *e)
{
	struct evict_job job = {0};
	struct round *r;
	int err = begin(e);

	if (err)
		return err;
	r = round_new(e, &job);
	for (unsigned i = 0; r && i < r->n_rules && !e->stop; i++)
		keep_profile(e, r, (uint16_t)i);
	if (r)
		round_free(r);
	journals_tidy(e->journals, &e->stop);
	evict_find_oldest(e);
	end(e);
	return 0;
}
