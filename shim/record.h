/*
 * The record of what is opened. Like all of the shim: no allocation, no lock, safe in signal
 * handlers and in vfork children.
 */
#ifndef LARDER_SHIM_RECORD_H
#define LARDER_SHIM_RECORD_H

#include "shim/shim.h"

#define RECORD_VERSION "user.larder.store-version" /* as cache/meta.h has it */

/*
 * Notes that an object was opened, by open's flags, as `fd`. Returns that; or closes it and returns
 * -errno where the line cannot be written: a record that is asked for is complete, or the open
 * fails.
 */
int record_open(const struct place *p, int fd, int flags);

#endif
