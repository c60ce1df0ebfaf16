/* Listings that exist: mapping, bringing back, extending, updating. The builder is in
 * listing_build.c. */
#include "cache/listing_build.h"
#include "cache/beneath.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/validity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SHARED_MAX ((off_t)1 << 30) /* bytes of a listing under dirs/ */

/* Its bytes in memory of our own: a map of a file that another host or its server may take away
 * would end the agent by SIGBUS, and some file systems have no shared maps at all. */
static void *read_whole(int fd, size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t at = 0;

	while (memory != MAP_FAILED && at < size) {
		ssize_t n = pread(fd, memory + at, size - at, (off_t)at);

		if (n <= 0) {
			munmap(memory, size);
			return MAP_FAILED;
		}
		at += (size_t)n;
	}
	return memory;
}

/* A file of the runtime folder is mapped, one of the cache is read. */
static struct listing_header *map_file(const char *path, const char *rel, int prot, bool shared)
{
	int fd = open(path,
	        (prot & PROT_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct listing_header *l = MAP_FAILED;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size < sizeof *l)
		l = MAP_FAILED;
	else if (!shared)
		l = mmap(NULL, (size_t)st.st_size, prot, MAP_SHARED, fd, 0);
	else if (st.st_size <= SHARED_MAX)
		l = read_whole(fd, (size_t)st.st_size);
	close(fd);
	if (l == MAP_FAILED)
		return NULL;
	if (!listing_valid(l, (size_t)st.st_size) || !listing_is_of(l, rel, strlen(rel))) {
		munmap(l, (size_t)st.st_size);
		return NULL;
	}
	return l;
}

const struct listing_header *listing_map(const struct layout *l, const char *rel, bool shared)
{
	char path[LAYOUT_PATH_MAX];

	if (shared ? layout_dirs(l, path, rel) : layout_listing(l, path, rel))
		return NULL;
	return map_file(path, rel, PROT_READ, shared);
}

void listing_unmap(const struct listing_header *l)
{
	if (l)
		munmap((void *)l, l->length);
}

uint64_t listing_sum(const struct listing_header *l)
{
	const char *start = (const char *)l;

	return listing_sum_of(l + 1, l->count * sizeof(struct listing_entry), start + l->text,
	        l->length - l->text);
}

bool listing_sound(const struct listing_header *l)
{
	const char *before = "", *rel = (const char *)l + l->text;
	size_t before_len = 0;

	if ((l->sum && l->sum != listing_sum(l)) || l->dev != identity_dev_of_rel(rel) ||
	        l->ino != identity_ino(rel, l->rel_len, ""))
		return false;
	for (uint64_t i = 0; i < l->count; i++) {
		const struct listing_entry *e = listing_at(l, i);
		size_t len = 0, common;
		const char *name = listing_name(l, e, &len);
		int order;

		if (!name || !len || (e->type != LISTING_FILE && e->type != LISTING_DIR) ||
		        memchr(name, '/', len) || memchr(name, 0, len))
			return false;
		common = len < before_len ? len : before_len;
		order = memcmp(before, name, common);
		if (order > 0 || (order == 0 && before_len >= len))
			return false;
		before = name;
		before_len = len;
	}
	return true;
}

static struct listing_header *map_own(const struct layout *l, const char *rel)
{
	char path[LAYOUT_PATH_MAX];

	return layout_listing(l, path, rel) ? NULL
	                                    : map_file(path, rel, PROT_READ | PROT_WRITE, false);
}

void listing_drop(const struct layout *l, const char *rel)
{
	struct listing_header *own = map_own(l, rel);

	if (own)
		atomic_store_explicit(&own->superseded, 1, memory_order_release);
	listing_unmap(own);
}

int listing_extend(const struct layout *l, const char *rel, uint64_t expiry)
{
	struct listing_header *own = map_own(l, rel);
	bool usable = own && !own->superseded && boot_is_ours(own->boot);

	if (usable)
		atomic_store_explicit(&own->expiry, expiry, memory_order_relaxed);
	listing_unmap(own);
	return usable ? 0 : -ENOENT;
}

/*
 * A copy of a listing in the cache, which is only looked at then: in a group's cache another member
 * could shorten a file that is mapped, or put a FIFO in its place.
 */
static int copy_shared(const struct layout *l, const char *from, const char *to)
{
	int in = beneath_open(l, from, O_RDONLY, 0), out = -1;
	struct stat st;
	ssize_t n = -1;

	if (in >= 0 && fstat(in, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= SHARED_MAX) {
		unlink(to);
		out = open(
		        to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, l->runtime_mode);
	}
	/* No more than that, if it grows meanwhile. */
	for (off_t left = out >= 0 ? st.st_size : 0; left > 0 && n != 0; left -= n) {
		n = sendfile(out, in, NULL, (size_t)left);
		if (n < 0)
			break;
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return n < 0 ? -EIO : 0;
}

/* The copy becomes the listing, if it is one and not too old. */
static int take(const struct layout *l, const char *rel, const char *temp, const char *to,
        uint64_t expiry, int64_t not_before)
{
	struct listing_header *own = map_file(temp, rel, PROT_READ | PROT_WRITE, false);
	bool usable = own && own->fetched >= not_before && listing_sound(own);

	if (usable) {
		own->sum = 0; /* entries are updated here */
		own->expiry = expiry;
		own->boot = boot_instant();
		own->superseded = 0;
		own->seq &= ~1U;
	}
	listing_unmap(own);
	if (!usable)
		return -ENOENT;
	listing_drop(l, rel);
	return rename(temp, to) == 0 ? 0 : -errno;
}

int listing_restore(const struct layout *l, const char *rel, uint64_t expiry, int64_t not_before)
{
	char from[LAYOUT_PATH_MAX], to[LAYOUT_PATH_MAX];
	char temp[LAYOUT_PATH_MAX + LAYOUT_OWNER_MAX], owner[LAYOUT_OWNER_MAX];
	int err;

	if (layout_dirs(l, from, rel) || layout_listing(l, to, rel))
		return -ENOENT;
	layout_owner(l, owner);
	snprintf(temp, sizeof temp, "%s.%s", to, owner);
	layout_make_parents(to, 0700);
	err = copy_shared(l, from + strlen(l->location) + 1, temp);
	if (!err)
		err = take(l, rel, temp, to, expiry, not_before);
	if (err)
		unlink(temp);
	return err ? -ENOENT : 0;
}

void listing_update(const struct layout *l, const char *rel, const struct listing_info *info)
{
	char dir[KEY_REL_MAX];
	size_t len = strlen(rel);
	const char *name = strrchr(rel, '/');
	struct listing_header *own;
	struct listing_entry *e;

	if (!name || len >= sizeof dir)
		return;
	memcpy(dir, rel, (size_t)(name - rel));
	dir[name - rel] = 0;
	own = map_own(l, dir);
	e = own ? (struct listing_entry *)listing_find(own, name + 1, strlen(name + 1)) : NULL;
	if (e && e->type == LISTING_FILE) {
		atomic_store_explicit(&own->seq, own->seq | 1, memory_order_relaxed);
		atomic_thread_fence(memory_order_release);
		e->size = info->size;
		e->mtime = info->mtime;
		e->ino = info->ino;
		e->executable = info->executable;
		e->etag = 0; /* the text cannot grow; the data file has it */
		atomic_store_explicit(&own->seq, own->seq + 1, memory_order_release);
	}
	listing_unmap(own);
}
