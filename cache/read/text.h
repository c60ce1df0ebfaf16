/*
 * Putting short texts together without stdio, which is too much for a program's start and for a
 * signal handler.
 */
#ifndef LARDER_CACHE_READ_TEXT_H
#define LARDER_CACHE_READ_TEXT_H

#include <stddef.h>

/* Bytes before the first `c`, or before the end. Names are short: a loop beats strcspn(3), which
 * builds a table first. */
static inline size_t text_until(const char *s, char c)
{
	size_t n = 0;

	while (s[n] && s[n] != c)
		n++;
	return n;
}

/* How often `c` stands at the beginning. */
static inline size_t text_run(const char *s, char c)
{
	size_t n = 0;

	while (s[n] == c)
		n++;
	return n;
}

#define TEXT_NUMBER_MAX 11 /* bytes of a number, with its NUL */

/*
 * Writes its arguments, up to a NULL, one after the other. Returns the length, or 0 with an empty
 * text if `size` bytes do not hold it.
 */
__attribute__((sentinel)) size_t text_join(char *out, size_t size, ...);

/* Writes a number in decimal; returns `out`. */
char *text_number(char out[static TEXT_NUMBER_MAX], unsigned number);

#endif
