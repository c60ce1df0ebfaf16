/*
 * Programs and libraries below a prefix.
 *
 * The kernel and libc's loader know nothing of us: they are given the cached file, which must have
 * its name below data/ by then, since that name is what /proc/self/exe and $ORIGIN say. `#!` is
 * read here, so that the interpreter is given the path that the program knows. All of this may run
 * in a vfork child: nothing is allocated, and what is mapped is unmapped again before the program
 * runs, but for vectors of arguments too large for the stack (see run.c).
 */
#ifndef LARDER_SHIM_EXEC_H
#define LARDER_SHIM_EXEC_H

#include "shim/shim.h"

#include <spawn.h>

#define SCRIPT_HEAD 256 /* bytes of a script that are looked at */
#define SCRIPTS_MAX 5   /* scripts that are each other's interpreters */

/* -- The first line of a script (script.c) -- */

struct script {
	const char *interpreter;
	const char *argument; /* or NULL */
};

/*
 * Takes the first bytes of a file apart, as the kernel does; what is behind its end is NUL. 1 if it
 * is a script: *s points into `head`, which is changed. 0 if not; -ENOEXEC if its line makes no
 * sense.
 */
int script_parse(char head[static SCRIPT_HEAD], struct script *s);

/* -- Images (image.c) -- */

/* Opens an object to run or load it: a descriptor with O_CLOEXEC, or -errno. */
int image_open(const struct place *p, struct stat *st);

/*
 * Waits until the image has its name in the cache, and brings the libraries beside it there that it
 * is linked with by $ORIGIN. Writes its path to `path`, which has room for shim.root_len +
 * p->rel_len + 1 bytes. False if it has no name and will not get one soon.
 */
bool image_settle(const struct place *p, int fd, char *path);

/* Brings the library of that name, and what it needs, beside an image whose run path leads to it by
 * $ORIGIN. */
void image_fetch_beside(const struct place *p, const char *name);

/* Waits for the name of an open file, if it is one of ours. */
void image_settle_fd(int fd);

/* -- What ELF files are linked with (elf.c) -- */

#define ELF_NEEDED_MAX  64 /* libraries of one file; more are not looked at */
#define ELF_RUNPATH_MAX 1024
#define ELF_NAME_MAX    256

struct elf_links {
	uint64_t strings;                /* where the string table is in the file */
	uint32_t needed[ELF_NEEDED_MAX]; /* into it */
	unsigned n_needed;
	char runpath[ELF_RUNPATH_MAX]; /* DT_RUNPATH, else DT_RPATH; "" if there is none */
	bool inherits; /* no DT_RUNPATH: the DT_RPATH of who loads it holds for it too */
};

/* Reads them from a file that may hold anything. 0, or -ENOEXEC. */
int elf_links_read(int fd, struct elf_links *l);

/* The name of a needed library; false if it is none. */
bool elf_needed_name(int fd, const struct elf_links *l, unsigned i, char name[static ELF_NAME_MAX]);

/* -- Running (run.c, search.c) -- */

/* What execve gets; room for vectors, or NULL: the stack; and the call's name for the trace, or
 * NULL. */
struct exec_args {
	char *const *argv, *const *envp;
	void *room;
	size_t room_size;
	const char *call;
};

/* execveat(2); returns only -errno. */
int exec_at(int dirfd, const char *path, const struct exec_args *a, int flags);

/* A text that no program reads: by /bin/sh. */
int exec_by_shell(const char *path, const struct exec_args *a);

/* As exec_at, of a name that is looked for in PATH, as execvp(3) does; with `shell`, what is no
 * program is run by /bin/sh. */
int exec_search(const char *file, const struct exec_args *a, bool shell);

/* Whether that may find something of ours. */
bool search_may_be_ours(const char *file);

/* Whether a real program that is there could not be run because something else is not: the
 * interpreter that it names, perhaps. */
bool lacks_interpreter(int dirfd, const char *path, int error);

/* Whether libc's search ended with this error, though something is there for us to run. */
bool search_missed(const char *file, int error);

/* -- The environment of programs that are started (keep.c) -- */

/* Notes what the configuration was made from. For the constructor. */
void keep_init(char *const *env);

/* Whether a program with this environment would be without the shim, against [shim] keep_preload.
 */
bool keep_is_lost(char *const *env);
static inline bool keep_lost(char *const *env)
{
	return UNLIKELY(shim.config.shim.keep_preload) && keep_is_lost(env);
}

/* The environment with what it lost, made in `room` of keep_room() bytes; it points into `env`. */
size_t keep_room(char *const *env);
char *const *keep_fill(char *const *env, void *room);

/* -- posix_spawn's file actions (actions.c) -- */

/* Whether what they name may be ours. NULL is none, here and below. */
bool actions_may_be_ours(const posix_spawn_file_actions_t *f);

/* Whether they can be performed by us. */
bool actions_known(const posix_spawn_file_actions_t *f);

/* Performs them, in the child. 0 or -errno. */
int actions_perform(const posix_spawn_file_actions_t *f);

#endif
