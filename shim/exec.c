/* execve(2) and its relatives. */
#include "shim/exec.h"

#include <stdarg.h>
#include <unistd.h>

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	struct exec_args a = {.call = __func__, .argv = argv, .envp = envp};

	if (!ours_at(AT_FDCWD, path) && !keep_lost(envp)) {
		REAL(execve)(path, argv, envp);
		if (!ours_after(AT_FDCWD, path) && !lacks_interpreter(AT_FDCWD, path, errno))
			return -1;
	}
	return (int)RESULT(exec_at(AT_FDCWD, path, &a, 0));
}

EXPORT int execv(const char *path, char *const argv[])
{
	struct exec_args a = {.call = __func__, .argv = argv, .envp = environ};

	if (!ours_at(AT_FDCWD, path) && !keep_lost(environ)) {
		REAL(execv)(path, argv);
		if (!ours_after(AT_FDCWD, path) && !lacks_interpreter(AT_FDCWD, path, errno))
			return -1;
	}
	return (int)RESULT(exec_at(AT_FDCWD, path, &a, 0));
}

/* Not in every libc, but in every kernel. */
EXPORT int execveat(int dirfd, const char *path, char *const argv[], char *const envp[], int flags)
{
	struct exec_args a = {.call = __func__, .argv = argv, .envp = envp};

	if (!ours_at(dirfd, path) && !keep_lost(envp)) {
		RESULT(sys_call(SYS_execveat, dirfd, (long)path, (long)argv, (long)envp, flags, 0));
		if (!ours_after(dirfd, path) && !lacks_interpreter(dirfd, path, errno))
			return -1;
	}
	return (int)RESULT(exec_at(dirfd, path, &a, flags));
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	struct exec_args a = {.call = __func__, .argv = argv, .envp = envp};

	image_settle_fd(fd);
	if (!keep_lost(envp)) {
		REAL(fexecve)(fd, argv, envp);
		if (!lacks_interpreter(fd, "", errno))
			return -1;
	}
	if (fd < 0 || !argv || !envp)
		return (int)RESULT(-EINVAL);
	return (int)RESULT(exec_at(fd, "", &a, AT_EMPTY_PATH));
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	struct exec_args a = {.call = __func__, .argv = argv, .envp = envp};

	if (!search_may_be_ours(file) && !keep_lost(envp)) {
		REAL(execvpe)(file, argv, envp);
		if (!search_missed(file, errno))
			return -1;
	}
	return (int)RESULT(exec_search(file, &a, true));
}

EXPORT int execvp(const char *file, char *const argv[])
{
	struct exec_args a = {.call = __func__, .argv = argv, .envp = environ};

	if (!search_may_be_ours(file) && !keep_lost(environ)) {
		REAL(execvp)(file, argv);
		if (!search_missed(file, errno))
			return -1;
	}
	return (int)RESULT(exec_search(file, &a, true));
}

/* The arguments of a call, up to their NULL, as a vector on the stack; `ap` stands behind it. */
static size_t count_arguments(va_list ap)
{
	size_t n = 1;

	while (va_arg(ap, char *))
		n++;
	return n;
}

#define COLLECT(argv, first, ap)                                                                   \
	va_start(ap, first);                                                                       \
	size_t argv##_n = count_arguments(ap);                                                     \
	va_end(ap);                                                                                \
	char *argv[argv##_n + 1];                                                                  \
	va_start(ap, first);                                                                       \
	argv[0] = (char *)first;                                                                   \
	for (size_t i = 1; i <= argv##_n; i++)                                                     \
		argv[i] = va_arg(ap, char *);

EXPORT int execl(const char *path, const char *arg, ...)
{
	va_list ap;

	COLLECT(argv, arg, ap);
	va_end(ap);
	return execve(path, argv, environ);
}

EXPORT int execle(const char *path, const char *arg, ...)
{
	char *const *envp;
	va_list ap;

	COLLECT(argv, arg, ap);
	envp = va_arg(ap, char *const *);
	va_end(ap);
	return execve(path, argv, envp);
}

EXPORT int execlp(const char *file, const char *arg, ...)
{
	va_list ap;

	COLLECT(argv, arg, ap);
	va_end(ap);
	return execvp(file, argv);
}
