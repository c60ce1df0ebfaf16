#include "fetch/ask.h"
#include "fetch/transfer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_BACKOFF_MS     100
#define ASK_BACKOFF_MAX_MS 5000

struct ask {
	struct agent *agent;
	struct remote *remote;
	enum store_op op;
	char *key;
	unsigned max_keys, failures;
	bool patient, corrected, cancelled, working;
	store_entry_cb *entry;
	ask_done *done;
	void *arg;
	struct transfer *transfer;
	void *page; /* the store's parser of the page that arrives */
	int page_error;
	uv_timer_t timer;
	struct crew_job job;
	pthread_mutex_t
	        lock; /* while a worker has it: of `cancelled`, `entries` and calls of `entry` */
	uint64_t entries, seen; /* names of a folder; those at the last look */
	uint64_t since;         /* ms of CLOCK_BOOTTIME: of the question */
	bool unconnected;
	struct ask_result result;
	char message[STORE_ERROR_MAX];
};

static const struct transfer_handler handler;

static void on_closed(uv_handle_t *h)
{
	struct ask *q = h->data;

	pthread_mutex_destroy(&q->lock);
	remote_drop(q->remote);
	free(q->key);
	free(q);
}

static void drop_page(struct ask *q)
{
	if (q->page)
		q->remote->ops->list_end(q->page, NULL);
	q->page = NULL;
}

static void dispose(struct ask *q)
{
	transfer_cancel(q->transfer);
	drop_page(q);
	uv_timer_stop(&q->timer);
	uv_close((uv_handle_t *)&q->timer, on_closed);
}

static void finish(struct ask *q, int error)
{
	q->result.error = error;
	q->result.message = q->message;
	if (q->result.unreachable)
		remote_failed(q->remote, q->unconnected, q->since, q->message);
	else if (!q->remote->ops->request)
		remote_answered(q->remote);
	q->done(q->arg, &q->result);
	dispose(q);
}

void ask_cancel(struct ask *q)
{
	pthread_mutex_lock(&q->lock);
	q->cancelled = true;
	pthread_mutex_unlock(&q->lock);
	uv_timer_stop(&q->timer);
	if (q->working)
		q->working = !crew_give_up(&q->job);
	if (!q->working)
		dispose(q);
}

static void on_failed(uv_timer_t *timer)
{
	struct ask *q = timer->data;

	snprintf(q->message, sizeof q->message, "out of memory");
	finish(q, -ENOMEM);
}

static void send_request(struct ask *q)
{
	struct store_args args = {
	        .op = q->op,
	        .key = q->key,
	        .max_keys = q->max_keys,
	};

	drop_page(q);
	q->page_error = 0;
	q->transfer = transfer_start(q->agent->transfers, q->remote, &args, &handler, q);
	if (!q->transfer)
		uv_timer_start(&q->timer, on_failed, 0, 0);
}

static void on_retry(uv_timer_t *timer)
{
	send_request(timer->data);
}

static int on_head(void *arg, const struct response *r)
{
	struct ask *q = arg;
	struct store_args args = {.op = STORE_LIST, .key = q->key, .max_keys = q->max_keys};

	if (q->op == STORE_HEAD) {
		q->result.info = r->info;
		return 0;
	}
	return q->remote->ops->list_begin(q->remote->store, &args, q->entry, q->arg, &q->page);
}

static int on_data(void *arg, const void *data, size_t n)
{
	struct ask *q = arg;

	return q->page ? q->remote->ops->list_feed(q->page, data, n) : 0;
}

/* No program knows EPROTO of a folder. */
static void fail_page(struct ask *q)
{
	snprintf(q->message, sizeof q->message, "%s", ASK_NO_LISTING);
	finish(q, -EIO);
}

static void page_done(struct ask *q)
{
	char token[STORE_TOKEN_MAX + 1];
	void *page = q->page;
	int err;

	q->page = NULL;
	err = page ? q->remote->ops->list_end(page, token) : -EPROTO;
	if (err == -EPROTO)
		fail_page(q);
	else
		finish(q, err);
}

uint64_t ask_pause(unsigned failures, unsigned retry_after)
{
	uint64_t pause = ASK_BACKOFF_MS;

	for (unsigned i = 1; i < failures && pause < ASK_BACKOFF_MAX_MS; i++)
		pause *= 2;
	return retry_after * 1000ULL > pause ? retry_after * 1000ULL : pause;
}

/* Whether the next try is no more than stall_timeout after the question. */
static bool may_pause(const struct ask *q, uint64_t pause)
{
	return boottime_ms() + pause - q->since < q->agent->config->cache.stall_timeout;
}

static void on_done(void *arg, const struct transfer_result *r, const struct response *response)
{
	struct ask *q = arg;
	unsigned tries = q->patient ? (unsigned)q->agent->config->cache.retries : 0;
	uint64_t pause = ask_pause(q->failures + 1, r->retry_after);

	(void)response;
	q->transfer = NULL;
	q->result.unreachable = r->unreachable || r->retry;
	q->unconnected = r->unconnected;
	if (r->message[0])
		snprintf(q->message, sizeof q->message, "%s", r->message);
	if (!r->error && q->op == STORE_LIST) {
		page_done(q);
	} else if (r->error == -EPROTO && q->op == STORE_LIST) {
		fail_page(q);
	} else if (!r->error || (r->error == -EISDIR && q->op == STORE_HEAD)) {
		q->result.is_dir = r->error != 0;
		finish(q, 0);
	} else if (r->again && !q->corrected) {
		q->corrected = true;
		send_request(q);
	} else if (r->retry && ++q->failures <= tries && may_pause(q, pause)) {
		uv_timer_start(&q->timer, on_retry, pause, 0);
	} else {
		finish(q, r->error);
	}
}

static const struct transfer_handler handler = {
        .on_head = on_head, .on_data = on_data, .on_done = on_done};

/* A name of a folder, for an owner who may have gone meanwhile. */
static int on_folder_entry(void *arg, const struct store_entry *e)
{
	struct ask *q = arg;
	int err;

	pthread_mutex_lock(&q->lock);
	err = q->cancelled ? -ECANCELED : q->entry(q->arg, e);
	q->entries++;
	pthread_mutex_unlock(&q->lock);
	return err;
}

/* A folder answers at once, but may block. */
static void folder_work(uv_work_t *work)
{
	struct ask *q = work->data;
	const struct store_ops *ops = q->remote->ops;
	struct store *s = q->remote->store;

	if (q->op == STORE_HEAD)
		q->result.error =
		        ops->stat(s, q->key, &q->result.info, &q->result.is_dir, q->message);
	else
		q->result.error = ops->list(s, q->key, on_folder_entry, q, q->message);
}

static void after_folder(uv_work_t *work, int status)
{
	struct ask *q = work->data;
	int error = status < 0 ? -EIO : q->result.error;

	q->working = false;
	q->result.unreachable = error && error != -ENOENT && error != -ENOTDIR && error != -EACCES;
	if (q->cancelled)
		dispose(q);
	else
		finish(q, error);
}

/* It hangs. */
static void on_stalled(uv_timer_t *timer)
{
	struct ask *q = timer->data;
	struct ask_result r = {.error = -EIO,
	        .unreachable = true,
	        .message = "no answer within stall_timeout; its file system hangs"};

	uint64_t entries;

	pthread_mutex_lock(&q->lock);
	entries = q->entries;
	pthread_mutex_unlock(&q->lock);
	if (crew_waits(&q->job) || entries != q->seen) {
		q->seen = entries;
		uv_timer_start(timer, on_stalled, q->agent->config->cache.stall_timeout, 0);
		return;
	}
	remote_failed(q->remote, false, q->since, r.message);
	q->done(q->arg, &r);
	ask_cancel(q);
}

static void ask_folder(struct ask *q)
{
	q->working =
	        crew_run(&q->remote->crew, q->agent->loop, &q->job, folder_work, after_folder) == 0;
	uv_timer_start(&q->timer, q->working ? on_stalled : on_failed,
	        q->working ? q->agent->config->cache.stall_timeout : 0, 0);
}

static struct ask *ask_start(struct agent *a, struct remote *r, enum store_op op, const char *key,
        unsigned max_keys, bool patient, store_entry_cb *entry, ask_done *done, void *arg)
{
	struct ask *q = calloc(1, sizeof *q);

	if (!q)
		return NULL;
	q->agent = a;
	q->remote = r;
	q->op = op;
	q->key = strdup(key);
	q->max_keys = max_keys;
	q->patient = patient;
	q->entry = entry;
	q->done = done;
	q->arg = arg;
	q->since = boottime_ms();
	if (!q->key) {
		free(q);
		return NULL;
	}
	remote_hold(r);
	uv_timer_init(a->loop, &q->timer);
	pthread_mutex_init(&q->lock, NULL);
	q->timer.data = q->job.work.data = q;
	if (r->ops->request)
		send_request(q);
	else
		ask_folder(q);
	return q;
}

struct ask *ask_head(
        struct agent *a, struct remote *r, const char *key, bool patient, ask_done *done, void *arg)
{
	return ask_start(a, r, STORE_HEAD, key, 0, patient, NULL, done, arg);
}

struct ask *ask_list(struct agent *a, struct remote *r, const char *dir, unsigned max_keys,
        bool patient, store_entry_cb *entry, ask_done *done, void *arg)
{
	return ask_start(a, r, STORE_LIST, dir, max_keys, patient, entry, done, arg);
}
