/* Listings that exist: mapping, extending, updating. The builder is in listing_build.c, and copies
 * for other hosts are in listing_share.c. */
#include "cache/listing_parts.h"
#include "cache/beneath.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/validity.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COMPARED 32768 /* bytes at a time */

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

/* Not as a use of the file, if it is our own. */
static int open_quietly(const char *path, int flags)
{
	int fd;

	flags |= O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	fd = open(path, flags | O_NOATIME);
	return fd < 0 && errno == EPERM ? open(path, flags) : fd;
}

/* A file of the runtime folder is mapped, one of the cache is read. */
struct listing_header *listing_map_file(const char *path, const char *rel, int prot, bool shared)
{
	int fd = open_quietly(path, prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	struct listing_header *l = MAP_FAILED;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size < sizeof *l)
		l = MAP_FAILED;
	else if (!shared)
		l = mmap(NULL, (size_t)st.st_size, prot, MAP_SHARED, fd, 0);
	else if (st.st_size <= LISTING_SHARED_MAX)
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
	return listing_map_file(path, rel, PROT_READ, shared);
}

void listing_unmap(const struct listing_header *l)
{
	if (l)
		munmap((void *)l, l->length);
}

uint64_t listing_sum(const struct listing_header *l)
{
	const char *start = (const char *)l;
	uint64_t sum = hash64_pair(HASH_LISTING, l + 1, l->count * sizeof(struct listing_entry),
	        start + l->text, l->length - l->text);

	return sum ? sum : 1;
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

int listing_open(const struct layout *l, const char *rel)
{
	char path[LAYOUT_PATH_MAX];

	return layout_listing(l, path, rel) ? -1 : open_quietly(path, O_RDONLY);
}

static struct listing_header *map_own(const struct layout *l, const char *rel)
{
	char path[LAYOUT_PATH_MAX];

	return layout_listing(l, path, rel)
	               ? NULL
	               : listing_map_file(path, rel, PROT_READ | PROT_WRITE, false);
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

/* Whether two files have the same bytes from `at` to `end`. */
static bool same_bytes(int a, int b, uint64_t at, uint64_t end)
{
	char one[COMPARED], other[COMPARED];

	while (at < end) {
		size_t want = end - at < COMPARED ? (size_t)(end - at) : COMPARED;

		if (pread(a, one, want, (off_t)at) != (ssize_t)want ||
		        pread(b, other, want, (off_t)at) != (ssize_t)want ||
		        memcmp(one, other, want) != 0)
			return false;
		at += want;
	}
	return true;
}

void listing_unused(int fd)
{
	struct timespec now[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};

	/* The kernel notes the next access, since that is newer than the last change. */
	futimens(fd, now);
}

bool listing_renew(
        const struct layout *l, const char *rel, int fd, const struct listing_header *new)
{
	struct listing_header *own = map_own(l, rel);
	int old = own ? listing_open(l, rel) : -1;
	bool same = old >= 0 && !own->superseded && boot_is_ours(own->boot) &&
	            own->length == new->length &&
	            own->count == new->count &&same_bytes(old, fd, sizeof *new, new->length);

	if (same) {
		own->fetched = new->fetched;
		atomic_store_explicit(&own->expiry, new->expiry, memory_order_relaxed);
		listing_unused(old);
	}
	if (old >= 0)
		close(old);
	listing_unmap(own);
	return same;
}

/* A lease to write is given only where nobody else has the file open or mapped. It is held for no
 * time at all; who wants the file just then sends the agent a signal that does nothing. */
static bool others_have(int fd)
{
	bool had = fcntl(fd, F_SETSIG, SIGURG) == 0 && fcntl(fd, F_SETLEASE, F_WRLCK) != 0 &&
	           errno == EAGAIN;

	fcntl(fd, F_SETLEASE, F_UNLCK);
	return had;
}

static bool was_read(const struct stat *st)
{
	return st->st_atim.tv_sec > st->st_mtim.tv_sec ||
	       (st->st_atim.tv_sec == st->st_mtim.tv_sec &&
	               st->st_atim.tv_nsec > st->st_mtim.tv_nsec);
}

enum listing_use listing_in_use(const struct layout *l, const char *rel)
{
	enum listing_use use = LISTING_UNUSED;
	int fd = listing_open(l, rel);
	struct stat st;

	if (fd < 0)
		return use;
	if (fstat(fd, &st) == 0 && was_read(&st))
		use = LISTING_OPENED;
	else if (others_have(fd))
		use = LISTING_MAPPED;
	close(fd);
	return use;
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
