/*
 * Comes before everything else where the shim is built against musl (LARDER_MUSL).
 *
 * musl's headers make the names of 64-bit files macros for the plain ones; the shim exports both,
 * so the headers are read here and the macros taken away. A few declarations of musl's are those of
 * other types, or missing, while the functions are the same at the level of machine code.
 */
#ifndef LARDER_SHIM_MUSL_H
#define LARDER_SHIM_MUSL_H

/* Declared by musl with other types than by glibc. */
#define fanotify_mark musl_fanotify_mark
#define getdents      musl_getdents

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <link.h>
#include <linux/limits.h>
#include <linux/stat.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#undef fanotify_mark
#undef getdents
#undef getdents64

#undef creat64
#undef fopen64
#undef freopen64
#undef fstat64
#undef fstatat64
#undef fstatfs64
#undef fstatvfs64
#undef ftw64
#undef glob64
#undef globfree64
#undef lstat64
#undef mkostemp64
#undef mkostemps64
#undef mkstemp64
#undef mkstemps64
#undef nftw64
#undef open64
#undef openat64
#undef readdir64
#undef readdir64_r
#undef scandir64
#undef stat64
#undef statfs64
#undef statvfs64
#undef truncate64

struct dirent64;
struct stat64;
struct statfs64;
struct statvfs64;

typedef int (*__ftw_func_t)(const char *, const struct stat *, int);
typedef int (*__nftw_func_t)(const char *, const struct stat *, int, struct FTW *);
#define __ftw64_func_t    __ftw_func_t
#define __nftw64_func_t   __nftw_func_t
#define FTW_ACTIONRETVAL  16 /* glibc's; nobody who was built against musl asks for it */
#define FTW_SKIP_SUBTREE  2
#define FTW_SKIP_SIBLINGS 3
typedef long Lmid_t;
#define LM_ID_BASE 0

extern ElfW(Dyn) _DYNAMIC[];

char *canonicalize_file_name(const char *path);
void *dlmopen(Lmid_t list, const char *path, int mode);
int execveat(int dirfd, const char *path, char *const argv[], char *const env[], int flags);
int fanotify_mark(int fd, unsigned flags, uint64_t mask, int dirfd, const char *path);
ssize_t getdents64(int fd, void *buf, size_t size);
ssize_t getdirentries(int fd, char *buf, size_t size, off_t *base);
char *getwd(char *buf);
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int scandirat(int dirfd, const char *path, struct dirent ***list,
        int (*filter)(const struct dirent *),
        int (*compare)(const struct dirent **, const struct dirent **));
int statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *stx);

#endif
