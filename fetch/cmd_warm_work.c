#include "fetch/cmd_target.h"
#include "fetch/cmd_warm_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utlist.h>

struct warm *warm_new(
        const struct config *c, const struct client *client, warm_report *report, void *arg)
{
	struct warm *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->config = c;
	w->client = *client;
	w->layout = cmd_layout(c);
	w->report = report;
	w->arg = arg;
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	return w;
}

int warm_add(struct warm *w, const struct profile *p, const char *rel)
{
	return warm_queue_add(w, p, rel, WARM_GIVEN, NULL);
}

void warm_only_look(struct warm *w)
{
	w->only_look = true;
}

int warm_add_pattern(struct warm *w, const struct profile *p, const char *rel, const char *pattern,
        const char *arg)
{
	struct warm_glob *g = calloc(1, sizeof *g);
	char key[KEY_MAX + 1];

	if (!g)
		return -ENOMEM;
	g->arg = arg;
	g->pattern = pattern;
	if (key_from_rel(key, sizeof key, rel) == 0 && *key)
		g->base = strlen(key) + 1;
	LL_PREPEND(w->globs, g);
	return warm_queue_add(w, p, rel, WARM_FOUND, g);
}

void warm_check_patterns(struct warm *w)
{
	const struct warm_glob *g;

	pthread_mutex_lock(&w->lock);
	LL_FOREACH (w->globs, g) {
		if (g->matched || g->failed || w->broken)
			continue;
		w->counts.failed++;
		w->report(w->arg, g->arg, "nothing matches this pattern");
	}
	pthread_mutex_unlock(&w->lock);
}

/* With the lock held. */
static void fail(struct warm *w, const struct profile *p, const char *rel, const char *text)
{
	char url[TARGET_URL_MAX];

	w->counts.failed++;
	target_url(p, rel, url, sizeof url);
	w->report(w->arg, url, text);
}

static int ask(
        const struct client *client, enum wire_op op, struct warm_job *j, struct wire_reply *r)
{
	int fd = -1, err = 0;

	for (int i = 0; i < WARM_TRIES; i++) {
		err = client_ask(client, op, j->rel, strlen(j->rel), r, &fd, j->text);
		if (fd >= 0)
			close(fd);
		fd = -1;
		if (!err)
			break;
	}
	if (err)
		snprintf(j->text, sizeof j->text,
		        "no agent could be asked (%s); 'larder doctor' says why", strerror(-err));
	else if (r->error && !j->text[0])
		snprintf(j->text, sizeof j->text, "%s", strerror(-r->error));
	return err;
}

/* With the lock held. */
static void note_object(struct warm *w, const struct warm_job *j, const struct wire_reply *r)
{
	if (!r->error && r->size > w->config->cache.size) {
		fail(w, j->profile, j->rel,
		        "is larger than the cache and was not kept; raise [cache] size");
		return;
	}
	if (r->error) {
		fail(w, j->profile, j->rel, j->text);
		return;
	}
	/* It may have changed since it was listed. */
	w->counts.bytes += r->size - j->size;
	w->counts.done++;
	w->counts.done_bytes += r->size;
	if (!r->hit) {
		w->counts.fetched++;
		w->counts.fetched_bytes += r->size;
	}
}

/* OPEN; or what it would do: `hit` says whether the generation that the remote has is cached. */
static int open_object(struct warm *w, struct warm_job *j, struct wire_reply *r)
{
	struct client offline = w->client;
	struct wire_reply cached;
	int err;

	if (!w->only_look)
		return ask(&w->client, WIRE_OPEN, j, r);
	*r = (struct wire_reply){.type = WIRE_FILE, .size = j->size, .ino = j->ino};
	err = j->given ? ask(&w->client, WIRE_STAT, j, r) : 0;
	if (err || r->error || r->type != WIRE_FILE)
		return err;
	offline.offline = true;
	err = ask(&offline, WIRE_STAT, j, &cached);
	r->hit = !err && !cached.error && cached.hit &&
	         (cached.ino == r->ino || j->profile->immutable);
	return err;
}

static void work_folder(struct warm *w, struct warm_job *j)
{
	struct wire_reply r = {.type = WIRE_DIR};
	bool file;
	int err = 0;

	/* What an argument is shows when it is opened. */
	if (j->given == WARM_GIVEN)
		err = open_object(w, j, &r);
	file = j->given == WARM_GIVEN && !err && (r.error || r.type == WIRE_FILE);
	if (!err && !file)
		err = ask(&w->client, WIRE_LIST, j, &r);
	pthread_mutex_lock(&w->lock);
	w->listing--;
	if (j->glob)
		j->glob->failed |= err || r.error;
	if (err) {
		w->broken = true;
		fail(w, j->profile, j->rel, j->text);
	} else if (file) {
		w->counts.objects += !r.error;
		note_object(w, j, &r);
	} else if (r.error) {
		fail(w, j->profile, j->rel, j->text);
	} else if ((err = warm_queue_listing(w, j->profile, j->rel, j->glob))) {
		fail(w, j->profile, j->rel, strerror(-err));
	}
}

static void work_object(struct warm *w, struct warm_job *j)
{
	struct wire_reply r;
	int err = open_object(w, j, &r);

	pthread_mutex_lock(&w->lock);
	if (err) {
		/* Without an agent the other ten million fail in the same way. */
		if (!w->broken)
			fail(w, j->profile, j->rel, j->text);
		w->broken = true;
	} else {
		note_object(w, j, &r);
	}
}

static void *work(void *arg)
{
	struct warm *w = arg;
	uint64_t one = 1;
	struct warm_job j;

	pthread_mutex_lock(&w->lock);
	for (warm_queue_take(w, &j); j.kind != WARM_NOTHING; warm_queue_take(w, &j)) {
		pthread_mutex_unlock(&w->lock);
		if (j.kind == WARM_FOLDER)
			work_folder(w, &j);
		else
			work_object(w, &j);
		/* Both come back with the lock. */
		w->busy--;
		pthread_cond_broadcast(&w->more);
	}
	/* The others may wait for more, which will not come. */
	pthread_cond_broadcast(&w->more);
	if (--w->running == 0 && write(w->fd, &one, sizeof one) < 0)
		w->broken = true;
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int warm_start(struct warm *w, unsigned jobs)
{
	int err = 0;

	w->threads = w->fd < 0 ? NULL : calloc(jobs, sizeof *w->threads);
	if (!w->threads)
		return w->fd < 0 ? -EMFILE : -ENOMEM;
	pthread_mutex_lock(&w->lock);
	while (w->n_threads < jobs && !err) {
		err = pthread_create(&w->threads[w->n_threads], NULL, work, w);
		w->n_threads += !err;
	}
	w->running = w->n_threads;
	pthread_mutex_unlock(&w->lock);
	if (w->n_threads)
		warm_list_start(w);
	/* Fewer threads than were asked for do the same work. */
	return w->n_threads ? 0 : -err;
}

int warm_fd(const struct warm *w)
{
	return w->fd;
}

void warm_counts(struct warm *w, struct warm_counts *out)
{
	pthread_mutex_lock(&w->lock);
	*out = w->counts;
	out->walked = !w->names && !w->listing && !w->feeding;
	pthread_mutex_unlock(&w->lock);
}

void warm_end(struct warm *w)
{
	struct warm_glob *g, *next;

	for (unsigned i = 0; i < w->n_threads; i++)
		pthread_join(w->threads[i], NULL);
	warm_list_end(w);
	warm_record_end(w);
	warm_queue_clear(w);
	LL_FOREACH_SAFE (w->globs, g, next) {
		free(g);
	}
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	if (w->fd >= 0)
		close(w->fd);
	free(w->threads);
	free(w);
}
