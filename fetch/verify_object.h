/* Looking into one file of the cache, for verify.c. */
#ifndef LARDER_FETCH_VERIFY_OBJECT_H
#define LARDER_FETCH_VERIFY_OBJECT_H

#include "fetch/verify.h"

/* Reads the object at f->path, of f->rel. f->kind becomes what is wrong, and stays if all is well.
 * -ENOENT if it has gone. */
int verify_object(struct verify *v, struct verify_finding *f);

/* Whether a file is a sound listing of `rel`; what has gone is. */
bool verify_listing(const char *path, const char *rel);

/* Whose listing a file says it is; "" if it is none. */
void verify_listing_rel(const char *path, char *rel, size_t size);

#endif
