/*
 * Running what a path leads to: a program of the disk or of a prefix, or a script and its
 * interpreter, which may itself be a script.
 *
 * New vectors of arguments are needed for a script, and for an environment that lost the shim. They
 * are made on the stack as libc makes its own, up to a limit; above that in a mapping, which a
 * vfork child leaves to its parent: one for each time that it starts a script with hundreds of
 * arguments.
 */
#include "shim/exec.h"

#define STACK_MAX  2048      /* bytes of vectors on the stack */
#define VECTOR_MAX (1 << 20) /* pointers; the kernel takes fewer */
#define HEAD_MAX   (2 * SCRIPTS_MAX + 1)
#define IS_SCRIPT  1
#define SHELL      "/bin/sh"

struct run {
	const struct exec_args *args;
	int dirfd; /* what is run, and since when, for the trace */
	const char *path;
	uint64_t begun;
	unsigned scripts;
	const char **first;         /* of what stands for argv[0]; NULL is argv[0] itself */
	const char *head[HEAD_MAX]; /* filled from its end */
	char line[SCRIPTS_MAX + 1][SCRIPT_HEAD];
	char by_fd[64]; /* a name for a script that has none but its descriptor */
};

static size_t count(char *const *v)
{
	size_t n = 0;

	while (v && v[n] && n < VECTOR_MAX)
		n++;
	return n;
}

static int call(int dirfd, const char *path, int flags, char *const *argv, char *const *envp)
{
	if (dirfd == AT_FDCWD && !flags)
		return REAL(execve)(path, argv, envp) ? -errno : 0;
	return (int)sys_call(SYS_execveat, dirfd, (long)path, (long)argv, (long)envp, flags, 0);
}

/* Where the vectors are made. */
struct target {
	int dirfd;
	const char *path;
	int flags;
	size_t heads, args, argv_size;
};

static int make_and_call(const struct run *r, const struct target *t, void *room)
{
	const char **argv = room;
	char *const *envp = r->args->envp;
	size_t n = 0;

	if (t->heads) {
		for (size_t i = 0; i < t->heads; i++)
			argv[n++] = r->first[i];
		for (size_t i = 1; i < t->args; i++)
			argv[n++] = r->args->argv[i];
		argv[n] = NULL;
	}
	if (keep_lost(envp))
		envp = keep_fill(envp, (char *)room + t->argv_size);
	return call(
	        t->dirfd, t->path, t->flags, t->heads ? (char *const *)argv : r->args->argv, envp);
}

static __attribute__((noinline)) int on_stack(
        const struct run *r, const struct target *t, size_t size)
{
	_Alignas(void *) char room[size];

	return make_and_call(r, t, room);
}

/* A program that runs has its line before: there is nobody to write it afterwards. */
static void trace_success(struct run *r)
{
	TRACE_END(r->begun, r->args->call, r->dirfd, r->path, NULL, 0);
	r->begun = r->begun ? TRACE_BEGIN() : 0;
}

static int run(struct run *r, int dirfd, const char *path, int flags)
{
	const struct exec_args *a = r->args;
	struct target t = {.dirfd = dirfd, .path = path, .flags = flags};
	bool lost = keep_lost(a->envp);
	size_t size;
	void *room;
	int err;

	trace_success(r);
	if (!r->first && !lost)
		return call(dirfd, path, flags, a->argv, a->envp);
	t.heads = r->first ? (size_t)(r->head + HEAD_MAX - r->first) : 0;
	t.args = count(a->argv);
	if (t.args == VECTOR_MAX || count(a->envp) == VECTOR_MAX)
		return -E2BIG;
	t.argv_size = t.heads ? (t.heads + t.args + 1) * sizeof(char *) : 0;
	size = t.argv_size + (lost ? keep_room(a->envp) : 0);
	if (size <= a->room_size)
		return make_and_call(r, &t, a->room);
	if (size <= STACK_MAX)
		return on_stack(r, &t, size);
	room = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (room == MAP_FAILED)
		return -ENOMEM;
	err = make_and_call(r, &t, room);
	sys_munmap(room, size);
	return err;
}

/* Looks whether an open file is a script. IS_SCRIPT: its interpreter is r->first[0]; 0, or -errno.
 */
static int read_script(struct run *r, const char *name, int fd)
{
	char *line = r->line[r->scripts];
	struct script s;
	long n = sys_call(SYS_pread64, fd, (long)line, SCRIPT_HEAD, 0, 0, 0);
	int err;

	if (n < 2)
		return 0;
	memset(line + n, 0, (size_t)(SCRIPT_HEAD - n));
	err = script_parse(line, &s);
	if (err <= 0)
		return err;
	if (r->scripts++ == SCRIPTS_MAX)
		return -ELOOP;
	if (!r->first) {
		r->first = r->head + HEAD_MAX - 1;
		r->first[0] = name;
	}
	if (s.argument)
		*--r->first = s.argument;
	*--r->first = s.interpreter;
	return IS_SCRIPT;
}

static int run_ours(struct run *r, const struct place *p, const char *name, int flags)
{
	char path[shim.root_len + p->rel_len + 1];
	struct stat st;
	int fd = image_open(p, &st), err;

	if (fd < 0)
		return fd;
	/* What the kernel is asked besides, it answers for any path of the file. */
	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) {
		err = run(r, fd, "", flags | AT_EMPTY_PATH);
		sys_close(fd);
		return err;
	}
	err = st.st_mode & S_IXUSR ? read_script(r, name, fd) : -EACCES;
	if (!err)
		err = image_settle(p, fd, path) ? run(r, AT_FDCWD, path, 0)
		                                : run(r, fd, "", AT_EMPTY_PATH);
	TRACE_OURS();
	sys_close(fd);
	return err;
}

/* As the kernel names a script for its interpreter. NULL if that could not open it. */
static const char *name_by_fd(struct run *r, int dirfd, const char *path)
{
	char number[TEXT_NUMBER_MAX];

	if (dirfd == AT_FDCWD || *path == '/')
		return path;
	if (dirfd < 0 || (sys_fcntl(dirfd, F_GETFD, 0) & FD_CLOEXEC))
		return NULL;
	text_number(number, (unsigned)dirfd);
	return text_join(
	               r->by_fd, sizeof r->by_fd, "/dev/fd/", number, *path ? "/" : "", path, NULL)
	               ? r->by_fd
	               : NULL;
}

static int open_real(int dirfd, const char *path)
{
	struct stat st;
	int fd;

	/* Not a device or a pipe that somebody waits at. */
	if (sys_fstatat(dirfd, path, &st, AT_EMPTY_PATH) || !S_ISREG(st.st_mode))
		return -ENOENT;
	if (*path)
		return sys_openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
	fd = sys_fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	return fd;
}

/* What the kernel runs. It says ENOENT too if it lacks the interpreter, which may be ours. `given`
 * is the path as the program knows it. */
static int run_real(struct run *r, int dirfd, const char *path, int flags, const char *given)
{
	int err = run(r, dirfd, path, flags), fd, script;
	const char *name;

	if (err != -ENOENT)
		return err;
	name = name_by_fd(r, dirfd, given);
	fd = name ? open_real(dirfd, path) : -ENOENT;
	if (fd < 0)
		return err;
	script = read_script(r, name, fd);
	sys_close(fd);
	return script > 0 || script == -ELOOP ? script : err;
}

static int attempt(struct run *r, int dirfd, const char *path, int flags)
{
	PLACE(p, dirfd, path);
	int err;

	while (p.kind == PLACE_REAL) {
		err = run_real(r, dirfd, p.path, flags, path);
		if (err != -ENOENT || !place_follow(&p, dirfd))
			return err;
	}
	return p.kind == PLACE_ERROR ? p.error : run_ours(r, &p, path, flags);
}

/* Runs the file, or the interpreter that it names, or that one's, and so on. */
static int attempt_all(
        struct run *r, const struct exec_args *a, int dirfd, const char *path, int flags)
{
	int err;

	r->args = a;
	r->scripts = 0;
	r->dirfd = dirfd;
	r->path = path;
	r->begun = a->call ? TRACE_BEGIN() : 0;
	err = attempt(r, dirfd, path, flags);
	/* The kernel takes an interpreter without a name for the working directory. */
	while (err == IS_SCRIPT)
		err = *r->first[0] ? attempt(r, AT_FDCWD, r->first[0], 0) : -EACCES;
	TRACE_END(r->begun, a->call, r->dirfd, r->path, NULL, err);
	return err;
}

/* The path of what lies in an open directory of ours. The length, or 0. */
static __attribute__((noinline)) long path_in_dir(
        int dirfd, const char *path, char *out, size_t size)
{
	PLACE(p, dirfd, path);
	long n = p.kind == PLACE_OURS ? place_path(p.rel, out, size) : 0;

	if (n > 0 && p.must_be_dir && (size_t)n + 2 <= size)
		memcpy(out + n, "/", 2);
	return n > 0 ? n : 0;
}

/* An interpreter cannot open "/dev/fd/3/name" where 3 is a directory of ours. */
static __attribute__((noinline)) int exec_in_dir(
        int dirfd, const char *path, const struct exec_args *a, int flags)
{
	char full[PATH_MAX / 2];
	struct run r;

	r.first = NULL;
	if (path_in_dir(dirfd, path, full, sizeof full))
		return attempt_all(&r, a, AT_FDCWD, full, flags);
	return attempt_all(&r, a, dirfd, path, flags);
}

int exec_at(int dirfd, const char *path, const struct exec_args *a, int flags)
{
	struct run r;

	if (dirfd != AT_FDCWD && path && *path && *path != '/')
		return exec_in_dir(dirfd, path, a, flags);
	r.first = NULL;
	return attempt_all(&r, a, dirfd, path, flags);
}

int exec_by_shell(const char *path, const struct exec_args *a)
{
	struct run r;

	r.first = r.head + HEAD_MAX - 2;
	r.first[0] = SHELL;
	r.first[1] = path;
	return attempt_all(&r, a, AT_FDCWD, SHELL, 0);
}

bool lacks_interpreter(int dirfd, const char *path, int error)
{
	struct stat st;

	return error == ENOENT && path && sys_fstatat(dirfd, path, &st, AT_EMPTY_PATH) == 0;
}
