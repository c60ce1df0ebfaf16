#include "fetch/connection.h"
#include "fetch/header_lines.h"
#include "fetch/http_head.h"
#include "fetch/transfer_parts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utlist.h>

#define RECEIVE_BUFFER (256 << 10) /* bytes that libcurl hands over at once */

/* A watched socket of libcurl's. */
struct watch {
	uv_poll_t poll;
	curl_socket_t fd;
	struct transfers *owner;
};

static void reap(struct transfers *ts);

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	int flags = 0, running;

	if (status < 0)
		flags = CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	struct transfers *ts = w->owner;
	curl_multi_socket_action(ts->multi, w->fd, flags, &running);
	reap(ts);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_data)
{
	struct transfers *ts = user;
	struct watch *w = socket_data;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w) {
			uv_poll_stop(&w->poll);
			uv_close((uv_handle_t *)&w->poll, on_closed);
			curl_multi_assign(ts->multi, fd, NULL);
		}
		return 0;
	}
	if (!w) {
		w = calloc(1, sizeof *w);
		if (!w || uv_poll_init_socket(ts->loop, &w->poll, fd) != 0) {
			free(w);
			return -1;
		}
		w->fd = fd;
		w->owner = ts;
		w->poll.data = w;
		curl_multi_assign(ts->multi, fd, w);
	}
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	uv_poll_start(&w->poll, events, on_poll);
	return 0;
}

static void on_timeout(uv_timer_t *timer)
{
	struct transfers *ts = timer->data;
	int running;

	curl_multi_socket_action(ts->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	reap(ts);
}

static int on_timer(CURLM *multi, long ms, void *user)
{
	struct transfers *ts = user;

	(void)multi;
	if (ms < 0)
		uv_timer_stop(&ts->timer);
	else
		uv_timer_start(&ts->timer, on_timeout, (uint64_t)ms, 0);
	return 0;
}

struct transfers *transfers_new(
        uv_loop_t *loop, unsigned max_connections, uint64_t stall_ms, uint64_t min_rate)
{
	struct transfers *ts = calloc(1, sizeof *ts);

	if (!ts)
		return NULL;
	ts->loop = loop;
	ts->stall_ms = stall_ms;
	ts->min_rate = min_rate > LONG_MAX ? LONG_MAX : (long)min_rate;
	ts->most = max_connections;
	ts->multi = curl_multi_init();
	uv_timer_init(loop, &ts->timer);
	turns_init(ts);
	logins_init(ts);
	ts->timer.data = ts;
	ts->handles = 4;
	curl_multi_setopt(ts->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(ts->multi, CURLMOPT_SOCKETDATA, ts);
	curl_multi_setopt(ts->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(ts->multi, CURLMOPT_TIMERDATA, ts);
	curl_multi_setopt(ts->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)max_connections);
	curl_multi_setopt(ts->multi, CURLMOPT_MAXCONNECTS, (long)max_connections);
	return ts;
}

void transfers_unref(struct transfers *ts)
{
	if (--ts->handles == 0)
		free(ts);
}

static void on_timer_closed(uv_handle_t *h)
{
	transfers_unref(h->data);
}

void transfers_free(struct transfers *ts)
{
	struct transfer *t, *next;

	ts->ended = true;
	DL_FOREACH_SAFE (ts->queued, t, next) {
		transfer_cancel(t);
	}
	DL_FOREACH_SAFE (ts->waiting, t, next) {
		transfer_cancel(t);
	}
	DL_FOREACH_SAFE (ts->all, t, next) {
		transfer_cancel(t);
	}
	curl_multi_cleanup(ts->multi);
	uv_timer_stop(&ts->timer);
	turns_end(ts);
	uv_timer_stop(&ts->late);
	uv_close((uv_handle_t *)&ts->timer, on_timer_closed);
	uv_close((uv_handle_t *)&ts->pump, on_timer_closed);
	uv_close((uv_handle_t *)&ts->drip, on_timer_closed);
	uv_close((uv_handle_t *)&ts->late, on_timer_closed);
}

void transfers_limit(struct transfers *ts, uint64_t bandwidth)
{
	bucket_init(&ts->bucket, bandwidth, uv_now(ts->loop));
}

static void release(struct transfer *t)
{
	struct transfers *ts = t->owner;

	if (t->running) {
		turn_ended(t);
	} else if (t->waits) {
		DL_DELETE(ts->waiting, t);
	} else {
		DL_DELETE(ts->queued, t);
	}
	if (t->easy) {
		curl_multi_remove_handle(ts->multi, t->easy);
		curl_easy_cleanup(t->easy);
	}
	store_request_release(&t->request);
	free(t->key);
	free(t->token);
	free(t->after);
	free(t->until);
	free(t->match);
	free(t->none_match);
	free(t->version);
	free(t);
}

void transfer_cancel(struct transfer *t)
{
	if (t)
		release(t);
}

/* A server, or a cache on the way, may not know versions and pass that part of an address over. */
static bool is_version(const struct transfer *t)
{
	const struct store_ops *ops = t->remote->ops;

	return !ops->is_version || t->args.op == STORE_LIST || !t->args.version ||
	       !*t->args.version || ops->is_version(t->response.info.version, t->args.version);
}

static bool is_good(const struct response *r)
{
	return r->status == 200 || r->status == 206 || r->status == 304;
}

/* The head is whole when the first byte of the body comes, or at the end. */
static int finish_head(struct transfer *t)
{
	struct response *r = &t->response;

	if (t->head_seen)
		return t->callback_error;
	t->head_seen = true;
	response_finish(r);
	if (t->remote->ops->head)
		t->remote->ops->head(t->remote->store, r);
	t->astray = is_good(r) && !is_version(t);
	if (t->astray)
		t->callback_error = -EIO;
	else if (t->handler->on_head && is_good(r))
		t->callback_error = t->handler->on_head(t->arg, r);
	return t->callback_error;
}

static size_t on_header(char *line, size_t size, size_t n, void *user)
{
	struct transfer *t = user;

	remote_answered(t->remote);
	t->head_len += size * n;
	if (t->head_len > TRANSFER_HEAD_MAX)
		return 0;
	/* A trailer says nothing that the head did not. */
	if (!t->head_seen)
		response_header_line(
		        &t->response, t->remote->ops, t->remote->store, line, size * n);
	return size * n;
}

/* The body of an error or a redirect: its beginning may say why. It is read on for the sake of the
 * connection, but not for ever. */
static size_t take_error(struct transfer *t, const char *data, size_t len)
{
	size_t room = sizeof t->body - t->body_len;

	if (len < room)
		room = len;
	memcpy(t->body + t->body_len, data, room);
	t->body_len += room;
	t->unwanted += len;
	return t->unwanted <= TRANSFER_UNWANTED_MAX ? len : 0;
}

static size_t on_write(char *data, size_t size, size_t n, void *user)
{
	struct transfer *t = user;
	size_t len = size * n;

	remote_answered(t->remote);
	/* The store may think better of the status. */
	if (!transfer_is_redirect(t) && finish_head(t))
		return 0;
	if (t->response.status != 200 && t->response.status != 206)
		return take_error(t, data, len);
	if (!turn_may_take(t))
		return CURL_WRITEFUNC_PAUSE;
	t->callback_error = t->handler->on_data ? t->handler->on_data(t->arg, data, len) : 0;
	if (t->callback_error == TRANSFER_HOLD) {
		t->callback_error = 0;
		t->held = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	turn_took(t, len);
	return t->callback_error ? 0 : len;
}

static void set_options(struct transfer *t, const struct store_args *a)
{
	uint64_t stall = t->owner->stall_ms;
	char range[64];
	CURL *e = t->easy;

	curl_easy_setopt(e, CURLOPT_URL, t->request.url);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->curl_error);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	connection_set(e, t->remote->profile, t->request.ca_file, t->request.url, false);
	/* Ranges share out over connections; one multiplexed connection would be one congestion
	 * window. */
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
	        t->remote->profile->http2 ? (long)CURL_HTTP_VERSION_2TLS
	                                  : (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, (long)t->remote->profile->http2);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "larder/" LARDER_VERSION);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
	        (long)(stall < TRANSFER_CONNECT_MS ? stall : TRANSFER_CONNECT_MS));
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT,
	        a->op != STORE_GET && t->owner->min_rate ? t->owner->min_rate : 1L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)((stall + 999) / 1000));
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->request.headers);
	if (a->op == STORE_HEAD)
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	if (a->op == STORE_GET && a->ranged) {
		snprintf(range, sizeof range, "%llu-%llu", (unsigned long long)a->first,
		        (unsigned long long)a->last);
		curl_easy_setopt(e, CURLOPT_RANGE, range);
	}
}

static int add_header(struct transfer *t, const char *name, const char *value)
{
	char line[STORE_ETAG_MAX + 32];
	struct curl_slist *list;

	if (!value || !*value)
		return 0;
	snprintf(line, sizeof line, "%s: %s", name, value);
	list = curl_slist_append(t->request.headers, line);
	if (!list)
		return -ENOMEM;
	t->request.headers = list;
	return 0;
}

static int copy_text(char **to, const char **arg, const char *from)
{
	if (!from)
		return 0;
	*arg = *to = strdup(from);
	return *to ? 0 : -ENOMEM;
}

struct transfer *transfer_start(struct transfers *ts, struct remote *r,
        const struct store_args *args, const struct transfer_handler *handler, void *arg)
{
	struct transfer *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->owner = ts;
	t->remote = r->home ? r->home : r;
	t->handler = handler;
	t->arg = arg;
	t->args = *args;
	response_reset(&t->response);
	t->response.op = args->op;
	DL_APPEND(ts->queued, t);
	if (copy_text(&t->key, &t->args.key, args->key) ||
	        copy_text(&t->token, &t->args.token, args->token) ||
	        copy_text(&t->after, &t->args.after, args->after) ||
	        copy_text(&t->until, &t->args.until, args->until) ||
	        copy_text(&t->match, &t->args.if_match, args->if_match) ||
	        copy_text(&t->none_match, &t->args.if_none_match, args->if_none_match) ||
	        copy_text(&t->version, &t->args.version,
	                args->version ? args->version : r->profile->version)) {
		release(t);
		return NULL;
	}
	turns_give(ts);
	return t;
}

void transfer_resume(struct transfer *t)
{
	if (!t->held)
		return;
	t->held = false;
	if (t->limited)
		return;
	curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

static int launch(struct transfer *t, char err[static STORE_ERROR_MAX])
{
	struct transfers *ts = t->owner;
	int error;

	turn_began(t);
	t->args.now = time(NULL);
	if (t->remote->profile->offline) {
		snprintf(err, STORE_ERROR_MAX, "offline = true: no remote is asked");
		return -ENETUNREACH;
	}
	snprintf(err, STORE_ERROR_MAX, "out of memory");
	error = t->remote->ops->request(t->remote->store, &t->args, &t->request, err);
	if (error)
		return error;
	t->easy = curl_easy_init();
	if (!t->easy)
		return -ENOMEM;
	if (!t->remote->ops->by_version && (add_header(t, "If-Match", t->match) ||
	                                           add_header(t, "If-None-Match", t->none_match)))
		return -ENOMEM;
	if (header_lines_add(t->remote->profile->headers, t->remote->ops->signed_prefix,
	            &t->request.headers))
		return -ENOMEM;
	set_options(t, &t->args);
	return curl_multi_add_handle(ts->multi, t->easy) == CURLM_OK ? 0 : -ENOMEM;
}

void transfer_launch(struct transfer *t)
{
	const struct transfer_handler *handler = t->handler;
	struct transfer_result result = {0};
	struct response none;
	void *arg = t->arg;

	if (!turn_rests(t, &result) && transfer_log_in(t, &result) == -EAGAIN)
		return;
	if (!result.error)
		result.error = launch(t, result.message);
	if (!result.error)
		return;
	release(t);
	response_reset(&none);
	handler->on_done(arg, &result, &none);
}

/* libcurl's own errors: no answer, or one that broke off. */
static void curl_failure(struct transfer *t, CURLcode code, struct transfer_result *out)
{
	bool no_address = code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT ||
	                  code == CURLE_LOGIN_DENIED;
	curl_off_t sent = 0;

	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
	out->error = connection_failure(t->easy, code, t->curl_error, &out->retry, out->message);
	out->unreachable = !no_address && out->error == -EIO;
	out->unconnected = out->unreachable && !sent;
}

static void judge(struct transfer *t, CURLcode code, struct transfer_result *out)
{
	struct response *r = &t->response;

	if (!t->callback_error && code != CURLE_OK && code != CURLE_HTTP_RETURNED_ERROR) {
		curl_failure(t, code, out);
		return;
	}
	if (t->redirect_fault) {
		out->error = -EIO;
		snprintf(out->message, sizeof out->message, "HTTP status %ld: %s",
		        t->response.status, t->redirect_fault);
		return;
	}
	finish_head(t);
	if (t->astray)
		snprintf(out->message, sizeof out->message,
		        "the server sent another version than was asked for, or does not say "
		        "which; "
		        "it keeps no versions, or a proxy on the way mixes them");
	if (t->callback_error) {
		out->error = t->callback_error;
	} else if (!is_good(r)) {
		out->retry_after = r->retry_after;
		if (r->status == 429 || r->status == 503)
			turn_refused(t);
		out->error = t->remote->ops->error(t->remote->store, &t->args, r, t->body,
		        t->body_len, &out->retry, &out->again, out->message);
	}
}

static void finish(struct transfer *t, CURLcode code)
{
	struct transfer_result result = {0};
	const struct transfer_handler *handler = t->handler;
	struct response response;
	void *arg = t->arg;

	judge(t, code, &result);
	response = t->response;
	release(t);
	handler->on_done(arg, &result, &response);
}

static void reap(struct transfers *ts)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(ts->multi, &left))) {
		struct transfer *t;
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		/* It was we who had enough. */
		if (code == CURLE_WRITE_ERROR && t->unwanted > TRANSFER_UNWANTED_MAX)
			code = CURLE_OK;
		if (code != CURLE_OK || !transfer_redirect(t))
			finish(t, code);
	}
}
