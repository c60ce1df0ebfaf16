/*
 * For walks through trees that libc makes by inner calls (ftw.c, fts.c): whether one is to be made
 * here, and the names of a folder. Not async-signal-safe, and libc's walks are not either.
 */
#ifndef LARDER_SHIM_WALK_H
#define LARDER_SHIM_WALK_H

#include "shim/shim.h"

/* Whether a walk from this root comes to something of ours: it is ours, or a real folder above a
 * prefix. A way on by symbolic links is not looked for. errno stays. */
bool walk_is_ours(const char *root);

/* All names but "." and "..", each with its NUL, in the order of readdir. */
struct walk_names {
	char *text;
	size_t len, room;
};

/* 0, or -errno of opendir, or -ENOMEM; walk_forget after 0. */
int walk_read(const char *path, struct walk_names *names);
void walk_forget(struct walk_names *names);

/* Memory of a walk, which its caller never frees itself. */
void *walk_alloc(size_t size);
void walk_free(void *memory);

#endif
