/*
 * What object.c and list.c both need to know about a name before they ask its remote.
 */
#ifndef LARDER_FETCH_LOOKUP_H
#define LARDER_FETCH_LOOKUP_H

#include "cache/meta.h"
#include "fetch/agent.h"

#include <sys/stat.h>

#define STALE_RECHECK_MS                                                                           \
	10000 /* a stale answer is good for so long before the remote is tried again */

struct lookup {
	struct remote *remote;
	char key[KEY_MAX + 1];
	bool listed; /* info is what the manifest says of it */
	struct object_info info;
};

/* An object's file in the cache. */
struct cached {
	struct agent *tier; /* where it lies */
	int fd;             /* O_RDONLY; -1 if there is none */
	bool fresh;         /* may be used without asking the remote */
	bool settling;      /* fd is -1, but it has just been published by another host: this one
	                       still remembers how the file looked before */
	uint64_t expiry;    /* until when it needs no asking, in ms of CLOCK_BOOTTIME; 0: it does.
	                       What this host has not asked about is judged by what is recorded */
	struct stat st;
	struct meta meta;
};

typedef void lookup_resume(struct agent *a, const char *rel, struct waiter *w);

/*
 * The first steps of every question: finds remote and key, loads the manifest if the remote needs
 * one, and answers from what is known for certain (no such profile, the root, a fresh listing or
 * the manifest says that it is absent or a directory). True: go on with *l. False: the waiter was
 * answered, or is parked and `resume` will be called.
 */
bool lookup_begin(struct agent *a, const char *rel, struct waiter *w, lookup_resume *resume,
        struct lookup *l);

/* The same without the look at listings and manifest entries; for listing a directory itself. */
bool lookup_remote(struct agent *a, const char *rel, struct waiter *w, lookup_resume *resume,
        struct lookup *l);

/* Opens the cached file of a tier and judges it. End with lookup_release. */
void lookup_cached(struct agent *tier, const struct remote *r, const char *rel, struct cached *c);

/*
 * The same for what is the best copy: with mode = copy, a fresh one of the local tier, then one of
 * the shared cache (fresh if it is of the generation that the table trusts), then an old one of the
 * local tier. Else that of the shared cache, or one that was kept while it was away.
 */
void lookup_object(struct agent *a, const struct remote *r, const char *rel, struct cached *c);

/* Closes it. */
void lookup_release(struct cached *c);

/* Whether two copies are of one generation of the object. */
bool lookup_same(const struct cached *a, const struct cached *b);

/* The same, after asking the server of a network file system whether there is one by now. */
void lookup_cached_anew(struct agent *a, const struct remote *r, const char *rel, struct cached *c);

/* Whether a copy that is not fresh may be served while its remote cannot be reached. */
bool lookup_servable(const struct remote *r, const struct cached *c);

/* What such a copy shows, or a listing of it that is not older; false if there is neither. */
bool lookup_stale(struct agent *a, const struct remote *r, const char *rel, struct answer *out);

/* Whether a key matches one of the globs. */
bool lookup_matches(const char *globs, const char *key);

/* What stat shows of a cached file. */
void lookup_describe(const struct cached *c, struct answer *out);

/* What the listing of its folder says of an object, however old: size, mtime and ETag. False if it
 * says nothing. */
bool lookup_listed(struct agent *a, const char *rel, struct object_info *info);

/*
 * A download is here: brings its times into step with the listing or manifest entry that describes
 * the same generation, or else brings the listing up to date. So stat and fstat say the same before
 * and after.
 */
void lookup_settle(struct agent *a, struct remote *r, const char *rel, const char *key,
        struct object_info *info);

#endif
