#include "fetch/ahead.h"

#include <string.h>

void ahead_init(struct ahead *a, unsigned most)
{
	memset(a, 0, sizeof *a);
	a->most = most;
}

static bool is_stream(const struct ahead_stream *s)
{
	return s->seen >= 3 || (s->seen == 2 && s->stride == 1);
}

/* In order for a stream: ahead of its front by a few of its steps, or anywhere that it has looked
 * at; or late by a few, as workers at once are. */
static bool is_next(const struct ahead_stream *s, int64_t i)
{
	int64_t far = s->front + AHEAD_SLACK * s->stride, apart = i - s->front;

	if (far < s->next)
		far = s->next;
	return apart % s->stride == 0 && apart && i <= far &&
	       i >= s->front - AHEAD_SLACK * s->stride;
}

static void advance(struct ahead *a, struct ahead_stream *s, int64_t i)
{
	bool was = is_stream(s);

	s->seen++;
	s->moved = ++a->tick;
	if (i > s->front)
		s->front = i;
	if (!was && is_stream(s))
		s->window = a->most < AHEAD_WINDOW_NEW ? a->most : AHEAD_WINDOW_NEW;
	if (s->next <= s->front)
		s->next = s->front + s->stride;
}

/* The one that has it in order, the nearest of several. */
static struct ahead_stream *find_stream(struct ahead *a, int64_t i)
{
	struct ahead_stream *best = NULL;

	for (int n = 0; n < AHEAD_STREAMS; n++) {
		struct ahead_stream *s = &a->streams[n];

		if (is_stream(s) && is_next(s, i) &&
		        (!best || i - s->front < i - best->front || i < s->front))
			best = s;
	}
	return best;
}

/* One that becomes a stream by it: the second of two neighbours, the third of three. */
static struct ahead_stream *find_beginning(struct ahead *a, int64_t i)
{
	for (int n = 0; n < AHEAD_STREAMS; n++) {
		struct ahead_stream *s = &a->streams[n];

		if (s->seen == 2 && s->stride > 1 && i == s->front + s->stride)
			return s;
		if ((s->seen == 1 || s->seen == 2) && i == s->front + 1) {
			s->stride = 1;
			s->seen = 1;
			return s;
		}
	}
	return NULL;
}

/* The nearest single name before it: the second of perhaps three at one distance. */
static struct ahead_stream *find_first(struct ahead *a, int64_t i)
{
	struct ahead_stream *best = NULL;

	for (int n = 0; n < AHEAD_STREAMS; n++) {
		struct ahead_stream *s = &a->streams[n];

		if (s->seen == 1 && i > s->front && i - s->front <= AHEAD_STRIDE_MAX &&
		        (!best || s->front > best->front))
			best = s;
	}
	if (best)
		best->stride = i - best->front;
	return best;
}

static struct ahead_stream *begin(struct ahead *a, int64_t i)
{
	struct ahead_stream *s = &a->streams[0];

	for (int n = 1; n < AHEAD_STREAMS; n++) {
		if (a->streams[n].moved < s->moved)
			s = &a->streams[n];
	}
	*s = (struct ahead_stream){
	        .front = i, .seen = 1, .moved = ++a->tick, .generation = s->generation + 1};
	return s;
}

bool ahead_is_next(const struct ahead *a, int64_t i)
{
	for (int n = 0; n < AHEAD_STREAMS; n++) {
		const struct ahead_stream *s = &a->streams[n];

		if (s->seen && i == s->front + (s->stride ? s->stride : 1))
			return true;
	}
	return false;
}

struct ahead_stream *ahead_seen(struct ahead *a, int64_t i, bool known)
{
	struct ahead_stream *s = find_stream(a, i);

	if (!s)
		s = find_beginning(a, i);
	if (!s && !known)
		s = find_first(a, i);
	if (s) {
		advance(a, s, i);
	} else {
		s = begin(a, i);
		s->stride = known;
		if (known)
			advance(a, s, i);
	}
	return is_stream(s) ? s : NULL;
}

bool ahead_wants(const struct ahead_stream *s)
{
	return s->out < s->window;
}

int64_t ahead_step(struct ahead_stream *s, int64_t count)
{
	int64_t i = s->next;

	if (i >= count)
		return -1;
	s->next += s->stride;
	return i;
}

void ahead_fetched(struct ahead_stream *s)
{
	s->out++;
}

void ahead_lost(struct ahead_stream *s)
{
	s->out -= s->out > 0;
}

void ahead_used(struct ahead *a, struct ahead_stream *s)
{
	ahead_lost(s);
	s->window += s->window < a->most;
}

void ahead_passed(struct ahead_stream *s)
{
	unsigned least = s->window < AHEAD_WINDOW_MIN ? s->window : AHEAD_WINDOW_MIN;

	ahead_lost(s);
	s->window = s->window > least + 2 ? s->window - 2 : least;
}

bool ahead_is_past(const struct ahead_stream *s, int64_t i)
{
	return i < s->front - AHEAD_LATE * s->stride;
}
