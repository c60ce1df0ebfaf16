/*
 * What has happened, counted for each profile: since the agent began, and with the files
 * usage/NAME.counters since the cache has been there.
 *
 * Each agent keeps a file of its own, which it alone writes, every COUNTERS_KEEP_MS and at its end;
 * the sum over all files is the cache's. The counts of up to that time are lost with a killed
 * agent. Reading and writing files is a worker's; all else is the loop's.
 */
#ifndef LARDER_FETCH_COUNTERS_H
#define LARDER_FETCH_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTERS_KEEP_MS      15000
#define COUNTERS_PROFILES_MAX 1024        /* that are told apart; more are counted together */
#define COUNTERS_FILE_MAX     (512 << 10) /* bytes of a file */
#define COUNTERS_FILES_MAX    4096        /* files that are read */
#define COUNTERS_DIR_MAX      255         /* bytes of a profile's folder */

/*
 * X(name, help). A hit is an open that the agent answered from the cache, and a use that a program
 * told of after it opened a cached file by itself, which it does at most once a minute an object:
 * so hits are fewer than opens that were served. A miss is an open that had to wait for the remote;
 * of many that wait for one download, each is one.
 */
#define COUNTERS(X)                                                                                \
	X(opens, "Opens that the agent was asked for")                                             \
	X(hits, "Opens from the cache; those without the agent at most once a minute an object")   \
	X(misses, "Opens that waited for the remote")                                              \
	X(saved_bytes, "Bytes of the objects that were hits")                                      \
	X(fills, "Objects downloaded")                                                             \
	X(filled_bytes, "Bytes of the objects downloaded")                                         \
	X(received_bytes, "Bytes that remotes have sent for downloads, broken ones too")           \
	X(revalidated, "Objects that the remote said to be unchanged")                             \
	X(stale, "Answers from the cache while the remote could not be reached")                   \
	X(stats, "Questions about single names")                                                   \
	X(lists, "Folders listed")                                                                 \
	X(errors, "Opens that failed, but for missing objects")                                    \
	X(prefetched, "Objects fetched ahead")                                                     \
	X(prefetched_bytes, "Bytes of the objects fetched ahead")                                  \
	X(wasted, "Objects fetched ahead that nobody opened in time")                              \
	X(wasted_bytes, "Bytes of the objects fetched ahead that nobody opened in time")           \
	X(evicted, "Objects evicted")                                                              \
	X(evicted_bytes, "Bytes of the objects evicted")

struct counters {
#define COUNTER(name, help) uint64_t name;
	COUNTERS(COUNTER)
#undef COUNTER
};

/* The same as a table. */
struct counter {
	const char *name, *help;
	size_t offset;
};
extern const struct counter counters_table[];
extern const size_t counters_count;

static inline uint64_t counters_get(const struct counters *c, size_t i)
{
	return *(const uint64_t *)((const char *)c + counters_table[i].offset);
}

/* a += b, up to UINT64_MAX. */
void counters_add(struct counters *a, const struct counters *b);

struct agent;
struct answer;
struct layout;

struct tallies *counters_new(struct agent *a);

/* Writes the file once more; counters_busy until that is done. */
void counters_close(struct tallies *t);
bool counters_busy(const struct tallies *t);
void counters_free(struct tallies *t);

/* The agent whose file they are in. */
struct agent *counters_agent(const struct tallies *t);

/* They count for another agent of the same process and runtime folder from now on. */
void counters_hand_over(struct tallies *t, struct agent *to);

/* Those of the profile of a rel; never NULL. */
struct counters *counters_of(struct agent *a, const char *rel);

/* An open was answered. */
void counters_opened(struct agent *a, const char *rel, const struct answer *ans);

/* A cached file was opened without the agent. */
void counters_used(struct agent *a, const char *rel, uint64_t bytes);

/* Of all profiles, since this agent began. */
struct counters counters_sum(const struct agent *a);

/* For each profile this agent's own counts, with (`kept`) or without those of its file. */
typedef void counters_cb(void *arg, const char *dir, const struct counters *c);
void counters_each(const struct agent *a, bool kept, counters_cb *cb, void *arg);

/* For each line of each file but this agent's own. On a worker. */
void counters_others(const struct tallies *t, counters_cb *cb, void *arg);

/* Reads the text of a file, which ends in a NUL and is changed. Lines that are none are left out;
 * -EPROTO if it is no such file. */
int counters_parse(char *text, counters_cb *cb, void *arg);

#endif
