/*
 * WIRE_EVICT: objects that are to go now, or only to be named.
 * The waiter is answered later; the rel is copied.
 */
#ifndef LARDER_FETCH_CONTROL_H
#define LARDER_FETCH_CONTROL_H

#include "fetch/agent.h"

/* Evicts, by the flags of WIRE_EVICT, a rel and what is below it ("": everything) that was not used
 *for `age` seconds, or only says what would go. Answers with bytes in `size`, objects in `ino`, and
 *JSON: objects: rel bytes used */
void control_evict(
        struct agent *a, const char *rel, uint64_t age, unsigned flags, struct waiter *w);

#endif
