/*
 * Loading larder.ini: the order of the work, and what the rest of the code wants derived. The file
 * is found and read in config_file.c, taken apart in config_ini.c, checked in config_check.c.
 *
 * Only the first error is kept: the later ones are mostly its consequences.
 */
#include "cache/read/config.h"
#include "cache/read/config_parts.h"
#include "cache/read/hash.h"
#include "cache/read/settings.h"
#include "cache/read/sys.h"
#include "cache/read/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#define SUN_PATH_MAX 107 /* bytes of a socket's address, unix(7) */
#define AGENT_SOCKET "/agent.sock"

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

void config_set_defaults(
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
	config_set_defaults(c, 0, SETTING_INDEX_profile_remote, c);
}

static int finish(struct config *c, size_t len, char *const *env)
{
	config_parse_text(c, len);
	set_default_location(c, env);
	for (int i = 0; i < c->n_profiles; i++)
		profile_derive(c, &c->profiles[i]);
	config_check(c);
	c->hash = hash_of(c, len, env);
	set_runtime_dir(c, env);
	return c->error[0] ? -EINVAL : 0;
}

int config_load(struct config *c, char *const *env)
{
	size_t len;

	start(c, env);
	if (config_find_file(c, env, &len))
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
