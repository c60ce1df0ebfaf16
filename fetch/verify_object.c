#include "fetch/verify_object.h"
#include "cache/sidecar.h"
#include "cache/listing_build.h"
#include "cache/meta.h"
#include "cache/read/identity.h"
#include "fetch/digest.h"
#include "fetch/hasher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* One object's bytes: its digest is made by who reads, and the store's checksum here. */
struct reading {
	struct verify *v;
	struct checksum sum;
	struct hasher own, *hasher; /* NULL: the digest tells the same */
	int err;
};

static void on_bytes(void *arg, const void *data, size_t n)
{
	struct reading *r = arg;

	r->v->counts.bytes += n;
	if (r->hasher && !r->err) {
		r->err = hasher_feed(r->hasher, data, n);
		if (r->err)
			hasher_end(r->hasher, NULL);
	}
	if (r->v->tick)
		r->v->tick(r->v->arg);
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

/* Reads all of it: 0; -EBADMSG where digest or checksum is another; -errno. */
static int read_through(struct reading *r, int fd, const struct digest *wanted)
{
	bool hashed = r->sum.kind && (r->sum.parts || r->sum.kind != wanted->kind);
	struct checksum is = r->sum;
	struct digest got;
	int err;

	r->hasher = hashed ? &r->own : NULL;
	r->err = hashed ? hasher_begin(&r->own, r->sum.kind, r->sum.part) : 0;
	digest_begin(&got, wanted->kind);
	err = digest_file(&got, fd, wanted->size, on_bytes, r);
	if (hashed && !r->err)
		r->err = hasher_end(&r->own, err ? NULL : &is);
	else if (r->sum.kind && !hashed)
		is = digest_sum(&got);
	if (err || r->err)
		return err ? err : r->err;
	return digest_same(&got, wanted) && checksum_equal(&is, &r->sum) ? 0 : -EBADMSG;
}

static enum verify_kind compare(
        struct verify *v, struct verify_finding *f, int fd, const struct stat *st)
{
	char text[META_DIGEST_MAX + 1];
	struct reading r = {.v = v};
	struct digest wanted;
	struct meta m;
	int err;

	meta_read(fd, &m);
	meta_read_digest(fd, m.digest);
	meta_read_checksum(fd, m.checksum);
	if (!v->layout->xattrs)
		sidecar_read(v->layout, f->rel, st, &m);
	memcpy(text, m.digest, sizeof text);
	/* A file system without attributes has none of them. */
	if ((m.ino || v->layout->xattrs) && !is_identity_right(f->rel, &m, st))
		return VERIFY_ATTRIBUTES;
	if (!text[0])
		return VERIFY_UNRECORDED;
	err = digest_parse(text, &wanted);
	if (err)
		return err == -ENOTSUP ? VERIFY_UNRECORDED : VERIFY_ATTRIBUTES;
	if (m.checksum[0] && !checksum_parse(m.checksum, &r.sum))
		return VERIFY_ATTRIBUTES;
	if (wanted.size != (uint64_t)st->st_size)
		return VERIFY_SIZE;
	err = read_through(&r, fd, &wanted);
	if (err == -ENODATA)
		return VERIFY_SIZE;
	if (err && err != -EBADMSG) {
		f->error = err;
		return VERIFY_UNREADABLE;
	}
	return err ? VERIFY_BYTES : f->kind;
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
