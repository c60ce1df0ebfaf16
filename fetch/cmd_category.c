#include "fetch/cmd_category.h"
#include "cache/category.h"
#include "cache/read/settings.h"
#include "fetch/cmd_report.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* What a walk found. */
struct sum {
	uint64_t bytes, files;
	uint64_t old; /* bytes of what was not used for longer than the retention */
	int64_t used, before;
};

static int64_t long_ago(uint64_t seconds)
{
	return (int64_t)time(NULL) - (int64_t)seconds;
}

/* Seconds; 0 if it has none. */
static uint64_t retention(const struct category *g)
{
	return g->retention == SETTING_UNSET ? 0 : g->retention / 1000;
}

static bool is_old(const struct category_unit *unit, int64_t before)
{
	return unit->used && unit->used < before;
}

static int add(void *arg, const struct category_unit *unit)
{
	struct sum *s = arg;

	s->bytes += unit->bytes;
	s->files += unit->files;
	if (unit->used > s->used)
		s->used = unit->used;
	if (is_old(unit, s->before))
		s->old += unit->bytes;
	return 0;
}

/* -ENOENT where the tool is not used here. */
static int measure(const struct category *g, struct sum *s)
{
	bool kept = !retention(g) || strcmp(g->evict, "never") == 0;

	*s = (struct sum){.before = kept ? 0 : long_ago(retention(g))};
	return category_walk(g, add, s);
}

static void add_to(struct sum *all, const struct sum *s)
{
	all->bytes += s->bytes;
	all->files += s->files;
	all->old += s->old;
	if (s->used > all->used)
		all->used = s->used;
}

static void add_row(struct columns *t, const char *name, const struct sum *s, const char *rule)
{
	uint64_t now = (uint64_t)time(NULL), used = (uint64_t)s->used;
	char text[CMD_TEXT_MAX];

	columns_add(t, name);
	columns_add(t, cmd_bytes(s->bytes, text));
	columns_add(t, cmd_count(s->files, text));
	columns_add(t, used ? cmd_span(now > used ? now - used : 0, text) : "-");
	columns_add(t, s->old ? cmd_bytes(s->old, text) : "-");
	columns_add(t, rule);
}

/* "90d", "never", or that there is no rule. */
static const char *rule_of(const struct category *g, char text[static CMD_TEXT_MAX])
{
	if (*g->evict)
		return g->evict;
	return retention(g) ? cmd_span(retention(g), text) : "-";
}

/* One heading with all of its categories. */
static int add_heading(
        const struct config *c, const char *heading, struct columns *t, struct sum *total)
{
	struct sum sums[CONFIG_CATEGORIES_MAX], all = {0};
	int errors[CONFIG_CATEGORIES_MAX], status = CMD_OK;
	char name[CONFIG_NAME_MAX + 3], text[CMD_TEXT_MAX];
	bool any = false;

	for (int i = 0; i < c->n_categories; i++) {
		const struct category *g = &c->categories[i];

		errors[i] = -ENOENT;
		if (strcmp(g->heading, heading) != 0)
			continue;
		errors[i] = measure(g, &sums[i]);
		if (errors[i] == -ENOENT)
			continue;
		if (errors[i]) {
			cmd_error("%s: not all of it could be read (%s); its row says too little",
			        g->path, strerror(-errors[i]));
			status = CMD_FAILED;
		}
		add_to(&all, &sums[i]);
		any = true;
	}
	if (any && *heading)
		add_row(t, heading, &all, "");
	for (int i = 0; i < c->n_categories; i++) {
		if (errors[i] == -ENOENT)
			continue;
		snprintf(name, sizeof name, "%s%s", *heading ? "  " : "", c->categories[i].name);
		add_row(t, name, &sums[i], rule_of(&c->categories[i], text));
	}
	add_to(total, &all);
	return status;
}

/* Whether an earlier category has this heading. */
static bool is_done(const struct config *c, int i)
{
	for (int k = 0; k < i; k++) {
		if (strcmp(c->categories[k].heading, c->categories[i].heading) == 0)
			return true;
	}
	return false;
}

int category_show(const struct config *c)
{
	struct columns t;
	struct sum total = {0};
	int status = CMD_OK;

	if (!c->n_categories)
		return CMD_OK;
	t = columns_new("CATEGORY|SIZE>|FILES>|USED>|OLD>|EVICT>");
	for (int i = 0; i < c->n_categories; i++) {
		if (!is_done(c, i))
			status |= add_heading(c, c->categories[i].heading, &t, &total);
	}
	add_row(&t, "total", &total, "");
	putchar('\n');
	columns_print(&t, stdout, 0);
	return status;
}

int category_report(const struct config *c, struct json *j)
{
	int status = CMD_OK;

	json_array(j, "categories");
	for (int i = 0; i < c->n_categories; i++) {
		const struct category *g = &c->categories[i];
		struct sum s;
		int err = measure(g, &s);

		if (err && err != -ENOENT)
			status = CMD_FAILED;
		json_object(j, NULL);
		json_text(j, "name", g->name);
		json_text(j, "heading", g->heading);
		json_text(j, "path", g->path);
		json_bool(j, "exists", err != -ENOENT);
		json_bool(j, "complete", !err);
		json_number(j, "bytes", s.bytes);
		json_number(j, "files", s.files);
		json_number(j, "used", (uint64_t)s.used);
		json_number(j, "old_bytes", s.old);
		json_number(j, "retention", retention(g));
		json_bool(j, "never", *g->evict != 0);
		json_object_end(j);
	}
	json_array_end(j);
	return status;
}

/* --- evict --------------------------------------------------------------------------------------
 */

struct cleaning {
	const struct category *category;
	int64_t before;
	bool yes, verbose;
	int error;
	uint64_t units, bytes;
};

static void print_unit(const struct cleaning *k, const struct category_unit *unit)
{
	char size[CMD_TEXT_MAX], used[CMD_TEXT_MAX];

	printf("%10s %s %s/", cmd_bytes(unit->bytes, size), cmd_time(unit->used, used),
	        k->category->path);
	cmd_print_safe(stdout, unit->path, strlen(unit->path));
	putchar('\n');
}

static int clean(void *arg, const struct category_unit *unit)
{
	struct cleaning *k = arg;
	int err;

	if (!is_old(unit, k->before))
		return 0;
	if (!k->yes || k->verbose)
		print_unit(k, unit);
	err = k->yes ? category_remove(k->category, unit) : 0;
	if (err == -EBUSY || err == -ENOENT)
		return 0;
	if (err) {
		cmd_error("%s/%s: cannot be removed (%s)", k->category->path, unit->path,
		        strerror(-err));
		k->error = err;
		return 0;
	}
	k->units++;
	k->bytes += unit->bytes;
	return 0;
}

static int clean_one(
        const struct config *c, const struct category *g, uint64_t age, bool yes, bool verbose)
{
	struct cleaning k = {.category = g, .yes = yes, .verbose = verbose};
	const char *refused = category_refused(c, g);
	char text[CMD_TEXT_MAX];
	int err;

	if (refused) {
		cmd_error("%s: %s", g->name, refused);
		return CMD_FAILED;
	}
	if (!age)
		age = retention(g);
	if (!age) {
		cmd_error("%s: has no retention; say --older-than, or set it in [category %s]",
		        g->name, g->name);
		return CMD_USAGE;
	}
	k.before = long_ago(age);
	err = category_walk(g, clean, &k);
	if (err)
		cmd_error("%s: %s", g->path, strerror(-err));
	printf("%s: %s %llu entr%s, %s%s\n", g->name, yes ? "removed" : "would remove",
	        (unsigned long long)k.units, k.units == 1 ? "y" : "ies", cmd_bytes(k.bytes, text),
	        yes || !k.units ? "" : "; --yes does it");
	return err || k.error ? CMD_FAILED : CMD_OK;
}

int category_evict(const struct config *c, const char *name, uint64_t age, bool yes, bool verbose)
{
	bool all = strcmp(name, "all") == 0, any = false;
	int status = CMD_OK;

	for (int i = 0; i < c->n_categories; i++) {
		const struct category *g = &c->categories[i];

		if (!all && strcmp(g->name, name) != 0)
			continue;
		any = true;
		if (!all || (!category_refused(c, g) && (age || retention(g))))
			status |= clean_one(c, g, age, yes, verbose);
	}
	if (any || all)
		return status;
	cmd_error("%s: no such category; 'larder df' shows them, [category %s] makes one", name,
	        name);
	return CMD_FAILED;
}
