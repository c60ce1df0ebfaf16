/*
 * Directory streams.
 *
 * A stream of ours is an object in a fixed table, so that "is this DIR * ours?" is a comparison of
 * addresses. It has the carrier's descriptor and a reference to the listing, and its position is an
 * index: 0 is ".", 1 is "..", then the names. A stream belongs to one thread at a time, as POSIX
 * has it. These calls are not async-signal-safe, and the real ones are not either.
 */
#include "shim/shim.h"

#include <stdlib.h>
#include <unistd.h>

#define STREAMS_MAX 1024 /* of ours at once in a process; more are EMFILE */

struct stream {
	_Atomic bool used;
	int fd;
	uint64_t at;
	uint64_t ino, parent_ino;
	struct listing_ref listing;
	struct dirent entry;
};

static struct stream streams[STREAMS_MAX];
static _Atomic unsigned next_free;

static struct stream *stream_of(DIR *d)
{
	uintptr_t offset = (uintptr_t)d - (uintptr_t)streams;

	return offset < sizeof streams ? (struct stream *)d : NULL;
}

static struct stream *stream_take(void)
{
	unsigned start = next_free;

	for (unsigned i = 0; i < STREAMS_MAX; i++) {
		struct stream *s = &streams[(start + i) % STREAMS_MAX];

		if (!atomic_exchange_explicit(&s->used, true, memory_order_acquire)) {
			next_free = start + i + 1;
			return s;
		}
	}
	return NULL;
}

static void stream_release(struct stream *s)
{
	listing_put(&s->listing);
	atomic_store_explicit(&s->used, false, memory_order_release);
}

/* The listing, asked for where this host has no fresh one. */
static int get_listing(struct listing_ref *ref, const struct place *p)
{
	struct wire_reply r;
	int err = listing_get(ref, p->rel, p->rel_len);

	for (int i = 0; err && i < 3; i++) {
		err = ask_agent(WIRE_LIST, p, &r, NULL);
		if (err)
			return err;
		/* A very short ttl can end before we look. */
		err = listing_get(ref, p->rel, p->rel_len);
	}
	return err ? -EIO : 0;
}

/* A stream over an open carrier, which it then owns. */
static int stream_new(struct stream **out, const struct place *p, int fd)
{
	struct stream *s = stream_take();
	const char *slash = memrchr(p->rel, '/', p->rel_len);
	int err;

	if (!s)
		return -EMFILE;
	err = get_listing(&s->listing, p);
	if (err) {
		s->listing = (struct listing_ref){0};
		stream_release(s);
		return err;
	}
	s->fd = fd;
	s->at = 0;
	s->ino = s->parent_ino = identity_ino(p->rel, p->rel_len, "");
	if (slash)
		s->parent_ino = identity_ino(p->rel, (size_t)(slash - p->rel), "");
	*out = s;
	return 0;
}

static int place_opendir(const struct place *p, struct stream **out)
{
	int fd = place_open(p, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (fd < 0)
		return fd;
	err = stream_new(out, p, fd);
	if (err)
		sys_close(fd);
	return err;
}

static DIR *opendir_at(const char *path)
{
	PLACE(p, AT_FDCWD, path);
	struct stream *s = NULL;

	if (p.kind == PLACE_REAL)
		return REAL(opendir)(p.path);
	RESULT(p.kind == PLACE_ERROR ? p.error : place_opendir(&p, &s));
	return (DIR *)s;
}

EXPORT DIR *opendir(const char *path)
{
	if (!ours_at(AT_FDCWD, path)) {
		DIR *d = REAL(opendir)(path);

		if (d || !ours_after(path))
			return d;
	}
	return opendir_at(path);
}

static int fdopendir_ours(int fd, struct stream **out)
{
	char rel[KEY_REL_MAX / 2];
	long n = fd_rel(fd, rel, sizeof rel);
	struct place p = {.kind = PLACE_OURS, .rel = rel};

	if (n < 0)
		return (int)n;
	p.rel_len = (size_t)n;
	return stream_new(out, &p, fd);
}

EXPORT DIR *fdopendir(int fd)
{
	struct stream *s = NULL;
	int err = shim.dirs_open ? fdopendir_ours(fd, &s) : -ENOTDIR;

	if (err == -ENOTDIR || err == -EBADF || err == -ENOENT)
		return REAL(fdopendir)(fd);
	RESULT(err);
	return (DIR *)s;
}

static void set_entry(
        struct stream *s, const char *name, size_t len, unsigned char type, uint64_t ino)
{
	s->entry.d_ino = ino;
	s->entry.d_off = (off_t)s->at;
	s->entry.d_reclen = sizeof s->entry;
	s->entry.d_type = type;
	memcpy(s->entry.d_name, name, len);
	s->entry.d_name[len] = 0;
}

static struct dirent *stream_next(struct stream *s)
{
	const struct listing_header *l = s->listing.l;
	const struct listing_entry *e;
	const char *name;
	size_t len = 0;

	if (s->at < 2) {
		s->at++;
		set_entry(s, "..", s->at, DT_DIR, s->at == 1 ? s->ino : s->parent_ino);
		return &s->entry;
	}
	while ((e = listing_at(l, s->at - 2))) {
		s->at++;
		name = listing_name(l, e, &len);
		if (!name || !len || len >= sizeof s->entry.d_name)
			continue;
		set_entry(s, name, len, e->type == LISTING_DIR ? DT_DIR : DT_REG, e->ino);
		return &s->entry;
	}
	return NULL;
}

EXPORT struct dirent *readdir(DIR *d)
{
	struct stream *s = stream_of(d);

	return s ? stream_next(s) : REAL(readdir)(d);
}

EXPORT int readdir_r(DIR *d, struct dirent *entry, struct dirent **result)
{
	struct stream *s = stream_of(d);

	if (!s)
		return REAL(readdir_r)(d, entry, result);
	*result = NULL;
	if (stream_next(s)) {
		memcpy(entry, &s->entry,
		        offsetof(struct dirent, d_name) + strlen(s->entry.d_name) + 1);
		*result = entry;
	}
	return 0;
}

EXPORT int closedir(DIR *d)
{
	struct stream *s = stream_of(d);
	int fd;

	if (!s)
		return REAL(closedir)(d);
	fd = s->fd;
	stream_release(s);
	return (int)RESULT(sys_close(fd));
}

EXPORT void rewinddir(DIR *d)
{
	struct stream *s = stream_of(d);

	if (s)
		s->at = 0;
	else
		REAL(rewinddir)(d);
}

EXPORT long telldir(DIR *d)
{
	struct stream *s = stream_of(d);

	return s ? (long)s->at : REAL(telldir)(d);
}

EXPORT void seekdir(DIR *d, long at)
{
	struct stream *s = stream_of(d);

	if (s)
		s->at = at < 0 ? 0 : (uint64_t)at;
	else
		REAL(seekdir)(d, at);
}

EXPORT int dirfd(DIR *d)
{
	struct stream *s = stream_of(d);

	return s ? s->fd : REAL(dirfd)(d);
}

/* Entries that the caller frees one by one, as scandir(3) has it. */
static int collect(struct stream *s, struct dirent ***list, scan_filter filter)
{
	struct dirent **found = NULL, **bigger, *e;
	size_t n = 0, room = 0;

	while ((e = stream_next(s))) {
		if (filter && !filter(e))
			continue;
		if (n == room) {
			room = room ? room * 2 : 64;
			bigger = reallocarray(found, room, sizeof *found);
			if (!bigger)
				goto fail;
			found = bigger;
		}
		found[n] = malloc(sizeof *e); /* allow: malloc: scandir's caller frees it */
		if (!found[n])
			goto fail;
		memcpy(found[n++], e, sizeof *e);
	}
	*list = found ? found : malloc(sizeof *found); /* allow: malloc: as above */
	return (int)n;
fail:
	while (n--)
		free(found[n]); /* allow: free: as above */
	free(found);            /* allow: free: as above */
	return -ENOMEM;
}

static int compare_entries(const void *a, const void *b, void *compare)
{
	return ((scan_compare)compare)((const struct dirent **)a, (const struct dirent **)b);
}

static int scan(struct stream *s, struct dirent ***list, scan_filter filter, scan_compare compare)
{
	int n = collect(s, list, filter);

	if (n > 0 && compare)
		qsort_r(*list, (size_t)n, sizeof **list, compare_entries, (void *)compare);
	closedir((DIR *)s);
	return (int)RESULT(n);
}

static int scandir_at(int dirfd_, const char *path, struct dirent ***list, scan_filter filter,
        scan_compare compare)
{
	PLACE(p, dirfd_, path);
	struct stream *s = NULL;
	int err;

	if (p.kind == PLACE_REAL)
		return REAL(scandirat)(dirfd_, p.path, list, filter, compare);
	err = p.kind == PLACE_ERROR ? p.error : place_opendir(&p, &s);
	return err ? (int)RESULT(err) : scan(s, list, filter, compare);
}

EXPORT int scandirat(int dirfd_, const char *path, struct dirent ***list, scan_filter filter,
        scan_compare compare)
{
	if (!ours_at(dirfd_, path)) {
		int n = REAL(scandirat)(dirfd_, path, list, filter, compare);

		if (n >= 0 || !ours_after(path))
			return n;
	}
	return scandir_at(dirfd_, path, list, filter, compare);
}

EXPORT int scandir(
        const char *path, struct dirent ***list, scan_filter filter, scan_compare compare)
{
	return scandirat(AT_FDCWD, path, list, filter, compare);
}

TWIN_OF(readdir) struct dirent64 *readdir64(DIR *d);
TWIN_OF(readdir_r) int readdir64_r(DIR *d, struct dirent64 *entry, struct dirent64 **result);
TWIN_OF(scandir)
int scandir64(const char *path, struct dirent64 ***list, int (*filter)(const struct dirent64 *),
        int (*compare)(const struct dirent64 **, const struct dirent64 **));
TWIN_OF(scandirat)
int scandirat64(int dirfd, const char *path, struct dirent64 ***list,
        int (*filter)(const struct dirent64 *),
        int (*compare)(const struct dirent64 **, const struct dirent64 **));
