/*
 * What journals.c (reading), journals_own.c (writing) and journals_tidy.c (making short) share.
 */
#ifndef LARDER_CACHE_JOURNALS_PARTS_H
#define LARDER_CACHE_JOURNALS_PARTS_H

#include "cache/journals.h"

#include <pthread.h>
#include <sys/stat.h>

#define JOURNAL_APPENDED 1 /* the number of what was appended by this agent */
#define JOURNAL_FIRST    2 /* of those of files */
#define JOURNAL_NAME_MAX 64

struct journal_file {
	char name[JOURNAL_NAME_MAX]; /* "" is a free number */
	int fd;
	ino_t ino;
	uint64_t at; /* read up to here */
	bool met;    /* in the round of reading under way */
};

struct journals {
	const struct layout *layout;
	struct index *index;

	/* The worker's. */
	struct journal_file files[INDEX_JOURNALS_MAX];
	unsigned n_files; /* numbers from this on are free */
	uint16_t own; /* the number of this agent's; 0 before it is open. Written under the lock */
	int life;     /* the lock in the runtime folder by which it is this agent's */
	char name[JOURNAL_NAME_MAX];
	char *writing; /* taken from `pending`, and not all written */
	size_t writing_len;
	uint64_t flushed;       /* what was appended stands in the file up to here */
	uint64_t lines;         /* in the file */
	unsigned damaged;       /* lines that are none, in this round of reading … */
	uint64_t good;          /* … and those that are */
	enum journal_kind last; /* kind of the last line of the own file */
	bool changed;           /* marks of what has gone are in the index */
	enum journals_state state;
	atomic_bool lost; /* the own file lacks something, or has no name */

	pthread_mutex_t lock; /* guards the rest; taken before that of a part of the index */
	char *pending;
	size_t pending_len, pending_room;
	uint64_t appended; /* bytes, ever */
	int64_t delta;     /* an offset in the file, less that among what was appended */
};

int journals_folder(const struct journals *j);

/* A number for an open file; 0 if there is none left. */
uint16_t journals_number(struct journals *j, const char *name, int fd);
void journals_forget(struct journals *j, uint16_t number);

/* Reads on in a file and merges its lines into the index. */
int journals_read_on(struct journals *j, uint16_t number, const atomic_bool *stop);

/* Opens or makes a file in usage/, for reading and writing. */
int journals_open_file(struct journals *j, const char *name, int flags);

/* Opens this agent's journal, and reads what it has written before. */
int journals_open_own(struct journals *j, const atomic_bool *stop);

/* The lock by which others know that a journal's owner lives. 0, -EAGAIN or another -errno. */
int journals_lock(int fd);

/* Appends a line to what is pending, under the lock. Its place; JOURNALS_NOWHERE: no memory. */
#define JOURNALS_NOWHERE UINT64_MAX
uint64_t journals_append(struct journals *j, const struct journal_line *l);

#endif
