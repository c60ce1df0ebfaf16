/* openat2(2) of what may be ours (openat2.c). */
#ifndef LARDER_SHIM_OPENAT2_H
#define LARDER_SHIM_OPENAT2_H

#include "shim/shim.h"

#include <linux/openat2.h>

/* ours_at; with RESOLVE_IN_ROOT, '/' is the directory of the descriptor. */
bool openat2_may_be_ours(int dirfd, const char *path, const struct open_how *how);

/* As the system call: a descriptor or -errno. `size` is that of *how at least. */
long openat2_at(int dirfd, const char *path, const struct open_how *how, size_t size);

#endif
