/*
 * The file actions of posix_spawn, which libc keeps as it likes and performs by calls of its own.
 *
 * They are read where glibc has them. Whether they lie there is found out by adding one of every
 * kind and looking. Where not, or on another libc, libc performs them; and in a process where none
 * with a path of ours was added and no program of ours is spawned, nothing is ever read.
 */
#include "shim/exec.h"

#include <sys/ioctl.h>

#define FDS_MAX 65536 /* where a kernel before 5.9 has to be told each descriptor */

static _Atomic bool any_ours; /* an action with a path that may be ours was added */

#ifdef __GLIBC__

enum action_kind {
	ACTION_CLOSE,
	ACTION_DUP2,
	ACTION_OPEN,
	ACTION_CHDIR,
	ACTION_FCHDIR,
	ACTION_CLOSEFROM,
	ACTION_TCSETPGRP,
};

struct action {
	int kind;
	union {
		struct {
			int fd, new_fd;
		} fd;
		struct {
			int fd;
			char *path;
			int flags;
			mode_t mode;
		} open;
		struct {
			char *path;
		} chdir;
	};
};

static size_t action_count(const posix_spawn_file_actions_t *f)
{
	return f && f->__used > 0 ? (size_t)f->__used : 0;
}

static const struct action *action_at(const posix_spawn_file_actions_t *f, size_t i)
{
	return (const struct action *)f->__actions + i;
}

/* A function that not every glibc has: its action must then be the next in the table. */
static bool next_is(posix_spawn_file_actions_t *f, const char *add, enum action_kind kind)
{
	int (*function)(posix_spawn_file_actions_t *, int);
	size_t n = action_count(f);
	void *found;

	if (real_is_absent(real_find(add, &found, false)))
		return true;
	function = (__typeof__(function))found;
	return function(f, 7) == 0 && action_count(f) == n + 1 &&
	       action_at(f, n)->kind == (int)kind && action_at(f, n)->fd.fd == 7;
}

/* Whether actions of every kind are where they are read. */
static bool layout_holds(posix_spawn_file_actions_t *f)
{
	const struct action *a;

	if (posix_spawn_file_actions_addclose(f, 3) || posix_spawn_file_actions_adddup2(f, 4, 5) ||
	        posix_spawn_file_actions_addopen(f, 6, "/", O_RDWR, 0123) ||
	        (REAL_EXISTS(posix_spawn_file_actions_addchdir_np) &&
	                REAL(posix_spawn_file_actions_addchdir_np)(f, "/")))
		return false;
	if (action_count(f) != 3 + (size_t)REAL_EXISTS(posix_spawn_file_actions_addchdir_np))
		return false;
	a = action_at(f, 0);
	return a[0].kind == ACTION_CLOSE && a[0].fd.fd == 3 && a[1].kind == ACTION_DUP2 &&
	       a[1].fd.fd == 4 && a[1].fd.new_fd == 5 && a[2].kind == ACTION_OPEN &&
	       a[2].open.fd == 6 && !strcmp(a[2].open.path, "/") && a[2].open.flags == O_RDWR &&
	       a[2].open.mode == 0123 &&
	       (action_count(f) == 3 ||
	               (a[3].kind == ACTION_CHDIR && !strcmp(a[3].chdir.path, "/"))) &&
	       next_is(f, "posix_spawn_file_actions_addfchdir_np", ACTION_FCHDIR) &&
	       next_is(f, "posix_spawn_file_actions_addclosefrom_np", ACTION_CLOSEFROM) &&
	       next_is(f, "posix_spawn_file_actions_addtcsetpgrp_np", ACTION_TCSETPGRP);
}

/* Found out once in a process; it allocates, which posix_spawn may. */
static bool layout_known(void)
{
	enum { UNKNOWN, HOLDS, DIFFERS };
	static _Atomic int layout;
	posix_spawn_file_actions_t f;

	if (layout == UNKNOWN && posix_spawn_file_actions_init(&f) == 0) {
		layout = layout_holds(&f) ? HOLDS : DIFFERS;
		posix_spawn_file_actions_destroy(&f);
	}
	return layout == HOLDS;
}

bool actions_may_be_ours(const posix_spawn_file_actions_t *f)
{
	if (!any_ours || !f || !layout_known())
		return false;
	for (size_t i = 0; i < action_count(f); i++) {
		const struct action *a = action_at(f, i);

		if ((a->kind == ACTION_OPEN && ours_at(AT_FDCWD, a->open.path)) ||
		        (a->kind == ACTION_CHDIR && ours_at(AT_FDCWD, a->chdir.path)))
			return true;
	}
	return false;
}

static int move_fd(int from, int to)
{
	int err;

	if (from == to)
		return 0;
	err = (int)sys_call(SYS_dup3, from, to, 0, 0, 0, 0);
	sys_close(from);
	return err < 0 ? err : 0;
}

static int do_open(const struct action *a)
{
	int fd;

	/* The number is free for what is opened. */
	sys_close(a->open.fd);
	fd = open_at(AT_FDCWD, a->open.path, a->open.flags | O_LARGEFILE, a->open.mode);
	return fd < 0 ? fd : move_fd(fd, a->open.fd);
}

/* To itself: it shall be inherited. */
static int do_dup2(int from, int to)
{
	int flags = from == to ? sys_fcntl(from, F_GETFD, 0) : 0;

	if (flags < 0)
		return flags;
	if (from == to)
		return sys_fcntl(from, F_SETFD, flags & ~FD_CLOEXEC);
	flags = (int)sys_call(SYS_dup3, from, to, 0, 0, 0, 0);
	return flags < 0 ? flags : 0;
}

static int do_fchdir(int fd)
{
	if (dirs_may_be_open())
		shim.cwd_ours = true;
	return (int)sys_call(SYS_fchdir, fd, 0, 0, 0, 0, 0);
}

static int do_closefrom(int from)
{
	if (sys_call(SYS_close_range, from, ~0U, 0, 0, 0, 0) < 0) {
		for (int fd = from; fd < FDS_MAX; fd++)
			sys_close(fd);
	}
	return 0;
}

static int do_tcsetpgrp(int fd)
{
	int group = (int)sys_call(SYS_getpgid, 0, 0, 0, 0, 0, 0);

	return (int)sys_call(SYS_ioctl, fd, TIOCSPGRP, (long)&group, 0, 0, 0);
}

static int perform(const struct action *a)
{
	switch (a->kind) {
	case ACTION_CLOSE:
		sys_close(a->fd.fd); /* that it was not open is no error */
		return 0;
	case ACTION_DUP2:
		return do_dup2(a->fd.fd, a->fd.new_fd);
	case ACTION_OPEN:
		return do_open(a);
	case ACTION_CHDIR:
		return chdir_at(a->chdir.path);
	case ACTION_FCHDIR:
		return do_fchdir(a->fd.fd);
	case ACTION_CLOSEFROM:
		return do_closefrom(a->fd.fd);
	case ACTION_TCSETPGRP:
		return do_tcsetpgrp(a->fd.fd);
	default:
		return -ENOSYS;
	}
}

int actions_perform(const posix_spawn_file_actions_t *f)
{
	int err = 0;

	for (size_t i = 0; !err && i < action_count(f); i++)
		err = perform(action_at(f, i));
	return err;
}

bool actions_known(const posix_spawn_file_actions_t *f)
{
	if (f && !layout_known())
		return false;
	for (size_t i = 0; i < action_count(f); i++) {
		if ((unsigned)action_at(f, i)->kind > ACTION_TCSETPGRP)
			return false;
	}
	return true;
}

#else

bool actions_may_be_ours(const posix_spawn_file_actions_t *f)
{
	(void)f;
	return false;
}

bool actions_known(const posix_spawn_file_actions_t *f)
{
	return !f;
}

int actions_perform(const posix_spawn_file_actions_t *f)
{
	return f ? -ENOSYS : 0;
}

#endif

EXPORT int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *restrict f, int fd,
        const char *restrict path, int flags, mode_t mode)
{
	int err = REAL(posix_spawn_file_actions_addopen)(f, fd, path, flags, mode);

	if (!err && ours_at(AT_FDCWD, path))
		any_ours = true;
	return err;
}

EXPORT int posix_spawn_file_actions_addchdir_np(
        posix_spawn_file_actions_t *restrict f, const char *restrict path)
{
	int err = REAL(posix_spawn_file_actions_addchdir_np)(f, path);

	if (!err && ours_at(AT_FDCWD, path))
		any_ours = true;
	return err;
}
