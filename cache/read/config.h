/*
 * The configuration: larder.ini as structs.
 *
 * The same code runs in the agent and in the constructor of the shim, so it allocates nothing: all
 *text lives in a fixed pool inside struct config, and each limit below is checked. A configuration
 *is loaded once and then only read, from any thread and from signal handlers.
 *
 *	static struct config config;              (about 170 KiB: never on a stack)
 *	int err = config_load(&config, environ);  (0 or -errno; config.error says what, where and
 *what to do)
 *
 * Which file: LARDER_CONFIG, else ~/.config/larder/larder.ini (XDG_CONFIG_HOME), else
 * /etc/larder/larder.ini; no file at all is a valid configuration with every default. The format is
 *that of inih: [section], key = value, comments by ; or #, at most 198 bytes a line.
 */
#ifndef LARDER_CACHE_READ_CONFIG_H
#define LARDER_CACHE_READ_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_PROFILES_MAX   64
#define CONFIG_CATEGORIES_MAX 64
#define CONFIG_FILE_MAX       (64 << 10) /* bytes of larder.ini */
#define CONFIG_ENDPOINTS_MAX  4          /* schemes whose server a variable can name */
#define CONFIG_POOL_SIZE      (96 << 10) /* bytes of all text and profiles together */
#define CONFIG_NAME_MAX       40         /* bytes of a profile's name */
#define CONFIG_PATH_MAX       1024       /* bytes of a path in the configuration */
#define CONFIG_RUNTIME_MAX    96         /* bytes of a system agent's runtime folder */
#define CONFIG_ERROR_MAX      512

#define CONFIG_TYPE_PATH   const char *
#define CONFIG_TYPE_TEXT   const char *
#define CONFIG_TYPE_URL    const char *
#define CONFIG_TYPE_WORDS  const char *
#define CONFIG_TYPE_LINES  const char *
#define CONFIG_TYPE_SECRET const char *
#define CONFIG_TYPE_SIZE   uint64_t
#define CONFIG_TYPE_TIME   uint64_t
#define CONFIG_TYPE_COUNT  uint64_t
#define CONFIG_TYPE_BOOL   bool

enum setting_type {
	SETTING_PATH,
	SETTING_TEXT,
	SETTING_URL,
	SETTING_WORDS,
	SETTING_LINES,
	SETTING_SECRET,
	SETTING_SIZE,
	SETTING_TIME,
	SETTING_COUNT,
	SETTING_BOOL,
};

/* A SIZE, TIME or COUNT that was not given and has no default. */
#define SETTING_UNSET UINT64_MAX

/* One number for each setting, SETTING_INDEX_cache_location and so on: index into settings[] and
 * into the line tables. */
enum setting_index {
#define SETTING(section, key, type, def, min, max, help) SETTING_INDEX_##section##_##key,
#include "cache/read/settings.def"
#undef SETTING
	SETTING_COUNT_ALL,
};

/* A row of settings.def. `offset` is that of the value in the struct of its section. */
struct setting {
	const char *section, *key, *def, *help;
	uint64_t min, max;
	size_t offset;
	enum setting_type type;
};
extern const struct setting settings[SETTING_COUNT_ALL];

/* What comes is compared with what the store says of it; with nothing; and what is on the cache's
 * disk then is compared with it too. */
enum check_level { CHECK_STORE, CHECK_OFF, CHECK_FULL };

/*
 * [profile NAME], or one that a virtual URL has by itself (url.h). Text that is not set is "",
 * never NULL.
 */
struct profile {
	/* As written. */
#define IN_cache(...)
#define IN_local(...)
#define IN_shim(...)
#define IN_category(...)
#define IN_profile(type, key)                            CONFIG_TYPE_##type key;
#define SETTING(section, key, type, def, min, max, help) IN_##section(type, key)
#include "cache/read/settings.def"
#undef SETTING
#undef IN_profile

	/* Derived. */
	const char *name;
	const char *scheme;    /* "s3", "gs", "az", "hf", "http", "https", "file" */
	const char *authority; /* bucket; "account/container"; "[datasets/]org/name"; host[:port];
	                          "" for file */
	const char *prefix;    /* key prefix; "" or ends in '/'; without leading '/'; for file
	                          absolute, without the first '/' */
	const char *version;   /* that a URL pins; of hf the revision; "" if none */
	const char
	        *dir; /* "<name>~<id>": the first component of every relative path of the cache */
	size_t path_len, dir_len;
	uint64_t id;            /* hash of scheme, endpoint, authority, prefix and version */
	uint32_t dev;           /* what stat reports as st_dev */
	bool path_style_set;    /* path_style was given */
	bool copy;              /* mode is copy */
	bool in_place;          /* of file, and cache is off */
	enum check_level check; /* `verify` */
	bool pinned;            /* the version is that of an object: nothing can be listed */
	int ahead; /* most objects that are fetched ahead: `prefetch`; PREFETCH_AUTO leaves it to
	              the agent */
	int line;  /* of the section's head; 0 for a bucket without a profile */
	uint16_t *lines; /* where each setting was given; 0 is the default */
};

#define PREFETCH_AUTO -1
#define PREFETCH_MAX  100000

/* [category NAME]: the folder of another tool's cache. Text that is not set is "". */
struct category {
#define IN_profile(...)
#undef IN_category
#define IN_category(type, key)                           CONFIG_TYPE_##type key;
#define SETTING(section, key, type, def, min, max, help) IN_##section(type, key)
#include "cache/read/settings.def"
#undef SETTING
#undef IN_category
	const char *name;
	int line;
	uint16_t lines[SETTING_COUNT_ALL];
};

struct config {
	struct {
#define IN_category(...)
#undef IN_cache
#define IN_cache(type, key)                              CONFIG_TYPE_##type key;
#define SETTING(section, key, type, def, min, max, help) IN_##section(type, key)
#include "cache/read/settings.def"
#undef SETTING
#undef IN_cache
	} cache;
	struct {
#define IN_cache(...)
#undef IN_local
#define IN_local(type, key)                              CONFIG_TYPE_##type key;
#define SETTING(section, key, type, def, min, max, help) IN_##section(type, key)
#include "cache/read/settings.def"
#undef SETTING
#undef IN_local
	} local; /* its location is "" without a local tier */
	struct {
#define IN_local(...)
#undef IN_shim
#define IN_shim(type, key)                               CONFIG_TYPE_##type key;
#define SETTING(section, key, type, def, min, max, help) IN_##section(type, key)
#include "cache/read/settings.def"
#undef SETTING
#undef IN_shim
#undef IN_local
#undef IN_cache
#undef IN_profile
#undef IN_category
	} shim;
	uint16_t lines[SETTING_COUNT_ALL]; /* of [cache], [local] and [shim] */

	struct profile *profiles; /* in the pool; room for max_profiles */
	uint16_t *profile_lines;  /* likewise, all of their `lines` */
	int n_profiles, max_profiles;
	struct category *categories; /* likewise */
	int n_categories, max_categories;
	const char *record;  /* LARDER_RECORD: file that gets a line for each open; "" if not set */
	const char *replay;  /* LARDER_REPLAY: a record whose versions are served; "" if not set */
	uint64_t replay_id;  /* of that file as it is now */
	bool offline;        /* LARDER_OFFLINE is set: every profile is, in this process alone */
	bool hf_offline;     /* HF_HUB_OFFLINE is set */
	unsigned uid;        /* effective, when the process began */
	bool tilde_location; /* a location begins with ~ */

	const char *file; /* what was read; "" if there is none */
	const char *home; /* the user's home; "" if unknown */
	struct config_endpoint {
		const char *scheme, *address;
	} endpoints[CONFIG_ENDPOINTS_MAX]; /* servers that the environment names, as
	                                      AWS_ENDPOINT_URL; environ_endpoint */
	unsigned n_endpoints;
	const char *runtime_dir; /* of this user, cache and configuration: <base>/<hash>; of a
	                            system agent the same for all */
	uint64_t hash; /* of locations, effective configuration and credential environment */

	char error[CONFIG_ERROR_MAX]; /* "" or one line: file:line: what is wrong; what to do */
	const char *text;             /* the file, in the pool */
	size_t pool_used;

	/* All of a small configuration lies in one page, which is all that a program's start
	 * touches. */
	_Alignas(max_align_t) char pool[CONFIG_POOL_SIZE + CONFIG_FILE_MAX + 1];
};

/*
 * Loads the configuration that `env` (an environ) selects. Returns 0, or -errno with `error`
 * filled; everything that could be read is still set, so that `larder config` can show it. Makes no
 * file and no folder.
 */
int config_load(struct config *c, char *const *env);

/*
 * Parses `text` as if it were the file `name`; for tests and fuzzing. Otherwise as config_load.
 */
int config_parse(
        struct config *c, const char *name, const char *text, size_t len, char *const *env);

/* The configured profile whose `dir` is the first component of `rel`, or NULL. Of URLs, and of rels
 * that no configured profile has: url.h. */
const struct profile *config_profile_of(const struct config *c, const char *rel);

/* Whether `scheme` (len bytes) is one of [shim] schemes. */
bool config_has_scheme(const struct config *c, const char *scheme, size_t len);

/* Writes a value as larder.ini would have it ("****" for a secret). `base` is the struct of its
 * section. Returns the length as snprintf. */
int setting_format(const struct setting *s, const void *base, char *out, size_t size);

#endif
