#include "cache/meta.h"
#include "cache/read/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#define XATTR_ETAG      "user.larder.etag"
#define XATTR_VALIDATED "user.larder.validated"
#define XATTR_DIGEST    "user.larder.digest"
#define XATTR_CHECKSUM  "user.larder.checksum"
#define XATTR_VERSION   "user.larder.store-version"
#define NUMBER_MAX      24

void meta_read_digest(int fd, char out[static META_DIGEST_MAX + 1])
{
	ssize_t n = fgetxattr(fd, XATTR_DIGEST, out, META_DIGEST_MAX);

	out[n > 0 ? n : 0] = 0;
}

void meta_read_checksum(int fd, char out[static META_CHECKSUM_MAX + 1])
{
	ssize_t n = fgetxattr(fd, XATTR_CHECKSUM, out, META_CHECKSUM_MAX);

	out[n > 0 ? n : 0] = 0;
}

void meta_read_version(int fd, char out[static META_VERSION_MAX + 1])
{
	ssize_t n = fgetxattr(fd, XATTR_VERSION, out, META_VERSION_MAX);

	out[n > 0 ? n : 0] = 0;
}

void meta_read(int fd, struct meta *m)
{
	struct identity id;
	char number[NUMBER_MAX + 1];
	ssize_t n;

	memset(m, 0, sizeof *m);
	n = fgetxattr(fd, XATTR_ETAG, m->etag, META_ETAG_MAX);
	m->etag[n > 0 ? n : 0] = 0;
	n = fgetxattr(fd, XATTR_VALIDATED, number, NUMBER_MAX);
	number[n > 0 ? n : 0] = 0;
	m->validated = strtoll(number, NULL, 10);
	meta_read_digest(fd, m->digest);
	if (identity_get_fd(fd, &id) == 0) {
		m->ino = id.ino;
		m->dev = id.dev;
	}
}

static int set(int fd, const char *name, const void *value, size_t len)
{
	return fsetxattr(fd, name, value, len, 0) == 0 ? 0 : -errno;
}

int meta_validated(int fd, int64_t now)
{
	char number[NUMBER_MAX + 1];
	int n = snprintf(number, sizeof number, "%lld", (long long)now);

	return set(fd, XATTR_VALIDATED, number, (size_t)n);
}

int meta_write(int fd, const struct meta *m)
{
	struct identity id = {.magic = IDENTITY_MAGIC, .dev = m->dev, .ino = m->ino};
	int err = set(fd, IDENTITY_XATTR, &id, sizeof id);

	if (!err && m->etag[0])
		err = set(fd, XATTR_ETAG, m->etag, strlen(m->etag));
	if (!err && m->digest[0])
		err = set(fd, XATTR_DIGEST, m->digest, strlen(m->digest));
	if (!err && m->checksum[0])
		err = set(fd, XATTR_CHECKSUM, m->checksum, strlen(m->checksum));
	if (!err && m->version[0])
		err = set(fd, XATTR_VERSION, m->version, strlen(m->version));
	return err ? err : meta_validated(fd, m->validated);
}
