/*
 * Who may read which profile of a system agent: its `allow`, asked of each client, and the same as
 * permissions of the profile's folders, so that what is cached can be opened without asking.
 *
 * For each profile there are three gates, folders that everything else of it is below:
 * <location>/data/<profile>~<id>, and in the runtime folder carriers/… and listings/… of the same
 * name. A gate has an ACL with an entry for each user and group. Where the file system has no ACLs,
 * it belongs to the group if `allow` is one group that the agent's user is in; else it is closed,
 * and every open is served by the agent's descriptor. Root and the agent's own user are always
 * let in.
 *
 *	access_new → access_gate → access_allows … → access_free
 *
 * Names are looked up once, by access_new; a name that is not known is an error, so that nobody is
 * let in or kept out by a spelling. Loop thread, or before there is one.
 */
#ifndef LARDER_CACHE_ACCESS_H
#define LARDER_CACHE_ACCESS_H

#include "cache/layout.h"

#define ACCESS_IDS_MAX  64         /* entries of one `allow` */
#define ACCESS_NAME_MAX 256        /* bytes of one name */
#define ACCESS_VALIDITY "validity" /* in the listings of a profile with `allow` */

struct access;

/* NULL with a line in err. */
struct access *access_new(const struct config *c, char err[static LAYOUT_ERROR_MAX]);
void access_free(struct access *a);

/* Makes and sets all gates. How many are closed for want of ACLs, or -errno with err. */
int access_gate(const struct access *a, const struct layout *l, char err[static LAYOUT_ERROR_MAX]);

/* Whether the peer of a connected Unix socket may read the profile. */
bool access_allows(const struct access *a, const struct profile *p, int sock);

/* One name or number at *list, separated by spaces and commas, which moves on. False at the end.
 * *group: it began with '@'. -ENAMETOOLONG is an empty name. For tests too. */
bool access_next(const char **list, char name[static ACCESS_NAME_MAX], bool *group);

#endif
