/*
 * Reports as JSON: what the agent writes and the command reads.
 *
 * A report is one object whose members are values, objects of values (sections with one row) and
 * arrays of such objects (sections with many):
 *
 *	{"started": 1, "totals": {"bytes": 5}, "profiles": [{"name": "a"}, {"name": "b"}]}
 *
 * Values are text, whole numbers below 2^64, true and false. Text is any bytes but NUL: what is not
 * UTF-8 is written as a lone surrogate, \udc80 to \udcff, as Python has it, and read back as that
 * byte. The writer reports errors at its end; the reader takes nothing but this shape, whatever it
 * is given.
 */
#ifndef LARDER_FETCH_JSON_H
#define LARDER_FETCH_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_FIELDS_MAX 48 /* values of a row */

/* --- writing --- */

struct json {
	FILE *f;
	bool more; /* a value stands before, on the same level */
};

/* Begins a report; `f` stays the caller's. */
struct json json_begin(FILE *f);
void json_finish(struct json *j);

/* A section with one row (object) or with many (array, then object with key NULL for each). */
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

void json_text(struct json *j, const char *key, const char *text);
/* An array of texts, which ends with NULL; the reader knows none. */
void json_texts(struct json *j, const char *key, char *const *texts);
void json_number(struct json *j, const char *key, uint64_t n);
void json_bool(struct json *j, const char *key, bool b);

/* --- reading --- */

struct json_row {
	unsigned n;
	struct json_field {
		const char *key, *text; /* `text` is "" for what is no text */
		uint64_t number;        /* 0 for text; 1 for true */
	} fields[JSON_FIELDS_MAX];
};

/* A field of a row: "" or 0 if it has none. */
const char *json_row_text(const struct json_row *r, const char *key);
uint64_t json_row_number(const struct json_row *r, const char *key);

/* Called for each row in turn, with its section; at the end for the values outside of sections,
 * with section "". Pointers are into the text that was given. */
typedef void json_row_cb(void *arg, const char *section, const struct json_row *r);

/* Reads a report; `text` has a NUL at [len] and is changed. 0, or -EPROTO if it is none: rows
 * before the mistake have been told. */
int json_read(char *text, size_t len, json_row_cb *cb, void *arg);

#endif
