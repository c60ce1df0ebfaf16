/*
 * The text of larder.ini, as inih takes it apart: lines, sections, and the value of each key.
 */
#include "cache/read/config_parts.h"
#include "cache/read/settings.h"
#include "cache/read/text.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#define INIH_SECTION_MAX 49 /* inih cuts a section's name here without a word */

struct parse {
	struct config *c;
	const char *text, *end;
	int line, section_line;
};

/* inih's reader: one line, at most num - 1 bytes. Counts lines, and refuses the long ones, which
 * inih would tear apart. */
static char *read_line(char *out, int num, void *stream)
{
	struct parse *p = stream;
	size_t room = (size_t)num - 2, len;
	const char *nl;

	if (p->text == p->end)
		return NULL;
	p->line++;
	nl = memchr(p->text, '\n', (size_t)(p->end - p->text));
	len = (size_t)((nl ? nl : p->end) - p->text);
	if (len > room || memchr(p->text, 0, len)) {
		config_fail(p->c, p->line,
		        len > room ? "longer than %zu bytes; make the line shorter"
		                   : "holds a NUL byte; this is not text",
		        room);
		len = 0;
	}
	/* inih tells its handler of keys alone; an indented '[' goes on with the value above. */
	if (len && p->text[0] == '[') {
		p->section_line = p->line;
		if (!memchr(p->text, ']', len))
			config_fail(p->c, p->line, "this section's name has no end; write [name]");
	}
	memcpy(out, p->text, len);
	out[len] = '\n';
	out[len + 1] = 0;
	p->text = nl ? nl + 1 : p->end;
	return out;
}

static bool setting_is_list(const struct setting *s)
{
	return s->type == SETTING_WORDS || s->type == SETTING_LINES;
}

/* Words and lines may be given on several lines; anything else twice is a mistake. */
static void store_text(
        struct parse *p, const struct setting *s, const char **field, const char *value, bool again)
{
	struct config *c = p->c;
	char *joined;
	size_t old = strlen(*field);

	if (again && setting_is_list(s) && old) {
		joined = (char *)config_keep(c, *field, old);
		if (!*joined)
			return;
		c->pool_used--;
		config_keep(c, s->type == SETTING_LINES ? "\n" : " ", 1);
		c->pool_used--;
		config_keep(c, value, strlen(value));
		*field = joined;
	} else if (s->type == SETTING_PATH) {
		*field = config_keep_path(c, value, p->line);
		if (s == &settings[SETTING_INDEX_cache_location] ||
		        s == &settings[SETTING_INDEX_local_location])
			c->tilde_location |= value[0] == '~';
	} else {
		*field = config_keep(c, value, strlen(value));
	}
}

static void store_value(struct parse *p, int index, void *base, uint16_t *lines, const char *value)
{
	const struct setting *s = &settings[index];
	bool again = lines[index] != 0;
	int err = 0;

	if (again && !setting_is_list(s)) {
		config_fail(p->c, p->line,
		        "'%s' is set a second time, or this line is indented and goes on with it; "
		        "see line %d",
		        s->key, lines[index]);
		return;
	}
	lines[index] = (uint16_t)p->line;
	if (setting_is_text(s))
		store_text(p, s, (const char **)((char *)base + s->offset), value, again);
	else
		err = setting_parse_scalar(s, value, base);
	if (err == -ERANGE)
		config_fail(p->c, p->line,
		        "'%s = %s' is outside the limits; see 'larder config --help'", s->key,
		        value);
	else if (err)
		config_fail(
		        p->c, p->line, "'%s = %s': expected %s", s->key, value, setting_syntax(s));
}

static bool check_name(struct parse *p, const char *kind, const char *name)
{
	if (profile_name_valid(name))
		return true;
	config_fail(p->c, p->section_line,
	        "'%s' is not a %s's name: use 1 to 40 letters, digits, '.', '_' or '-'", name,
	        kind);
	return false;
}

static struct profile *profile_of_section(struct parse *p, const char *name)
{
	struct config *c = p->c;
	struct profile *new;

	for (int i = 0; i < c->n_profiles; i++) {
		if (strcmp(c->profiles[i].name, name) == 0)
			return &c->profiles[i];
	}
	if (!check_name(p, "profile", name))
		return NULL;
	if (c->n_profiles == c->max_profiles) {
		config_fail(c, p->section_line, "more than %d profiles", CONFIG_PROFILES_MAX);
		return NULL;
	}
	new = &c->profiles[c->n_profiles++];
	memset(new, 0, sizeof *new);
	new->lines = c->profile_lines + (size_t)(c->n_profiles - 1) * SETTING_COUNT_ALL;
	memset(new->lines, 0, SETTING_COUNT_ALL * sizeof *new->lines);
	new->name = config_keep(c, name, strlen(name));
	new->line = p->section_line;
	config_set_defaults(c, SETTING_INDEX_profile_remote, SETTING_INDEX_category_path, new);
	return new;
}

static struct category *category_of_section(struct parse *p, const char *name)
{
	struct config *c = p->c;
	struct category *new;

	for (int i = 0; i < c->n_categories; i++) {
		if (strcmp(c->categories[i].name, name) == 0)
			return &c->categories[i];
	}
	if (!check_name(p, "category", name))
		return NULL;
	if (c->n_categories == c->max_categories) {
		config_fail(c, p->section_line, "more than %d categories", CONFIG_CATEGORIES_MAX);
		return NULL;
	}
	new = &c->categories[c->n_categories++];
	memset(new, 0, sizeof *new);
	new->name = config_keep(c, name, strlen(name));
	new->line = p->section_line;
	config_set_defaults(c, SETTING_INDEX_category_path, SETTING_COUNT_ALL, new);
	return new;
}

/* Where "[KIND NAME]" has the name, or NULL. */
static const char *name_in_section(const char *section, const char *kind)
{
	size_t n = strlen(kind);

	if (strncmp(section, kind, n) != 0 || section[n] != ' ')
		return NULL;
	return section + n + text_run(section + n, ' ');
}

/* The kind of section, as the table of settings has it; NULL after an error. */
static const char *kind_of(struct parse *p, const char *section, const char *key)
{
	struct config *c = p->c;

	if (strlen(section) >= INIH_SECTION_MAX)
		config_fail(c, p->section_line, "the name of section [%s…] is too long", section);
	else if (name_in_section(section, "profile"))
		return "profile";
	else if (name_in_section(section, "category"))
		return "category";
	else if (strcmp(section, "cache") == 0 || strcmp(section, "local") == 0 ||
	         strcmp(section, "shim") == 0)
		return section;
	else if (!*section)
		config_fail(c, p->line,
		        "'%s' stands before any section; begin with [cache], [local], [shim], "
		        "[profile "
		        "NAME] "
		        "or [category NAME]",
		        key);
	else
		config_fail(c, p->section_line,
		        "unknown section [%s]; known are [cache], [local], [shim], [profile NAME] "
		        "and "
		        "[category NAME]",
		        section);
	return NULL;
}

/* inih's handler, called for each key. 1 is "go on": the first error is in config.error. */
static int handle(void *user, const char *section, const char *key, const char *value)
{
	struct parse *p = user;
	struct config *c = p->c;
	struct profile *profile;
	struct category *category;
	const char *kind = kind_of(p, section, key);
	int index = kind ? setting_find(kind, key) : -ENOENT;

	if (kind && index < 0)
		config_fail(c, p->line,
		        "unknown key '%s' in [%s]; 'larder config --help' lists the keys", key,
		        section);
	if (index < 0)
		return 1;
	if (strcmp(kind, "profile") == 0) {
		profile = profile_of_section(p, name_in_section(section, kind));
		if (profile)
			store_value(p, index, profile, profile->lines, value);
	} else if (strcmp(kind, "category") == 0) {
		category = category_of_section(p, name_in_section(section, kind));
		if (category)
			store_value(p, index, category, category->lines, value);
	} else {
		store_value(p, index, c, c->lines, value);
	}
	return 1;
}

/* Room for structs in the pool. */
static void *reserve(struct config *c, size_t align, size_t bytes)
{
	char *p;

	c->pool_used = (c->pool_used + align - 1) / align * align;
	p = c->pool + c->pool_used;
	c->pool_used += bytes;
	return p;
}

/* As many profiles and categories as the file can have sections. */
static void reserve_sections(struct config *c, size_t len)
{
	static const char category[] = "[category";
	int n = 0, categories = 0;

	for (const char *p = c->text; len; len--, p++) {
		if (*p != '[')
			continue;
		n++;
		categories +=
		        len >= sizeof category && memcmp(p, category, sizeof category - 1) == 0;
	}
	n -= categories;
	c->max_profiles = n < CONFIG_PROFILES_MAX ? n : CONFIG_PROFILES_MAX;
	c->profiles =
	        reserve(c, _Alignof(struct profile), (size_t)c->max_profiles * sizeof *c->profiles);
	c->profile_lines = reserve(c, _Alignof(uint16_t),
	        (size_t)c->max_profiles * SETTING_COUNT_ALL * sizeof *c->profile_lines);
	c->max_categories = categories < CONFIG_CATEGORIES_MAX ? categories : CONFIG_CATEGORIES_MAX;
	c->categories = reserve(
	        c, _Alignof(struct category), (size_t)c->max_categories * sizeof *c->categories);
}

void config_parse_text(struct config *c, size_t len)
{
	struct parse p = {.c = c, .text = c->text, .end = c->text + len};
	int bad_line;

	reserve_sections(c, len);
	bad_line = ini_parse_stream(read_line, &p, handle, &p);
	if (bad_line)
		config_fail(c, bad_line, "expected 'key = value' or [section]");
}
