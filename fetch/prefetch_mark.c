#include "fetch/disk.h"
#include "fetch/evict.h"
#include "fetch/object.h"
#include "fetch/prefetch_parts.h"
#include "fetch/tier.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define SETTLE_MS 3000 /* after its download; then it has its name and is known to eviction */

struct mark *mark_find(struct prefetch *p, uint64_t hash)
{
	struct mark *m;

	HASH_FIND(hh, p->marks, &hash, sizeof hash, m);
	return m;
}

/* No stream waits for it any more. */
static void leave_stream(struct mark *m)
{
	if (!m->walk)
		return;
	DL_DELETE(m->walk->marks[m->slot], m);
	m->walk->folder->active = true;
	m->walk = NULL;
	m->owner->bytes -= m->size;
}

static void not_busy(struct mark *m)
{
	if (m->busy) {
		m->owner->busy--;
		m->owner->busy_bytes -= m->size;
	}
	m->busy = false;
}

static void forget(struct mark *m)
{
	leave_stream(m);
	not_busy(m);
	HASH_DEL(m->owner->marks, m);
	free(m->rel);
	free(m);
}

static void waste(struct mark *m)
{
	struct counters *c = counters_of(m->owner->agent, m->rel);

	c->wasted++;
	c->wasted_bytes += m->size;
	forget(m);
}

/* It is here; or was already, or cannot be had, and is nobody's waste then. */
static void on_answer(struct waiter *w, const struct answer *a)
{
	struct mark *m = (struct mark *)((char *)w - offsetof(struct mark, waiter));
	struct prefetch *p = m->owner;
	struct counters *c = counters_of(p->agent, m->rel);

	disk_close(p->agent, a->fd);
	not_busy(m);
	m->born = uv_now(p->agent->loop);
	if (!a->error && a->type == WIRE_FILE && !a->hit) {
		c->prefetched++;
		c->prefetched_bytes += m->size;
		if (m->wanted)
			forget(m);
	} else {
		if (m->walk)
			ahead_lost(&m->walk->ahead.streams[m->slot]);
		forget(m);
	}
	prefetch_go_on(p);
}

/* There is an end to what can be remembered. */
static void waste_oldest(struct prefetch *p)
{
	struct mark *m, *next;

	HASH_ITER (hh, p->marks, m, next) {
		if (m->busy)
			continue;
		waste(m);
		return;
	}
}

void mark_fetch(
        struct walk *w, int slot, int64_t place, const char *rel, uint64_t hash, uint64_t size)
{
	struct prefetch *p = w->folder->owner;
	struct mark *m = calloc(1, sizeof *m);

	if (!m || !(m->rel = strdup(rel))) {
		free(m);
		return;
	}
	if (HASH_COUNT(p->marks) >= PREFETCH_MARKS)
		waste_oldest(p);
	m->owner = p;
	m->waiter.answer = on_answer;
	m->waiter.ahead = true;
	m->hash = hash;
	m->size = size;
	m->place = place;
	m->walk = w;
	m->order = (enum order)(w - w->folder->walks);
	m->slot = slot;
	m->busy = true;
	m->born = uv_now(p->agent->loop);
	p->busy++;
	p->bytes += size;
	p->busy_bytes += size;
	HASH_ADD(hh, p->marks, hash, sizeof m->hash, m);
	DL_APPEND(w->marks[slot], m);
	ahead_fetched(&w->ahead.streams[slot]);
	object_open(p->agent, m->rel, &m->waiter);
}

void mark_used(struct mark *m)
{
	if (m->walk)
		ahead_used(&m->walk->ahead, &m->walk->ahead.streams[m->slot]);
	leave_stream(m);
	m->wanted = true;
	if (!m->busy)
		forget(m);
}

void mark_detach(struct mark *m)
{
	leave_stream(m);
	if (!m->busy || m->wanted)
		return;
	waiter_cancel(&m->waiter);
	forget(m);
}

void marks_drop(struct walk *w, int slot)
{
	while (w->marks[slot])
		mark_detach(w->marks[slot]);
}

void marks_settle(struct prefetch *p)
{
	struct agent *tier = tier_home(p->agent);
	uint64_t now = uv_now(p->agent->loop);
	struct mark *m, *next;

	HASH_ITER (hh, p->marks, m, next) {
		uint64_t age = now - m->born;

		if (m->busy)
			continue;
		if (age < PREFETCH_UNUSED_MS && (age < SETTLE_MS || !evict_lacks(tier, m->hash)))
			continue;
		if (m->walk)
			ahead_passed(&m->walk->ahead.streams[m->slot]);
		waste(m);
	}
}

void marks_free(struct prefetch *p)
{
	struct mark *m, *next;

	HASH_ITER (hh, p->marks, m, next) {
		if (m->busy)
			waiter_cancel(&m->waiter);
		forget(m);
	}
}
