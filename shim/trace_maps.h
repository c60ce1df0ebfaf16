/*
 * Which object an address is in, from /proc/self/maps: dladdr(3) and the loader's list would want a
 * lock that another thread may hold while it waits for us. Async-signal-safe.
 */
#ifndef LARDER_SHIM_TRACE_MAPS_H
#define LARDER_SHIM_TRACE_MAPS_H

#include <stdint.h>

#define TRACE_MAPS_PATH 512 /* bytes of a path; a longer one is cut */

struct trace_mapping {
	uint64_t start, end;
	uint64_t base;              /* what addr2line wants is the address less this */
	char path[TRACE_MAPS_PATH]; /* "" for memory that is no file's */
};

/* Fills in *m, unless it has the address already; all zero where nothing is mapped, or without
 * /proc. Starts from zeros. */
void trace_maps_find(struct trace_mapping *m, uint64_t address);

#endif
