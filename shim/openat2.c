/* openat2(2), which has no name in libc. */
#include "shim/openat2.h"
#include "shim/refuse.h"

#define HOW_FLAGS                                                                                  \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC |      \
	        O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |          \
	        O_CLOEXEC | O_PATH | O_TMPFILE)
#define HOW_RESOLVE                                                                                \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |         \
	        RESOLVE_IN_ROOT | RESOLVE_CACHED)

/* What the kernel says before it looks at the path. */
static int wrong_how(const struct open_how *how, size_t size)
{
	const char *rest = (const char *)(how + 1);
	bool makes = (how->flags & O_CREAT) || (how->flags & O_TMPFILE) == O_TMPFILE;

	for (size_t i = sizeof *how; i < size; i++) {
		if (*rest++)
			return -E2BIG;
	}
	if ((how->flags & ~(uint64_t)HOW_FLAGS) || (how->resolve & ~(uint64_t)HOW_RESOLVE) ||
	        (how->mode && !makes))
		return -EINVAL;
	return (how->resolve & RESOLVE_BENEATH) && (how->resolve & RESOLVE_IN_ROOT) ? -EINVAL : 0;
}

/* Whether ".." goes out of where the path began. There are no symbolic links in what is ours. */
static bool climbs_out(const char *path)
{
	int depth = 0;

	while (*path) {
		size_t n;

		path += text_run(path, '/');
		n = text_until(path, '/');
		if (n == 2 && path[0] == '.' && path[1] == '.')
			depth--;
		else if (n && (n != 1 || path[0] != '.'))
			depth++;
		if (depth < 0)
			return true;
		path += n;
	}
	return false;
}

/* Whether the way begins in the same prefix. */
static bool begins_inside(const struct place *p, int dirfd, const char *path)
{
	char rel[KEY_REL_MAX / 2];
	size_t n = text_until(p->rel, '/');

	return path[0] != '/' && fd_rel(dirfd, rel, sizeof rel) > 0 &&
	       strncmp(rel, p->rel, n) == 0 && text_until(rel, '/') == n;
}

static long open_ours(
        const struct place *p, int dirfd, const char *path, const struct open_how *how, size_t size)
{
	int flags = (int)how->flags, err = wrong_how(how, size);

	if (err)
		return err;
	if ((how->resolve & RESOLVE_BENEATH) && (path[0] == '/' || climbs_out(path)))
		return -EXDEV;
	if (p->kind == PLACE_ERROR)
		return p->error;
	if ((how->resolve & RESOLVE_NO_XDEV) && !begins_inside(p, dirfd, path))
		return -EXDEV;
	if ((flags & O_CREAT) && p->must_be_dir && !(flags & O_PATH))
		return refuse_create_dir(p, path, flags);
	return place_open(p, flags);
}

bool openat2_may_be_ours(int dirfd, const char *path, const struct open_how *how)
{
	return ours_at(dirfd, path + (how->resolve & RESOLVE_IN_ROOT ? text_run(path, '/') : 0));
}

long openat2_at(int dirfd, const char *path, const struct open_how *how, size_t size)
{
	/* ".." would stay in that root; the kernel knows how, for what is real. */
	if (how->resolve & RESOLVE_IN_ROOT) {
		if (climbs_out(path) || !path[text_run(path, '/')])
			return sys_call(
			        SYS_openat2, dirfd, (long)path, (long)how, (long)size, 0, 0);
		path += text_run(path, '/');
	}

	PLACE(p, dirfd, path);

	while (p.kind == PLACE_REAL) {
		long fd = sys_call(SYS_openat2, dirfd, (long)p.path, (long)how, (long)size, 0, 0);

		if (fd != -ENOENT || !place_follow(&p, dirfd))
			return fd;
	}
	return open_ours(&p, dirfd, path, how, size);
}
