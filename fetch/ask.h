/*
 * Questions about names: what is this key, what is in this directory. With the retries that fills
 * have for bytes.
 *
 * For a folder the question runs on a worker thread, and so does the entry callback; it must touch
 * only what belongs to the question.
 */
#ifndef LARDER_FETCH_ASK_H
#define LARDER_FETCH_ASK_H

#include "fetch/agent.h"

#define ASK_NO_LISTING                                                                             \
	"the answer is not a listing that can be understood; is this the right endpoint?"

struct ask;

struct ask_result {
	int error; /* 0 or -errno */
	bool unreachable;
	bool anew;               /* pages_list: the same must be asked again, and will go better */
	bool is_dir;             /* ask_head of a directory */
	struct object_info info; /* ask_head */
	const char *message;
};

typedef void ask_done(void *arg, const struct ask_result *r);

/* What is `key`? -ENOENT if there is no such object. `patient`: with retries. NULL (-ENOMEM):
 * nothing will be called. */
struct ask *ask_head(struct agent *a, struct remote *r, const char *key, bool patient,
        ask_done *done, void *arg);

/* What is in directory `dir` ("" or ending in '/')? Of a folder all, of others the first page
 * alone, with at most max_keys; pages.h has them all. */
struct ask *ask_list(struct agent *a, struct remote *r, const char *dir, unsigned max_keys,
        bool patient, store_entry_cb *entry, ask_done *done, void *arg);

void ask_cancel(struct ask *q);

/* The pause before a further try (ms), after so many failures in a row; `retry_after` (s) is what
 * the server wants. */
uint64_t ask_pause(unsigned failures, unsigned retry_after);

#endif
