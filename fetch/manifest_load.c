#include "fetch/manifest_load.h"
#include "fetch/disk.h"
#include "fetch/manifest.h"
#include "fetch/object.h"
#include "fetch/offline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct manifest_load {
	struct agent *agent;
	struct remote *remote;
	struct waiter own; /* for the object that the manifest is */
	struct waiter *parked;
	uv_work_t work;
	int fd;                 /* that the worker reads */
	uint64_t ino;           /* of the file that is parsed already */
	struct manifest *fresh; /* the worker's result */
	int error;
	bool busy;
	bool releasing; /* whoever waited for the manifest takes it as it is, however short its ttl
	                 */
	char message[STORE_ERROR_MAX];
};

static void release_all(struct manifest_load *m, int error)
{
	struct answer a = {.error = error, .fd = -1, .message = m->message};
	struct waiter *w, *next, *parked = m->parked;
	bool offline = m->own.offline;

	m->busy = false;
	m->parked = NULL;
	if (error && m->remote->manifest) {
		/* The one that we have is better than none. */
		agent_log(m->agent, "manifest of %s: %s; the old one stays",
		        m->remote->profile->name, m->message);
		m->remote->manifest_expiry = agent_expiry(STALE_RECHECK_MS);
		error = 0;
	}
	m->releasing = !error;
	DL_FOREACH_SAFE (parked, w, next) {
		char *rel = w->parked_rel;

		DL_DELETE(parked, w);
		w->parked = NULL;
		w->parked_rel = NULL;
		/* The question was of one who is offline; this one is not. */
		if (error && offline && !w->offline)
			w->resume(m->agent, rel, w);
		else if (error)
			w->answer(w, &a);
		else
			w->resume(m->agent, rel, w);
		free(rel);
	}
	m->releasing = false;
}

/* One that nobody asked the remote about is good for those alone who do not ask either. */
static uint64_t expiry_of(const struct manifest_load *m)
{
	return m->own.offline ? 0 : agent_expiry(m->remote->profile->ttl);
}

static void parse_work(uv_work_t *work)
{
	struct manifest_load *m = work->data;

	m->error = manifest_open(&m->fresh, m->fd, m->message);
}

static void after_parse(uv_work_t *work, int status)
{
	struct manifest_load *m = work->data;
	struct remote *r = m->remote;
	char text[STORE_ERROR_MAX];
	int error = status < 0 ? -EIO : m->error;

	disk_close(m->agent, m->fd);
	if (error) {
		snprintf(text, sizeof text, "%.300s/%.150s", r->profile->remote,
		        r->profile->manifest);
		agent_tell(m->agent, m->parked ? m->parked->run : 0, "%s: %s", text, m->message);
		release_all(m, -EIO);
		return;
	}
	manifest_close(r->manifest);
	r->manifest = m->fresh;
	m->fresh = NULL;
	r->manifest_expiry = expiry_of(m);
	agent_log(m->agent, "manifest of %s: %zu files", r->profile->name,
	        manifest_count(r->manifest));
	release_all(m, 0);
}

static void on_object(struct waiter *w, const struct answer *a)
{
	struct manifest_load *m =
	        (struct manifest_load *)((char *)w - offsetof(struct manifest_load, own));
	struct remote *r = m->remote;

	if (a->error || a->type != WIRE_FILE) {
		snprintf(m->message, sizeof m->message,
		        "the manifest '%.100s' cannot be read: %.300s", r->profile->manifest,
		        a->error ? (*a->message ? a->message : strerror(-a->error))
		                 : "it is a directory");
		release_all(m, a->error == -EACCES || a->error == -ENETUNREACH ? a->error : -EIO);
		return;
	}
	if (r->manifest && a->ino == m->ino) {
		disk_close(m->agent, a->fd);
		r->manifest_expiry = expiry_of(m);
		release_all(m, 0);
		return;
	}
	m->ino = a->ino;
	m->fd = a->fd;
	m->work.data = m;
	if (uv_queue_work(m->agent->loop, &m->work, parse_work, after_parse) != 0)
		after_parse(&m->work, -EIO);
}

bool manifest_ready(
        struct agent *a, struct remote *r, const char *rel, struct waiter *w, lookup_resume *resume)
{
	struct answer failed = {.error = -ENOMEM, .fd = -1, .message = "out of memory"};
	struct manifest_load *m = r->loading;
	char own[KEY_REL_MAX];

	if (r->manifest &&
	        (boottime_ms() < r->manifest_expiry || (m && m->releasing) || is_offline(r, w)))
		return true;
	if (!m)
		m = r->loading = calloc(1, sizeof *m);
	w->parked_rel = m ? strdup(rel) : NULL;
	if (!w->parked_rel ||
	        key_to_rel(own, sizeof own, r->profile->dir, r->profile->manifest) != 0) {
		free(w->parked_rel);
		w->parked_rel = NULL;
		w->answer(w, &failed);
		return false;
	}
	m->agent = a;
	m->remote = r;
	w->parked = m;
	w->resume = resume;
	DL_APPEND(m->parked, w);
	if (m->busy)
		return false;
	m->busy = true;
	m->own = (struct waiter){.answer = on_object, .run = w->run, .offline = w->offline};
	object_open(a, own, &m->own);
	return false;
}

void manifest_unpark(struct waiter *w)
{
	DL_DELETE(w->parked->parked, w);
	free(w->parked_rel);
	w->parked = NULL;
	w->parked_rel = NULL;
}

void manifest_load_free(struct remote *r)
{
	manifest_close(r->manifest);
	free(r->loading);
}
