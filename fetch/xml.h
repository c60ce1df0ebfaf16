/*
 * The XML that stores answer with: pages of listings as they arrive, and the bodies of errors.
 *
 * Parsed by expat, as UTF-8 whatever the document says. Every document type declaration is refused:
 * no store has one, and all expansion attacks need one.
 *
 *	xml_new → xml_feed… → xml_finish (only where the end matters) → xml_free
 *
 * Results: 0, -EPROTO for what is no such document or beyond a limit below, -ENOMEM, or what the
 * reader gave; the first error stays. Any thread, one at a time.
 */
#ifndef LARDER_FETCH_XML_H
#define LARDER_FETCH_XML_H

#include "fetch/store.h"

#define XML_BYTES_MAX (16 << 20)          /* of a document; the largest pages are less */
#define XML_DEPTH_MAX 16                  /* elements inside each other; stores have at most 6 */
#define XML_TEXT_MAX  (3 * STORE_KEY_MAX) /* bytes of an element's text: a key, percent-encoded */

struct xml_reader {
	/* An element begins; the document's own has depth 1. `attributes` are names and values in
	 * turn, up to a NULL. XML_TEXT if its text is wanted, up to the next element, 0, or -errno.
	 */
	int (*begin)(void *arg, int depth, const char *name, const char **attributes);

	/* It ends. `text` is "" where it was not wanted, and has a NUL at [len]; it may hold
	 * others.
	 */
	int (*end)(void *arg, int depth, const char *text, size_t len);
};
#define XML_TEXT 1

struct xml;

/* `reader` and `arg` must outlive it. NULL without memory. */
struct xml *xml_new(const struct xml_reader *reader, void *arg);
int xml_feed(struct xml *x, const char *data, size_t len);
int xml_finish(struct xml *x);
void xml_free(struct xml *x);

/* A field of a small document: the text of `name` right below its root goes to `out`, cut to `size`
 * with its NUL, with a space for all but printable ASCII. */
struct xml_field {
	const char *name;
	char *out;
	size_t size;
};

/* Reads as much as there is, of the first of each name; a field that is not there is "". A body may
 * be cut short, or be no XML at all. */
void xml_fields(
        const char *body, size_t len, const char *root, const struct xml_field *fields, size_t n);

#endif
