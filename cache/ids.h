/*
 * Names of users and groups as numbers. A name may be a number itself ("1000"). The lookups may ask
 * a server and block: at the start of an agent and in commands only. Any thread.
 */
#ifndef LARDER_CACHE_IDS_H
#define LARDER_CACHE_IDS_H

#include <stdbool.h>
#include <sys/types.h>

#define IDS_GROUPS_MAX 4096 /* of one user that are looked at; the kernel allows 65536 */

/* 0, -ENOENT: there is none, or another -errno of the lookup. */
int ids_user(const char *name, uid_t *uid);
int ids_group(const char *name, gid_t *gid);

/* Whether a group is the user's alone, as user-private groups are: the user's own primary one, with
 * the user's name, and without other members. */
bool ids_private_group(uid_t uid, gid_t gid);

#endif
