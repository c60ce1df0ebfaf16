/*
 * The pieces that config.c is made of: text in the pool, the file, the environment, profiles,
 * checks. For cache/read/ alone.
 */
#ifndef LARDER_CACHE_READ_CONFIG_PARTS_H
#define LARDER_CACHE_READ_CONFIG_PARTS_H

#include "cache/read/config.h"

#include <sys/stat.h>

/* Notes the first error; with `line`, in front of it the file's name and the line. */
__attribute__((format(printf, 3, 4))) void config_fail(
        struct config *c, int line, const char *format, ...);

/* Copies text into the pool. "" and an error if it is full. */
const char *config_keep(struct config *c, const char *s, size_t len);

/* The same for a path: ~/ is expanded, repeated and trailing slashes go; an error unless it is
 * absolute and without "." and "..". */
const char *config_keep_path(struct config *c, const char *path, int line);

/* Finds the file and reads it to where the pool was free, as c->text. No file at all is 0 and no
 * text; else -errno with config.error. */
int config_find_file(struct config *c, char *const *env, size_t *len);

/* The settings `first` to before `end` as they are where none is given; `base` is their struct. */
void config_set_defaults(
        struct config *c, enum setting_index first, enum setting_index end, void *base);

/* Takes c->text apart; profiles and categories get their room in the pool. */
void config_parse_text(struct config *c, size_t len);

/* What settings must be to each other. */
void config_check(struct config *c);

/* The value of a variable in an environ, or NULL. */
const char *environ_get(char *const *env, const char *name);

/* Whether a variable is one of the words that switch something on: 1, true, yes or on. */
bool environ_is_on(char *const *env, const char *name);

/* Whether a configuration may depend on the variable "NAME=VALUE": which file it is, where things
 * are, and credentials. */
bool environ_matters(const char *entry);

/* A hash of all variables that credentials and connections are made from, whatever their order. */
uint64_t environ_credentials_hash(char *const *env);

/* Notes the servers that variables name instead of the vendors' own. */
void environ_endpoints(struct config *c, char *const *env);

/* The one of a scheme; "" if there is none. */
const char *environ_endpoint(const struct config *c, const char *scheme);

/* Whether a file's owner may decide for the user: root, or the user itself. */
bool config_owner_trusted(const struct stat *st, unsigned uid);

/* Whether the open file may be believed: 0, or -errno with config.error. */
int config_check_file(struct config *c, const char *path, int fd);

/* Before profiles are derived: what a system agent's clients must agree on. */
void config_set_system(struct config *c);

/* What has a meaning with, or without, a system agent only. */
void config_check_system(struct config *c);

/* 1 to CONFIG_NAME_MAX letters, digits, '.', '_' and '-', not beginning with '.'. */
bool profile_name_valid(const char *name);

/* What a setting `prefetch` says, as struct profile's `ahead`; -EINVAL if it says nothing. */
int profile_prefetch(const char *text);

/* What is not set is taken from [cache] and the environment. */
void profile_inherit(const struct config *c, struct profile *p);

/* Fills the derived members; errors go to config_fail. */
void profile_derive(struct config *c, struct profile *p);

/* No path may be the same as, or inside, another's. */
void profile_check_overlaps(struct config *c);

#endif
