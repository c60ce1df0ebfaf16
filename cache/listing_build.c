#include "cache/listing_build.h"
#include "cache/beneath.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/validity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct listing_build {
	char *rel;
	uint32_t dev;
	struct listing_entry *entries;
	size_t count, room;
	char *text; /* begins with the directory's rel and a NUL, so offset 0 is never an ETag */
	size_t text_len, text_room;
	struct listing_header head; /* as it was written */
};

static int grow(void **p, size_t *room, size_t want, size_t unit)
{
	size_t n = *room ? *room : 64;
	void *bigger;

	if (want <= *room)
		return 0;
	while (n < want)
		n += n / 2;
	bigger = realloc(*p, n * unit);
	if (!bigger)
		return -ENOMEM;
	*p = bigger;
	*room = n;
	return 0;
}

/* Appends to the text; the offset, or -errno. */
static int64_t keep(struct listing_build *b, const char *s, size_t len, bool terminate)
{
	size_t offset = b->text_len;
	int err;

	if (offset + len + 1 > UINT32_MAX)
		return -E2BIG;
	err = grow((void **)&b->text, &b->text_room, offset + len + 1, 1);
	if (err)
		return err;
	memcpy(b->text + offset, s, len);
	if (terminate)
		b->text[offset + len] = 0;
	b->text_len += len + terminate;
	return (int64_t)offset;
}

struct listing_build *listing_build_new(const struct profile *p, const char *rel)
{
	struct listing_build *b = calloc(1, sizeof *b);

	if (!b)
		return NULL;
	b->dev = p->dev;
	b->rel = strdup(rel);
	if (!b->rel || keep(b, rel, strlen(rel), true) < 0) {
		listing_build_free(b);
		return NULL;
	}
	return b;
}

void listing_build_free(struct listing_build *b)
{
	if (!b)
		return;
	free(b->rel);
	free(b->entries);
	free(b->text);
	free(b);
}

uint64_t listing_build_count(const struct listing_build *b)
{
	return b->count;
}

int listing_build_add(struct listing_build *b, const char *name, size_t len,
        const struct listing_info *info, const char *etag)
{
	char escaped[KEY_NAME_MAX + 2];
	size_t n = 0;
	int64_t at, tag = 0;
	struct listing_entry *e;
	int err;

	if (key_append_name(escaped, sizeof escaped, &n, name, len))
		return -ENAMETOOLONG;
	if (b->count >= LISTING_ENTRIES_MAX)
		return -E2BIG;
	err = grow((void **)&b->entries, &b->room, b->count + 1, sizeof *b->entries);
	if (err)
		return err;
	at = keep(b, escaped + 1, n - 1, false);
	if (at >= 0 && *etag)
		tag = keep(b, etag, strlen(etag), true);
	if (at < 0 || tag < 0)
		return (int)(at < 0 ? at : tag);
	e = &b->entries[b->count++];
	*e = (struct listing_entry){
	        .size = info->size,
	        .mtime = info->mtime,
	        .ino = info->ino,
	        .name = (uint32_t)at,
	        .etag = (uint32_t)tag,
	        .name_len = (uint16_t)(n - 1),
	        .type = (uint8_t)info->type,
	        .executable = info->executable,
	};
	return 0;
}

static int compare_names(
        const char *text, const struct listing_entry *a, const struct listing_entry *b)
{
	size_t n = a->name_len < b->name_len ? a->name_len : b->name_len;
	int order = memcmp(text + a->name, text + b->name, n);

	return order ? order : (int)a->name_len - (int)b->name_len;
}

static int compare(const void *pa, const void *pb, void *text)
{
	const struct listing_entry *a = pa, *b = pb;
	int order = compare_names(text, a, b);

	/* Directories first among equals: they are the ones that stay. */
	return order ? order : (int)b->type - (int)a->type;
}

static void sort(struct listing_build *b)
{
	size_t n = 0;

	if (b->count)
		qsort_r(b->entries, b->count, sizeof *b->entries, compare, b->text);
	for (size_t i = 0; i < b->count; i++) {
		if (n == 0 || compare_names(b->text, &b->entries[n - 1], &b->entries[i]) != 0)
			b->entries[n++] = b->entries[i];
	}
	b->count = n;
}

static int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_file(const struct listing_build *b, const struct listing_header *h,
        const char *owner, int dir, const char *name, mode_t mode)
{
	char temp[LAYOUT_PATH_MAX + LAYOUT_OWNER_MAX];
	int fd, err;

	snprintf(temp, sizeof temp, "%s.%s", name, owner);
	unlinkat(dir, temp, 0);
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	err = write_all(fd, h, sizeof *h);
	if (!err)
		err = write_all(fd, b->entries, b->count * sizeof *b->entries);
	if (!err)
		err = write_all(fd, b->text, b->text_len);
	if (close(fd) != 0 && !err)
		err = -errno;
	if (!err && renameat(dir, temp, dir, name) != 0)
		err = -errno;
	if (err)
		unlinkat(dir, temp, 0);
	return err;
}

uint64_t listing_sum_of(const void *entries, size_t entries_len, const void *text, size_t text_len)
{
	uint64_t sum = hash64_pair(HASH_LISTING, entries, entries_len, text, text_len);

	return sum ? sum : 1;
}

void listing_build_share(const struct listing_build *b, const struct layout *l)
{
	struct listing_header h = b->head;
	char path[LAYOUT_PATH_MAX], owner[LAYOUT_OWNER_MAX];
	const char *name;
	int dir;

	layout_owner(l, owner);
	h.expiry = 0;
	h.sum = listing_sum_of(b->entries, b->count * sizeof *b->entries, b->text, b->text_len);
	if (!l->writable || layout_dirs(l, path, b->rel))
		return;
	dir = beneath_make_parent(l, path + strlen(l->location) + 1, &name);
	if (dir < 0)
		return;
	write_file(b, &h, owner, dir, name, l->file_mode);
	close(dir);
}

/* The folder of a profile's listings is made with its first one. */
static int write_own(const struct listing_build *b, const struct listing_header *h,
        const struct layout *l, const char *owner, char *path)
{
	int err = write_file(b, h, owner, AT_FDCWD, path, l->runtime_mode);
	char *slash = strrchr(path, '/');

	if (err != -ENOENT)
		return err;
	*slash = 0;
	err = mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
	*slash = '/';
	return err ? err : write_file(b, h, owner, AT_FDCWD, path, l->runtime_mode);
}

int listing_build_write(struct listing_build *b, const struct layout *l, uint64_t expiry)
{
	char path[LAYOUT_PATH_MAX], owner[LAYOUT_OWNER_MAX];
	struct listing_header h = {
	        .magic = LISTING_MAGIC,
	        .expiry = expiry,
	        .rel_hash = hash64(HASH_OBJECT, b->rel, strlen(b->rel)),
	        .rel_len = (uint32_t)strlen(b->rel),
	        .dev = b->dev,
	        .ino = identity_ino(b->rel, strlen(b->rel), ""),
	        .fetched = layout_now(l) / 1000,
	        .boot = boot_instant(),
	};
	int err = layout_listing(l, path, b->rel);

	/* Readers rely on a NUL at the very end. */
	if (!err && keep(b, "", 0, true) < 0)
		err = -ENOMEM;
	if (err)
		return err;
	sort(b);
	h.count = b->count;
	h.text = sizeof h + b->count * sizeof *b->entries;
	h.length = h.text + b->text_len;
	listing_drop(l, b->rel);
	b->head = h;
	layout_owner(l, owner);
	return write_own(b, &h, l, owner, path);
}
