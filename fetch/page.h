/*
 * What the parsers of listings share: the names and values of an entry, checked. Every store's
 * listing has directories by the delimiter '/', and keys that begin with the prefix that was asked
 * for.
 */
#ifndef LARDER_FETCH_PAGE_H
#define LARDER_FETCH_PAGE_H

#include "fetch/store.h"

/*
 * Hands the segment of `key` below the prefix ("" or ending in '/') to cb, with `info` (not NULL).
 * A directory's key ends in '/'. A key with a NUL byte, which no path can name, is left out. 0,
 * what cb gave, or -EPROTO for a key that such a listing cannot hold. A directory may have an empty
 * name (the key "a//b" below "a/"); an object without one is the prefix itself.
 */
int page_emit(store_entry_cb *cb, void *arg, const char *prefix, const char *key, size_t len,
        bool is_dir, const struct object_info *info);

/* Decodes percent-encoding in place, and '+' as a space where `form`. 0 or -EPROTO. */
int page_decode(char *s, size_t *len, bool form);

/*
 * An ETag goes into If-Match one day: only what RFC 9110 allows in one is taken. Quotes are added
 * where a server leaves them out of the listing, since its header has them. "" for others.
 */
void page_etag(const char *text, size_t len, char etag[STORE_ETAG_MAX + 1]);

/* "2013-05-24T00:00:00[.fraction]Z", rounded down as every server's Last-Modified is
 * (docs/stores/s3.md). 0 or -EPROTO. strptime and timegm would take a tenth of the time that a long
 * listing takes. */
int page_time(const char *text, int64_t *seconds);

/* Nothing is known of an object any more; a listing does that often, and most of it is empty. */
void page_forget(struct object_info *info);

#endif
