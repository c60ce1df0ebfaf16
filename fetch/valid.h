/*
 * The agent's validity tables (cache/validity_table.h): one for all profiles, and one for each that
 * a system agent does not let everybody read, behind the gate of its listings. For who can read a
 * table can tell what is cached, and how large it is. Loop thread.
 */
#ifndef LARDER_FETCH_VALID_H
#define LARDER_FETCH_VALID_H

#include "fetch/agent.h"

/* Opens all tables, after the gates are set. 0 or -errno. */
int valid_open(struct agent *a);
void valid_close(struct agent *a);

/* validity_tick of all. */
void valid_tick(struct agent *a);

/* The table of a profile's objects. */
struct validity_table *valid_of(const struct agent *a, const struct profile *p);

#endif
