/*
 * Reading larder.ini: find the file, parse it with inih, check it, derive what the rest of the code
 * wants.
 *
 * Only the first error is kept: the later ones are mostly its consequences.
 */
#include "cache/read/config.h"
#include "cache/read/config_parts.h"
#include "cache/read/hash.h"
#include "cache/read/settings.h"
#include "cache/read/sys.h"
#include "cache/read/text.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#define CONFIG_READ      4096 /* bytes asked for at once; fewer are the end of a file */
#define INIH_SECTION_MAX 49   /* inih cuts a section's name here without a word */
#define SUN_PATH_MAX     107  /* bytes of a socket's address, unix(7) */
#define AGENT_SOCKET     "/agent.sock"

struct parse {
	struct config *c;
	const char *text, *end;
	int line, section_line;
	char *const *env;
};

void config_fail(struct config *c, int line, const char *format, ...)
{
	size_t n = 0;
	va_list ap;

	if (c->error[0])
		return;
	if (line)
		n = (size_t)snprintf(c->error, sizeof c->error, "%s:%d: ", c->file, line);
	if (n >= sizeof c->error)
		return;
	va_start(ap, format);
	vsnprintf(c->error + n, sizeof c->error - n, format, ap);
	va_end(ap);
}

const char *config_keep(struct config *c, const char *s, size_t len)
{
	char *p = c->pool + c->pool_used;

	if (len >= sizeof c->pool - c->pool_used) {
		config_fail(c, 0, "%s: more than %zu bytes of text; make it shorter", c->file,
		        sizeof c->pool);
		return "";
	}
	memcpy(p, s, len);
	p[len] = 0;
	c->pool_used += len + 1;
	return p;
}

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

static void set_defaults(
        struct config *c, enum setting_index first, enum setting_index end, void *base)
{
	for (unsigned i = first; i < (unsigned)end; i++) {
		const struct setting *s = &settings[i];
		void *field = (char *)base + s->offset;

		if (setting_is_text(s))
			*(const char **)field = s->type == SETTING_PATH && *s->def
			                                ? config_keep_path(c, s->def, 0)
			                                : s->def;
		else if (*s->def)
			setting_parse_scalar(s, s->def, base);
		else if (s->type != SETTING_BOOL)
			*(uint64_t *)field = SETTING_UNSET;
	}
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
	set_defaults(c, SETTING_INDEX_profile_remote, SETTING_INDEX_category_path, new);
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
	set_defaults(c, SETTING_INDEX_category_path, SETTING_COUNT_ALL, new);
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

/* Reads the file to the end of the pool. -ENOENT if there is none. */
static int read_file(struct config *c, const char *path, size_t *len)
{
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = c->pool + c->pool_used;
	long n;

	c->text = text;
	*len = 0;
	if (fd < 0)
		return fd;
	n = config_check_file(c, path, fd);
	if (n) {
		sys_close(fd);
		return (int)n;
	}
	do {
		n = sys_read(fd, text + *len, CONFIG_READ);
		*len += n > 0 ? (size_t)n : 0;
	} while (n == CONFIG_READ && *len + CONFIG_READ <= CONFIG_FILE_MAX);
	sys_close(fd);
	if (n == CONFIG_READ)
		return -EFBIG;
	/* What is kept from here on stands behind it. */
	c->pool_used += n < 0 ? 0 : *len + 1;
	return n < 0 ? (int)n : 0;
}

/* Tries LARDER_CONFIG, the user's file and the system's. */
static int find_file(struct config *c, char *const *env, size_t *len)
{
	const char *given = environ_get(env, "LARDER_CONFIG"),
	           *xdg = environ_get(env, "XDG_CONFIG_HOME");
	char path[CONFIG_PATH_MAX];
	int err = -ENOENT;
	size_t n;

	*len = 0;
	if (given && *given) {
		c->file = config_keep(c, given, strlen(given));
		/* A program that changes its folder would read another file, or none. */
		if (*given != '/') {
			config_fail(c, 0,
			        "LARDER_CONFIG=%s: not an absolute path, which it must be", given);
			return -EINVAL;
		}
		err = read_file(c, c->file, len);
		if (err)
			config_fail(c, 0, "%s: cannot be read (%s); LARDER_CONFIG names it",
			        c->file, strerror(-err));
		return err;
	}
	if (xdg && *xdg == '/')
		n = text_join(path, sizeof path, xdg, "/larder/larder.ini", NULL);
	else
		n = text_join(path, sizeof path, c->home, "/.config/larder/larder.ini", NULL);
	if ((xdg || *c->home) && n)
		err = read_file(c, path, len);
	if (err == -ENOENT || err == -ENOTDIR) {
		text_join(path, sizeof path, "/etc/larder/larder.ini", NULL);
		err = read_file(c, path, len);
	}
	if (err == -ENOENT || err == -ENOTDIR)
		return 0;
	c->file = config_keep(c, path, strlen(path));
	if (err)
		config_fail(c, 0, "%s: cannot be read (%s)", c->file, strerror(-err));
	return err;
}

static void parse_text(struct config *c, size_t len, char *const *env)
{
	struct parse p = {.c = c, .text = c->text, .end = c->text + len, .env = env};
	int bad_line = ini_parse_stream(read_line, &p, handle, &p);

	if (bad_line)
		config_fail(c, bad_line, "expected 'key = value' or [section]");
}

/*
 * Everything that decides what is served and with whose credentials; an agent serves only those
 * with the same hash. Not the user: the runtime folder and the socket are one user's alone, who has
 * another number in a container.
 */
static uint64_t hash_of(const struct config *c, size_t len, char *const *env)
{
	uint64_t text = hash64(HASH_CONFIG, c->text, len);
	/* A system agent has credentials of its own. */
	uint64_t parts[] = {text, c->cache.system ? 0 : environ_credentials_hash(env),
	        hash64(HASH_CONFIG, c->cache.location, strlen(c->cache.location)),
	        hash64(HASH_CONFIG, c->local.location, strlen(c->local.location)), c->replay_id};

	return hash64_pair(HASH_CONFIG, parts, sizeof parts, LARDER_VERSION, sizeof LARDER_VERSION);
}

/* After su or sudo, XDG_RUNTIME_DIR may name a folder of another user's, or one that has gone. */
static bool is_folder_of(unsigned uid, const char *path)
{
	struct stat st;

	return sys_fstatat(AT_FDCWD, path, &st, 0) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid;
}

/* <base>/<hash>, where the socket's name must fit an address. */
static void set_runtime_dir(struct config *c, char *const *env)
{
	const char *xdg = environ_get(env, "XDG_RUNTIME_DIR");
	char hex[HASH_HEX_LEN + 1], path[SUN_PATH_MAX + 1];
	char uid[TEXT_NUMBER_MAX];
	size_t n = 0;

	if (c->cache.system)
		return;
	hash_hex(c->hash, hex);
	if (xdg && *xdg == '/' && is_folder_of(c->uid, xdg))
		n = text_join(path, sizeof path, xdg, "/larder/", hex, AGENT_SOCKET, NULL);
	if (!n)
		n = text_join(path, sizeof path, "/tmp/larder-", text_number(uid, c->uid), "/", hex,
		        AGENT_SOCKET, NULL);
	c->runtime_dir = config_keep(c, path, n - strlen(AGENT_SOCKET));
}

/* The default location depends on the environment. */
static void set_default_location(struct config *c, char *const *env)
{
	const char *xdg = environ_get(env, "XDG_CACHE_HOME");
	char path[CONFIG_PATH_MAX], uid[TEXT_NUMBER_MAX];
	size_t n;

	if (c->cache.system)
		config_set_system(c);
	if (c->cache.system || c->lines[SETTING_INDEX_cache_location])
		return;
	if (xdg && *xdg == '/')
		n = text_join(path, sizeof path, xdg, "/larder", NULL);
	else if (*c->home)
		return;
	else
		n = text_join(path, sizeof path, "/tmp/larder-", text_number(uid, c->uid), "/cache",
		        NULL);
	if (n)
		c->cache.location = config_keep(c, path, n);
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

static bool is_one_of(const char *value, const char *const *words)
{
	while (*words && strcmp(*words, value) != 0)
		words++;
	return *words != NULL;
}

static void check_prefetch(struct config *c, const char *text, int line)
{
	if (profile_prefetch(text) < PREFETCH_AUTO)
		config_fail(c, line, "'prefetch = %s': expected off, auto or a number up to %d",
		        text, PREFETCH_MAX);
}

static void check_words(struct config *c)
{
	static const char *const orders[] = {"lru", "fifo", "lfu", "random", "none", NULL};

	if (!is_one_of(c->cache.eviction, orders))
		config_fail(c, c->lines[SETTING_INDEX_cache_eviction],
		        "'eviction = %s': expected lru, fifo, lfu, random or none",
		        c->cache.eviction);
	check_prefetch(c, c->cache.prefetch, c->lines[SETTING_INDEX_cache_prefetch]);
	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		if (*p->evict && strcmp(p->evict, "never") != 0)
			config_fail(c, p->lines[SETTING_INDEX_profile_evict],
			        "'evict = %s': expected never, or nothing", p->evict);
		check_prefetch(c, p->prefetch, p->lines[SETTING_INDEX_profile_prefetch]);
	}
}

/* A category that says nothing, or something that could be misread, is a mistake. */
static void check_categories(struct config *c)
{
	for (int i = 0; i < c->n_categories; i++) {
		const struct category *g = &c->categories[i];

		if (!*g->path)
			config_fail(c, g->line, "[category %s] has no path; say which folder it is",
			        g->name);
		if (*g->evict && strcmp(g->evict, "never") != 0)
			config_fail(c, g->lines[SETTING_INDEX_category_evict],
			        "'evict = %s': expected never, or nothing", g->evict);
	}
}

/* Whether a path is another one, or inside of it. */
static bool is_within(const char *path, const char *other)
{
	size_t n = strlen(other);

	return strncmp(path, other, n) == 0 && (path[n] == '/' || !path[n]);
}

/* Two caches, each with an eviction of its own. */
static void check_tiers(struct config *c)
{
	const char *local = c->local.location;
	int line = c->lines[SETTING_INDEX_local_location];

	if (*local && (is_within(local, c->cache.location) || is_within(c->cache.location, local)))
		config_fail(c, line,
		        "[local] location and [cache] location must be two folders, "
		        "neither inside the other");
	for (int i = 0; !*local && i < c->n_profiles; i++) {
		if (c->profiles[i].copy)
			config_fail(c, c->profiles[i].lines[SETTING_INDEX_profile_mode],
			        "'mode = copy' needs a local folder; set [local] location");
	}
}

static int finish(struct config *c, size_t len, char *const *env)
{
	reserve_sections(c, len);
	parse_text(c, len, env);
	set_default_location(c, env);
	for (int i = 0; i < c->n_profiles; i++)
		profile_derive(c, &c->profiles[i]);
	profile_check_overlaps(c);
	check_tiers(c);
	config_check_system(c);
	check_words(c);
	check_categories(c);
	c->hash = hash_of(c, len, env);
	set_runtime_dir(c, env);
	return c->error[0] ? -EINVAL : 0;
}

/* A variable that names a file: for a program that changes its folder, it must be the same one. */
static const char *keep_file(struct config *c, char *const *env, const char *name)
{
	const char *value = environ_get(env, name);

	if (!value || !*value)
		return "";
	if (*value != '/')
		config_fail(c, 0, "%s=%s: not an absolute path, which it must be", name, value);
	return config_keep(c, value, strlen(value));
}

/* A record is read by the agent; here it is only told from others. */
static void set_replay(struct config *c, char *const *env)
{
	struct stat st = {0};
	int err;

	c->replay = keep_file(c, env, "LARDER_REPLAY");
	c->replay_id = 0;
	if (!*c->replay)
		return;
	err = sys_fstatat(AT_FDCWD, c->replay, &st, 0);
	if (err)
		config_fail(c, 0, "LARDER_REPLAY=%s: %s", c->replay, strerror(-err));
	uint64_t facts[] = {(uint64_t)st.st_dev, (uint64_t)st.st_ino, (uint64_t)st.st_size,
	        (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec};

	c->replay_id = hash64_pair(HASH_CONFIG, facts, sizeof facts, c->replay, strlen(c->replay));
}

static void start(struct config *c, char *const *env)
{
	const char *home = environ_get(env, "HOME");

	c->n_profiles = c->max_profiles = 0;
	c->profiles = NULL;
	c->n_categories = c->max_categories = 0;
	c->categories = NULL;
	c->pool_used = 0;
	c->text = "";
	c->uid = (unsigned)getauxval(AT_EUID);
	c->error[0] = 0;
	c->tilde_location = false;
	c->file = "";
	memset(c->lines, 0, sizeof c->lines);
	c->home = home && *home == '/' ? config_keep(c, home, strlen(home)) : "";
	set_replay(c, env);
	c->record = keep_file(c, env, "LARDER_RECORD");
	c->offline = environ_is_on(env, "LARDER_OFFLINE");
	c->hf_offline = environ_is_on(env, "HF_HUB_OFFLINE");
	environ_endpoints(c, env);
	set_defaults(c, 0, SETTING_INDEX_profile_remote, c);
}

int config_load(struct config *c, char *const *env)
{
	size_t len;

	start(c, env);
	if (find_file(c, env, &len))
		len = 0;
	return finish(c, len, env);
}

int config_parse(struct config *c, const char *name, const char *text, size_t len, char *const *env)
{
	start(c, env);
	c->file = config_keep(c, name, strlen(name));
	if (len >= CONFIG_FILE_MAX) {
		config_fail(c, 0, "%s: larger than %d bytes", c->file, CONFIG_FILE_MAX);
		len = 0;
	}
	c->text = memcpy(c->pool + c->pool_used, text, len);
	c->pool_used += len + 1;
	return finish(c, len, env);
}
