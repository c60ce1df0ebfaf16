/*
 * Whom the agent's end would be reported to.
 *
 * The end of an orphan is reported to the process that adopted it. An init reaps it without a
 * thought, but a program under the shim that is PID 1 of a container, or a subreaper, meets a child
 * that it never had. Such a one is told by the shim in its memory map, and the agent stays for as
 * long as it does, but for one case: a program that waits until it has no children left would wait
 * for ever.
 */
#ifndef LARDER_FETCH_PARENT_H
#define LARDER_FETCH_PARENT_H

#include <stdbool.h>

/* Whether our parent is a program under the shim. False where /proc cannot tell. */
bool parent_is_host(void);

/* Whether our parent waits for its children, and all that it has are agents. */
bool parent_waits_in_vain(void);

#endif
