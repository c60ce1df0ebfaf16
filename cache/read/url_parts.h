/* The pieces that url.c and own_profile.c share. For cache/read/ alone. */
#ifndef LARDER_CACHE_READ_URL_PARTS_H
#define LARDER_CACHE_READ_URL_PARTS_H

#include "cache/read/url.h"

#define URL_MAIN "main" /* the revision of hf that is meant without one */

enum url_flag {
	URL_ALONE = 1,     /* needs no configured profile */
	URL_NAMES = 2,     /* the authority is the name of one */
	URL_REVISIONS = 4, /* "@REVISION" behind the authority */
	URL_QUERY = 8,     /* a version has its name before it, which is kept: "snapshot=…" */
};

/* No pointers: the shim would pay for their relocation at each start. */
struct url_scheme {
	char name[8], mark[12]; /* the mark stands before a version, behind the key */
	unsigned char segments; /* of the authority */
	unsigned char flags;
	char usage[42];
};

/* A URL, taken apart where it lies. */
struct url {
	const struct url_scheme *scheme;
	const char *authority, *path; /* the path is without leading slashes */
	size_t authority_len;
	char version[URL_VERSION_MAX + 1]; /* decoded; "" if there is none */
};

const struct url_scheme *url_scheme_find(const char *name, size_t len);

/* 0; -EPROTONOSUPPORT of a scheme that is not known, -EINVAL without all of the authority. */
int url_take_apart(const char *text, struct url *u);

/*
 * Writes the address of a blob (https://ACCOUNT.blob.core.windows.net/container/blob) as what it
 * is, az://ACCOUNT/container/blob; those of other clouds keep their host. Other texts stay, and so
 * do those with a '?': the signature behind it is a secret, and may not be in a key.
 */
void url_as_az(char *text);

/* Cuts "?versionId=V", "?snapshot=S" or "#GENERATION" off the end of `text`, which holds u, into
 * u->version. */
void url_cut_pin(char *text, struct url *u);

/* Whether what a version names never changes: not a branch, a tag or S3's "null". */
bool url_is_final(const struct url_scheme *s, const char *version);

/* Letters, digits, '.', '_' and '-', of whatever locale. */
bool url_plain_char(char c);

/* Decodes %XX. False if that is no version, or too long. */
bool url_decode_version(char out[static URL_VERSION_MAX + 1], const char *s, size_t len);

/* The reverse: plain characters stand for themselves. 0 or -ENAMETOOLONG. */
int url_append_version(char *out, size_t size, size_t *len, const char *version);

/* See url_head. */
size_t url_write_head(const struct url_scheme *s, const char *sep, const char *authority,
        const char *version, const char *prefix, char *out, size_t size);

#endif
