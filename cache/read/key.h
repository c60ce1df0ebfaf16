/*
 * Names: how the key of an object becomes a path below data/, and what programs see as its path.
 * docs/cache-format.md has the rule.
 *
 * A key is split at '/' into segments. A segment that can be the name of a file stands for itself.
 * An empty one, ".", "..", and one that begins with "%~", "%+" or "%=" is written with "%~" in
 * front. On disk, a name of more than 255 bytes is cut into pieces: folders that are named "%+" and
 * 200 bytes, and the rest. Names that begin with "%=" are larder's own.
 *
 * A relative path ("rel") is "<profile>~<id>/<escaped key>": it names an object or directory
 * everywhere inside larder.
 *
 * Nothing here allocates or keeps state; lengths are bytes.
 */
#ifndef LARDER_CACHE_READ_KEY_H
#define LARDER_CACHE_READ_KEY_H

#include <stdbool.h>
#include <stddef.h>

#define KEY_MAX      4096 /* of a key */
#define KEY_NAME_MAX 255  /* of a name in a listing */
#define KEY_PIECE    200  /* of a long name's pieces */
#define KEY_REL_MAX  6144 /* of a relative path, with room for escapes */

/* Appends "/" and the segment's name as programs see it (escaped, not cut) to out[*len]. 0 or
 * -ENAMETOOLONG. */
int key_append_name(char *out, size_t size, size_t *len, const char *segment, size_t n);

/*
 * Appends "/" and a name as programs see it (escaped already) in its form on disk. 0 or
 * -ENAMETOOLONG.
 */
int key_append_disk(char *out, size_t size, size_t *len, const char *name, size_t n);

/* A whole key below `dir` ("<profile>~<id>") as rel, NUL-terminated. A trailing '/' of the key is
 * dropped. 0 or -ENAMETOOLONG. */
int key_to_rel(char *out, size_t size, const char *dir, const char *key);

/* The key of a rel (what follows the first '/'), or "" for the profile's root. It ends in '/' where
 * its last segment is empty, which can be a directory alone. -EINVAL if no key has that rel;
 * -ENAMETOOLONG. */
int key_from_rel(char *out, size_t size, const char *rel);

/* The same where the stack may be small: `again` is room to work in. */
int key_from_rel_in(char *out, size_t size, const char *rel, char again[static KEY_REL_MAX]);

/* A directory's key as a prefix of what is in it: "" or ending in '/'. 0 or -ENAMETOOLONG. */
int key_to_directory(char *out, size_t size, const char *key);

#endif
