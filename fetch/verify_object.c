#include "fetch/verify_object.h"
#include "cache/sidecar.h"
#include "cache/listing_build.h"
#include "cache/meta.h"
#include "cache/read/identity.h"
#include "fetch/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_bytes(void *arg, size_t n)
{
	struct verify *v = arg;

	v->counts.bytes += n;
	if (v->tick)
		v->tick(v->arg);
}

/* The numbers that programs are shown are hashes: of the rel, and of the ETag or size and time. */
static bool is_identity_right(const char *rel, const struct meta *m, const struct stat *st)
{
	char version[64];
	size_t len = strlen(rel);

	snprintf(version, sizeof version, "%llu %lld", (unsigned long long)st->st_size,
	        (long long)st->st_mtim.tv_sec);
	return m->dev == identity_dev_of_rel(rel) &&
	       (m->ino == identity_ino(rel, len, version) ||
	               (m->etag[0] && m->ino == identity_ino(rel, len, m->etag)));
}

static enum verify_kind compare(
        struct verify *v, struct verify_finding *f, int fd, const struct stat *st)
{
	char text[META_DIGEST_MAX + 1];
	struct digest wanted, got;
	struct meta m;
	uint64_t size;
	int err;

	meta_read(fd, &m);
	meta_read_digest(fd, m.digest);
	if (!v->layout->xattrs)
		sidecar_read(v->layout, f->rel, st, &m);
	memcpy(text, m.digest, sizeof text);
	/* A file system without attributes has none of them. */
	if ((m.ino || v->layout->xattrs) && !is_identity_right(f->rel, &m, st))
		return VERIFY_ATTRIBUTES;
	if (!text[0])
		return VERIFY_UNRECORDED;
	if (digest_parse(text, &wanted, &size) != 0)
		return VERIFY_ATTRIBUTES;
	if (size != (uint64_t)st->st_size)
		return VERIFY_SIZE;
	got.block = wanted.block;
	err = digest_file(&got, fd, size, on_bytes, v);
	if (err == -EOPNOTSUPP)
		return VERIFY_UNRECORDED;
	if (err && err != -ENODATA) {
		f->error = err;
		return VERIFY_UNREADABLE;
	}
	return err ? VERIFY_SIZE : got.value == wanted.value ? f->kind : VERIFY_BYTES;
}

int verify_object(struct verify *v, struct verify_finding *f)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	v->counts.objects++;
	if (fd < 0 || fstat(fd, &st) != 0) {
		f->error = -errno;
		f->kind = VERIFY_UNREADABLE;
	} else {
		f->kind = compare(v, f, fd, &st);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

/* The file as a listing, whoever's it is; NULL with errno, which is 0 if it is none. */
static const struct listing_header *map(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const struct listing_header *l = MAP_FAILED;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size >= sizeof *l)
		l = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	errno = 0;
	if (l == MAP_FAILED)
		return NULL;
	if (listing_valid(l, (size_t)st.st_size))
		return l;
	munmap((void *)l, (size_t)st.st_size);
	return NULL;
}

bool verify_listing(const char *path, const char *rel)
{
	const struct listing_header *l = map(path);
	bool ok;

	if (!l)
		return errno == ENOENT;
	ok = listing_is_of(l, rel, strlen(rel)) && listing_sound(l);
	listing_unmap(l);
	return ok;
}

void verify_listing_rel(const char *path, char *rel, size_t size)
{
	const struct listing_header *l = map(path);

	rel[0] = 0;
	if (l && l->rel_len < size)
		snprintf(rel, size, "%.*s", (int)l->rel_len, (const char *)l + l->text);
	listing_unmap(l);
}
