/*
 * A page of ListObjectsV2: its question, and the XML that S3 answers with as it arrives; and the
 * body of an error.
 *
 * Both are read by xml.h, whose limits hold. Names are taken from the text of the elements below
 * alone; anything else is skipped. Follows the ListObjectsV2 page of the Amazon S3 API reference,
 * for a request with delimiter=/ and encoding-type=url; servers that ignore the latter say so by
 * leaving <EncodingType> out, which may also come last.
 */
#ifndef LARDER_FETCH_S3_LIST_H
#define LARDER_FETCH_S3_LIST_H

#include "fetch/store.h"

#define S3_MAX_KEYS 1000      /* names in a page; Amazon and Google give no more, others may */
#define S3_KEPT_MAX (4 << 20) /* bytes of entries that wait for <EncodingType> */

/* The query that asks for the page of `a`, below the profile's prefix: 0 or -ENAMETOOLONG. */
int s3_list_query(const char *prefix, const struct store_args *a, char *query, size_t size);

/*
 * A page. `prefix` is the key prefix that was asked for ("" or ending in '/') and `token` the token
 * that was sent, "" for the first page; both are copied. `cb` is called from s3_list_feed and
 * s3_list_end, in no particular order, with each name below the prefix; a negative result ends the
 * page with it. A key with a NUL byte, which no path can name, is not passed on. The key that
 * is the prefix itself and a folder of an empty name (the key "a//b" below "a/") have name_len 0.
 *
 * Results: 0, -EPROTO for what is not a page of a listing of `prefix`, -ENOMEM, -ENAMETOOLONG, or
 * what `cb` gave.
 */
int s3_list_begin(
        void **list, const char *prefix, const char *token, store_entry_cb *cb, void *arg);
int s3_list_feed(void *list, const char *data, size_t len);

/* Ends the document, gives the next token ("" at the last page), and frees. With `token` NULL it
 * only frees. */
int s3_list_end(void *list, char token[STORE_TOKEN_MAX + 1]);

/* What the body of an error says; "" what it does not say. Only printable ASCII. */
struct s3_error {
	char code[64];
	char message[160];
	char region[64];
	char size[24]; /* of an object that has not the range */
};

/* Reads as much as there is: a body may be cut short, or be no XML at all. */
void s3_error_parse(struct s3_error *e, const char *body, size_t len);

#endif
