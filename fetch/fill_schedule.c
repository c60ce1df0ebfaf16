/* Which ranges of an object are asked for, and how many at once: as pace.h says, within
 * object_connections. */
#include "fetch/fill_parts.h"

void fill_begin_pace(struct fill *f)
{
	uint64_t most = f->agent->config->cache.object_connections;

	pace_init(&f->pace, most < FILL_PARTS_MAX ? (unsigned)most : FILL_PARTS_MAX);
}

static void start_part(struct fill_part *p, uint64_t at, uint64_t end)
{
	p->at = p->reached = at;
	p->end = end;
	p->failures = 0;
	p->busy = true;
	fill_send_part(p);
}

/* Bytes of the range at `at`: no more than the store gives a checksum for. */
static uint64_t range_size(const struct fill *f, uint64_t at)
{
	uint64_t most = f->remote->ops->sums_up_to, part = f->agent->config->cache.part_size, size;

	size = f->state == FILL_FIRST ? part : pace_part(&f->pace, part, f->info.size - at);
	return most && most < size && f->remote->profile->check != CHECK_OFF ? most : size;
}

static unsigned count_busy(const struct fill *f)
{
	unsigned busy = 0;

	for (unsigned i = 0; i < FILL_PARTS_MAX; i++)
		busy += f->parts[i].busy;
	return busy;
}

/* Starts what can be started; goes on to the check when all is here. */
void fill_schedule(struct fill *f)
{
	unsigned busy = count_busy(f);

	if (f->state == FILL_FIRST && !f->claim.granted && !f->claim.waiting)
		space_queue(f->agent->space, &f->claim);
	if (f->state == FILL_FIRST && f->claim.granted && !f->parts[0].busy)
		start_part(&f->parts[0], 0, range_size(f, 0));
	if (f->state != FILL_PARTS || !f->claim.granted)
		return;
	for (unsigned i = 0; i < FILL_PARTS_MAX && busy < f->pace.now && f->next < f->info.size;
	        i++) {
		uint64_t at = f->next;

		if (f->parts[i].busy)
			continue;
		f->next += range_size(f, at);
		start_part(&f->parts[i], at, f->next);
		busy++;
	}
	if (busy == 0 && f->done == f->info.size)
		fill_check(f);
}

bool fill_is_at_pace(const struct fill *f)
{
	unsigned n = 0;

	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		const struct transfer *t = f->parts[i].transfer;

		n += t && !transfer_is_queued(t);
	}
	return n == f->pace.now && n == count_busy(f);
}
