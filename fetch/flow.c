#include "fetch/flow.h"

#define MILLI 1000

static int64_t burst(const struct bucket *b)
{
	return (int64_t)(b->rate * FLOW_BURST_MS);
}

void bucket_init(struct bucket *b, uint64_t rate, uint64_t now)
{
	*b = (struct bucket){.rate = rate > INT64_MAX / 1000000 ? 0 : rate, .at = now};
	b->left = burst(b);
}

static void refill(struct bucket *b, uint64_t now)
{
	uint64_t gone = now - b->at, full = (uint64_t)(burst(b) - b->left);

	b->at = now;
	if (gone > full / b->rate)
		b->left = burst(b);
	else
		b->left += (int64_t)(gone * b->rate);
}

uint64_t bucket_wait(struct bucket *b, uint64_t now)
{
	if (!b->rate)
		return 0;
	refill(b, now);
	return b->left >= 0 ? 0 : ((uint64_t)-b->left + b->rate - 1) / b->rate;
}

void bucket_take(struct bucket *b, uint64_t bytes, uint64_t now)
{
	if (!b->rate)
		return;
	refill(b, now);
	b->left -= (int64_t)(bytes * MILLI);
}

void width_init(struct width *w, unsigned most)
{
	*w = (struct width){.most = most ? most : 1, .now = most ? most : 1};
}

unsigned width_of(struct width *w, uint64_t now)
{
	uint64_t more = (now - w->grown_at) / FLOW_RECOVER_MS;

	if (w->now == w->most)
		return w->most;
	w->now = more < w->most - w->now ? w->now + (unsigned)more : w->most;
	w->grown_at += more * FLOW_RECOVER_MS;
	return w->now;
}

void width_refused(struct width *w, unsigned running, uint64_t sent, uint64_t now)
{
	unsigned width = width_of(w, now);

	if (w->cut_at && sent <= w->cut_at)
		return;
	if (running < width)
		width = running;
	w->now = width > 1 ? width / 2 : 1;
	w->cut_at = w->grown_at = now;
}

void width_rest(struct width *w, unsigned seconds, uint64_t now)
{
	uint64_t until = now + 1000ULL * (seconds < FLOW_REST_MAX_S ? seconds : FLOW_REST_MAX_S);

	if (until > w->rest_until)
		w->rest_until = until;
}

uint64_t width_rests(const struct width *w, uint64_t now)
{
	return now < w->rest_until ? w->rest_until - now : 0;
}

bool flow_has_room_ahead(unsigned most, unsigned running, unsigned running_ahead)
{
	unsigned share = most * FLOW_KEPT_OF_8 / 8, others = running - running_ahead;
	unsigned taken = running_ahead + FLOW_GIVES_WAY * others;

	return taken < share;
}
