/*
 * What a program is, and whether a preload reaches it: read from its file, without running it.
 *
 * Also where liblarder.so is. Nothing here allocates; results of 0 or -errno.
 */
#ifndef LARDER_FETCH_CMD_PROGRAM_H
#define LARDER_FETCH_CMD_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

#define PROGRAM_PATH_MAX PATH_MAX

enum program_obstacle {
	PROGRAM_CLEAR,      /* dynamically linked, of our kind */
	PROGRAM_STATIC,     /* no dynamic loader, so nothing is preloaded */
	PROGRAM_GO,         /* system calls of its own, also where it has a loader */
	PROGRAM_OTHER_LIBC, /* another loader than ours, as that of musl */
	PROGRAM_OTHER_KIND, /* another ELF class, byte order or machine */
	PROGRAM_PRIVILEGED, /* setuid, setgid or with capabilities: the loader ignores LD_PRELOAD */
	PROGRAM_NOT_ELF, /* a script without "#!", which a shell will run, or nothing that runs */
	PROGRAM_UNREADABLE, /* cannot be looked at */
};

struct program {
	char path[PROGRAM_PATH_MAX];        /* that PATH leads to */
	char interpreter[PROGRAM_PATH_MAX]; /* of a script: what runs it in the end; "" otherwise */
	enum program_obstacle obstacle;     /* of the interpreter where there is one */
};

/* Looks for `name` as execvp would. -ENOENT; -EACCES: there, but not to be run. */
int program_find(const char *name, char path[static PROGRAM_PATH_MAX]);

/* Finds a program and looks at it; "#!" is followed as far as the kernel does, and through env(1).
 * Errors of program_find. */
int program_inspect(const char *name, struct program *p);

/* The same for an open file, whose path is p->path. */
void program_inspect_fd(int fd, struct program *p);

/* What an ELF file is: anything but PROGRAM_PRIVILEGED. */
enum program_obstacle program_inspect_elf(int fd);

/* Why a preload does not reach it, for the middle of a sentence: "is statically linked"; NULL if it
 * does. */
const char *program_obstacle_text(enum program_obstacle obstacle);

/*
 * The preload: LARDER_SHIM, else beside this executable in ../lib, ../lib64, ../lib/<triplet>, else
 * where it was to be installed. -ENOENT if it is nowhere, with the first place in `path`; -EINVAL
 * if LD_PRELOAD cannot hold its name.
 */
int program_find_shim(char path[static PROGRAM_PATH_MAX]);

#endif
