/*
 * The setting `headers` of a profile: lines "Name: value" that go with each of its requests.
 *
 * Names that the store signs (x-amz-… of S3, x-ms- of Azure, x-goog- of Google Cloud Storage) are
 * the store's to add, by header_lines_sign; the transfer layer adds the others. A line takes the
 * place of one of that name which the store would send. Their values may be keys: whoever copies
 * one wipes it.
 */
#ifndef LARDER_FETCH_HEADER_LINES_H
#define LARDER_FETCH_HEADER_LINES_H

#include "fetch/sigv4.h"

#include <curl/curl.h>

#define HEADER_LINES_SIGNED   16   /* that a profile may have */
#define HEADER_LINES_TEXT     4096 /* bytes of these, with a NUL behind each name and value */
#define HEADER_LINES_NAME_MAX 63

struct header_line {
	const char *name, *value; /* not NUL-terminated; no blanks around the value */
	size_t name_len, value_len;
};

/* Goes through a text: each call moves *at, at first the text. False after the last line. What is
 * no line, which header_lines_fault finds, is passed over. */
bool header_lines_next(const char **at, struct header_line *out);

/* What is wrong with a text, with the remedy; NULL if it can be used. Never shows any of it. */
const char *header_lines_fault(const char *text);

/* Whether there is a line of this name, in any case of letters. */
bool header_lines_have(const char *text, const char *name);

/*
 * Merges the lines whose names begin with `prefix` into the *n headers of a request (names in lower
 * case), of which `pairs` may hold `max`, and sorts them all by name, as signatures want them.
 * `buf` keeps their text until the request is made, and is to be wiped then. 0 or -E2BIG.
 */
int header_lines_sign(const char *text, const char *prefix, struct sigv4_pair *pairs, size_t *n,
        size_t max, char buf[static HEADER_LINES_TEXT]);

/* Adds the others; `prefix` NULL: all. 0 or -ENOMEM. */
int header_lines_add(const char *text, const char *prefix, struct curl_slist **list);

/* Adds a header of the store's own, or a token to be let in with, to its end; what was needed for
 * that is wiped. 0 or -ENOMEM. */
int header_lines_put(struct curl_slist **list, const char *name, const char *value);
int header_lines_put_bearer(struct curl_slist **list, const char *token);

/* Frees a list and overwrites what it held. */
void header_lines_wipe(struct curl_slist *list);

#endif
