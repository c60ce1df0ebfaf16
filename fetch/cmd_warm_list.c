/* The list of --from-list, which may be longer than memory: a thread reads on while there is room
 * in the queue. */
#include "fetch/cmd_target.h"
#include "fetch/cmd_warm_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* The profiles of URLs without a section in larder.ini live in the target that had them first. */
struct warm_profile {
	struct target target;
	struct warm_profile *next;
};

struct warm_list {
	struct warm *warm;
	FILE *file;
	const char *name;
	int end; /* of a line */
	struct warm_profile *profiles, *spare;
	pthread_t thread;
	bool started;
};

/* The profile of what the spare target was resolved to. */
static const struct profile *keep_profile(struct warm_list *l)
{
	const struct profile *found = l->spare->target.profile;
	struct warm_profile *p;

	if (found != &l->spare->target.own.profile)
		return found;
	LL_FOREACH (l->profiles, p) {
		if (strcmp(p->target.own.profile.dir, found->dir) == 0)
			return &p->target.own.profile;
	}
	LL_PREPEND(l->profiles, l->spare);
	l->spare = NULL;
	return found;
}

/* -EPIPE: nobody takes anything any more. */
static int add_line(struct warm_list *l, const char *line)
{
	struct warm *w = l->warm;
	char rel[KEY_REL_MAX], why[TARGET_ERROR_MAX];
	const struct profile *p = NULL;
	int err;

	if (!l->spare)
		l->spare = malloc(sizeof *l->spare);
	if (!l->spare)
		return -ENOMEM;
	err = target_resolve(w->config, line, &l->spare->target, why);
	if (!err) {
		memcpy(rel, l->spare->target.rel, strlen(l->spare->target.rel) + 1);
		p = keep_profile(l);
	}
	pthread_mutex_lock(&w->lock);
	if (err) {
		w->counts.failed++;
		w->report(w->arg, line, why);
		err = 0;
	} else {
		while (w->n_names >= WARM_NAMES_MAX && !w->broken)
			pthread_cond_wait(&w->more, &w->lock);
		err = w->broken ? -EPIPE : warm_queue_add(w, p, rel, WARM_GIVEN, NULL);
		pthread_cond_broadcast(&w->more);
	}
	pthread_mutex_unlock(&w->lock);
	return err;
}

static void *read_list(void *arg)
{
	struct warm_list *l = arg;
	struct warm *w = l->warm;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int err = 0;

	while (!err && (n = getdelim(&line, &room, l->end, l->file)) > 0) {
		n -= line[n - 1] == l->end;
		line[n] = 0;
		if (n)
			err = add_line(l, line);
	}
	if (!err && ferror(l->file))
		err = -EIO;
	free(line);
	pthread_mutex_lock(&w->lock);
	if (err && err != -EPIPE) {
		w->counts.failed++;
		w->report(w->arg, l->name, strerror(-err));
	}
	w->feeding = false;
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int warm_from_list(struct warm *w, FILE *file, const char *name, int end)
{
	struct warm_list *l = calloc(1, sizeof *l);

	if (!l)
		return -ENOMEM;
	*l = (struct warm_list){.warm = w, .file = file, .name = name, .end = end};
	w->list = l;
	w->feeding = true;
	return 0;
}

void warm_list_start(struct warm *w)
{
	int err = w->list ? pthread_create(&w->list->thread, NULL, read_list, w->list) : 0;

	if (!w->list)
		return;
	w->list->started = !err;
	if (!err)
		return;
	pthread_mutex_lock(&w->lock);
	w->feeding = false;
	w->counts.failed++;
	w->report(w->arg, w->list->name, strerror(err));
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
}

void warm_list_end(struct warm *w)
{
	struct warm_list *l = w->list;
	struct warm_profile *p, *next;

	if (!l)
		return;
	if (l->started)
		pthread_join(l->thread, NULL);
	LL_FOREACH_SAFE (l->profiles, p, next) {
		free(p);
	}
	free(l->spare);
	free(l);
}
