/*
 * The head of an HTTP answer, line by line, as struct response.
 *
 *	response_reset(&r);
 *	response_header_line(&r, ops, s, line, len);    for each line that libcurl's header callback
 *gives response_finish(&r);                    before the body, or at the end
 *
 * The fields hold what store.h says only after response_finish; before it they may hold marks for
 * contradictions. Lines that come later (trailers) must not be passed. An answer is hostile: what
 * is not well formed counts as absent, and a contradiction (two lengths, two ETags) as unknown,
 * never as the first or the last of the two.
 *
 * Follows RFC 9110 and RFC 9112. Keeps no state besides the struct, allocates nothing: any
 * thread, one for each struct.
 */
#ifndef LARDER_FETCH_HTTP_HEAD_H
#define LARDER_FETCH_HTTP_HEAD_H

#include "fetch/store.h"

#define HTTP_SIZE_MAX        ((uint64_t)INT64_MAX) /* bytes of an object: what off_t can say */
#define HTTP_RETRY_AFTER_MAX 86400                 /* seconds; a longer wait is cut to it */
#define HTTP_NAME_MAX        63                    /* bytes of a header's name that a store takes */

/* An answer of which nothing is known: status 0, lengths UINT64_MAX, mtime STORE_MTIME_DIR. */
void response_reset(struct response *r);

/*
 * Takes one line, with or without its CRLF; it need not end in NUL. A status line ("HTTP/...")
 * begins a new answer and forgets the one before it: 100 Continue, a redirect, a proxy's CONNECT.
 * What is not known here is the store's to take (ops->header; ops may be NULL).
 */
void response_header_line(struct response *r, const struct store_ops *ops, struct store *s,
        const char *line, size_t len);

/*
 * Ends the head. info.size becomes the total of a Content-Range (of a 206, and of a 416, which
 * has nothing else in it), or the Content-Length of a 200 that is not encoded; else it is
 * UINT64_MAX, unknown. has_range holds only for a 206 whose range agrees with its
 * Content-Length; `total` is UINT64_MAX if it is not known. May be called again.
 */
void response_finish(struct response *r);

/* Of a store whose Content-Encoding is a note of whoever stored the object: whether this one is
 * not, but of somebody on the way, who cannot tell the length ahead. */
bool response_compressed(const struct response *r);

/* Parses decimal digits, and nothing else, of at most HTTP_SIZE_MAX. */
bool http_parse_size(const char *s, size_t len, uint64_t *out);

/* Copies a strong, well-formed entity tag of at most STORE_ETAG_MAX bytes, quotes included; false
 * leaves `out` alone. */
bool http_parse_etag(const char *s, size_t len, char out[static STORE_ETAG_MAX + 1]);

#endif
