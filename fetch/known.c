#include "fetch/known.h"
#include "cache/read/identity.h"
#include "fetch/ask.h"
#include "fetch/disk.h"
#include "fetch/lookup.h"
#include "fetch/object.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

struct known {
	struct answer answer; /* its message is "" */
	uint64_t expiry;
	UT_hash_handle hh;
	char rel[];
};

/* A name being asked for. Ends when both answers are here. */
struct inquiry {
	struct agent *agent;
	struct remote *remote;
	struct waiter *waiters;
	struct waiter own; /* for the object, if its size is to be had in no other way */
	char *rel;
	unsigned open; /* answers that are missing */
	bool has_children, directory_only;
	int head_error, list_error;
	bool unreachable;
	struct object_info info;
	UT_hash_handle hh;
	char message[STORE_ERROR_MAX];
};

int known_find(struct agent *a, const char *rel, struct answer *out)
{
	struct known *k;

	HASH_FIND_STR(a->known, rel, k);
	if (!k || k->expiry <= boottime_ms())
		return -EAGAIN;
	*out = k->answer;
	return 0;
}

int known_recall(struct agent *a, const char *rel, struct answer *out)
{
	struct known *k;

	HASH_FIND_STR(a->known, rel, k);
	if (!k)
		return -EAGAIN;
	*out = k->answer;
	return 0;
}

void known_put(struct agent *a, struct remote *r, const char *rel, const struct answer *ans)
{
	size_t len = strlen(rel) + 1;
	struct known *k;

	if (ans->error && ans->error != -ENOENT && ans->error != -ENOTDIR)
		return;
	HASH_FIND_STR(a->known, rel, k);
	if (k) {
		HASH_DEL(a->known, k);
		free(k);
	} else if (HASH_COUNT(a->known) >= KNOWN_MAX) {
		k = a->known; /* the first is the oldest */
		HASH_DEL(a->known, k);
		free(k);
	}
	k = malloc(sizeof *k + len);
	if (!k)
		return;
	memcpy(k->rel, rel, len);
	k->answer = *ans;
	k->answer.fd = -1;
	k->answer.message = ans->error == -ENOENT ? r->missing : "";
	k->expiry = agent_expiry(ans->error ? r->profile->negative_ttl : r->profile->ttl);
	HASH_ADD_STR(a->known, rel, k);
}

void known_forget(struct agent *a, const char *rel)
{
	struct known *k;

	HASH_FIND_STR(a->known, rel, k);
	if (!k)
		return;
	HASH_DEL(a->known, k);
	free(k);
}

void known_free(struct agent *a)
{
	struct known *k, *next;

	HASH_ITER (hh, a->known, k, next) {
		HASH_DEL(a->known, k);
		free(k);
	}
}

/* Everybody gets the answer. */
static void conclude(struct inquiry *q, const struct answer *a)
{
	struct waiter *w, *next;

	if (!q->directory_only)
		HASH_DEL(q->agent->inquiries, q);
	DL_FOREACH_SAFE (q->waiters, w, next) {
		DL_DELETE(q->waiters, w);
		w->inquiry = NULL;
		w->answer(w, a);
	}
	remote_drop(q->remote);
	free(q->rel);
	free(q);
}

static void on_measured(struct waiter *w, const struct answer *answer)
{
	struct inquiry *q = (struct inquiry *)((char *)w - offsetof(struct inquiry, own));
	struct answer a = *answer;

	disk_close(q->agent, a.fd);
	a.fd = -1;
	known_put(q->agent, q->remote, q->rel, &a);
	conclude(q, &a);
}

/* Whether what would be the folder of a name is known to be an object. */
static bool is_below_object(struct agent *a, const char *rel)
{
	const char *slash = strrchr(rel, '/');
	struct answer above;
	char *parent;
	bool is_object;

	parent = slash ? strndup(rel, (size_t)(slash - rel)) : NULL;
	is_object = parent && known_find(a, parent, &above) == 0 &&
	            (above.error ? above.error == -ENOTDIR : above.type == WIRE_FILE);
	free(parent);
	return is_object;
}

/* (Who asks for the directory of an object tells of it.) */
static void tell(const struct inquiry *q, int error)
{
	char url[KEY_MAX + CONFIG_PATH_MAX], key[KEY_MAX + 1];

	if (q->directory_only || error == -ENOENT || error == -ENOTDIR || !*q->message ||
	        key_from_rel(key, sizeof key, q->rel) != 0)
		return;
	remote_url(q->remote, key, url, sizeof url);
	agent_tell(q->agent, q->waiters ? q->waiters->run : 0, "%s: %s (%s)", url, q->message,
	        strerror(-error));
}

static void finish(struct inquiry *q)
{
	struct answer a = {.fd = -1, .message = ""};

	if (q->has_children) {
		object_describe_dir(q->rel, &a);
	} else if (!q->head_error && q->info.size == UINT64_MAX) {
		/* The server does not say how large it is before it has sent it. */
		q->own.answer = on_measured;
		object_open(q->agent, q->rel, &q->own);
		return;
	} else if (!q->head_error) {
		object_describe(q->remote, q->rel, &q->info, &a);
	} else if (q->unreachable && lookup_stale(q->agent, q->remote, q->rel, &a)) {
		conclude(q, &a);
		return;
	} else {
		/* A store that may not be listed says EACCES to the one and ENOENT to the other. */
		a.error = q->head_error == -ENOENT && q->list_error ? q->list_error : q->head_error;
		a.message = q->message;
		if (a.error == -ENOENT && is_below_object(q->agent, q->rel))
			a.error = -ENOTDIR;
		tell(q, a.error);
	}
	known_put(q->agent, q->remote, q->rel, &a);
	conclude(q, &a);
}

/* A listing that was refused says why; a HEAD has no words for it. */
static void one_done(struct inquiry *q, const struct ask_result *r, bool is_list)
{
	if (r->error && r->error != -ENOENT && (is_list || !*q->message))
		snprintf(q->message, sizeof q->message, "%s", r->message);
	q->unreachable |= r->unreachable;
	if (--q->open == 0)
		finish(q);
}

static void on_head(void *arg, const struct ask_result *r)
{
	struct inquiry *q = arg;

	q->head_error = r->error;
	q->info = r->info;
	/* Nobody asks for a version by chance. */
	if (r->error == -ENOENT && q->remote->profile->pinned)
		agent_tell(q->agent, q->waiters ? q->waiters->run : 0, "%s", r->message);
	q->has_children |= !r->error && r->is_dir;
	one_done(q, r, false);
}

static int on_entry(void *arg, const struct store_entry *e)
{
	struct inquiry *q = arg;

	(void)e;
	q->has_children = true;
	return 0;
}

static void on_list(void *arg, const struct ask_result *r)
{
	struct inquiry *q = arg;

	q->list_error = r->error == -ENOENT ? 0 : r->error;
	if (!r->error)
		q->remote->missing[0] = '\0';
	if (r->error == -ENOENT && remote_is_missing(q->agent, q->remote,
	                                   q->waiters ? q->waiters->run : 0, r->message))
		snprintf(q->message, sizeof q->message, "%s", r->message);
	one_done(q, r, true);
}

static void join(struct inquiry *q, struct waiter *w)
{
	DL_APPEND(q->waiters, w);
	w->inquiry = q;
}

void known_ask(struct agent *a, struct remote *r, const char *rel, const char *key,
        enum known_question what, struct waiter *w)
{
	struct answer fail = {.error = -ENOMEM, .fd = -1, .message = "out of memory"};
	bool patient = what != KNOWN_CHECK;
	char dir[KEY_MAX + 2];
	struct inquiry *q = NULL;

	if (what != KNOWN_DIRECTORY)
		HASH_FIND_STR(a->inquiries, rel, q);
	if (q) {
		join(q, w);
		return;
	}
	q = calloc(1, sizeof *q);
	if (!q || !(q->rel = strdup(rel))) {
		free(q);
		w->answer(w, &fail);
		return;
	}
	q->agent = a;
	q->remote = r;
	remote_hold(r);
	q->directory_only = what == KNOWN_DIRECTORY;
	if (!q->directory_only)
		HASH_ADD_KEYPTR(hh, a->inquiries, q->rel, strlen(q->rel), q);
	join(q, w);
	q->head_error = -ENOENT;
	q->open = 1; /* held by this function */
	key_to_directory(dir, sizeof dir, key);
	if (!q->directory_only)
		q->open += ask_head(a, r, key, patient, on_head, q) != NULL;
	/* A folder's HEAD knows directories itself. */
	if (r->ops->request && remote_lists(r))
		q->open += ask_list(a, r, dir, 1, patient, on_entry, on_list, q) != NULL;
	if (--q->open == 0)
		finish(q);
}

void known_cancel(struct waiter *w)
{
	DL_DELETE(w->inquiry->waiters, w);
	w->inquiry = NULL;
}
