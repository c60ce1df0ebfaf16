#include "fetch/watch.h"
#include "cache/access.h"
#include "fetch/commit.h"
#include "fetch/guard.h"
#include "fetch/object.h"
#include "fetch/server.h"
#include "fetch/tier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEEN_FILE "cache-seen" /* in the runtime folder: the device that the cache was on */

struct watch {
	struct agent *agent;
	uv_timer_t timer, move;
	int handles;
	struct guard_task *task; /* a look under way */
	uint64_t asked;          /* when it began */
	bool seen;               /* the cache was there, on this device */
	dev_t device;
	bool unopened; /* the layout was never opened: what works on it has not begun */
	char trouble[LAYOUT_ERROR_MAX];
};

/* One look, by a thread. */
struct look {
	const struct config *config;
	bool seen, open; /* open: the layout too, if it is there */
	dev_t device;
	int error; /* 0: it is there */
	int fatal; /* of layout_open */
	struct layout layout;
	char message[LAYOUT_ERROR_MAX];
};

/* The device of a folder, or of the nearest one above it that exists. */
static int device_of(const char *location, dev_t *device)
{
	char path[CONFIG_PATH_MAX];
	struct stat st;
	char *slash;

	snprintf(path, sizeof path, "%s", location);
	while (stat(path, &st) != 0) {
		slash = strrchr(path, '/');
		if ((errno != ENOENT && errno != ENOTDIR) || !slash || slash == path)
			return -errno;
		*slash = 0;
	}
	*device = st.st_dev;
	return 0;
}

/* Opening asks the server; what a client remembers would do for less. */
static int read_format(const char *location)
{
	char path[CONFIG_PATH_MAX + 32], byte;
	int fd, err;

	snprintf(path, sizeof path, "%s/" LAYOUT_FORMAT, location);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	err = read(fd, &byte, 1) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static void look(void *arg)
{
	struct look *l = arg;
	const char *location = l->config->cache.location;
	int err = read_format(location);
	dev_t device = 0;

	l->error = err;
	/* Not there, where it was before: emptied by somebody, or not mounted. */
	if (!err || err == -ENOENT || err == -ENOTDIR) {
		l->error = device_of(location, &device);
		if (err && !l->error && l->seen && device != l->device)
			l->error = -ENOENT;
	}
	if (err == -EACCES)
		l->error = 0; /* it is there; layout_open says what is wrong */
	if (!l->error && (l->open || err))
		l->fatal = layout_open(&l->layout, l->config, l->message);
	if (!l->error && device_of(location, &device) == 0)
		l->device = device;
}

static void undo_look(void *arg)
{
	struct look *l = arg;

	layout_close(&l->layout);
}

static void seen_path(const struct config *c, char path[static LAYOUT_PATH_MAX])
{
	snprintf(path, LAYOUT_PATH_MAX, "%s/" SEEN_FILE, c->runtime_dir);
}

static void read_seen(const struct config *c, struct look *l)
{
	char path[LAYOUT_PATH_MAX], line[32];
	FILE *f;

	seen_path(c, path);
	f = fopen(path, "re");
	if (f && fgets(line, sizeof line, f)) {
		l->seen = true;
		l->device = (dev_t)strtoull(line, NULL, 10);
	}
	if (f)
		fclose(f);
}

static void write_seen(struct watch *w, dev_t device)
{
	char path[LAYOUT_PATH_MAX];
	FILE *f;

	if (w->seen && w->device == device)
		return;
	w->seen = true;
	w->device = device;
	seen_path(w->agent->config, path);
	f = fopen(path, "we");
	if (f) {
		fprintf(f, "%llu\n", (unsigned long long)device);
		fclose(f);
	}
}

static void say_trouble(struct watch *w, int error)
{
	char what[128];

	if (error == -ENOENT)
		snprintf(what, sizeof what,
		        "is not mounted (to begin a new cache there, write 'larder 1' into its "
		        "larder.format)");
	else if (error == -ETIMEDOUT)
		snprintf(what, sizeof what, "does not answer");
	else
		snprintf(what, sizeof what, "cannot be read (%s)", strerror(-error));
	snprintf(w->trouble, sizeof w->trouble,
	        "the cache %s %s; until it is back, objects are fetched anew and %s",
	        w->agent->config->cache.location, what,
	        *w->agent->config->local.location ? "kept in [local]" : "not kept");
}

int watch_open(struct agent *a, char err[static LAYOUT_ERROR_MAX])
{
	struct look l = {
	        .config = a->config, .open = true, .layout = {.location_fd = -1, .life = -1}};
	struct watch *w = calloc(1, sizeof *w);
	struct guard *guard = guard_new();
	int ret;

	if (!w || !guard) {
		free(w);
		guard_free(guard);
		return -ENOMEM;
	}
	a->watch = w;
	w->agent = a;
	read_seen(a->config, &l);
	ret = guard_call(guard, look, undo_look, &l, sizeof l);
	if (!ret && l.fatal) {
		snprintf(err, LAYOUT_ERROR_MAX, "%s", l.message);
		guard_free(guard);
		return l.fatal;
	}
	if (ret || l.error) {
		w->seen = l.seen;
		w->device = l.device;
		w->unopened = true;
		a->away = true;
		a->guard = guard;
		say_trouble(w, ret ? ret : l.error);
		ret = layout_open_runtime(&a->layout, a->config->cache.location, a->config, err);
		if (!ret)
			snprintf(err, LAYOUT_ERROR_MAX, "%s", w->trouble);
		return ret;
	}
	a->layout = l.layout;
	snprintf(err, LAYOUT_ERROR_MAX, "%s", l.message);
	write_seen(w, l.device);
	if (a->layout.network)
		a->guard = guard;
	else
		guard_free(guard);
	return 0;
}

void watch_hurry(struct agent *a)
{
	if (a->watch && !a->watch->task)
		a->watch->asked = 0;
}

const char *watch_trouble(const struct agent *a)
{
	return a->away ? a->watch->trouble : "";
}

static void on_move(uv_timer_t *timer)
{
	struct watch *w = timer->data;

	agent_tell_all(w->agent, "%s", w->trouble);
	objects_move(w->agent);
}

void tier_lost(struct agent *a, int error)
{
	struct watch *w = a->watch;

	if (a->away)
		return;
	a->away = true;
	a->layout.writable = false;
	atomic_store(&a->validity->away, 1);
	tier_open_nowhere(a);
	say_trouble(w, error);
	/* Whoever called is in the middle of something. */
	uv_timer_start(&w->move, on_move, 0, 0);
}

/* It is there again. What was opened before the loss may be of another mount. */
static void found(struct watch *w, struct look *l)
{
	struct agent *a = w->agent;
	char err[LAYOUT_ERROR_MAX];

	/* It may be another mount, or have been empty when the agent started. */
	if (a->access && access_gate(a->access, &l->layout, err) < 0)
		agent_log(a, "%s", err);
	tier_renew(a, &l->layout, w->unopened);
	w->unopened = false;
	if (a->layout.network && !a->guard)
		a->guard = guard_new();
	a->away = false;
	atomic_store(&a->validity->away, a->layout.folds);
	write_seen(w, l->device);
	agent_tell_all(a, "the cache %s is back", a->config->cache.location);
	if (*l->message)
		agent_log(a, "%s", l->message);
}

static void take(struct watch *w, struct look *l)
{
	struct agent *a = w->agent;
	bool opened = !l->error && !l->fatal && l->open;

	if (l->fatal && !l->error)
		l->error = l->fatal;
	if (a->away && opened) {
		found(w, l);
		return;
	}
	if (!a->away && l->error)
		tier_lost(a, l->error);
	else if (!a->away)
		write_seen(w, l->device);
	layout_close(&l->layout);
}

static void on_timer(uv_timer_t *timer)
{
	struct watch *w = timer->data;
	struct look l = {.config = w->agent->config,
	        .seen = w->seen,
	        .device = w->device,
	        .open = w->agent->away,
	        .layout = {.location_fd = -1, .life = -1}};
	uint64_t now = uv_now(w->agent->loop);

	if (w->task && guard_ended(w->task, &l)) {
		w->task = NULL;
		take(w, &l);
	} else if (w->task && now - w->asked >= GUARD_PATIENCE_MS) {
		tier_lost(w->agent, -ETIMEDOUT);
	} else if (!w->task && (!w->asked || now - w->asked >= WATCH_PERIOD_MS)) {
		w->asked = now;
		w->task = guard_begin(look, undo_look, &l, sizeof l);
	}
}

int watch_start(struct agent *a)
{
	struct watch *w = a->watch;

	uv_timer_init(a->loop, &w->timer);
	uv_timer_init(a->loop, &w->move);
	w->timer.data = w->move.data = w;
	w->handles = 2;
	w->asked = uv_now(a->loop);
	atomic_store(&a->validity->away, a->away || a->layout.folds);
	uv_timer_start(&w->timer, on_timer, WATCH_PERIOD_MS / 8, WATCH_PERIOD_MS / 8);
	return a->away ? tier_open_nowhere(a) : 0;
}

static void on_closed(uv_handle_t *h)
{
	struct watch *w = h->data;

	if (--w->handles == 0)
		free(w);
}

void watch_stop(struct agent *a)
{
	struct watch *w = a->watch;

	if (w->task)
		guard_abandon(w->task);
	guard_free(a->guard);
	a->guard = NULL;
	uv_close((uv_handle_t *)&w->timer, on_closed);
	uv_close((uv_handle_t *)&w->move, on_closed);
}
