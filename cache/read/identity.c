#include "cache/read/identity.h"
#include "cache/read/hash.h"
#include "cache/read/sys.h"
#include "cache/read/text.h"

#include <string.h>

static int check(long n, const struct identity *id)
{
	if (n < 0)
		return (int)n;
	return n == sizeof *id && id->magic == IDENTITY_MAGIC ? 0 : -EBADMSG;
}

int identity_get_fd(int fd, struct identity *id)
{
	return check(sys_fgetxattr(fd, IDENTITY_XATTR, id, sizeof *id), id);
}

int identity_get_path(const char *path, struct identity *id)
{
	return check(sys_getxattr(path, IDENTITY_XATTR, id, sizeof *id), id);
}

uint64_t identity_ino(const char *rel, size_t rel_len, const char *version)
{
	uint64_t ino = hash64_pair(HASH_INODE, rel, rel_len, version, strlen(version));

	/* Programs take 0 for "no entry", and some keep only 63 bits. */
	ino &= INT64_MAX;
	return ino ? ino : 1;
}

uint32_t identity_dev(uint64_t profile_id)
{
	return 0x80000 | (uint32_t)(profile_id & 0x7ffff);
}

uint32_t identity_dev_of_rel(const char *rel)
{
	const char *end = rel + text_until(rel, '/');
	uint64_t id = 0;

	for (const char *p = rel + strcspn(rel, "~/") + 1; p < end; p++)
		id = id << 4 | (uint64_t)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
	return identity_dev(id);
}
