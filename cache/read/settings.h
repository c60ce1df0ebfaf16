/*
 * Values of single settings: text to value and back, by the rows of settings.def.
 *
 * For config.c; others use config.h. Allocates nothing.
 */
#ifndef LARDER_CACHE_READ_SETTINGS_H
#define LARDER_CACHE_READ_SETTINGS_H

#include "cache/read/config.h"

/* The index of [section] key, or -ENOENT. */
int setting_find(const char *section, const char *key);

/* Whether the value is kept as text (the caller owns where it is kept). */
bool setting_is_text(const struct setting *s);

/* Stores the value of a SIZE, TIME, COUNT or BOOL in the struct at `base`. -EINVAL: not of that
 * type; -ERANGE: beyond the limits. */
int setting_parse_scalar(const struct setting *s, const char *text, void *base);

/* What a value of this setting looks like, for an error message. */
const char *setting_syntax(const struct setting *s);

#endif
