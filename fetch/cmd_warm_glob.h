/*
 * Patterns of `larder warm`: "*", "?" and "[…]" as in fnmatch(3), within one name, names with a dot
 * at their beginning too; "**" alone between slashes is any number of folders, none included. A
 * folder that matches stands for all below it.
 */
#ifndef LARDER_FETCH_CMD_WARM_GLOB_H
#define LARDER_FETCH_CMD_WARM_GLOB_H

#include <stddef.h>

/* Where the pattern begins in an argument: behind the last '/' before its first special character.
 * NULL: it is a plain name. ("?versionId=" says which version, and is no pattern.) */
const char *warm_glob_of(const char *arg);

enum warm_match {
	WARM_NO,
	WARM_BELOW, /* something below it may match */
	WARM_YES,   /* it matches, or a folder above it */
};

/* Names between slashes; `path` is below the folder that the pattern begins in. */
enum warm_match warm_glob_match(const char *pattern, const char *path);

#endif
