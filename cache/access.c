#include "cache/access.h"
#include "cache/ids.h"
#include "cache/read/above.h"
#include "cache/read/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL_XATTR   "system.posix_acl_access"
#define ACL_VERSION 2
#define ACL_NO_ID   0xffffffffu
#define ACL_EXTRA   4 /* entries beside those of users and groups */

enum acl_tag {
	ACL_USER_OBJ = 1,
	ACL_USER = 2,
	ACL_GROUP_OBJ = 4,
	ACL_GROUP = 8,
	ACL_MASK = 16,
	ACL_OTHER = 32,
};

/* As the kernel has it, xattr(7); little-endian, as all machines that larder runs on. */
struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

struct acl {
	uint32_t version;
	struct acl_entry entries[ACCESS_IDS_MAX + ACL_EXTRA];
};

/* Of one profile. Without users and groups, everybody's. */
struct rule {
	uint32_t users[ACCESS_IDS_MAX], groups[ACCESS_IDS_MAX];
	int n_users, n_groups;
};

struct access {
	const struct config *config;
	struct rule rules[CONFIG_PROFILES_MAX];
};

bool access_next(const char **list, char name[static ACCESS_NAME_MAX], bool *group)
{
	const char *p = *list + strspn(*list, " ,\t");
	size_t n;

	*group = *p == '@';
	if (*group)
		p++;
	n = strcspn(p, " ,\t");
	*list = p + n;
	if (!n && !*group)
		return false;
	snprintf(name, ACCESS_NAME_MAX, "%.*s", n < ACCESS_NAME_MAX ? (int)n : 0, p);
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int add(struct rule *r, const char *name, bool group)
{
	uint32_t *ids = group ? r->groups : r->users, id = 0;
	int *n = group ? &r->n_groups : &r->n_users;
	int err = group ? ids_group(name, &id) : ids_user(name, &id);

	if (err)
		return err;
	/* An ACL has each of them once. */
	for (int i = 0; i < *n; i++) {
		if (ids[i] == id)
			return 0;
	}
	if (r->n_users + r->n_groups == ACCESS_IDS_MAX)
		return -E2BIG;
	ids[(*n)++] = id;
	return 0;
}

static int parse(struct rule *r, const struct profile *p, char err[static LAYOUT_ERROR_MAX])
{
	const char *list = p->allow;
	char name[ACCESS_NAME_MAX];
	bool group;
	int ret;

	while (access_next(&list, name, &group)) {
		ret = add(r, name, group);
		if (!ret)
			continue;
		snprintf(err, LAYOUT_ERROR_MAX, "profile '%s': allow: %s%s: %s", p->name,
		        group ? "@" : "", name,
		        ret == -ENOENT  ? group ? "there is no such group" : "there is no such user"
		        : ret == -E2BIG ? "too many; make a group of them"
		                        : strerror(-ret));
		return ret;
	}
	/* The kernel wants them in order. */
	qsort(r->users, (size_t)r->n_users, sizeof *r->users, by_number);
	qsort(r->groups, (size_t)r->n_groups, sizeof *r->groups, by_number);
	return 0;
}

struct access *access_new(const struct config *c, char err[static LAYOUT_ERROR_MAX])
{
	struct access *a = calloc(1, sizeof *a);
	int ret = a ? 0 : -ENOMEM;

	snprintf(err, LAYOUT_ERROR_MAX, "out of memory");
	for (int i = 0; !ret && i < c->n_profiles; i++)
		ret = parse(&a->rules[i], &c->profiles[i], err);
	if (ret) {
		free(a);
		return NULL;
	}
	err[0] = 0;
	a->config = c;
	return a;
}

void access_free(struct access *a)
{
	free(a);
}

static bool is_for_all(const struct rule *r)
{
	return !r->n_users && !r->n_groups;
}

static size_t make_acl(const struct rule *r, mode_t owner, struct acl *acl)
{
	struct acl_entry *e = acl->entries;

	acl->version = ACL_VERSION;
	*e++ = (struct acl_entry){ACL_USER_OBJ, (uint16_t)owner, ACL_NO_ID};
	for (int i = 0; i < r->n_users; i++)
		*e++ = (struct acl_entry){ACL_USER, 05, r->users[i]};
	*e++ = (struct acl_entry){ACL_GROUP_OBJ, 0, ACL_NO_ID};
	for (int i = 0; i < r->n_groups; i++)
		*e++ = (struct acl_entry){ACL_GROUP, 05, r->groups[i]};
	*e++ = (struct acl_entry){ACL_MASK, 05, ACL_NO_ID};
	*e++ = (struct acl_entry){ACL_OTHER, 0, ACL_NO_ID};
	return (size_t)((char *)e - (char *)acl);
}

/* Sets one gate that is there; `mode` is that of an open one. 1: it is closed. */
static int set_gate(const struct rule *r, const char *path, mode_t mode)
{
	mode_t closed = mode & ~(mode_t)077;
	struct acl acl;
	size_t size;

	if (is_for_all(r)) {
		if (removexattr(path, ACL_XATTR) != 0 && errno != ENODATA && errno != EOPNOTSUPP)
			return -errno;
		return chmod(path, mode) == 0 ? 0 : -errno;
	}
	size = make_acl(r, mode >> 6 & 07, &acl);
	if (setxattr(path, ACL_XATTR, &acl, size, 0) == 0)
		return 0;
	if (errno != EOPNOTSUPP)
		return -errno;
	if (!r->n_users && r->n_groups == 1 && chown(path, (uid_t)-1, r->groups[0]) == 0)
		return chmod(path, closed | 050) == 0 ? 0 : -errno;
	return chmod(path, closed) == 0 ? 1 : -errno;
}

static int gate(
        const struct rule *r, const char *base, const char *folder, const char *dir, mode_t mode)
{
	char path[LAYOUT_PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/%s/%s", base, folder, dir);

	if (n < 0 || n >= LAYOUT_PATH_MAX)
		return -ENAMETOOLONG;
	/* Closed until it is known for whom it is. */
	if (mkdir(path, mode & ~(mode_t)077) != 0 && errno != EEXIST)
		return -errno;
	return set_gate(r, path, mode);
}

static int gate_profile(const struct rule *r, const struct layout *l, const char *dir)
{
	int ret = gate(r, l->runtime, "carriers", dir, CARRIER_MODE);

	if (ret >= 0)
		ret = gate(r, l->runtime, "listings", dir, 0755);
	if (ret >= 0 && l->writable)
		ret = gate(r, l->location, "data", dir, l->data_dir_mode);
	return ret;
}

int access_gate(const struct access *a, const struct layout *l, char err[static LAYOUT_ERROR_MAX])
{
	static const struct rule everybody;
	int closed = 0, ret = gate(&everybody, l->runtime, "carriers", ABOVE_DIR, CARRIER_MODE);

	if (ret >= 0)
		ret = gate(&everybody, l->runtime, "listings", ABOVE_DIR, 0755);
	for (int i = 0; ret >= 0 && i < a->config->n_profiles; i++) {
		ret = gate_profile(&a->rules[i], l, a->config->profiles[i].dir);
		closed += ret > 0;
	}
	if (ret < 0)
		snprintf(err, LAYOUT_ERROR_MAX,
		        "the folders of a profile in %s or %s cannot be given to those whom "
		        "'allow' "
		        "names: %s",
		        l->location, l->runtime, strerror(-ret));
	return ret < 0 ? ret : closed;
}

static bool has(const uint32_t *ids, int n, uint32_t id)
{
	for (int i = 0; i < n; i++) {
		if (ids[i] == id)
			return true;
	}
	return false;
}

static bool is_in_group(const struct rule *r, int sock)
{
	gid_t *groups = malloc(IDS_GROUPS_MAX * sizeof *groups);
	socklen_t size = IDS_GROUPS_MAX * sizeof *groups;
	bool found = false;

	if (groups && getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0) {
		for (size_t i = 0; i < size / sizeof *groups && !found; i++)
			found = has(r->groups, r->n_groups, groups[i]);
	}
	free(groups);
	return found;
}

bool access_allows(const struct access *a, const struct profile *p, int sock)
{
	const struct rule *r = &a->rules[p - a->config->profiles];
	struct ucred peer;
	socklen_t size = sizeof peer;

	if (is_for_all(r))
		return true;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	return peer.uid == 0 || peer.uid == geteuid() || has(r->users, r->n_users, peer.uid) ||
	       has(r->groups, r->n_groups, peer.gid) || (r->n_groups && is_in_group(r, sock));
}
