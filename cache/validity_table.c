#include "cache/validity_table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int validity_open(struct validity_table **t, const char *path, mode_t mode)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode), err;
	struct validity_table *map;

	if (fd < 0)
		return -errno;
	/* Whole from the start: a hole could fault in a reader when the file system is full. */
	err = posix_fallocate(fd, 0, sizeof *map);
	map = err ? MAP_FAILED : mmap(NULL, sizeof *map, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err = err ? -err : -errno;
	close(fd);
	if (err)
		return err;
	if (map->magic != VALIDITY_MAGIC || !boot_is_ours(map->boot))
		memset(map, 0, sizeof *map);
	map->n_slots = VALIDITY_SLOTS;
	map->boot = boot_instant();
	map->magic = VALIDITY_MAGIC;
	*t = map;
	return 0;
}

void validity_close(struct validity_table *t)
{
	if (t)
		munmap(t, sizeof *t);
}

void validity_tick(struct validity_table *t)
{
	int64_t boot = boot_instant(), seen = atomic_load_explicit(&t->boot, memory_order_relaxed);

	/* The two clocks are not read at the same instant. */
	if (boot - seen > 1 || seen - boot > 1)
		atomic_store_explicit(&t->boot, boot, memory_order_relaxed);
}

static struct validity_slot *find(struct validity_table *t, uint64_t key)
{
	struct validity_slot *bucket =
	        &t->slots[(key % (VALIDITY_SLOTS / VALIDITY_BUCKET)) * VALIDITY_BUCKET];

	for (int i = 0; i < VALIDITY_BUCKET; i++) {
		if (bucket[i].key == key)
			return &bucket[i];
	}
	return NULL;
}

/* The slot to overwrite: a free one, else the one that expires first. */
static struct validity_slot *victim(struct validity_table *t, uint64_t key)
{
	struct validity_slot *bucket =
	        &t->slots[(key % (VALIDITY_SLOTS / VALIDITY_BUCKET)) * VALIDITY_BUCKET];
	struct validity_slot *best = &bucket[0];

	for (int i = 0; i < VALIDITY_BUCKET; i++) {
		if (!bucket[i].key)
			return &bucket[i];
		if (bucket[i].expiry < best->expiry)
			best = &bucket[i];
	}
	return best;
}

static void begin(struct validity_slot *s)
{
	atomic_store_explicit(&s->seq, s->seq | 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static void end(struct validity_slot *s)
{
	atomic_store_explicit(&s->seq, s->seq + 1, memory_order_release);
}

void validity_put(struct validity_table *t, uint64_t key, const struct stat *st, uint64_t expiry,
        uint64_t etag)
{
	struct validity_slot *s = find(t, key);

	if (!s)
		s = victim(t, key);
	begin(s);
	s->key = key;
	s->dev = st->st_dev;
	s->ino = st->st_ino;
	s->size = validity_size(st);
	s->mtime = (uint64_t)st->st_mtim.tv_sec * 1000000000ULL + (uint64_t)st->st_mtim.tv_nsec;
	s->expiry = expiry;
	s->etag = etag;
	s->used = use_seconds();
	end(s);
}

void validity_confirm(struct validity_table *t, uint64_t key, uint64_t etag, uint64_t expiry)
{
	struct validity_slot *s = find(t, key);

	if (!s)
		return;
	begin(s);
	s->expiry = s->etag == etag ? expiry : 0;
	end(s);
}

bool validity_has(const struct validity_table *t, uint64_t key)
{
	return find((struct validity_table *)t, key) != NULL;
}

void validity_filter(const struct validity_table *t, struct validity_filter *f)
{
	memset(f, 0, sizeof *f);
	for (size_t i = 0; i < VALIDITY_SLOTS; i++) {
		uint64_t key = t->slots[i].key;

		f->bits[key / 64 % (VALIDITY_FILTER_BITS / 64)] |= 1ULL << key % 64;
	}
}

bool validity_used(struct validity_table *t, uint64_t key)
{
	struct validity_slot *s = find(t, key);

	if (s)
		atomic_store_explicit(&s->used, use_seconds(), memory_order_relaxed);
	return s != NULL;
}

void validity_unused(struct validity_table *t, uint64_t key)
{
	struct validity_slot *s = find(t, key);

	if (s)
		atomic_store_explicit(
		        &s->used, use_seconds() - VALIDITY_USE_PERIOD, memory_order_relaxed);
}

void validity_drop(struct validity_table *t, uint64_t key)
{
	struct validity_slot *s = find(t, key);

	if (!s)
		return;
	begin(s);
	s->expiry = 0;
	end(s);
}
