#include "fetch/pace.h"

void pace_init(struct pace *p, unsigned most)
{
	*p = (struct pace){.most = most, .now = most < PACE_START ? most : PACE_START};
}

static void rest(struct pace *p)
{
	p->state = PACE_REST;
	p->rested = 0;
}

/* At first twice as many, later a quarter more or less. */
static bool try_other(struct pace *p, bool down)
{
	unsigned step = p->state == PACE_MEASURE || p->state == PACE_UP ? p->now : (p->now + 3) / 4;

	p->before = p->now;
	p->rate_before = p->rate;
	if (down)
		p->now = p->now > PACE_LEAST + step ? p->now - step : PACE_LEAST;
	else
		p->now = p->most - p->now < step ? p->most : p->now + step;
	if (p->now == p->before || (down && p->before < PACE_LEAST)) {
		p->now = p->before;
		rest(p);
		return false;
	}
	p->state = down ? PACE_DOWN : PACE_UP;
	return !down;
}

/* Whether what was tried is to stay. */
static bool is_worth_it(const struct pace *p)
{
	uint64_t old = p->rate_before;

	if (p->state == PACE_DOWN)
		return p->rate >= old - old / 20;
	return p->rate >= old + old * (p->now - p->before) / p->before / 4;
}

static bool judge(struct pace *p)
{
	bool was_down = p->state == PACE_DOWN;

	if (is_worth_it(p))
		return !was_down && try_other(p, false);
	p->now = p->before;
	p->rate = p->rate_before;
	rest(p);
	return was_down;
}

bool pace_look(struct pace *p, uint64_t done, bool disturbed, uint64_t now)
{
	uint64_t gone = now - p->at, came = done - p->done;
	bool first = !p->at || done < p->done;

	if (!first && gone < PACE_EPOCH_MS && !disturbed)
		return false;
	p->at = now;
	p->done = done;
	if (first || disturbed || !came)
		return false;
	p->rate = came * 1000 / gone;
	if (p->state == PACE_MEASURE)
		return try_other(p, false);
	if (p->state != PACE_REST)
		return judge(p) || (p->state == PACE_DOWN && (rest(p), false));
	if (++p->rested < PACE_STEADY)
		return false;
	p->down_next = !p->down_next;
	return try_other(p, p->down_next);
}

void pace_answered(struct pace *p, uint64_t ms)
{
	p->latency4 = p->latency4 ? p->latency4 - p->latency4 / 4 + ms : 4 * ms;
}

uint64_t pace_part(const struct pace *p, uint64_t part_size, uint64_t left)
{
	uint64_t times = 1, own = p->rate / (p->now ? p->now : 1);
	uint64_t enough = own * p->latency4 / 4000 * (100 - PACE_OVERHEAD) / PACE_OVERHEAD;

	while (times < PACE_PART_TIMES && times * part_size < enough &&
	        2 * times * part_size * 2 * p->now <= left)
		times *= 2;
	return times * part_size < left ? times * part_size : left;
}
