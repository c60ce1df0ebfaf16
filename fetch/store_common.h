/*
 * What the stores do alike: messages with their code, names to show, the prefix of a listing, and
 * tables of what an answer means. No state; any thread.
 */
#ifndef LARDER_FETCH_STORE_COMMON_H
#define LARDER_FETCH_STORE_COMMON_H

#include "fetch/store.h"

/* Writes the message to `err`, of STORE_ERROR_MAX bytes, and gives the code back. */
__attribute__((format(printf, 3, 4))) int store_fail(char *err, int code, const char *format, ...);

/* Makes a key fit for a message: '?' takes the place of each control character. */
void store_shown(char *name);

/* The key prefix that a listing of `key` has below the profile's. 0 or -ENAMETOOLONG. */
int store_prefix(const char *prefix, const char *key, char out[static STORE_KEY_MAX + 1]);

/* The path of a request, where the bucket is in it, as it is sent and signed; `base` is that of the
 * endpoint, whose length is below `size`. 0 or -ENAMETOOLONG. */
int store_path(char *path, size_t size, const char *base, const char *bucket, const char *prefix,
        const struct store_args *a);

#define STORE_RETRY 1 /* of the flags below: the same request may succeed later */

/* What a code or status of a server means. */
struct store_failure {
	const char *code; /* NULL: by the status alone; "": where no code was given */
	long status;      /* 0: any */
	int err;
	unsigned flags;   /* the store's own, beside STORE_RETRY */
	const char *text; /* what is wrong, and the remedy */
};

/* The first row that fits. The last of a table has neither code nor status, and fits all but what
 * busy servers, gateways and proxies say in front of every store. */
const struct store_failure *store_failure_of(
        const struct store_failure *rows, const char *code, long status);

#endif
