/*
 * What users want to stay: usage/pins, a rel a line, or a prefix that ends in '/'. A newline in a
 * name is written as \n, a backslash as \\.
 *
 * The file is replaced as a whole (`larder pin`), and read here again when it has changed. A line
 * that says nothing is skipped. For one worker at a time; blocks.
 */
#ifndef LARDER_CACHE_PINS_H
#define LARDER_CACHE_PINS_H

#include "cache/layout.h"

#include <sys/stat.h>

#define PINS_FILE     "pins"
#define PINS_SIZE_MAX (16 << 20) /* bytes of the file; what is beyond is not read */

struct pins {
	char *text;
	char **lines; /* into text, sorted */
	size_t n;
	struct stat read; /* of the file that this is of */
};

/* Reads the file if it is another one than before; *changed says so. 0 or -errno: then nobody knows
 * what is pinned, and nothing should go. No file is no pins. */
int pins_load(struct pins *p, const struct layout *l, bool *changed);
void pins_release(struct pins *p);

bool pins_have(const struct pins *p, const char *rel);

/* From a text, which is changed and must live as long; for pins_load and tests. */
int pins_parse(struct pins *p, char *text, size_t len);

#endif
