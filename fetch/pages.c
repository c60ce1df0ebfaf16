/*
 * A lane fetches the pages of one range, one after another. When its range is at its end, it takes
 * another one that is split off; a page that came makes room for further lanes.
 */
#include "fetch/pages.h"
#include "fetch/ranges.h"
#include "fetch/reading.h"
#include "fetch/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define PAGES_MAX  100000 /* of one listing; against a server whose pages never end */
#define CALM_PAGES 32     /* without a failure, until one lane more is tried again */

struct lane {
	struct pages *pages;
	struct range *range;
	struct transfer *transfer;
	struct reading *page; /* that arrives */
	bool corrected;
	unsigned failures;
	uint64_t since; /* ms of CLOCK_BOOTTIME: of the last good page */
	uv_timer_t timer;
	struct lane *prev, *next;
	char token[STORE_TOKEN_MAX + 1];
	char linked[STORE_TOKEN_MAX + 1]; /* as a header of the page has it, or "" */
};

struct pages {
	struct agent *agent;
	struct remote *remote;
	char *dir;
	store_entry_cb *entry;
	ask_done *done;
	void *arg;
	struct ranges *ranges;
	struct lane *lanes;
	unsigned width, most, calm;
	bool leisure;
	char message[STORE_ERROR_MAX];
};

static const struct transfer_handler handler;

/* -- Lanes -- */

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

static void drop_page(struct lane *l)
{
	reading_free(l->page);
	l->page = NULL;
}

static void lane_close(struct lane *l)
{
	DL_DELETE(l->pages->lanes, l);
	transfer_cancel(l->transfer);
	drop_page(l);
	uv_timer_stop(&l->timer);
	uv_close((uv_handle_t *)&l->timer, on_closed);
}

static void free_pages(struct pages *q)
{
	remote_drop(q->remote);
	ranges_free(q->ranges);
	free(q->dir);
	free(q);
}

static void finish(struct pages *q, int error, const struct transfer_result *r, uint64_t since)
{
	struct ask_result result = {
	        .error = error, .anew = error == -EILSEQ, .message = q->message};
	struct lane *l, *next;

	result.unreachable = r && (r->unreachable || r->retry);
	if (result.unreachable)
		remote_failed(q->remote, r->unconnected, since, q->message);
	DL_FOREACH_SAFE (q->lanes, l, next)
		lane_close(l);
	q->done(q->arg, &result);
	free_pages(q);
}

static void on_failed(uv_timer_t *timer)
{
	struct lane *l = timer->data;

	snprintf(l->pages->message, sizeof l->pages->message, "out of memory");
	finish(l->pages, -ENOMEM, NULL, 0);
}

static struct store_args args_of(const struct lane *l)
{
	return (struct store_args){
	        .op = STORE_LIST,
	        .key = l->pages->dir,
	        .token = l->token,
	        .after = range_after(l->range),
	        .until = range_until(l->range),
	};
}

static void send_request(struct lane *l)
{
	struct store_args args = args_of(l);
	struct pages *q = l->pages;

	drop_page(l);
	range_page(l->range);
	l->transfer = transfer_start(q->agent->transfers, q->remote, &args, &handler, l);
	if (!l->transfer)
		uv_timer_start(&l->timer, on_failed, 0, 0);
	else if (q->leisure)
		transfer_set_ahead(l->transfer, true);
}

static void on_retry(uv_timer_t *timer)
{
	send_request(timer->data);
}

static bool lane_open(struct pages *q, struct range *r)
{
	struct lane *l = calloc(1, sizeof *l);

	if (!l)
		return false;
	l->pages = q;
	l->range = r;
	l->since = boottime_ms();
	uv_timer_init(q->agent->loop, &l->timer);
	l->timer.data = l;
	DL_APPEND(q->lanes, l);
	send_request(l);
	return true;
}

/* As many lanes as there may be and is work for. */
static bool widen(struct pages *q)
{
	struct range *r;

	while (ranges_count(q->ranges) < q->width && (r = ranges_next(q->ranges))) {
		if (!lane_open(q, r))
			return false;
	}
	return true;
}

/* -- Pages -- */

static int on_entry(void *arg, const struct store_entry *e)
{
	struct lane *l = arg;
	int took = range_take(l->range, e->name, e->name_len, e->is_dir);

	return took <= 0 ? took : l->pages->entry(l->pages->arg, e);
}

static const struct reading_owner reader;

static int on_head(void *arg, const struct response *response)
{
	struct lane *l = arg;
	struct store_args args = args_of(l);

	(void)response;
	return reading_new(&l->page, l->pages->agent, l->pages->remote, &args, &reader, l);
}

static int on_data(void *arg, const void *data, size_t n)
{
	struct lane *l = arg;

	return l->page ? reading_feed(l->page, data, n) : 0;
}

static void on_room(void *arg)
{
	struct lane *l = arg;

	if (l->transfer)
		transfer_resume(l->transfer);
}

/* A remote whose listings are not in order, or do not begin where they should, is listed in one
 * range from now on. */
static void finish_unsplit(struct pages *q)
{
	char url[CONFIG_PATH_MAX];

	q->remote->unsplit = true;
	url_head(q->remote->profile, "://", url, sizeof url);
	agent_log(q->agent, "%s: listings of this server cannot be split; page comes after page",
	        url);
	finish(q, -EILSEQ, NULL, 0);
}

static void fail_page(struct pages *q, int err)
{
	if (err == -EILSEQ) {
		finish_unsplit(q);
		return;
	}
	if (err == -EPROTO)
		snprintf(q->message, sizeof q->message, "%s", ASK_NO_LISTING);
	finish(q, err == -EPROTO ? -EIO : err, NULL, 0);
}

/* The page is whole: the next one, or another range. */
static void on_page(void *arg, int err, const char *token)
{
	struct lane *l = arg;
	struct pages *q = l->pages;

	snprintf(l->token, sizeof l->token, "%s", *token ? token : l->linked);
	drop_page(l);
	if (!err && ranges_pages(q->ranges) >= PAGES_MAX)
		err = -EPROTO;
	if (err) {
		fail_page(q, err);
		return;
	}
	if (++q->calm % CALM_PAGES == 0 && q->width < q->most)
		q->width++;
	l->failures = 0;
	l->since = boottime_ms();
	if (range_end(l->range, *l->token))
		send_request(l);
	else
		lane_close(l);
	if (!widen(q))
		finish(q, -ENOMEM, NULL, 0);
	else if (!q->lanes)
		finish(q, 0, NULL, 0);
}

static const struct reading_owner reader = {.entry = on_entry, .done = on_page, .resume = on_room};

static bool try_again(struct lane *l, const struct transfer_result *r)
{
	const struct config *c = l->pages->agent->config;
	uint64_t pause = ask_pause(++l->failures, r->retry_after);

	if (l->failures > (unsigned)c->cache.retries ||
	        boottime_ms() + pause - l->since >= c->cache.stall_timeout)
		return false;
	l->pages->width = (l->pages->width + 1) / 2;
	l->pages->calm = 0;
	uv_timer_start(&l->timer, on_retry, pause, 0);
	return true;
}

static void on_done(void *arg, const struct transfer_result *r, const struct response *response)
{
	struct lane *l = arg;
	struct pages *q = l->pages;

	l->transfer = NULL;
	if (r->message[0])
		snprintf(q->message, sizeof q->message, "%s", r->message);
	if (!r->error && l->page) {
		snprintf(l->linked, sizeof l->linked, "%s", response->next);
		reading_end(l->page);
	} else if (!r->error || r->error == -EPROTO || r->error == -EILSEQ) {
		fail_page(q, r->error ? r->error : -EPROTO);
	} else if (r->again && !l->corrected) {
		l->corrected = true;
		send_request(l);
	} else if (!r->retry || !try_again(l, r)) {
		finish(q, r->error, r, l->since);
	}
}

static const struct transfer_handler handler = {
        .on_head = on_head, .on_data = on_data, .on_done = on_done};

static unsigned connections(const struct agent *a, const struct remote *r, bool leisure)
{
	uint64_t n = r->profile->listing_connections, half = r->profile->max_connections / 2;

	if (half > a->config->cache.max_connections / 2)
		half = a->config->cache.max_connections / 2;
	if (n > half)
		n = half;
	if (leisure)
		n /= PAGES_LEISURE;
	return !n || !r->ops->splits || r->unsplit ? 1 : (unsigned)n;
}

struct pages *pages_list(struct agent *a, struct remote *r, const char *dir, bool leisure,
        store_entry_cb *entry, ask_done *done, void *arg)
{
	struct pages *q = calloc(1, sizeof *q);

	if (!q)
		return NULL;
	q->agent = a;
	q->remote = r;
	remote_hold(r);
	q->entry = entry;
	q->done = done;
	q->arg = arg;
	q->leisure = leisure;
	q->width = q->most = connections(a, r, leisure);
	q->dir = strdup(dir);
	q->ranges = ranges_new();
	if (q->dir && q->ranges && widen(q) && q->lanes)
		return q;
	free_pages(q);
	return NULL;
}

void pages_hurry(struct pages *q)
{
	struct lane *l;

	if (!q->leisure)
		return;
	q->leisure = false;
	q->width = q->most = connections(q->agent, q->remote, false);
	DL_FOREACH (q->lanes, l) {
		if (l->transfer)
			transfer_set_ahead(l->transfer, false);
	}
}
