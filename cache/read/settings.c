#include "cache/read/settings.h"
#include "cache/read/sys.h"

#include <stdio.h>
#include <string.h>

#define OFFSET_cache(key)    offsetof(struct config, cache.key)
#define OFFSET_local(key)    offsetof(struct config, local.key)
#define OFFSET_shim(key)     offsetof(struct config, shim.key)
#define OFFSET_profile(key)  offsetof(struct profile, key)
#define OFFSET_category(key) offsetof(struct category, key)

const struct setting settings[SETTING_COUNT_ALL] = {
#define SETTING(section_, key_, type_, def_, min_, max_, help_)                                    \
	{                                                                                          \
	        .section = #section_,                                                              \
	        .key = #key_,                                                                      \
	        .def = def_,                                                                       \
	        .help = help_,                                                                     \
	        .min = (uint64_t)(min_),                                                           \
	        .max = (uint64_t)(max_),                                                           \
	        .offset = OFFSET_##section_(key_),                                                 \
	        .type = SETTING_##type_,                                                           \
	},
#include "cache/read/settings.def"
#undef SETTING
};

struct unit {
	char name[4];
	uint64_t factor;
};

static const struct unit size_units[] = {
        {"", 1},
        {"K", 1ULL << 10},
        {"M", 1ULL << 20},
        {"G", 1ULL << 30},
        {"T", 1ULL << 40},
        {"P", 1ULL << 50},
};

static const struct unit time_units[] = {
        {"", 1000},
        {"ms", 1},
        {"s", 1000},
        {"m", 60 * 1000},
        {"h", 3600 * 1000},
        {"d", 24 * 3600 * 1000ULL},
};

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* A whole number and a unit. */
static int parse_number(const char *text, const struct unit *units, size_t n_units, uint64_t *out)
{
	uint64_t value = 0;
	const char *p = text;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		        __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return -ERANGE;
	}
	for (size_t i = 0; i < n_units; i++) {
		if (strcmp(p, units[i].name) == 0)
			return __builtin_mul_overflow(value, units[i].factor, out) ? -ERANGE : 0;
	}
	return -EINVAL;
}

static int parse_bool(const char *text, bool *out)
{
	if (strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "on") == 0)
		*out = true;
	else if (strcmp(text, "false") == 0 || strcmp(text, "no") == 0 || strcmp(text, "off") == 0)
		*out = false;
	else
		return -EINVAL;
	return 0;
}

int setting_find(const char *section, const char *key)
{
	for (int i = 0; i < SETTING_COUNT_ALL; i++) {
		if (strcmp(settings[i].key, key) == 0 && strcmp(settings[i].section, section) == 0)
			return i;
	}
	return -ENOENT;
}

bool setting_is_text(const struct setting *s)
{
	return s->type <= SETTING_SECRET;
}

int setting_parse_scalar(const struct setting *s, const char *text, void *base)
{
	void *field = (char *)base + s->offset;
	uint64_t value = 0;
	int err;

	switch (s->type) {
	case SETTING_BOOL:
		return parse_bool(text, field);
	case SETTING_SIZE:
		err = parse_number(text, size_units, COUNT_OF(size_units), &value);
		break;
	case SETTING_TIME:
		err = parse_number(text, time_units, COUNT_OF(time_units), &value);
		break;
	default:
		err = parse_number(text, size_units, 1, &value);
		break;
	}
	if (err)
		return err;
	if (value < s->min || (s->max && value > s->max) || value >= SETTING_UNSET)
		return -ERANGE;
	*(uint64_t *)field = value;
	return 0;
}

const char *setting_syntax(const struct setting *s)
{
	static const char syntax[][48] = {
	        [SETTING_PATH] = "an absolute path, or one that begins with ~/",
	        [SETTING_TEXT] = "text",
	        [SETTING_URL] = "a URL like s3://bucket/prefix",
	        [SETTING_WORDS] = "words with spaces between them",
	        [SETTING_LINES] = "text, of one or more lines",
	        [SETTING_SECRET] = "text",
	        [SETTING_SIZE] = "a size like 500G, 64M or 4096",
	        [SETTING_TIME] = "a time like 30s, 5m, 12h or 1d",
	        [SETTING_COUNT] = "a whole number",
	        [SETTING_BOOL] = "true or false",
	};
	return syntax[s->type];
}

/* In the largest unit that divides the value. */
static int format_number(
        uint64_t value, const struct unit *units, size_t n_units, char *out, size_t size)
{
	const struct unit *best = NULL;

	for (size_t i = 0; i < n_units; i++) {
		if (value % units[i].factor == 0 && (!best || units[i].factor >= best->factor))
			best = &units[i];
	}
	if (value == 0 || !best)
		return snprintf(out, size, "%llu", (unsigned long long)value);
	return snprintf(
	        out, size, "%llu%s", (unsigned long long)(value / best->factor), best->name);
}

/* Lines of "Name: value", whose values are secret. */
static int format_lines(const char *text, char *out, size_t size)
{
	size_t len = 0;

	if (size)
		out[0] = 0;
	while (*text) {
		int n = snprintf(len < size ? out + len : NULL, len < size ? size - len : 0,
		        "%s%.*s: ****", len ? ", " : "", (int)strcspn(text, ":\n"), text);

		len += (size_t)n;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return (int)len;
}

/* A user and password in it are not shown. */
static int format_url(const char *text, char *out, size_t size)
{
	const char *sep = strstr(text, "://"), *host = sep ? sep + 3 : text, *at = NULL;

	for (const char *s = host; *s && *s != '/'; s++) {
		if (*s == '@')
			at = s;
	}
	if (!at)
		return snprintf(out, size, "%s", text);
	return snprintf(out, size, "%.*s****%s", (int)(host - text), text, at);
}

int setting_format(const struct setting *s, const void *base, char *out, size_t size)
{
	const void *field = (const char *)base + s->offset;
	uint64_t number;
	const char *text;

	if (s->type == SETTING_BOOL)
		return snprintf(out, size, "%s", *(const bool *)field ? "true" : "false");
	if (setting_is_text(s)) {
		text = *(const char *const *)field;
		if (s->type == SETTING_LINES)
			return format_lines(text, out, size);
		if (s->type == SETTING_URL)
			return format_url(text, out, size);
		if (s->type == SETTING_SECRET && *text)
			text = "****";
		return snprintf(out, size, "%s", text);
	}
	number = *(const uint64_t *)field;
	if (number == SETTING_UNSET)
		return snprintf(out, size, "%s", "");
	if (s->type == SETTING_SIZE)
		return format_number(number, size_units, COUNT_OF(size_units), out, size);
	if (s->type == SETTING_TIME)
		return format_number(number, time_units, COUNT_OF(time_units), out, size);
	return snprintf(out, size, "%llu", (unsigned long long)number);
}
