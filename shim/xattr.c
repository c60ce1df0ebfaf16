/*
 * Extended attributes. An object has up to three, and a directory none:
 *
 *	user.larder.etag      its ETag as the store sent it, if there is one
 *	user.larder.version   16 hexadecimal digits, others for every generation of the object
 *	user.larder.checksum  the store's, which the bytes were found to have; of a cached one
 *
 * By path they come from the listing, the cached file or the agent, and nothing is downloaded. By
 * descriptor they are those of the cached file, whose other attributes are larder's own and not
 * shown. Lists leave the checksum out: it comes and goes with the cached file.
 */
#include "shim/query.h"
#include "shim/refuse.h"

#include "cache/read/hash.h"

#include <sys/xattr.h>

#define OWN       "user.larder."
#define ETAG      OWN "etag"
#define VERSION   OWN "version"
#define CHECKSUM  OWN "checksum"
#define ETAG_MAX  255
#define NAMES_MAX (sizeof ETAG + sizeof VERSION)

/* As getxattr(2) and listxattr(2) give them: without room, the length alone. */
static ssize_t give(const char *value, size_t len, void *out, size_t size)
{
	if (size && size < len)
		return -ERANGE;
	if (size)
		memcpy(out, value, len);
	return (ssize_t)len;
}

static ssize_t give_version(uint64_t ino, void *out, size_t size)
{
	char hex[HASH_HEX_LEN + 1];

	hash_hex(ino, hex);
	return give(hex, HASH_HEX_LEN, out, size);
}

/* -EAGAIN: this host has no listing of its directory. The length, 0 if it has no ETag. */
static ssize_t listed_etag(const struct place *p, char *out)
{
	const char *name = memrchr(p->rel, '/', p->rel_len);
	const struct listing_entry *e;
	struct listing_ref ref;
	ssize_t n = -EAGAIN;

	if (!name || listing_get(&ref, p->profile, p->rel, (size_t)(name - p->rel)))
		return -EAGAIN;
	e = listing_find(ref.l, name + 1, p->rel_len - (size_t)(name + 1 - p->rel));
	if (e) {
		n = (ssize_t)strnlen(listing_etag(ref.l, e), ETAG_MAX);
		memcpy(out, listing_etag(ref.l, e), (size_t)n);
	}
	listing_put(&ref);
	return n;
}

/* What a cached file that is of this generation has under a name. */
static ssize_t cached_text(const struct place *p, const struct view *v, const char *name, char *out)
{
	char path[shim.root_len + p->rel_len + 1];
	struct identity id;
	ssize_t n;

	object_path(p->profile, p->rel, p->rel_len, path);
	if (identity_get_path(path, &id) || id.ino != v->ino)
		return -EAGAIN;
	n = sys_getxattr(path, name, out, ETAG_MAX);
	return n < 0 ? 0 : n;
}

static ssize_t etag_of(const struct place *p, const struct view *v, char *out)
{
	char told[WIRE_TEXT_MAX + 1];
	ssize_t listed = listed_etag(p, out), n = listed;
	int err;

	/* A listing that was made of a manifest has none. */
	if (listed <= 0)
		n = cached_text(p, v, ETAG, out);
	if (n != -EAGAIN || listed != -EAGAIN)
		return n == -EAGAIN ? 0 : n;
	err = ask_etag(p, told);
	if (err)
		return err;
	n = (ssize_t)strnlen(told, ETAG_MAX);
	memcpy(out, told, (size_t)n);
	return n;
}

static ssize_t get(
        const struct place *p, const struct view *v, const char *name, void *value, size_t size)
{
	size_t len = strnlen(name, XATTR_NAME_MAX + 1);
	char text[ETAG_MAX];
	ssize_t n;

	if (!len || len > XATTR_NAME_MAX)
		return -ERANGE;
	if (v->type == LISTING_DIR)
		return -ENODATA;
	if (strcmp(name, VERSION) == 0)
		return give_version(v->ino, value, size);
	if (strcmp(name, ETAG) == 0)
		n = etag_of(p, v, text);
	else
		n = strcmp(name, CHECKSUM) == 0 ? cached_text(p, v, CHECKSUM, text) : 0;
	if (n <= 0)
		return n && n != -EAGAIN ? n : -ENODATA;
	return give(text, (size_t)n, value, size);
}

static ssize_t give_names(bool etag, void *list, size_t size)
{
	static const char names[] = VERSION "\0" ETAG;

	return give(names, etag ? NAMES_MAX : sizeof VERSION, list, size);
}

static ssize_t list_names(const struct place *p, const struct view *v, char *list, size_t size)
{
	char etag[ETAG_MAX];
	ssize_t n;

	if (v->type == LISTING_DIR)
		return 0;
	n = etag_of(p, v, etag);
	return n < 0 ? n : give_names(n > 0, list, size);
}

EXPORT ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
	QUERY(AT_FDCWD, path, REAL(getxattr)(path, name, value, size),
	        get(&p, &v, name, value, size));
}

EXPORT ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
{
	QUERY(AT_FDCWD, path, REAL(lgetxattr)(path, name, value, size),
	        get(&p, &v, name, value, size));
}

EXPORT ssize_t listxattr(const char *path, char *list, size_t size)
{
	QUERY(AT_FDCWD, path, REAL(listxattr)(path, list, size), list_names(&p, &v, list, size));
}

EXPORT ssize_t llistxattr(const char *path, char *list, size_t size)
{
	QUERY(AT_FDCWD, path, REAL(llistxattr)(path, list, size), list_names(&p, &v, list, size));
}

EXPORT ssize_t fgetxattr(int fd, const char *name, void *value, size_t size)
{
	struct identity id;

	/* Other names are not ours, or the kernel knows of none. */
	if (!name || strncmp(name, OWN, strlen(OWN)) != 0 || strcmp(name, ETAG) == 0 ||
	        strcmp(name, CHECKSUM) == 0 || identity_get_fd(fd, &id))
		return REAL(fgetxattr)(fd, name, value, size);
	return REFUSED(fd, NULL,
	        strcmp(name, VERSION) == 0 && !fd_is_carrier(fd) ? give_version(id.ino, value, size)
	                                                         : -ENODATA);
}

/* What has no attributes at all is none of ours. */
EXPORT ssize_t flistxattr(int fd, char *list, size_t size)
{
	ssize_t n = REAL(flistxattr)(fd, list, size);
	struct identity id;

	if (n == 0 || (n < 0 && errno != ERANGE) || identity_get_fd(fd, &id))
		return n;
	if (fd_is_carrier(fd))
		return 0;
	return REFUSED(fd, NULL, give_names(sys_fgetxattr(fd, ETAG, NULL, 0) > 0, list, size));
}
