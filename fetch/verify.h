/*
 * Whether the cache on disk is what its agents wrote: every object against its recorded size and
 * digest, every listing, and what does not belong there.
 *
 *	struct verify v = {…};  verify_run(&v);      `found` is called as things are met
 *
 * Only reads; nothing is locked, so agents and readers go on, and what disappears meanwhile was
 * evicted or replaced. Whoever repairs does so from within `found`. Blocks; one thread.
 */
#ifndef LARDER_FETCH_VERIFY_H
#define LARDER_FETCH_VERIFY_H

#include "cache/layout.h"

/* kind, name, whether it is damage, what is wrong */
#define VERIFY_KINDS(X)                                                                            \
	X(BYTES, "bytes", true, "its bytes are not those that came")                               \
	X(SIZE, "size", true, "its size is not the one that came")                                 \
	X(UNREADABLE, "unreadable", true, "cannot be read")                                        \
	X(ATTRIBUTES, "attributes", true, "what is recorded with it is missing or wrong")          \
	X(LISTING, "listing", true, "is no sound listing of this folder")                          \
	X(STRAY, "stray", true, "does not belong into the cache")                                  \
	X(LEFTOVER, "leftover", true, "was left by an agent that is gone")                         \
	X(UNRECORDED, "unrecorded", false, "has no digest, so that its bytes cannot be checked")   \
	X(ORPHAN, "orphan", false, "belongs to no profile of this configuration")

enum verify_kind {
#define X(id, name, damage, text) VERIFY_##id,
	VERIFY_KINDS(X)
#undef X
	        VERIFY_KINDS_N
};

struct verify_kind_row {
	const char *name, *text;
	bool damage;
};
extern const struct verify_kind_row verify_kinds[VERIFY_KINDS_N];

struct verify_finding {
	enum verify_kind kind;
	const char *path; /* of the file */
	const char *rel;  /* of the object or folder; "" where it is none */
	int error;        /* UNREADABLE: -errno */
};

struct verify_counts {
	uint64_t objects, bytes; /* that were checked */
	uint64_t listings;
	uint64_t found[VERIFY_KINDS_N];
};

typedef void verify_found(void *arg, const struct verify_finding *f);
typedef void verify_tick(void *arg);

struct verify {
	const struct config *config;
	const struct layout *layout;
	const char *rel; /* this object, or folder with what is below; "" for the whole cache */
	verify_found *found;
	verify_tick *tick; /* counts.bytes has grown; or NULL */
	void *arg;
	struct verify_counts counts;
};

/* The bytes of all objects that verify_run would read; a look at each, but not into it. */
uint64_t verify_total(const struct verify *v);

/* 0, or -errno where the cache cannot be looked through (-ENOENT: there is none). */
int verify_run(struct verify *v);

#endif
