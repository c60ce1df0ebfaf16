/*
 * Replay: an agent whose configuration has LARDER_REPLAY serves what that record has, each object
 * in the version in which it was opened, and nothing else. Names, listings, sizes and times are the
 * record's; no remote is asked for them.
 *
 * A cached file is taken if it is of that generation. What is not cached is fetched with If-Match.
 * It becomes the cache's copy as any other, for the remote has just said that it is the newest one;
 * but where the store keeps versions, it is fetched by its version, and has a folder of its own
 * ("name@VERSION~…"). So programs that replay and others have their own files, and neither sees the
 * other's. What these show (device and inode number) is the same in either place.
 *
 * One record a process, read before the loop begins and constant then.
 */
#ifndef LARDER_FETCH_REPLAY_H
#define LARDER_FETCH_REPLAY_H

#include "fetch/agent.h"

#include <uthash.h>

/* An object of the record. */
struct replay_entry {
	char *path;      /* "<profile>~<id>/" and its key */
	const char *key; /* in path */
	char *rel;       /* as programs of this configuration name it */
	char *aside;     /* of that version; NULL if the store keeps none */
	char *versioned; /* the profile's dir for it: of the remote that is asked */
	struct object_info info;
	bool ambiguous; /* it was opened in several generations */
	UT_hash_handle hh, hh_aside;
};

/* Reads the record of a configuration, if it has one. 0 or -errno with a message. */
int replay_open(const struct config *c, char err[static STORE_ERROR_MAX]);
bool replay_on(void);

/* Forgets it again. */
void replay_close(void);

/* What the record has under either rel; NULL if nothing. */
const struct replay_entry *replay_find(const char *rel);

/* Whether something of the record lies below the directory `rel`. */
bool replay_has_below(const char *rel);

/* The children of the directory `key` ("" or ending in '/') of a profile's dir. 0, -ENOENT, or what
 * the callback said. */
int replay_list(const char *dir, const char *key, store_entry_cb *cb, void *arg);

/* Whether these are of the entry's generation: by the ETag, or without one by size and time. */
bool replay_same(const struct replay_entry *e, const char *etag, uint64_t size, int64_t mtime);

/* What stat shows of it. The error is that of finding its remote. */
void replay_describe(struct agent *a, const struct replay_entry *e, struct answer *out);

/*
 * Why an object that the remote does not have in that version cannot be served: asks what it has
 * now, and calls `done` with a message, later or at once.
 */
typedef void replay_explained(void *arg, const char *message);
void replay_explain(
        struct agent *a, const struct replay_entry *e, replay_explained *done, void *arg);

#endif
