#include "fetch/crew.h"

#include <stddef.h>
#include <utlist.h>

static void on_run(uv_work_t *work)
{
	struct crew_job *job = (struct crew_job *)((char *)work - offsetof(struct crew_job, work));

	job->run(work);
}

static void on_after(uv_work_t *work, int status);

static bool has_room(const struct crew *c)
{
	return c->busy - c->lost < CREW_MAX && c->busy < CREW_MAX + CREW_LOST_MAX;
}

static int start(struct crew *c, uv_loop_t *loop, struct crew_job *job)
{
	int err = uv_queue_work(loop, &job->work, on_run, on_after);

	c->busy += err == 0;
	return err;
}

static void start_waiting(struct crew *c)
{
	struct crew_job *next;

	while ((next = c->waiting) && has_room(c)) {
		DL_DELETE(c->waiting, next);
		next->queued = false;
		start(c, next->loop, next);
	}
}

static void on_after(uv_work_t *work, int status)
{
	struct crew_job *job = (struct crew_job *)((char *)work - offsetof(struct crew_job, work));
	struct crew *c = job->crew;

	c->busy--;
	c->lost -= job->given_up;
	start_waiting(c);
	job->after(work, status);
}

int crew_run(struct crew *c, uv_loop_t *loop, struct crew_job *job, uv_work_cb run,
        uv_after_work_cb after)
{
	job->crew = c;
	job->run = run;
	job->after = after;
	job->given_up = false;
	job->loop = loop;
	job->queued = !has_room(c);
	if (!job->queued)
		return start(c, loop, job);
	DL_APPEND(c->waiting, job);
	return 0;
}

bool crew_waits(const struct crew_job *job)
{
	return job->queued && job->crew->lost < job->crew->busy;
}

bool crew_give_up(struct crew_job *job)
{
	if (job->queued) {
		DL_DELETE(job->crew->waiting, job);
		job->queued = false;
		return true;
	}
	if (!job->given_up) {
		job->given_up = true;
		job->crew->lost++;
		start_waiting(job->crew);
	}
	return false;
}
