/*
 * Each call is a struct of what it takes and gives, a function for it, and one that undoes it for
 * who was not waited for. The functions run on a thread of the guard's: of the agent they see the
 * layout, which is only replaced while nobody is at work on it (tier_watch.c).
 *
 * Longer than most: it is the list of all that the loop does there.
 */
#include "fetch/disk.h"
#include "cache/again.h"
#include "cache/beneath.h"
#include "cache/listing_build.h"
#include "cache/sidecar.h"
#include "cache/trash.h"
#include "fetch/guard.h"
#include "fetch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPEN_TRIES 3

/* 0, or an error by which *arg was not changed. */
static int call(struct agent *t, guard_fn *fn, guard_fn *undo, void *arg, size_t size)
{
	int err;

	if (t->away)
		return -EHOSTDOWN;
	if (!t->guard) {
		fn(arg);
		return 0;
	}
	err = guard_call(t->guard, fn, undo, arg, size);
	if (err == -ETIMEDOUT)
		tier_lost(t, err);
	return err;
}

static void later(struct agent *t, guard_fn *fn, const void *arg, size_t size)
{
	char copy[size];

	if (t->guard) {
		guard_later(t->guard, fn, arg, size);
		return;
	}
	memcpy(copy, arg, size);
	fn(copy);
}

/* -- Looking -- */

struct look {
	const struct layout *layout;
	struct disk_file file;
	bool anew;
	char rel[KEY_REL_MAX];
};

static int open_data(const struct layout *l, const char *rel)
{
	char path[LAYOUT_PATH_MAX];
	int fd = -ESTALE;

	/* Somebody waits, so without pauses: the second try asks the server. */
	snprintf(path, sizeof path, "data/%s", rel);
	for (int i = 0; i < OPEN_TRIES && (fd == -ESTALE || fd == -EREMOTEIO); i++)
		fd = beneath_open(l, path, O_RDONLY, 0);
	return fd;
}

static void look(void *arg)
{
	struct look *c = arg;
	struct disk_file *f = &c->file;
	char path[LAYOUT_PATH_MAX];

	if (c->anew) {
		snprintf(path, sizeof path, "data/%s", c->rel);
		again_look(c->layout, path);
	}
	f->fd = open_data(c->layout, c->rel);
	if (f->fd < 0)
		return;
	if (fstat(f->fd, &f->st) == 0 && S_ISREG(f->st.st_mode)) {
		sidecar_meta(c->layout, c->rel, f->fd, &f->st, &f->meta);
		return;
	}
	close(f->fd);
	f->fd = -1;
}

static void undo_look(void *arg)
{
	struct look *c = arg;

	if (c->file.fd >= 0)
		close(c->file.fd);
}

void disk_look(struct agent *t, const char *rel, bool anew, struct disk_file *f)
{
	struct look c = {.layout = &t->layout, .anew = anew, .file = {.fd = -1}};

	snprintf(c.rel, sizeof c.rel, "%s", rel);
	if (call(t, look, undo_look, &c, sizeof c) != 0 || c.file.fd < 0)
		c.file.fd = -1;
	*f = c.file;
}

struct set_mode {
	int fd, err;
	mode_t mode;
	struct stat st;
};

static void set_mode(void *arg)
{
	struct set_mode *c = arg;

	c->err = fchmod(c->fd, c->mode) == 0 && fstat(c->fd, &c->st) == 0 ? 0 : -errno;
}

int disk_set_mode(struct agent *t, int fd, mode_t mode, struct stat *st)
{
	struct set_mode c = {.fd = fd, .mode = mode, .st = *st};
	int err = call(t, set_mode, NULL, &c, sizeof c);

	if (err)
		return err;
	*st = c.st;
	return c.err;
}

/* -- Opening -- */

struct reopen {
	const struct layout *layout;
	int from, fd; /* from: -1 to open by name */
	struct temp temp;
	char rel[KEY_REL_MAX];
};

/* -ENOENT where there is no /proc. */
static int open_number(const struct layout *l, int number)
{
	char self[64];
	unsigned tries = 0;
	int fd;

	snprintf(self, sizeof self, "/proc/self/fd/%d", number);
	do {
		fd = open(self, O_RDONLY | O_CLOEXEC);
		fd = fd >= 0 ? fd : -errno;
	} while (fd < 0 && fd != -ENOENT && again(l, fd, &tries));
	return fd;
}

static void reopen(void *arg)
{
	struct reopen *c = arg;
	struct stat old, new;

	c->fd = c->from >= 0 ? open_number(c->layout, c->from) : -ENOENT;
	if (c->fd != -ENOENT)
		return;
	c->fd = open_data(c->layout, c->rel);
	if (c->fd < 0 || c->from < 0)
		return;
	if (fstat(c->from, &old) == 0 && fstat(c->fd, &new) == 0 && old.st_ino == new.st_ino &&
	        old.st_dev == new.st_dev)
		return;
	/* Another one has taken its place: who asks again gets that. */
	close(c->fd);
	c->fd = -ESTALE;
}

static void reopen_temp(void *arg)
{
	struct reopen *c = arg;
	unsigned tries = 0;

	do
		c->fd = temp_open(&c->temp);
	while (c->fd < 0 && c->fd != -ENOENT && again(c->layout, c->fd, &tries));
}

static void undo_reopen(void *arg)
{
	struct reopen *c = arg;

	if (c->fd >= 0)
		close(c->fd);
}

int disk_open_again(struct agent *t, const char *rel, int fd)
{
	struct reopen c = {.layout = &t->layout, .from = fd};
	int err;

	snprintf(c.rel, sizeof c.rel, "%s", rel);
	err = call(t, reopen, undo_reopen, &c, sizeof c);
	return err ? err : c.fd;
}

int disk_open_data(struct agent *t, const char *rel)
{
	return disk_open_again(t, rel, -1);
}

int disk_open_temp(struct agent *t, const struct temp *temp)
{
	struct reopen c = {.layout = &t->layout, .temp = *temp};
	int err = call(t, reopen_temp, undo_reopen, &c, sizeof c);

	return err ? err : c.fd;
}

/* -- Temporary files -- */

struct create {
	struct layout *layout;
	struct temp temp;
	uint64_t hash, size;
	bool keep;
	int err;
};

static void create(void *arg)
{
	struct create *c = arg;

	c->err = temp_create(&c->temp, c->layout, c->hash, c->size, c->keep);
}

static void undo_create(void *arg)
{
	struct create *c = arg;

	if (!c->err)
		temp_release(&c->temp);
}

int disk_create(struct agent *t, struct temp *temp, uint64_t hash, uint64_t size, bool keep)
{
	struct create c = {.layout = &t->layout, .hash = hash, .size = size, .keep = keep};
	const char *runtime = t->layout.runtime;
	struct layout local = {.location = runtime, .runtime = runtime, .location_fd = -1};

	c.temp.fd = -1;
	/* The cache does not answer: a place of this host. */
	if (call(t, create, undo_create, &c, sizeof c) != 0)
		c.err = temp_create(&c.temp, &local, hash, size, false);
	*temp = c.temp;
	return c.err;
}

struct reserve {
	struct temp temp;
	uint64_t size;
	int err;
};

static void reserve(void *arg)
{
	struct reserve *c = arg;

	c->err = temp_reserve(&c->temp, c->size);
}

int disk_reserve(struct agent *t, const struct temp *temp, uint64_t size)
{
	struct reserve c = {.temp = *temp, .size = size};
	int err = call(t, reserve, NULL, &c, sizeof c);

	return err ? err : c.err;
}

struct put {
	int fd, err;
	char *buffer;
	size_t n;
	uint64_t at;
};

static void put(void *arg)
{
	struct put *c = arg;

	c->err = temp_write(c->fd, c->buffer, c->n, c->at);
}

static void undo_put(void *arg)
{
	struct put *c = arg;

	free(c->buffer);
	close(c->fd);
}

int disk_write(struct agent *t, struct temp *temp, char **buffer, size_t n, uint64_t at)
{
	struct put c = {.fd = temp->fd, .buffer = *buffer, .n = n, .at = at};
	int err = call(t, put, undo_put, &c, sizeof c);

	/* A descriptor that we closed under its hands could be another file by the next write. */
	if (err == -ETIMEDOUT) {
		*buffer = NULL;
		temp->fd = -1;
	}
	return err ? err : c.err;
}

struct seal {
	const struct layout *layout;
	struct temp temp;
	struct meta meta;
	int64_t mtime;
	bool executable;
	int err;
	struct stat st;
};

static void seal(void *arg)
{
	struct seal *c = arg;

	c->err = temp_seal(&c->temp, c->layout, &c->meta, c->mtime, c->executable, &c->st);
}

static void undo_seal(void *arg)
{
	struct seal *c = arg;

	close(c->temp.fd);
}

int disk_seal(struct agent *t, struct temp *temp, const struct meta *m, int64_t mtime,
        bool executable, struct stat *st)
{
	struct seal c = {.layout = &t->layout,
	        .temp = *temp,
	        .meta = *m,
	        .mtime = mtime,
	        .executable = executable};
	int err = call(t, seal, undo_seal, &c, sizeof c);

	if (err == -ETIMEDOUT)
		temp->fd = -1;
	if (err)
		return err;
	*temp = c.temp;
	*st = c.st;
	return c.err;
}

/* -- Listings -- */

struct listing {
	const struct layout *layout;
	uint64_t expiry;
	int64_t oldest;
	int err;
	char rel[KEY_REL_MAX];
};

static void find_listing(void *arg)
{
	struct listing *c = arg;
	const struct listing_header *l = listing_map(c->layout, c->rel, true);

	c->err = l && l->fetched >= c->oldest ? 0 : -ENOENT;
	listing_unmap(l);
}

static void restore_listing(void *arg)
{
	struct listing *c = arg;

	c->err = listing_restore(c->layout, c->rel, c->expiry, c->oldest);
}

static int with_listing(
        struct agent *t, guard_fn *fn, const char *rel, uint64_t expiry, int64_t oldest)
{
	struct listing c = {.layout = &t->layout, .expiry = expiry, .oldest = oldest};
	int err;

	snprintf(c.rel, sizeof c.rel, "%s", rel);
	err = call(t, fn, NULL, &c, sizeof c);
	return err ? err : c.err;
}

bool disk_has_listing(struct agent *t, const char *rel, int64_t oldest)
{
	return with_listing(t, find_listing, rel, 0, oldest) == 0;
}

int disk_restore_listing(struct agent *t, const char *rel, uint64_t expiry, int64_t oldest)
{
	return with_listing(t, restore_listing, rel, expiry, oldest);
}

/* -- Later -- */

static void release(void *arg)
{
	temp_release(arg);
}

void disk_release(struct agent *t, struct temp *temp)
{
	if (temp->fd >= 0 || temp->path[0])
		later(t, release, temp, sizeof *temp);
	*temp = (struct temp){.fd = -1};
}

static void unkeep(void *arg)
{
	temp_unkeep(arg);
}

void disk_unkeep(struct agent *t, struct temp *temp)
{
	if (temp->kept)
		later(t, unkeep, temp, sizeof *temp);
	temp->kept = false;
	temp->path[0] = 0;
}

static void close_fd(void *arg)
{
	close(*(int *)arg);
}

void disk_close(struct agent *t, int fd)
{
	if (fd >= 0)
		later(t, close_fd, &fd, sizeof fd);
}

struct validated {
	const struct layout *layout;
	int fd;
	struct stat st;
	struct meta meta;
	int64_t now;
	char rel[KEY_REL_MAX];
};

static void validated(void *arg)
{
	struct validated *c = arg;

	sidecar_validated(c->layout, c->rel, c->fd, &c->st, &c->meta, c->now);
}

void disk_validated(struct agent *t, int fd, const char *rel, const struct stat *st,
        const struct meta *m, int64_t now)
{
	struct validated c = {.layout = &t->layout, .fd = fd, .st = *st, .meta = *m, .now = now};

	snprintf(c.rel, sizeof c.rel, "%s", rel);
	later(t, validated, &c, sizeof c);
}

struct name {
	const struct layout *layout;
	bool found, noted;
	int err;
	struct stat st;
	char rel[KEY_REL_MAX];
};

static void trash(void *arg)
{
	struct name *c = arg;

	c->err = trash_put(c->layout, c->rel);
}

int disk_trash(struct agent *t, const char *rel)
{
	struct name c = {.layout = &t->layout};
	int err;

	snprintf(c.rel, sizeof c.rel, "%s", rel);
	err = call(t, trash, NULL, &c, sizeof c);
	return err ? err : c.err;
}

static void used(void *arg)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
	const struct layout *l = ((struct name *)arg)->layout;
	struct name *c = arg;
	char path[LAYOUT_PATH_MAX];
	const char *name;
	int dir;

	if (layout_data(l, path, c->rel) != 0)
		return;
	dir = beneath_parent(l, path + strlen(l->location) + 1, &name);
	if (dir < 0)
		return;
	/* Of another member's file in a group's cache, only its owner may set the times. */
	c->noted = utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) == 0;
	c->found = fstatat(dir, name, &c->st, AT_SYMLINK_NOFOLLOW) == 0;
	close(dir);
}

bool disk_used(struct agent *t, const char *rel, struct stat *st, bool *noted)
{
	struct name c = {.layout = &t->layout};

	snprintf(c.rel, sizeof c.rel, "%s", rel);
	if (call(t, used, NULL, &c, sizeof c) != 0 || !c.found)
		return false;
	*st = c.st;
	*noted = c.noted;
	return true;
}
