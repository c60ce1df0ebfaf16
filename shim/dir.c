/*
 * Directory streams.
 *
 * A stream of ours is an object in a fixed table, so that "is this DIR * ours?" is a comparison of
 * addresses. It has the carrier's descriptor and a reference to the listing, and its position is an
 * index: 0 is ".", 1 is "..", then the names. A stream belongs to one thread at a time, as POSIX
 * has it. These calls are not async-signal-safe, and the real ones are not either.
 */
#include "cache/read/above.h"
#include "shim/above_dir.h"
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
	struct above_dir
	        above; /* if it has a stream: then nothing else here but the entry counts */
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
	s->above.real = NULL;
	atomic_store_explicit(&s->used, false, memory_order_release);
}

int listing_ask(struct listing_ref *ref, const struct place *p)
{
	struct wire_reply r;
	int err = listing_get(ref, p->profile, p->rel, p->rel_len);

	for (int i = 0; err && i < 3; i++) {
		err = ask_agent(WIRE_LIST, p, &r, NULL);
		if (err)
			return err;
		/* A very short ttl can end before we look. */
		err = listing_get(ref, p->profile, p->rel, p->rel_len);
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
	err = listing_ask(&s->listing, p);
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

static int fdopendir_ours(int fd, struct stream **out)
{
	char rel[KEY_REL_MAX / 2];
	long n = fd_rel(fd, rel, sizeof rel);
	struct own_profile own;
	struct place p = {.kind = PLACE_OURS, .rel = rel, .own = &own};

	if (n < 0)
		return (int)n;
	TRACE_OURS();
	p.rel_len = (size_t)n;
	p.profile = config_profile_of_dir(&shim.config, rel, &own);
	return stream_new(out, &p, fd);
}

/* A real stream with the names of prefixes that lead on from it, where `path` is above one. Without
 * room for one more, the disk's alone are shown. */
static DIR *show_above(DIR *d, const char *path, size_t len)
{
	struct stream *s = d && above_is(&shim.config, path, len) ? stream_take() : NULL;

	if (!s)
		return d;
	above_dir_begin(&s->above, d, path, len);
	return (DIR *)s;
}

static DIR *fd_show_above(DIR *d)
{
	char path[CONFIG_PATH_MAX];
	long n = d ? fd_path(REAL(dirfd)(d), path, sizeof path) : -EBADF;

	return n > 0 ? show_above(d, path, path[1] ? (size_t)n : 0) : d;
}

/* A real stream may be over a directory above a prefix, as "."; or over one of ours, as
 * "/proc/self/fd/3". */
static DIR *show_ours(DIR *d, const char *path)
{
	struct stream *s;
	int fd;

	if (!d || (strncmp(path, "/proc/", 6) != 0 && strncmp(path, "/dev/", 5) != 0))
		return d && shim.above_open && path[0] == '.' ? fd_show_above(d) : d;
	fd = REAL(dirfd)(d);
	if (!fd_is_carrier(fd))
		return d;
	fd = sys_fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return d;
	if (fdopendir_ours(fd, &s)) {
		sys_close(fd);
		return d;
	}
	REAL(closedir)(d);
	return (DIR *)s;
}

static DIR *opendir_at(const char *path)
{
	PLACE(p, AT_FDCWD, path);
	struct stream *s = NULL;

	place_leave_disk(&p, AT_FDCWD, true);
	while (p.kind == PLACE_REAL) {
		DIR *d = REAL(opendir)(p.path);

		if (d || errno != ENOENT || !place_follow(&p, AT_FDCWD))
			return p.above ? fd_show_above(d) : show_ours(d, path);
	}
	RESULT(p.kind == PLACE_ERROR ? p.error : place_opendir(&p, &s));
	return (DIR *)s;
}

EXPORT DIR *opendir(const char *path)
{
	if (!ours_at(AT_FDCWD, path) && !ours_by_link(AT_FDCWD, path)) {
		DIR *d = REAL(opendir)(path);

		if (d || !ours_after(AT_FDCWD, path))
			return show_ours(d, path);
	}
	return VIRTUAL_POINTER(AT_FDCWD, path, opendir_at(path));
}

EXPORT DIR *fdopendir(int fd)
{
	struct stream *s = NULL;
	uint64_t begun = TRACE_BEGIN();
	int err = dirs_may_be_open() ? fdopendir_ours(fd, &s) : -ENOTDIR;

	TRACE_END(begun, __func__, fd, NULL, NULL, err ? err : TRACE_OK);
	if (err == -ENOTDIR || err == -EBADF || err == -ENOENT)
		return shim.above_open ? fd_show_above(REAL(fdopendir)(fd)) : REAL(fdopendir)(fd);
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

	if (s->above.real)
		return above_dir_next(&s->above, &s->entry);
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
	if (s->above.real) {
		d = s->above.real;
		stream_release(s);
		return REAL(closedir)(d);
	}
	fd = s->fd;
	stream_release(s);
	return (int)RESULT(sys_close(fd));
}

EXPORT void rewinddir(DIR *d)
{
	struct stream *s = stream_of(d);

	if (s && s->above.real)
		above_dir_seek(&s->above, 0);
	else if (s)
		s->at = 0;
	else
		REAL(rewinddir)(d);
}

EXPORT long telldir(DIR *d)
{
	struct stream *s = stream_of(d);

	if (s && s->above.real)
		return above_dir_tell(&s->above);
	return s ? (long)s->at : REAL(telldir)(d);
}

EXPORT void seekdir(DIR *d, long at)
{
	struct stream *s = stream_of(d);

	if (s && s->above.real)
		above_dir_seek(&s->above, at);
	else if (s)
		s->at = at < 0 ? 0 : (uint64_t)at;
	else
		REAL(seekdir)(d, at);
}

EXPORT int dirfd(DIR *d)
{
	struct stream *s = stream_of(d);

	if (s && s->above.real)
		return REAL(dirfd)(s->above.real);
	return s ? s->fd : REAL(dirfd)(d);
}

TWIN_OF(readdir) struct dirent64 *readdir64(DIR *d);
TWIN_OF(readdir_r) int readdir64_r(DIR *d, struct dirent64 *entry, struct dirent64 **result);
