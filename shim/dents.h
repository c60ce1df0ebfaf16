/* Entries of a directory of ours in the kernel's form (dents.c). */
#ifndef LARDER_SHIM_DENTS_H
#define LARDER_SHIM_DENTS_H

#include "shim/shim.h"

/* getdents(2), of any directory: it has no name in libc. With errno at the edge. */
long getdents_old(int fd, void *buf, size_t size);

#endif
