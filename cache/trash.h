/*
 * Objects that were replaced or evicted, for readers that still have them open.
 *
 *	data/<rel> ── trash_put ──> trash/<time>.<owner>.<n> ── older than the grace ──> gone
 *	     │                              ^
 *	     └── trash_keep_at: a second name ─┘   (a newer object is then renamed over the first)
 *
 * A server without open state (NFSv3) takes away what it unlinks from readers on other hosts:
 *ESTALE, or SIGBUS in a mapping. So nothing under data/ is unlinked or renamed over before it has a
 *name here. On a local disk the grace is 0: there an open file stays by itself, and is unlinked at
 *once.
 *
 * The name carries the time (layout_now, hexadecimal seconds), since not every file system keeps a
 * time of the last change of an inode, and the owner, so names of two hosts never meet. All of it
 * is for any thread that may block; errors are -errno.
 */
#ifndef LARDER_CACHE_TRASH_H
#define LARDER_CACHE_TRASH_H

#include "cache/layout.h"

/* What is in trash/: it takes room until it goes. */
struct trash_left {
	uint64_t bytes, files;           /* that stay, as usage_charge has it */
	uint64_t gone_bytes, gone_files; /* that went in this sweep */
};

/* The object is evicted, or its remote has it no more. -ENOENT if there is none. */
int trash_put(const struct layout *l, const char *rel);

/* The same for a name in an open folder. */
int trash_put_at(const struct layout *l, int dir, const char *name);

/* Another file will be renamed over `name`: it gets a second name here, or is moved where there are
 * no hard links. 0 if there is nothing of that name, or a folder. */
int trash_keep_at(const struct layout *l, int dir, const char *name);

/* Unlinks what has been there for longer than `grace` ms. *left (may be NULL) says what stays. */
int trash_sweep(const struct layout *l, uint64_t grace, struct trash_left *left);

#endif
