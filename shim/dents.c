/*
 * getdents(2): what a directory of ours holds, as the kernel would write it. The position is the
 * carrier's own file offset (0 is ".", 1 is "..", then the names), so that whoever shares the
 * descriptor shares it, and lseek(2) moves it.
 */
#include "shim/dents.h"

#include <unistd.h>

#define DENTS_MAX (1 << 20) /* bytes in one call; the rest comes in the next */

struct dents64 {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

/* The older call has the type in the last byte. */
struct dents_old {
	unsigned long ino, off;
	uint16_t len;
	char name[];
};

struct writer {
	char *buf;
	size_t len, size;
	bool old;
};

struct name {
	const char *text;
	size_t len;
	uint64_t ino;
	uint8_t type;
};

/* False: no room. */
static bool put(struct writer *w, const struct name *n, int64_t next)
{
	size_t head = w->old ? offsetof(struct dents_old, name) : offsetof(struct dents64, name);
	size_t len = (head + n->len + 1 + w->old + 7) & ~(size_t)7;
	char *at = w->buf + w->len;

	if (w->len + len > w->size)
		return false;
	memset(at, 0, len);
	if (w->old) {
		*(struct dents_old *)at = (struct dents_old){n->ino, (unsigned long)next, len};
		at[len - 1] = (char)n->type;
	} else {
		*(struct dents64 *)at = (struct dents64){n->ino, next, (uint16_t)len, n->type};
	}
	memcpy(at + head, n->text, n->len);
	w->len += len;
	return true;
}

/* The name at a position; false: there is none to be shown. */
static bool name_at(const struct listing_header *l, uint64_t at, const char *rel, struct name *n)
{
	const struct listing_entry *e;
	const char *slash = strrchr(rel, '/');
	size_t len = slash && at == 1 ? (size_t)(slash - rel) : strlen(rel);

	if (at < 2) {
		*n = (struct name){"..", at + 1, identity_ino(rel, len, ""), DT_DIR};
		return true;
	}
	e = listing_at(l, at - 2);
	n->text = listing_name(l, e, &n->len);
	n->ino = e->ino;
	n->type = e->type == LISTING_DIR ? DT_DIR : DT_REG;
	return n->text && n->len && n->len <= NAME_MAX;
}

static long fill(struct writer *w, const struct listing_header *l, const char *rel, uint64_t *at)
{
	struct name n;

	for (; *at < l->count + 2; ++*at) {
		if (!name_at(l, *at, rel, &n))
			continue;
		if (!put(w, &n, (int64_t)*at + 1))
			return w->len ? (long)w->len : -EINVAL;
	}
	return (long)w->len;
}

/* The bytes that were written, 0 at the end, or -errno (-EINVAL: no room for one entry); -ENOSYS:
 * the directory is not ours. */
static long dents_read(int fd, void *buf, size_t size, bool old)
{
	char rel[KEY_REL_MAX / 2];
	long n = dirs_may_be_open() ? fd_rel(fd, rel, sizeof rel) : -ENOTDIR;
	struct writer w = {.buf = buf, .size = size < DENTS_MAX ? size : DENTS_MAX, .old = old};
	struct own_profile own;
	struct place p = {.kind = PLACE_OURS, .rel = rel, .own = &own};
	struct listing_ref ref;
	uint64_t at;
	int err;

	if (n < 0)
		return -ENOSYS;
	p.rel_len = (size_t)n;
	p.profile = config_profile_of_dir(&shim.config, rel, &own);
	n = sys_call(SYS_lseek, fd, 0, SEEK_CUR, 0, 0, 0);
	if (n < 0)
		return n;
	at = (uint64_t)n;
	err = listing_ask(&ref, &p);
	if (err)
		return err;
	n = fill(&w, ref.l, rel, &at);
	listing_put(&ref);
	if (n > 0)
		sys_call(SYS_lseek, fd, (long)at, SEEK_SET, 0, 0, 0);
	return n;
}

EXPORT ssize_t getdents64(int fd, void *buf, size_t size)
{
	long n = dents_read(fd, buf, size, false);

	if (n != -ENOSYS)
		return REFUSED(fd, NULL, n);
	return RESULT(sys_call(SYS_getdents64, fd, (long)buf, (long)size, 0, 0, 0));
}

#ifdef SYS_getdents
long getdents_old(int fd, void *buf, size_t size)
{
	long n = dents_read(fd, buf, size, true);

	if (n != -ENOSYS)
		return REFUSED(fd, NULL, n);
	return RESULT(sys_call(SYS_getdents, fd, (long)buf, (long)size, 0, 0, 0));
}
#endif

EXPORT ssize_t getdirentries(int fd, char *buf, size_t size, off_t *base)
{
	long at = sys_call(SYS_lseek, fd, 0, SEEK_CUR, 0, 0, 0);
	ssize_t n = getdents64(fd, buf, size);

	if (n >= 0)
		*base = at;
	return n;
}

TWIN_OF(getdirentries)
ssize_t getdirentries64(int fd, char *buf, size_t size, off64_t *base);
