#include "fetch/cmd_program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SCRIPT_LINE_MAX  256 /* bytes of a first line that count, as in the kernel */
#define SCRIPT_DEPTH_MAX 5   /* scripts that run scripts, as in the kernel */
#define DEFAULT_PATH     "/usr/local/bin:/usr/bin:/bin"

#if defined(__x86_64__)
#define OUR_TRIPLET "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define OUR_TRIPLET "aarch64-linux-gnu"
#endif

static int check_runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0)
		return -EACCES;
	return 0;
}

int program_find(const char *name, char path[static PROGRAM_PATH_MAX])
{
	const char *dirs = getenv("PATH");
	int err = -ENOENT, n;

	if (strchr(name, '/')) {
		n = snprintf(path, PROGRAM_PATH_MAX, "%s", name);
		return n >= PROGRAM_PATH_MAX ? -ENAMETOOLONG : check_runnable(path);
	}
	if (!*name)
		return -ENOENT;
	if (!dirs)
		dirs = DEFAULT_PATH;
	for (;;) {
		size_t len = strcspn(dirs, ":");

		n = snprintf(
		        path, PROGRAM_PATH_MAX, "%.*s%s%s", (int)len, dirs, len ? "/" : "", name);
		if (n < PROGRAM_PATH_MAX) {
			int one = check_runnable(path);

			if (!one)
				return 0;
			/* As a shell: what is there but cannot be run is worth saying, unless a
			 * later one can. */
			if (one == -EACCES)
				err = one;
		}
		if (!dirs[len])
			return err;
		dirs += len + 1;
	}
}

/* Whether the kernel starts it in the loader's secure mode. */
static bool is_privileged(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	if ((st.st_mode & S_ISUID) && st.st_uid != getuid())
		return true;
	if ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) && st.st_gid != getgid())
		return true;
	return getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

/* "#!/usr/bin/env -S python3 -u" → python3; "#!/bin/sh -e" → /bin/sh. Where the interpreter is, or
 * "". */
static void find_interpreter(char *line, char out[static PROGRAM_PATH_MAX])
{
	const char *word;

	*out = 0;
	line[strcspn(line, "\n")] = 0;
	word = strsep(&line, " \t");
	while (word && !*word)
		word = strsep(&line, " \t");
	if (!word)
		return;
	if (strlen(word) >= 4 && strcmp(word + strlen(word) - 4, "/env") == 0) {
		const char *env = word;

		do
			word = strsep(&line, " \t");
		while (word && (!*word || *word == '-' || strchr(word, '=')));
		if (!word)
			word = env;
	}
	if (program_find(word, out))
		snprintf(out, PROGRAM_PATH_MAX, "%s", word);
}

/* The first line of a script, without "#!". False for what is none. */
static bool read_script(int fd, char line[static SCRIPT_LINE_MAX])
{
	ssize_t n = pread(fd, line, SCRIPT_LINE_MAX - 1, 0);

	line[n > 0 ? n : 0] = 0;
	if (strncmp(line, "#!", 2) != 0)
		return false;
	memmove(line, line + 2, strlen(line + 2) + 1);
	return true;
}

/* One file. True: it is a script, and p->interpreter is what runs it. */
static bool inspect_one(int fd, const char *path, struct program *p)
{
	char line[SCRIPT_LINE_MAX];

	if (fd >= 0 && read_script(fd, line)) {
		find_interpreter(line, p->interpreter);
		return true;
	}
	if (is_privileged(path))
		p->obstacle = PROGRAM_PRIVILEGED;
	else
		p->obstacle = fd < 0 ? PROGRAM_UNREADABLE : program_inspect_elf(fd);
	return false;
}

void program_inspect_fd(int fd, struct program *p)
{
	bool script = inspect_one(fd, p->path, p);

	for (int depth = 0; script && depth < SCRIPT_DEPTH_MAX; depth++) {
		int next = open(p->interpreter, O_RDONLY | O_CLOEXEC | O_NOCTTY);

		script = inspect_one(next, p->interpreter, p);
		if (next >= 0)
			close(next);
	}
	if (script)
		p->obstacle = PROGRAM_NOT_ELF;
}

int program_inspect(const char *name, struct program *p)
{
	int err = program_find(name, p->path), fd;

	p->interpreter[0] = 0;
	p->obstacle = PROGRAM_CLEAR;
	if (err)
		return err;
	fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	program_inspect_fd(fd, p);
	if (fd >= 0)
		close(fd);
	return 0;
}

const char *program_obstacle_text(enum program_obstacle obstacle)
{
	switch (obstacle) {
	case PROGRAM_STATIC:
		return "is statically linked";
	case PROGRAM_OTHER_LIBC:
		return "is linked with another libc than liblarder.so (musl, for example)";
	case PROGRAM_GO:
		return "is written in Go, which makes its system calls without libc";
	case PROGRAM_OTHER_KIND:
		return "is of another ELF class or machine than liblarder.so";
	case PROGRAM_PRIVILEGED:
		return "is setuid, setgid or has capabilities";
	default:
		return NULL;
	}
}

/* The folder above the one of this executable: <prefix> of <prefix>/bin/larder. */
static bool own_prefix(char out[static PROGRAM_PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PROGRAM_PATH_MAX - 1);

	out[n > 0 ? n : 0] = 0;
	for (int level = 0; level < 2; level++) {
		char *slash = strrchr(out, '/');

		if (!slash)
			return false;
		*slash = 0;
	}
	return true;
}

int program_find_shim(char path[static PROGRAM_PATH_MAX])
{
	static const char *const places[] = {"lib", "lib64", "lib/" OUR_TRIPLET};
	const char *given = getenv("LARDER_SHIM");
	char prefix[PROGRAM_PATH_MAX];
	bool found = false;

	if (given && *given) {
		/* As it stands where it can, so that one that LD_PRELOAD has already is recognised.
		 */
		if (*given == '/')
			snprintf(path, PROGRAM_PATH_MAX, "%s", given);
		else if (!realpath(given, path))
			snprintf(path, PROGRAM_PATH_MAX, "%s", given);
		if (access(path, R_OK) != 0)
			return -ENOENT;
		return strpbrk(path, ": ") ? -EINVAL : 0;
	}
	for (size_t i = 0; i < sizeof places / sizeof places[0] && !found && own_prefix(prefix);
	        i++) {
		int n = snprintf(path, PROGRAM_PATH_MAX, "%s/%s/liblarder.so", prefix, places[i]);

		found = n < PROGRAM_PATH_MAX && access(path, R_OK) == 0;
	}
	if (!found) {
		snprintf(path, PROGRAM_PATH_MAX, "%s", LARDER_LIBDIR "/liblarder.so");
		found = access(path, R_OK) == 0;
	}
	if (!found)
		return -ENOENT;
	return strpbrk(path, ": ") ? -EINVAL : 0;
}
