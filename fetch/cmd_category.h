/* Other tools' caches, [category NAME], for `larder df` and `larder evict --category`. They are
 * looked at with the rights of who runs the command; no agent is asked. */
#ifndef LARDER_FETCH_CMD_CATEGORY_H
#define LARDER_FETCH_CMD_CATEGORY_H

#include "fetch/cmd.h"
#include "fetch/json.h"

/* Prints them as a table, by heading and with a total; nothing where none is configured or there.
 * An exit status. */
int category_show(const struct config *c);

/* The same as the array "categories" of a report. */
int category_report(const struct config *c, struct json *j);

/*
 * Removes what was not used for `age` seconds, or if that is 0 for the category's retention;
 * without `yes` only shows it. `name` "all" stands for each category that may be cleaned and has a
 * retention. An exit status.
 */
int category_evict(const struct config *c, const char *name, uint64_t age, bool yes, bool verbose);

#endif
