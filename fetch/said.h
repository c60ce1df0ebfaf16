/*
 * What a server says in an error goes into messages and logs. It may be made of what was sent to
 * it: some give back the address and the headers of a request, with a token or a signature in them.
 * Both change the text in its place. Any thread.
 */
#ifndef LARDER_FETCH_SAID_H
#define LARDER_FETCH_SAID_H

#include <stddef.h>

#define SAID_WORD_MAX   32 /* bytes of a word that is shown */
#define SAID_DIGITS_MAX 3  /* digits in a code that is shown */

/* A code, as NoSuchKey or invalid_grant: letters, '_' and few digits. All else becomes "". */
void said_code(char *text);

/* A sentence, in `size` bytes: "..." takes the place of a longer word than secrets are, and of the
 * last one where the text fills its room, for that may be the beginning of one. */
void said_words(char *text, size_t size);

#endif
