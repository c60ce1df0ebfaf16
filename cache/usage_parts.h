/* The inside of usage, shared by usage.c (rounds) and usage_files.c (the records on the disk). All
 * of it is for who holds the lock. */
#ifndef LARDER_CACHE_USAGE_PARTS_H
#define LARDER_CACHE_USAGE_PARTS_H

#include "cache/usage.h"

#define USAGE_SUFFIX ".use"
#define USAGE_BASE   "base"

/* Of all records but this agent's own. */
struct usage_sum {
	struct usage_amount net;     /* with the base */
	struct usage_amount records; /* without it */
	struct usage_amount added;   /* with the base */
	struct usage_amount reserved, filling;
	struct usage_record base;
	unsigned agents;
	bool stale, unknown;
};

static inline int64_t usage_add(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		sum = a < 0 ? INT64_MIN : INT64_MAX;
	return sum > USAGE_NUMBER_MAX    ? USAGE_NUMBER_MAX
	       : sum < -USAGE_NUMBER_MAX ? -USAGE_NUMBER_MAX
	                                 : sum;
}

static inline struct usage_amount usage_plus(struct usage_amount a, struct usage_amount b)
{
	return (struct usage_amount){usage_add(a.bytes, b.bytes), usage_add(a.files, b.files)};
}

static inline struct usage_amount usage_minus(struct usage_amount a, struct usage_amount b)
{
	return (struct usage_amount){usage_add(a.bytes, -b.bytes), usage_add(a.files, -b.files)};
}

/* Adds up the records of others. */
void usage_read_all(struct usage *u, struct usage_sum *s);

bool usage_exists(const struct usage *u, const char *name);
int usage_write(const struct usage *u, const char *name, const struct usage_record *r);

/* Moves a record into the base and removes it: one; those of agents that have shown no life for too
 * long; those of former agents with this runtime folder, which is ours alone. */
int usage_fold(const struct usage *u, const char *name, const struct usage_record *r);
void usage_fold_dead(struct usage *u);
void usage_fold_former(struct usage *u, char *runtime_id);

/* A new cache holds nothing: that is known without counting. */
void usage_begin(struct usage *u);

/* The base is so much, as counted. */
int usage_set_base(const struct usage *u, struct usage_amount net);

/* What is remembered of others. */
void usage_forget(struct usage *u);

#endif
