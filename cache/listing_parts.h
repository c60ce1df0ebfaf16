/* What the files of listings share with each other (cache/listing_build.h). Any thread. */
#ifndef LARDER_CACHE_LISTING_PARTS_H
#define LARDER_CACHE_LISTING_PARTS_H

#include "cache/listing_build.h"

#define LISTING_SHARED_MAX ((off_t)1 << 30) /* bytes of a listing under dirs/ */

/* Opens this host's listing to read, without being a use of it. A descriptor, or -1. */
int listing_open(const struct layout *l, const char *rel);

/* The listing of `rel` in a file: mapped, or in memory where another host could take the file away
 * (`shared`). NULL if it is none. */
struct listing_header *listing_map_file(const char *path, const char *rel, int prot, bool shared);

/* If the file `fd`, with the header `new`, says what this host's listing says, that is fresh until
 * new->expiry: true. */
bool listing_renew(
        const struct layout *l, const char *rel, int fd, const struct listing_header *new);

/* From now on a use of the listing shows (listing_in_use). */
void listing_unused(int fd);

#endif
