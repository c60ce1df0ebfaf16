/* fopen(3) and freopen(3), which open by libc's own, inner calls. */
#include "shim/shim.h"

#include <mntent.h>
#include <unistd.h>

/* open's flags of a mode, as fopen(3) defines them. -EINVAL for what is no mode. */
static int mode_flags(const char *mode)
{
	int flags;

	switch (*mode) {
	case 'r':
		flags = O_RDONLY;
		break;
	case 'w':
		flags = O_WRONLY | O_CREAT | O_TRUNC;
		break;
	case 'a':
		flags = O_WRONLY | O_CREAT | O_APPEND;
		break;
	default:
		return -EINVAL;
	}
	for (const char *p = mode + 1; *p && *p != ','; p++) {
		if (*p == '+')
			flags = (flags & ~O_ACCMODE) | O_RDWR;
		else if (*p == 'x')
			flags |= O_EXCL;
		else if (*p == 'e')
			flags |= O_CLOEXEC;
	}
	return flags;
}

/* A descriptor for a place that is not real. */
static int open_mode(const struct place *p, const char *mode)
{
	int flags = mode_flags(mode);

	if (flags < 0 || p->kind == PLACE_ERROR)
		return flags < 0 ? flags : p->error;
	return place_open(p, flags);
}

static FILE *fopen_at(const char *path, const char *mode)
{
	PLACE(p, AT_FDCWD, path);
	FILE *f;
	int fd;

	if (*mode != 'r')
		place_leave_disk(&p, AT_FDCWD, true);
	while (p.kind == PLACE_REAL) {
		f = REAL(fopen)(p.path, mode);
		if (f || errno != ENOENT || !place_follow(&p, AT_FDCWD))
			return f;
	}
	fd = open_mode(&p, mode);
	if (RESULT(fd) < 0)
		return NULL;
	f = fdopen(fd, mode);
	if (!f)
		sys_close(fd);
	return f;
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	FILE *f;

	if (!ours_at(AT_FDCWD, path) && !(*mode != 'r' && ours_by_link(AT_FDCWD, path))) {
		if (UNLIKELY(writes_by_number(path, mode_flags(mode)))) {
			(void)REFUSED(AT_FDCWD, path, -EROFS);
			return NULL;
		}
		f = REAL(fopen)(path, mode);
		if (f || !ours_after(AT_FDCWD, path))
			return f;
	}
	return VIRTUAL_POINTER(AT_FDCWD, path, fopen_at(path, mode));
}

/* The stream opens what is there everywhere, also where no /dev/fd is, and its number is then given
 * to our descriptor. */
static FILE *freopen_at(const char *path, const char *mode, FILE *stream)
{
	PLACE(p, AT_FDCWD, path);
	FILE *f;
	int fd;

	if (p.kind == PLACE_REAL)
		return REAL(freopen)(p.path, mode, stream);
	fd = open_mode(&p, mode);
	if (fd < 0) {
		/* The standard closes the stream whether the new file can be opened or not. */
		fclose(stream);
		errno = -fd;
		return NULL;
	}
	f = REAL(freopen)("/", mode, stream);
	if (f)
		sys_call(SYS_dup3, fd, fileno(f), mode_flags(mode) & O_CLOEXEC, 0, 0, 0);
	sys_close(fd);
	return f;
}

EXPORT FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	if (!path || !ours_at(AT_FDCWD, path))
		return REAL(freopen)(path, mode, stream);
	return VIRTUAL_POINTER(AT_FDCWD, path, freopen_at(path, mode, stream));
}

/* A table of mounts that a program keeps itself. */
EXPORT FILE *setmntent(const char *path, const char *mode)
{
	if (!ours_at(AT_FDCWD, path)) {
		FILE *f = REAL(setmntent)(path, mode);

		if (f || !ours_after(AT_FDCWD, path))
			return f;
	}
	return fopen(path, mode);
}

TWIN_OF(setmntent) FILE *__setmntent(const char *path, const char *mode);
TWIN_OF(fopen) FILE *_IO_fopen(const char *path, const char *mode);
TWIN_OF(fopen) FILE *fopen64(const char *path, const char *mode);
TWIN_OF(freopen) FILE *freopen64(const char *path, const char *mode, FILE *stream);
