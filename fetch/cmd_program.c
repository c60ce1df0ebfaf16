#include "fetch/cmd_program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HEAD_MAX                                                                                   \
	4096 /* bytes of a file that are looked at; holds the program headers of any linker */
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#define OUR_TRIPLET "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
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

/* The loader that an ELF file of our class names, within the bytes at hand. */
static enum program_obstacle inspect_loader(const char *head, size_t n)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (n < sizeof eh)
		return PROGRAM_NOT_ELF;
	memcpy(&eh, head, sizeof eh);
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	        eh.e_machine != OUR_MACHINE)
		return PROGRAM_OTHER_KIND;
	if (eh.e_phentsize != sizeof ph)
		return PROGRAM_NOT_ELF;
	for (unsigned i = 0; i < eh.e_phnum; i++) {
		if (eh.e_phoff > n || (uint64_t)(i + 1) * sizeof ph > n - eh.e_phoff)
			return PROGRAM_UNREADABLE;
		memcpy(&ph, head + eh.e_phoff + i * sizeof ph, sizeof ph);
		if (ph.p_type != PT_INTERP)
			continue;
		if (ph.p_offset > n || ph.p_filesz > n - ph.p_offset)
			return PROGRAM_CLEAR;
		return memmem(head + ph.p_offset, ph.p_filesz, "ld-musl", 7) ? PROGRAM_OTHER_LIBC
		                                                             : PROGRAM_CLEAR;
	}
	return PROGRAM_STATIC;
}

static ssize_t read_head(const char *path, char head[static HEAD_MAX + 1])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, HEAD_MAX, 0);

	if (fd >= 0)
		close(fd);
	head[n > 0 ? n : 0] = 0;
	return n;
}

/* "#!/usr/bin/env -S python3 -u" → python3; "#!/bin/sh -e" → /bin/sh. Where the interpreter is, or
 * "". */
static void find_interpreter(char *line, char out[static PROGRAM_PATH_MAX])
{
	const char *word;

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

static enum program_obstacle inspect_file(const char *path, char *interpreter)
{
	char head[HEAD_MAX + 1];
	ssize_t n = read_head(path, head);

	if (is_privileged(path) && !(n > 2 && memcmp(head, "#!", 2) == 0))
		return PROGRAM_PRIVILEGED;
	if (n < 0)
		return PROGRAM_UNREADABLE;
	if (n > 2 && memcmp(head, "#!", 2) == 0 && interpreter) {
		find_interpreter(head + 2, interpreter);
		return inspect_file(interpreter, NULL);
	}
	if (n < SELFMAG || memcmp(head, ELFMAG, SELFMAG) != 0)
		return PROGRAM_NOT_ELF;
	return inspect_loader(head, (size_t)n);
}

int program_inspect(const char *name, struct program *p)
{
	int err = program_find(name, p->path);

	p->interpreter[0] = 0;
	p->obstacle = PROGRAM_CLEAR;
	if (!err)
		p->obstacle = inspect_file(p->path, p->interpreter);
	return err;
}

const char *program_obstacle_text(enum program_obstacle obstacle)
{
	switch (obstacle) {
	case PROGRAM_STATIC:
		return "is statically linked";
	case PROGRAM_OTHER_LIBC:
		return "is linked with another libc (musl)";
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
