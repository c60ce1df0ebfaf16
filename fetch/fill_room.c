/* The room that a fill claims in the cache and on its disk, and what becomes of it where there is
 * none. */
#include "fetch/disk.h"
#include "fetch/fill_parts.h"
#include "fetch/health.h"
#include "fetch/watch.h"

#include <errno.h>
#include <stddef.h>

#define STEP_MIN (64 << 10)

void fill_give_back(struct fill *f)
{
	space_cancel(f->agent->space, &f->claim);
	space_cancel(f->agent->space, &f->more);
}

/* Room was granted: the disk must have it too. */
int fill_take_room(struct fill *f)
{
	int err = f->temp.kept && f->sized ? disk_reserve(f->agent, &f->temp, f->info.size) : 0;

	if (!err)
		return 0;
	fill_unkeep(f, err);
	return -ERESTART;
}

/* By which the claim of what has no known size grows. */
static uint64_t step_of(const struct fill *f)
{
	uint64_t step = f->agent->config->cache.size / USAGE_SHARE;

	if (step < STEP_MIN)
		step = STEP_MIN;
	return step < f->agent->config->cache.part_size ? step : f->agent->config->cache.part_size;
}

void fill_claim_room(struct fill *f)
{
	space_cancel(f->agent->space, &f->claim);
	if (f->temp.kept)
		space_claim(f->agent->space, &f->claim, f->sized ? f->info.size : step_of(f));
	else
		space_claim_none(f->agent->space, &f->claim);
}

/* Whether n more bytes of a part have to wait for room. Of an object of known size, one part may
 * come before the grant: it told the size. */
bool fill_lacks_room(struct fill *f, const struct fill_part *p, size_t n)
{
	uint64_t end = p->at + n, step = step_of(f);

	if (!f->temp.kept || f->more.waiting)
		return f->more.waiting;
	if (f->sized || f->claim.waiting)
		return f->claim.waiting && (!f->sized || end > f->agent->config->cache.part_size);
	if (end <= (uint64_t)f->claim.amount.bytes)
		return false;
	space_claim_more(f->agent->space, &f->claim, &f->more, n > step ? n : step);
	if (f->more.granted)
		space_join(&f->claim, &f->more);
	return f->more.waiting;
}

void fill_unkeep(struct fill *f, int error)
{
	health_failed(f->agent, "cannot be written to", error);
	space_full(f->agent->space, error);
	watch_hurry(f->agent);
	f->keep = false;
}

static void resume(struct fill *f)
{
	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		if (f->parts[i].transfer)
			transfer_resume(f->parts[i].transfer);
	}
}

/* There is no room in the cache, and will be none soon: it goes on with the bytes that it has, but
 * without a name; or anew, if the disk has no room either. */
static void refused(struct fill *f)
{
	f->keep = false;
	fill_give_back(f);
	disk_unkeep(f->agent, &f->temp);
	/* Elsewhere what has no name may not be opened again. */
	if (!f->agent->layout.network && temp_fits(&f->agent->layout, f->info.size)) {
		space_claim_none(f->agent->space, &f->claim);
		resume(f);
		fill_schedule(f);
	} else {
		fill_restart(f);
	}
}

static void on_space(struct space_claim *claim)
{
	struct fill *f = (struct fill *)((char *)claim - offsetof(struct fill, claim));

	if (!f->remote->ops->request) {
		f->keep &= !claim->refused;
		fill_copy(f);
	} else if (claim->refused) {
		refused(f);
	} else if (f->state == FILL_PARTS && fill_take_room(f)) {
		fill_restart(f);
	} else {
		resume(f);
		fill_schedule(f);
	}
}

static void on_more(struct space_claim *more)
{
	struct fill *f = (struct fill *)((char *)more - offsetof(struct fill, more));

	if (more->refused) {
		refused(f);
		return;
	}
	space_join(&f->claim, more);
	resume(f);
}

void fill_room_init(struct fill *f)
{
	f->claim.answer = on_space;
	f->more.answer = on_more;
}
