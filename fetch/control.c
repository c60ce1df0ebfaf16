#include "fetch/control.h"
#include "fetch/evict.h"
#include "fetch/json.h"
#include "fetch/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An eviction that somebody asked for. */
struct selecting {
	struct evict_job job; /* first: evict.h's callbacks get it */
	struct agent *agent;
	struct waiter *waiter; /* NULL: has gone; the eviction goes on */
	FILE *f;               /* the worker writes to it until `done` */
	struct json json;
	char rel[];
};

static void answer_error(struct waiter *w, int error, const char *message)
{
	struct answer ans = {.error = error, .fd = -1, .message = message};

	w->answer(w, &ans);
}

/* On the worker. */
static void on_object(struct evict_job *job, const struct evict_item *item)
{
	struct selecting *s = (struct selecting *)job;

	json_object(&s->json, NULL);
	json_text(&s->json, "rel", item->rel);
	json_number(&s->json, "bytes", item->bytes);
	json_number(&s->json, "used", item->used > 0 ? (uint64_t)item->used : 0);
	json_object_end(&s->json);
}

static void on_selected(struct evict_job *job)
{
	struct selecting *s = (struct selecting *)job;
	const struct evict_result *r = &job->result;
	struct answer ans = {
	        .fd = -1, .type = WIRE_TEXT, .size = r->bytes, .ino = r->files, .message = ""};

	json_array_end(&s->json);
	json_finish(&s->json);
	ans.fd = report_close(s->f);
	ans.error = r->error ? r->error : ans.fd < 0 ? ans.fd : 0;
	if (ans.error)
		ans.message = strerror(-ans.error);
	if (!job->selection.dry_run && r->files)
		agent_log(s->agent, "evicted by command: %llu objects, %llu bytes",
		        (unsigned long long)r->files, (unsigned long long)r->bytes);
	if (s->waiter) {
		s->waiter->leave = NULL;
		s->waiter->answer(s->waiter, &ans);
	}
	if (ans.fd >= 0)
		close(ans.fd);
	free(s);
}

static void on_gone(struct waiter *w)
{
	struct selecting *s = w->job;

	s->waiter = NULL;
	if (evict_cancel(s->agent, &s->job))
		return; /* `done` follows */
	fclose(s->f);
	free(s);
}

void control_evict(struct agent *a, const char *rel, uint64_t age, unsigned flags, struct waiter *w)
{
	size_t len = strlen(rel), profile = strcspn(rel, "/");
	struct selecting *s = calloc(1, sizeof *s + len + 1);
	struct evict_selection sel = {.older_than = age,
	        .dry_run = flags & WIRE_DRY_RUN,
	        .even_kept = flags & WIRE_EVEN_KEPT};

	if (s)
		s->f = report_open();
	if (!s || !s->f) {
		free(s);
		answer_error(w, -ENOMEM, "out of memory");
		return;
	}
	memcpy(s->rel, rel, len + 1);
	if (len && s->rel[len - 1] == '/')
		s->rel[--len] = 0;
	/* What is named is meant, be it pinned. */
	sel.even_kept |= len > profile && !age;
	if (len > profile)
		sel.rel = s->rel;
	else if (len)
		sel.profile = s->rel;
	s->agent = a;
	s->waiter = w;
	s->job.done = on_selected;
	s->job.each = on_object;
	s->json = json_begin(s->f);
	json_array(&s->json, "objects");
	w->job = s;
	w->leave = on_gone;
	evict_selection(a, &s->job, &sel);
}
