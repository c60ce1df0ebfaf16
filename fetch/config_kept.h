/*
 * The configuration that an agent serves, kept in its runtime folder: programs that loaded it go on
 * asking there after larder.ini has changed, and may have to start its agent again.
 *
 * The file is the user's own, mode 0600, and is taken only if the folder's name is made from it.
 */
#ifndef LARDER_FETCH_CONFIG_KEPT_H
#define LARDER_FETCH_CONFIG_KEPT_H

#include "cache/read/config.h"

#define CONFIG_KEPT "larder.ini" /* in the runtime folder */

/* Writes the text of the configuration. 0 or -errno. Nothing for a system agent, whose runtime
 * folder is not one configuration's. */
int config_keep_text(const struct config *c);

/* The configuration of a runtime folder, if it was kept there; NULL otherwise. `now` is the one in
 * larder.ini, whose name it gets. Static. */
const struct config *config_kept(const char *runtime_dir, const struct config *now);

#endif
