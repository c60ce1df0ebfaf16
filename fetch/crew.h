/*
 * Workers for one remote: at most CREW_MAX of libuv's are at work for it at once, and the rest
 * waits in turn. Those that hang, in the folder of the remote or in the cache, are replaced, up to
 * CREW_LOST_MAX. So a mount that hangs keeps some of the workers, and not those that commit, check
 * digests and serve other remotes.
 *
 * Loop thread only, but for what runs on the workers.
 */
#ifndef LARDER_FETCH_CREW_H
#define LARDER_FETCH_CREW_H

#include <stdbool.h>
#include <uv.h>

#define CREW_MAX      4    /* that anybody waits for */
#define CREW_LOST_MAX 4    /* that hang, beside these */
#define CREW_WORKERS  "32" /* libuv's workers (UV_THREADPOOL_SIZE) */

struct crew_job;

struct crew {
	unsigned busy; /* jobs at work */
	unsigned lost; /* of these, jobs that were given up */
	struct crew_job *waiting;
};

/* In what its owner owns. */
struct crew_job {
	uv_work_t work; /* its `data` is the owner's */
	struct crew *crew;
	uv_loop_t *loop;
	uv_work_cb run;
	uv_after_work_cb after;
	bool queued, given_up;
	struct crew_job *prev, *next;
};

/* Runs `run` on a worker and then `after` on the loop. 0 or -errno. */
int crew_run(struct crew *c, uv_loop_t *loop, struct crew_job *job, uv_work_cb run,
        uv_after_work_cb after);

/* Whether it waits for its turn while others get on. */
bool crew_waits(const struct crew_job *job);

/* Nobody waits for it any more. True: it will never run, nor `after`. False: it is at work, and
 * `after` is called when it comes back. */
bool crew_give_up(struct crew_job *job);

#endif
