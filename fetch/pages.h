/*
 * All pages of a directory's listing, from a store that speaks HTTP: one after another, or, of a
 * store that `splits`, over several ranges of names at once (ranges.h) as soon as the first page
 * has shown that there are more.
 *
 * A listing has listing_connections at most, which it comes to by steps: a small folder costs few
 * requests in vain. A server that asks for less (503) gets half as many at once, and more again by
 * and by.
 */
#ifndef LARDER_FETCH_PAGES_H
#define LARDER_FETCH_PAGES_H

#include "fetch/ask.h"

#define PAGES_LEISURE 4 /* the part of the connections for who is in no hurry */

/*
 * Lists `dir` ("" or ending in '/'). `entry` gets the names in no order, and after a page that was
 * repeated some of them again; `done` is called once, later. It is told to begin `anew` if the
 * remote turned out not to be split: what came may have gaps. At leisure, a listing has a quarter
 * of the connections, and gives way to all other requests. NULL without memory: then nothing is
 * called. Valid until `done`.
 */
struct pages;
struct pages *pages_list(struct agent *a, struct remote *r, const char *dir, bool leisure,
        store_entry_cb *entry, ask_done *done, void *arg);

/* Now somebody waits for it. */
void pages_hurry(struct pages *q);

#endif
