/*
 * While a worker has the page (`working`), it alone touches parser, `work` and `names`. What comes
 * meanwhile gathers in `in`, and is the next that it gets.
 */
#include "fetch/reading.h"
#include "fetch/page.h"
#include "fetch/transfer.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
	char *at;
	size_t len, room;
};

struct reading {
	struct agent *agent;
	struct remote *remote;
	const struct reading_owner *owner;
	void *arg;
	void *page; /* the store's parser */
	struct bytes in, work, names;
	struct crew_job job;
	bool working, held, ended, freed;
	bool last; /* of the worker: `work` is the end of the page */
	int error;
	char token[STORE_TOKEN_MAX + 1];
};

/* A name as the parser gave it; the next one is behind its text, aligned. */
struct record {
	uint64_t size;
	int64_t mtime;
	uint32_t name_len;
	uint16_t etag_len;
	bool is_dir, executable;
	char text[]; /* the name, then the ETag */
};

static size_t size_of(const struct record *r)
{
	size_t n = sizeof *r + r->name_len + r->etag_len;

	return (n + alignof(struct record) - 1) & ~(alignof(struct record) - 1);
}

static char *extend(struct bytes *b, size_t n)
{
	size_t room = b->room ? b->room : READING_ENOUGH;
	char *more;

	while (room < b->len + n)
		room *= 2;
	if (room > b->room) {
		more = realloc(b->at, room);
		if (!more)
			return NULL;
		b->at = more;
		b->room = room;
	}
	b->len += n;
	return b->at + b->len - n;
}

/* -- On the worker -- */

static int on_entry(void *arg, const struct store_entry *e)
{
	struct reading *g = arg;
	struct record head = {
	        .size = e->info->size,
	        .mtime = e->info->mtime,
	        .name_len = (uint32_t)e->name_len,
	        .etag_len = e->is_dir ? 0 : (uint16_t)strlen(e->info->etag),
	        .is_dir = e->is_dir,
	        .executable = e->info->executable,
	};
	struct record *r = (struct record *)extend(&g->names, size_of(&head));

	if (!r)
		return -ENOMEM;
	*r = head;
	memcpy(r->text, e->name, e->name_len);
	memcpy(r->text + e->name_len, e->info->etag, head.etag_len);
	return 0;
}

static void parse(uv_work_t *work)
{
	struct reading *g = work->data;
	const struct store_ops *ops = g->remote->ops;

	g->error = ops->list_feed(g->page, g->work.at, g->work.len);
	if (!g->error && g->last) {
		g->error = ops->list_end(g->page, g->token);
		g->page = NULL;
	}
}

/* -- On the loop -- */

static void dispose(struct reading *g)
{
	if (g->page)
		g->remote->ops->list_end(g->page, NULL);
	remote_drop(g->remote);
	free(g->in.at);
	free(g->work.at);
	free(g->names.at);
	free(g);
}

/* Those before an error count, too: they are of this listing. */
static int hand_over(struct reading *g)
{
	struct object_info info = {0};
	int err = 0;

	for (size_t at = 0; at < g->names.len && !err;) {
		const struct record *r = (const struct record *)(g->names.at + at);
		struct store_entry e = {.name = r->text,
		        .name_len = r->name_len,
		        .is_dir = r->is_dir,
		        .info = &info};

		info.size = r->size;
		info.mtime = r->mtime;
		info.executable = r->executable;
		memcpy(info.etag, r->text + r->name_len, r->etag_len);
		info.etag[r->etag_len] = 0;
		err = g->owner->entry(g->arg, &e);
		at += size_of(r);
	}
	g->names.len = 0;
	return err;
}

static void go_on(struct reading *g);

static void after_parse(uv_work_t *work, int status)
{
	struct reading *g = work->data;
	const struct reading_owner *owner;
	void *to;
	bool held;
	int err;

	g->working = false;
	if (g->freed) {
		dispose(g);
		return;
	}
	err = hand_over(g);
	if (err)
		g->error = err;
	else if (status < 0 && !g->error)
		g->error = -EIO;
	if (g->ended && (g->error || g->last)) {
		g->owner->done(g->arg, g->error, g->token);
		return;
	}
	held = g->held;
	owner = g->owner;
	to = g->arg;
	g->held = false;
	/* What is left may be small and the end of the page: then `done` has freed it. (But nobody
	 * is held who has told of the end.) */
	go_on(g);
	if (held)
		owner->resume(to);
}

static void go_on(struct reading *g)
{
	bool small = g->in.len < READING_ENOUGH;
	struct bytes in = g->in;

	if (g->working || g->last || g->error || (small && !g->ended))
		return;
	g->in = g->work;
	g->in.len = 0;
	g->work = in;
	g->last = g->ended;
	g->working = true;
	if (!small && crew_run(&g->remote->crew, g->agent->loop, &g->job, parse, after_parse) == 0)
		return;
	parse(&g->job.work);
	after_parse(&g->job.work, 0);
}

int reading_new(struct reading **out, struct agent *a, struct remote *r,
        const struct store_args *args, const struct reading_owner *owner, void *arg)
{
	struct reading *g = calloc(1, sizeof *g);
	int err;

	*out = NULL;
	if (!g)
		return -ENOMEM;
	g->agent = a;
	g->remote = r;
	remote_hold(r);
	g->owner = owner;
	g->arg = arg;
	g->job.work.data = g;
	err = r->ops->list_begin(r->store, args, on_entry, g, &g->page);
	if (err)
		dispose(g);
	else
		*out = g;
	return err;
}

int reading_feed(struct reading *g, const void *data, size_t n)
{
	char *to;

	if (!g->working && g->error)
		return g->error;
	if (g->in.len && g->in.len + n > READING_BUFFER) {
		g->held = true;
		return TRANSFER_HOLD;
	}
	to = extend(&g->in, n);
	if (!to)
		return -ENOMEM;
	memcpy(to, data, n);
	go_on(g);
	return 0;
}

void reading_end(struct reading *g)
{
	g->ended = true;
	if (g->working)
		return;
	if (g->error)
		g->owner->done(g->arg, g->error, g->token);
	else
		go_on(g);
}

void reading_free(struct reading *g)
{
	if (!g)
		return;
	g->freed = true;
	if (!g->working || crew_give_up(&g->job))
		dispose(g);
}
