/* What a replay answers of an object itself: what the record has, and why it cannot be had. */
#include "fetch/ask.h"
#include "fetch/object.h"
#include "fetch/record.h"
#include "fetch/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void replay_describe(struct agent *a, const struct replay_entry *e, struct answer *out)
{
	char err[STORE_ERROR_MAX];
	int error;
	struct remote *r = remote_get(a, e->rel, &error, err);

	*out = (struct answer){.error = -EIO, .fd = -1, .message = ""};
	if (r)
		object_describe(r, e->rel, &e->info, out);
}

struct explaining {
	const struct replay_entry *entry;
	replay_explained *done;
	void *arg;
};

static void on_head(void *arg, const struct ask_result *r)
{
	struct explaining *x = arg;
	const struct object_info *want = &x->entry->info;
	char found[STORE_ETAG_MAX + 200], text[STORE_ERROR_MAX], time[RECORD_TIME_MAX];

	if (r->error == -ENOENT)
		snprintf(found, sizeof found, "it is gone");
	else if (r->error)
		snprintf(
		        found, sizeof found, "what it has now cannot be told (%.120s)", r->message);
	else if (*r->info.etag)
		snprintf(found, sizeof found, "it has %s now", r->info.etag);
	else
		snprintf(found, sizeof found, "it has %llu bytes of %s now",
		        (unsigned long long)r->info.size, record_time(r->info.mtime * 1000, time));
	record_time(want->mtime * 1000, time);
	snprintf(text, sizeof text,
	        "the record has it as %.100s (%llu bytes of %s), which is neither cached nor had "
	        "by "
	        "the remote any more: %.200s",
	        *want->etag ? want->etag : "opened then", (unsigned long long)want->size, time,
	        found);
	x->done(x->arg, text);
	free(x);
}

void replay_explain(
        struct agent *a, const struct replay_entry *e, replay_explained *done, void *arg)
{
	struct explaining *x = malloc(sizeof *x);
	char err[STORE_ERROR_MAX];
	int error;
	struct remote *r = remote_get(a, e->rel, &error, err);

	if (x)
		*x = (struct explaining){.entry = e, .done = done, .arg = arg};
	if (x && r && ask_head(a, r, e->key, false, on_head, x))
		return;
	free(x);
	done(arg, "the remote does not have the version that was recorded");
}
