/*
 * The next definition of every intercepted call: libc's, or that of another preloaded object behind
 * us.
 *
 * REAL(open)(path, flags) calls it. A pointer is found when it is first needed and kept: by reading
 * the loaded objects' own symbol tables, which takes no lock and allocates nothing, so it may
 * happen in a signal handler or a vfork child (dlsym may not). Where this libc has no such
 * function, which REAL_EXISTS tells, it is one that fails with ENOSYS.
 */
#ifndef LARDER_SHIM_REAL_H
#define LARDER_SHIM_REAL_H

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/types.h>
#include <utime.h>
#include <wordexp.h>

#ifdef __GLIBC__
#include <fts.h>
#endif

typedef int (*ftw_call)(const char *, const struct stat *, int);
typedef int (*nftw_call)(const char *, const struct stat *, int, struct FTW *);
typedef int (*scan_filter)(const struct dirent *);
typedef int (*scan_compare)(const struct dirent **, const struct dirent **);

struct real {
#define CALL(type, name, params) type(*name) params;
#define TWIN(name, of)
#include "shim/calls.def"
#undef CALL
#undef TWIN
};

/* Exported names that no public header declares. */
int __open_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);
int __xstat(int version, const char *path, struct stat *st);
int __lxstat(int version, const char *path, struct stat *st);
int __fxstat(int version, int fd, struct stat *st);
int __fxstatat(int version, int dirfd, const char *path, struct stat *st, int flags);
int __xmknod(int version, const char *path, mode_t mode, dev_t *dev);
int __xmknodat(int version, int dirfd, const char *path, mode_t mode, dev_t *dev);
char *__getcwd_chk(char *buf, size_t size, size_t room);
char *__getwd_chk(char *buf, size_t room);
FILE *__setmntent(const char *path, const char *mode);
FILE *_IO_fopen(const char *path, const char *mode);
char *__realpath_chk(const char *path, char *resolved, size_t room);
ssize_t __readlink_chk(const char *path, char *buf, size_t size, size_t room);
ssize_t __readlinkat_chk(int dirfd, const char *path, char *buf, size_t size, size_t room);

/* The names, one after the other, so that the table needs no relocation at every start of a
 * program. */
struct real_names {
#define CALL(type, name, params) char name[sizeof #name];
#define TWIN(name, of)
#include "shim/calls.def"
#undef CALL
#undef TWIN
};

extern struct real real;
extern const struct real_names real_names;

/* Whether a function returns a pointer, as what stands in for an absent one must. */
enum {
#define CALL(type, name, params)                                                                   \
	REAL_POINTER_##name = _Generic((type(*)(void))0, void (*)(void) : 0, int (*)(void) : 0,    \
	        long (*)(void) : 0, default : 1),
#define TWIN(name, of)
#include "shim/calls.def"
#undef CALL
#undef TWIN
};

/* Finds the next definition of `name` and stores it in *slot. Never NULL. */
void *real_find(const char *name, void **slot, bool returns_pointer);

/* Whether real_find found nothing. */
bool real_is_absent(const void *function);

/* libc's own definition, whoever stands in for it. NULL if it cannot be told. */
void *real_of_libc(const char *name);

/* The path under which the shim was loaded, or NULL. */
const char *real_own_path(void);

#define REAL(name)                                                                                 \
	(__builtin_expect(__atomic_load_n(&real.name, __ATOMIC_RELAXED) != NULL, 1)                \
	                ? __atomic_load_n(&real.name, __ATOMIC_RELAXED)                            \
	                : (__typeof__(real.name))real_find(                                        \
	                          real_names.name, (void **)&real.name, REAL_POINTER_##name))
#define REAL_EXISTS(name) (!real_is_absent((const void *)REAL(name)))

#endif
