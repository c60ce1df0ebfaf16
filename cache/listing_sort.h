/*
 * Sorting the names of a listing in bounded memory.
 *
 *	sort_new → sort_add… → sort_begin → sort_next… → sort_free
 *
 * Names gather in a block; a full one is sorted and goes as a run to a file without a name in the
 * folder of the listing. In the end the runs are merged, and what has been read of them is given
 * back to the file system as it goes, so that the listing and its runs need little more room
 * together than the listing alone. One that fits a block needs no file. One thread at a time.
 */
#ifndef LARDER_CACHE_LISTING_SORT_H
#define LARDER_CACHE_LISTING_SORT_H

#include "cache/read/listing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SORT_BLOCK ((size_t)4 << 20) /* bytes of names and entries in memory */
#define SORT_RUN_BUFFER                                                                            \
	((size_t)16 << 10) /* bytes of each run in memory, while they are merged                   \
	                    */

/* A name with its entry, of which `name` and `etag` mean nothing yet. */
struct sort_record {
	struct listing_entry e;
	uint16_t etag_len;
	char text[]; /* the name, then the ETag; neither ends in a NUL */
};

struct sort;

/* `path`, of which a copy is kept, is a name for the file that nobody else uses. NULL without
 * memory. */
struct sort *sort_new(const char *path);
void sort_free(struct sort *s);

/* 0, -ENOMEM, -ENOSPC, … */
int sort_add(struct sort *s, const struct listing_entry *e, const char *name, const char *etag,
        size_t etag_len);

/* Ends the adding. 0 or -errno. */
int sort_begin(struct sort *s);

/* The next in the order of names; of one name, directories first. *out is NULL before the first and
 * after the last, and valid until the next call. 0 or -errno. */
int sort_next(struct sort *s, const struct sort_record **out);

/* Of names, as bytes. */
int sort_compare_names(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
