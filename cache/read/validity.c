#include "cache/read/validity.h"

#include <time.h>

bool validity_valid(const struct validity_table *t, size_t length)
{
	return length == sizeof *t && t->magic == VALIDITY_MAGIC && t->n_slots == VALIDITY_SLOTS &&
	       boot_is_ours(t->boot);
}

static uint64_t mtime_ns(const struct stat *st)
{
	return (uint64_t)st->st_mtim.tv_sec * 1000000000ULL + (uint64_t)st->st_mtim.tv_nsec;
}

struct validity_answer validity_lookup(
        const struct validity_table *t, uint64_t key, const struct stat *st)
{
	const struct validity_slot *bucket =
	        &t->slots[(key % (VALIDITY_SLOTS / VALIDITY_BUCKET)) * VALIDITY_BUCKET];
	struct validity_answer a = {0};

	for (int i = 0; i < VALIDITY_BUCKET; i++) {
		const struct validity_slot *s = &bucket[i];
		uint32_t seq = atomic_load_explicit(&s->seq, memory_order_acquire);

		if (s->key != key)
			continue;
		a.known = st && s->dev == st->st_dev && s->ino == st->st_ino &&
		          s->size == validity_size(st) && s->mtime == mtime_ns(st);
		a.listed = true;
		a.expiry = s->expiry;
		a.etag = s->etag;
		a.used = atomic_load_explicit(&s->used, memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		/* A slot that changes under us is not known; the agent is asked instead. */
		if ((seq & 1) || seq != atomic_load_explicit(&s->seq, memory_order_relaxed))
			a.listed = a.known = false;
		return a;
	}
	return a;
}

uint64_t boottime_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint32_t use_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint32_t)t.tv_sec;
}

int64_t boot_instant(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec - (int64_t)(boottime_ms() / 1000);
}

bool boot_is_ours(int64_t boot)
{
	int64_t now = boot_instant();

	return boot - now <= BOOT_TOLERANCE && now - boot <= BOOT_TOLERANCE;
}
