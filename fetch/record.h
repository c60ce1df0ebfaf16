/*
 * Records: which objects a program opened, as JSON lines.
 *
 *	{"larder": "0.1.0", "command": ["train.py"], "start": "…", "end": "…", "status": 0}
 *	{"url": "s3://bucket/key", "profile": "demo", "version": "", "etag": "\"1b2\"",
 *	 "checksum": "crc32c:…", "size": 5, "modified": "…Z", "executable": false,
 *	 "first": "…Z", "last": "…Z", "opens": 2, "bytes": 10}
 *
 * One line for each generation of an object and each profile it was opened by, in the order of
 *their first opens. The key in a URL is percent-encoded, so that any bytes are text. Times are ISO
 *8601, UTC, with milliseconds. `bytes` is what the opens gave access to: the size, as often as it
 *was opened; what of it was read, the kernel alone knows. The first line is there once the program
 *has ended; the lines that the shim appends while it runs (shim/record.c) are one for each open,
 *with "mtime" in seconds and "at" in milliseconds since 1970 instead of the times and sums, and a
 *record may consist of those.
 *
 * What is read is not trusted: each length has a limit, and a line that is none is counted and the
 * first one's number kept.
 */
#ifndef LARDER_FETCH_RECORD_H
#define LARDER_FETCH_RECORD_H

#include "cache/read/key.h"
#include "cache/read/url.h"
#include "fetch/store.h"

#include <stdio.h>
#include <uthash.h>

#define RECORD_LINE_MAX     (64 << 10)   /* bytes */
#define RECORD_SECONDS_MAX  253402300799 /* the end of the year 9999 */
#define RECORD_OBJECTS_MAX  10000000
#define RECORD_CHECKSUM_MAX 160
#define RECORD_NAME_MAX     255 /* of a profile */

struct record_entry {
	const char *url, *version, *etag, *profile, *checksum; /* "" where it is not known */
	uint64_t size, opens, bytes;
	int64_t modified;    /* seconds since 1970 */
	int64_t first, last; /* milliseconds since 1970 */
	bool executable;
	UT_hash_handle hh; /* by URL, profile, version, ETag, size and time */
	char text[];
};

/* Begins all zero. */
struct record {
	struct record_entry *entries;
	uint64_t lines;         /* that were taken, whatever they are */
	uint64_t damaged;       /* that are none of a record */
	uint64_t first_damaged; /* number of the first of those, from 1 */
	char *line;             /* that has begun; RECORD_LINE_MAX bytes */
	size_t len; /* of it; RECORD_LINE_MAX: too long, and the rest of it is passed over */
};

/* What the first line says of the run. */
struct record_run {
	char **command;
	int64_t start, end; /* milliseconds since 1970 */
	int status;         /* -signal if one ended it */
};

/* Takes the next bytes of a file, in whatever pieces. 0, -ENOMEM or -E2BIG. */
int record_feed(struct record *r, const char *data, size_t n);

/* After the last piece. */
int record_end(struct record *r);

/* Takes the whole of a file. 0 or -errno. */
int record_read(struct record *r, const char *path);

/*
 * The same for who needs all of it: a record with a damaged line, or with no line at all, is none.
 * 0, or -errno and what is wrong with it, in which line.
 */
#define RECORD_ERROR_MAX 120
int record_read_whole(struct record *r, const char *path, char err[static RECORD_ERROR_MAX]);

/* Writes it; `run` may be NULL. Errors are the file's. */
void record_write(const struct record *r, const struct record_run *run, FILE *file);

void record_release(struct record *r);

/* "2024-01-02T03:04:05.678Z", and back: -EINVAL. */
#define RECORD_TIME_MAX 40
const char *record_time(int64_t ms, char out[static RECORD_TIME_MAX]);
int record_parse_time(const char *text, int64_t *ms);

/*
 * What an entry names in a configuration: of the profile with the recorded name, if that has this
 * URL, or else of any (which may be made in `own`), with the key in `key`. -ENOENT: nothing.
 */
int record_resolve(const struct config *c, const struct record_entry *e, struct own_profile *own,
        const struct profile **profile, char key[static KEY_MAX + 1]);

/* Undoes the percent-encoding of a key, in its place. -EINVAL where it is none, or holds a NUL. */
int record_decode(char *key);

#endif
