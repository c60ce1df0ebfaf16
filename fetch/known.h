/*
 * Single names that were asked for without a listing of their directory: what they are, or that
 * they do not exist.
 *
 * Kept in memory for the ttl (absence: negative_ttl), at most KNOWN_MAX of them, the oldest go
 * first. A name is asked for by HEAD and by listing one key below it, both at once: the directory
 * wins over an object of the same name.
 */
#ifndef LARDER_FETCH_KNOWN_H
#define LARDER_FETCH_KNOWN_H

#include "fetch/agent.h"

#define KNOWN_MAX 65536

/* What is known and fresh: 0 with the answer (its error may be -ENOENT), or -EAGAIN. */
int known_find(struct agent *a, const char *rel, struct answer *out);

/* The same, however long ago it was known. */
int known_recall(struct agent *a, const char *rel, struct answer *out);

/* Notes an answer that came in another way: FILE, DIR or -ENOENT. */
void known_put(struct agent *a, struct remote *r, const char *rel, const struct answer *ans);

enum known_question {
	KNOWN_NAME,
	KNOWN_CHECK,     /* the same, without retries: there is a copy to go by */
	KNOWN_DIRECTORY, /* only whether it is a directory */
};

/* Asks the remote for the name and answers the waiter; joins a question under way. While the remote
 * cannot be reached, the answer is what the copy says. */
void known_ask(struct agent *a, struct remote *r, const char *rel, const char *key,
        enum known_question what, struct waiter *w);

/* What was known of the name is not true any more. */
void known_forget(struct agent *a, const char *rel);

/* The waiter has gone; the question goes on, for whoever asks next. */
void known_cancel(struct waiter *w);

void known_free(struct agent *a);

#endif
