/*
 * What space asks of the disk: the records of other agents, and eviction.
 *
 *	somebody waits ──> ask ──fits──> granted
 *	                    │ ^
 *	      over the limit│ │something went, was published or given up; or RETRY_MS later
 *	                    v │
 *	                  evict ──nothing can go, nothing is on its way──> refused
 */
#include "fetch/commit.h"
#include "fetch/keeper.h"
#include "fetch/space_parts.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#define RETRY_MS        200    /* others are asked again, while somebody waits */
#define CLASH_MS        50     /* at most, after others asked at the same time */
#define BEAT_MS         10000  /* while something is reserved */
#define BEAT_IDLE_MS    60000  /* otherwise */
#define TELL_MS         1000   /* others learn of what this agent has removed */
#define SLACK_MS        5000   /* after the last claim, nothing is reserved beyond what is filled */
#define COUNT_AGAIN_MS  300000 /* of a cache whose numbers may be too large */
#define COUNT_FIRST_MS  10000  /* of one without numbers */
#define LEAVE_LOOK_MS   2
#define CEILING_STEP_MS 10000
#define CEILING_MS      300000 /* for how long a disk that turned out to be full is taken to be so */

static void on_tick(uv_timer_t *timer);

static const struct config *config_of(const struct space *s)
{
	return s->agent->config;
}

static struct usage_amount limit_of(const struct space *s)
{
	struct usage_amount limit = {(int64_t)config_of(s)->cache.size, INT64_MAX};

	if (config_of(s)->cache.size > (uint64_t)USAGE_NUMBER_MAX)
		limit.bytes = USAGE_NUMBER_MAX;
	if (config_of(s)->cache.files)
		limit.files = (int64_t)config_of(s)->cache.files;
	if (s->full_at && limit.bytes > s->ceiling.bytes)
		limit.bytes = s->ceiling.bytes;
	if (s->full_at && limit.files > s->ceiling.files)
		limit.files = s->ceiling.files;
	return limit;
}

static void ask_work(uv_work_t *work)
{
	struct space *s = work->data;

	/* Some file systems give back what was removed only then. */
	if (s->syncing)
		syncfs(s->agent->layout.location_fd);
	if (!s->opened)
		s->opened = usage_open(&s->usage, &s->agent->layout) == 0;
	usage_round(&s->usage, &s->question);
	if (drift_settle(&s->drift, &s->usage, &s->question))
		usage_round(&s->usage, &s->question);
}

static void start_evict(struct space *s, struct usage_amount goal);

/* The numbers may be wrong, or there are none: what is there is counted. */
static void count_if_needed(struct space *s)
{
	uint64_t now = uv_now(s->agent->loop);
	bool watched = drift_is_watched(&s->drift);
	uint64_t pause = s->round.unknown ? COUNT_FIRST_MS
	                 : watched        ? DRIFT_LAG_MS
	                                  : COUNT_AGAIN_MS;

	if ((!s->round.stale && !s->round.unknown && !watched) || s->evicting ||
	        (s->counted_at && now - s->counted_at < pause))
		return;
	s->counted_at = now;
	start_evict(s, (struct usage_amount){0});
}

static void after_ask(uv_work_t *work, int status)
{
	struct space *s = work->data;

	s->asking = s->syncing = false;
	if (s->closing) {
		space_unref(s);
		return;
	}
	if (!status) {
		s->round = s->question;
		drift_note(&s->drift, &s->round, uv_now(s->agent->loop));
		s->told = s->round.net;
		s->reserved = s->round.reserved;
		count_if_needed(s);
	}
	space_serve(s);
}

void space_ask(struct space *s)
{
	uint64_t now = uv_now(s->agent->loop);
	const struct space_claim *c;

	if (s->asking || s->left || s->closing || !s->agent->layout.writable)
		return;
	s->question = (struct usage_round){
	        .net = s->net,
	        .added = s->added,
	        .least = space_filling(s),
	        .first = s->waiting ? s->waiting->amount : (struct usage_amount){0},
	        .limit = limit_of(s),
	        .min_free = config_of(s)->cache.min_free,
	        .slack = now - s->used_at < SLACK_MS,
	};
	DL_FOREACH (s->waiting, c) {
		s->question.want.bytes += c->amount.bytes;
		s->question.want.files += c->amount.files;
	}
	s->syncing = s->sync;
	s->sync = false;
	s->current = true;
	s->work.data = s;
	s->asking = uv_queue_work(s->agent->loop, &s->work, ask_work, after_ask) == 0;
}

/* The index knows what is in data/; where the records say otherwise, they are put right. */
static void compare(struct space *s, const struct evict_result *r)
{
	struct drift_sample sample = {
	        .held = space_held(s),
	        .found = {(int64_t)(r->left_bytes + keeper_trash_bytes(s->agent->keeper)),
	                (int64_t)(r->left_files + keeper_trash_files(s->agent->keeper))},
	        .late = {s->round.added.bytes - s->known.bytes,
	                s->round.added.files - s->known.files},
	        .limit = limit_of(s),
	        .now = uv_now(s->agent->loop),
	};

	if (!r->error && !s->asking && evict_knows(s->agent))
		drift_compare(&s->drift, &s->round, &sample);
	else if (s->asking && s->round.unknown)
		s->counted_at = 0; /* again, with its answer */
}

static void after_evict(struct evict_job *job)
{
	struct space *s = (struct space *)((char *)job - offsetof(struct space, job));
	bool wanted = job->goal.bytes || job->goal.files;

	s->evicting = false;
	if (s->closing) {
		space_unref(s);
		return;
	}
	/* What went to trash/ has not gone yet. */
	s->trash.bytes += (int64_t)(job->result.bytes - job->result.freed_bytes);
	s->trash.files += (int64_t)(job->result.files - job->result.freed_files);
	if (wanted)
		s->exhausted = !job->result.freed_files;
	compare(s, &job->result);
	s->current = false;
	if (drift_is_found(&s->drift))
		space_ask(s);
	space_serve(s);
}

static void start_evict(struct space *s, struct usage_amount goal)
{
	struct evict_goal g = {(uint64_t)goal.bytes, (uint64_t)goal.files};

	s->evicting = true;
	s->known = s->added;
	evict_round(s->agent, &s->job, &g);
}

static int64_t part(int64_t limit, uint64_t percent)
{
	return limit / 100 * (int64_t)percent + limit % 100 * (int64_t)percent / 100;
}

/* What has to go so that the low mark is reached and what waits fits; nothing below the high mark,
 * unless something is over the limit. */
static int64_t goal_of(int64_t held, int64_t limit, int64_t over, const struct config *c)
{
	uint64_t low = c->cache.low_water, high = c->cache.high_water;
	int64_t down = held - part(limit, low < high ? low : high);

	if (over <= 0 && held <= part(limit, high))
		return 0;
	return down > over ? down : over;
}

static struct usage_amount goal_now(const struct space *s)
{
	struct usage_amount held = space_held(s), limit = limit_of(s), over = {0};

	held.bytes += s->sealed.bytes;
	held.files += s->sealed.files;

	if (s->current)
		over = s->round.over;
	return (struct usage_amount){
	        goal_of(held.bytes, limit.bytes, over.bytes, config_of(s)) - s->trash.bytes,
	        goal_of(held.files, limit.files, over.files, config_of(s)) - s->trash.files};
}

static bool can_evict(const struct space *s)
{
	struct usage_amount goal = goal_now(s);

	return !s->exhausted && (goal.bytes > 0 || goal.files > 0);
}

bool space_has_room(const struct space *s, uint64_t size)
{
	uint64_t high = config_of(s)->cache.high_water;
	struct usage_amount held = space_held(s), filling = space_filling(s), limit = limit_of(s);

	return !s->waiting &&
	       held.bytes + filling.bytes + usage_charge(size) <= part(limit.bytes, high) &&
	       held.files + filling.files < part(limit.files, high);
}

/* Whether more is missing than can become free: `over` is of all that waits. */
static bool is_beyond(int64_t over, int64_t on_way, int64_t others, int64_t rest)
{
	return over - rest > on_way + others;
}

/* What is on its way, and does not itself wait for more room. */
static struct usage_amount find_coming(const struct space *s)
{
	struct usage_amount coming = space_filling(s);
	const struct space_claim *c;

	DL_FOREACH (s->waiting, c) {
		coming.bytes -= c->held.bytes;
		coming.files -= c->held.files;
	}
	return coming;
}

bool space_is_hopeless(const struct space *s, const struct space_claim *c)
{
	struct usage_amount on_way = find_coming(s), limit = limit_of(s);
	const struct usage_round *r = &s->round;

	if (!s->agent->layout.writable || c->amount.bytes > limit.bytes)
		return true;
	if (!s->current || s->asking || s->evicting || r->clash || can_evict(s))
		return false;
	/* Even if all that is on its way could go. */
	return is_beyond(r->over.bytes, on_way.bytes, r->filling.bytes,
	               r->want.bytes - c->amount.bytes) ||
	       is_beyond(r->over.files, on_way.files, r->filling.files,
	               r->want.files - c->amount.files);
}

void space_make_room(struct space *s)
{
	struct usage_amount goal = goal_now(s);

	if (s->asking || !s->agent->layout.writable)
		return;
	if (s->waiting && !s->current) {
		space_ask(s);
		return;
	}
	if (!s->evicting && !s->round.clash && can_evict(s))
		start_evict(s, (struct usage_amount){goal.bytes > 0 ? goal.bytes : 0,
		                       goal.files > 0 ? goal.files : 0});
	if (space_waiting(s))
		commit_hurry(s->agent->commit);
}

void space_arm(struct space *s)
{
	uint64_t now = uv_now(s->agent->loop), pause = BEAT_IDLE_MS;

	if (s->closing || s->left)
		return;
	if (s->reserved.bytes || s->reserved.files)
		pause = now - s->used_at < SLACK_MS ? SLACK_MS : BEAT_MS;
	if (s->net.bytes < s->told.bytes || s->net.files < s->told.files)
		pause = TELL_MS;
	if (s->waiting)
		pause = s->round.clash ? (uint64_t)random() % CLASH_MS + 1 : RETRY_MS;
	uv_timer_start(&s->tick, on_tick, pause, 0);
}

static void on_tick(uv_timer_t *timer)
{
	struct space *s = timer->data;

	if (s->full_at && uv_now(s->agent->loop) - s->full_at > CEILING_MS)
		s->full_at = 0;
	if (s->asking) {
		space_serve(s); /* that takes long; who is impatient need not wait for it */
		return;
	}
	s->current = false;
	space_ask(s);
	space_arm(s);
}

void space_refresh(struct space *s)
{
	if (!s)
		return;
	s->exhausted = false;
	space_ask(s);
}

void space_swept(struct space *s, const struct trash_left *t)
{
	if (!s)
		return;
	s->trash = (struct usage_amount){(int64_t)t->bytes, (int64_t)t->files};
	space_removed(s, t->gone_bytes, t->gone_files);
}

void space_full(struct space *s, int error)
{
	struct usage_amount held = space_held(s);

	if (error != -ENOSPC && error != -EDQUOT)
		return;
	/* Whatever was reserved is not there: who wants to add something asks. */
	s->reserved = (struct usage_amount){s->net.bytes - s->told.bytes + s->sealed.bytes,
	        s->net.files - s->told.files + s->sealed.files};
	s->sync = true;
	space_changed(s);
	if (held.bytes + s->sealed.bytes <= 0)
		return;
	/* What has gone since may not be free yet: that is no reason to go further down. */
	if (s->full_at && uv_now(s->agent->loop) - s->full_at < CEILING_STEP_MS)
		return;
	s->full_at = uv_now(s->agent->loop);
	s->ceiling =
	        (struct usage_amount){held.bytes + s->sealed.bytes, held.files + s->sealed.files};
}

static void leave_work(uv_work_t *work)
{
	struct space *s = work->data;

	if (s->opened)
		usage_close(&s->usage, s->net, s->added);
}

static void after_leave(uv_work_t *work, int status)
{
	struct space *s = work->data;

	(void)status;
	s->asking = false;
	if (s->closing)
		space_unref(s);
}

/* What is under way is waited for: eviction has something to tell, too. */
static void on_leave(uv_timer_t *timer)
{
	struct space *s = timer->data;

	if (s->asking || evict_busy(s->agent->evict)) {
		uv_timer_start(&s->tick, on_leave, LEAVE_LOOK_MS, 0);
		return;
	}
	s->work.data = s;
	s->asking = uv_queue_work(s->agent->loop, &s->work, leave_work, after_leave) == 0;
	s->leaving = false;
}

void space_leave(struct space *s)
{
	s->left = s->leaving = true;
	on_leave(&s->tick);
}

bool space_busy(const struct space *s)
{
	return s->leaving || s->asking;
}

void space_round_init(struct space *s)
{
	s->job.done = after_evict;
	s->usage.now = boottime_ms;
	s->usage.layout = &s->agent->layout;
	s->used_at = uv_now(s->agent->loop); /* somebody has just missed something */
	space_ask(s);
	space_arm(s);
}
