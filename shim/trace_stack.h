/*
 * The native call stack of a miss, for LARDER_TRACE=stack:
 *
 *	larder 4711 #0 load_weights+0x2f (/usr/bin/prog+0x1189)
 *
 * innermost first, without our own frames: function and offset in it, object and what addr2line
 * takes. libunwind is loaded by trace_stack_load, which is for the constructor, and only then:
 * nothing else of the shim needs it. It runs in a child that shares the memory, has a stack of its
 * own, and descriptors of its own; its cache, which has a lock, is switched off. trace_stack is
 * as async-signal-safe as libunwind, which says that local unwinding is.
 */
#ifndef LARDER_SHIM_TRACE_STACK_H
#define LARDER_SHIM_TRACE_STACK_H

#include <stdbool.h>
#include <stdint.h>

#define TRACE_DEPTH_MAX 64 /* frames */

/* False: there is no libunwind here. */
bool trace_stack_load(void);
bool trace_stack_loaded(void);

struct trace_frame {
	unsigned n;           /* 0 is the innermost */
	uint64_t in_function; /* bytes from its beginning */
	const char *function; /* "?" if nobody knows */
	const char *object;   /* its path, or "" */
	uint64_t in_object;
};

/* Calls `each` for the frames of the caller's callers, in a child: its process number is another,
 * and of the descriptors there is stderr. */
void trace_stack(void (*each)(void *arg, const struct trace_frame *frame), void *arg);

#endif
