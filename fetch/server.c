#include "fetch/server.h"
#include "fetch/activation.h"
#include "fetch/control.h"
#include "fetch/disk.h"
#include "fetch/known.h"
#include "fetch/list.h"
#include "fetch/manifest_load.h"
#include "fetch/object.h"
#include "fetch/peer.h"
#include "fetch/pins.h"
#include "fetch/prefetch.h"
#include "fetch/process.h"
#include "fetch/report.h"
#include "fetch/space.h"
#include "fetch/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utlist.h>

struct conn {
	struct server *server;
	struct agent *agent;  /* of the configuration that the question named */
	struct waiter waiter; /* of its question */
	int fd;
	bool asked, subscribed;
	enum wire_op op;
	struct ucred peer;
	char *rel; /* of the question */
	uint64_t since, run;
	uv_poll_t poll;
	struct conn *prev, *next;
};

struct server {
	struct agent *agent;
	int fd;
	unsigned n_conns, n_subscribed;
	unsigned most; /* clients, and objects on their way, for which there are descriptors */
	bool deaf;     /* accepts nobody for the moment */
	struct conn *conns;
	struct peer_user *users;
	uv_poll_t poll;
	uv_timer_t sweep;
	int handles;
	bool closing;
	bool lasts; /* the socket is systemd's, and stays when we leave */
};

static void on_conn_closed(uv_handle_t *h)
{
	struct conn *c = h->data;

	close(c->fd);
	free(c->rel);
	free(c);
}

static void on_listen(uv_poll_t *poll, int status, int events);

static bool is_full(const struct server *s)
{
	unsigned users = s->agent->layout.system ? PEER_USERS : 1;

	return s->n_conns >= users * PEER_CONNECTIONS ||
	       s->n_conns + objects_count(s->agent) >= s->most;
}

static void listen_again(struct server *s)
{
	if (s->deaf && !s->closing && !is_full(s))
		s->deaf = uv_poll_start(&s->poll, UV_READABLE, on_listen) != 0;
}

static void hang_up(struct conn *c)
{
	struct server *s = c->server;

	DL_DELETE(s->conns, c);
	s->n_conns--;
	peer_leave(&s->users, c->peer.uid);
	listen_again(s);
	s->n_subscribed -= c->subscribed;
	waiter_cancel(&c->waiter);
	uv_poll_stop(&c->poll);
	uv_close((uv_handle_t *)&c->poll, on_conn_closed);
}

void waiter_cancel(struct waiter *w)
{
	if (w->parked)
		manifest_unpark(w);
	if (w->object)
		object_cancel(w);
	if (w->list)
		list_cancel(w);
	if (w->inquiry)
		known_cancel(w);
	if (w->leave)
		w->leave(w);
}

/* One packet, with a descriptor if fd >= 0. A client that does not take it is hung up on. */
static bool send_reply(struct conn *c, struct wire_reply *r, const char *text, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov[2] = {{.iov_base = r, .iov_len = sizeof *r}, {.iov_base = (void *)text}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};

	r->magic = WIRE_MAGIC;
	r->version = WIRE_VERSION;
	iov[1].iov_len = strlen(text) < WIRE_TEXT_MAX ? strlen(text) : WIRE_TEXT_MAX;
	r->text_len = (uint32_t)iov[1].iov_len;
	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof control;
		control.align = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd),
		        .cmsg_level = SOL_SOCKET,
		        .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.align), &fd, sizeof fd);
	}
	return sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static void on_answer(struct waiter *w, const struct answer *a)
{
	struct conn *c = (struct conn *)((char *)w - offsetof(struct conn, waiter));
	struct wire_reply r = {
	        .type = (uint16_t)(a->error ? WIRE_NONE : a->type),
	        .error = a->error,
	        .executable = a->executable,
	        .size = a->size,
	        .ino = a->ino,
	        .mtime = a->mtime,
	        .hit = a->hit,
	};

	if (c->op == WIRE_OPEN)
		counters_opened(c->agent, c->rel, a);
	send_reply(c, &r, a->message && *a->message ? a->message : a->etag, a->fd);
	disk_close(c->server->agent, a->fd);
	/* What was sent stays readable for the client. */
	hang_up(c);
}

static void send_error(struct conn *c, int error, const char *text)
{
	struct wire_reply r = {.error = error};

	send_reply(c, &r, text, -1);
	hang_up(c);
}

/* Questions of commands about the agent itself. */
static void dispatch_command(struct conn *c, const struct wire_request *q)
{
	struct agent *a = c->server->agent;
	struct wire_reply r = {.type = WIRE_TEXT};
	char text[WIRE_TEXT_MAX];

	switch (q->op) {
	case WIRE_REPORT:
		report_ask(a, q->flags, &c->peer, &c->waiter);
		return;
	case WIRE_EVICT:
		control_evict(a, c->rel, q->age, q->flags, &c->waiter);
		return;
	case WIRE_PIN:
		pins_change(a, c->rel, !(q->flags & WIRE_UNPIN), &c->waiter);
		return;
	case WIRE_RELOAD:
		r.error = process_reload(a->process, text);
		send_reply(c, &r, text, -1);
		break;
	case WIRE_STATUS:
		report_status(a, text, sizeof text);
		send_reply(c, &r, text, -1);
		break;
	case WIRE_STOP:
		send_reply(c, &r, "stopping", -1);
		a->stopping = true;
		uv_stop(a->loop);
		break;
	default:
		break;
	}
	hang_up(c);
}

static void tell(struct server *s, bool all, uint64_t run, const char *text)
{
	struct wire_reply r = {.type = WIRE_TEXT};
	struct conn *c;

	if (!s)
		return;
	DL_FOREACH (s->conns, c) {
		if (c->subscribed && (all || c->run == run))
			send_reply(c, &r, text, -1);
	}
}

static void dispatch(struct conn *c, const struct wire_request *q)
{
	struct server *s = c->server;
	struct agent *a = process_agent(s->agent, q->config);
	const char *why = "";
	int err;

	/* A system agent serves whatever its configuration has now. */
	if (!a || a->layout.system)
		a = s->agent;
	c->asked = true;
	c->agent = a;
	c->op = q->op;
	c->rel = strndup((const char *)(q + 1), q->len);
	c->run = c->waiter.run = q->run;
	c->waiter.offline = q->op <= WIRE_USED && (q->flags & WIRE_OFFLINE);
	c->waiter.answer = on_answer;
	if (!c->rel) {
		send_error(c, -ENOMEM, "out of memory");
		return;
	}
	err = peer_may_ask(a, c->fd, &c->peer, q, c->rel, &why);
	if (err) {
		send_error(c, err, why);
		return;
	}
	a->last_request = boottime_ms();
	switch (q->op) {
	case WIRE_OPEN:
		if (!c->waiter.offline)
			prefetch_seen(a, c->rel, true);
		object_open(a, c->rel, &c->waiter);
		return;
	case WIRE_STAT:
		object_stat(a, c->rel, &c->waiter);
		return;
	case WIRE_LIST:
		list_directory(a, c->rel, &c->waiter);
		return;
	case WIRE_USED:
		object_used(a, c->rel);
		if (!c->waiter.offline)
			prefetch_seen(a, c->rel, false);
		hang_up(c);
		return;
	case WIRE_SUBSCRIBE:
		c->subscribed = true;
		c->server->n_subscribed++;
		if (*watch_trouble(a))
			tell(c->server, false, c->run, watch_trouble(a));
		return;
	default:
		dispatch_command(c, q);
	}
}

static void on_conn(uv_poll_t *poll, int status, int events)
{
	_Alignas(struct wire_request) char packet[WIRE_PACKET_MAX + 1];
	struct conn *c = poll->data;
	ssize_t n;

	if (status < 0 || (events & UV_DISCONNECT && !(events & UV_READABLE)) || c->asked) {
		/* A client says nothing after its question: it has gone. */
		hang_up(c);
		return;
	}
	n = recv(c->fd, packet, sizeof packet, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || !wire_request_valid((struct wire_request *)packet, (size_t)n))
		hang_up(c);
	else
		dispatch(c, (struct wire_request *)packet);
}

static bool peer_of(const struct server *s, int fd, struct ucred *peer)
{
	socklen_t len = sizeof *peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &len) == 0 &&
	       peer_is_served(s->agent, peer);
}

/* They stay in the socket's queue; looking at it again at once would only spin. */
static void turn_deaf(struct server *s)
{
	s->deaf = true;
	uv_poll_stop(&s->poll);
}

static void on_listen(uv_poll_t *poll, int status, int events)
{
	struct server *s = poll->data;
	struct ucred peer;
	struct conn *c;
	int fd;

	(void)events;
	if (status < 0)
		return;
	fd = is_full(s) ? -1 : accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (is_full(s) || (errno != EAGAIN && errno != EINTR))
			turn_deaf(s);
		return;
	}
	if (!peer_of(s, fd, &peer) || !peer_enter(&s->users, peer.uid)) {
		close(fd);
		return;
	}
	c = calloc(1, sizeof *c);
	if (!c || uv_poll_init(s->agent->loop, &c->poll, fd) != 0) {
		peer_leave(&s->users, peer.uid);
		free(c);
		close(fd);
		return;
	}
	c->server = s;
	c->fd = fd;
	c->peer = peer;
	c->since = uv_now(s->agent->loop);
	c->poll.data = c;
	s->n_conns++;
	DL_APPEND(s->conns, c);
	uv_poll_start(&c->poll, UV_READABLE | UV_DISCONNECT, on_conn);
}

static void tell_progress(void *arg, const char *key, const struct remote *r, uint64_t run,
        uint64_t done, uint64_t total, uint64_t elapsed_ms)
{
	struct server *s = arg;
	struct wire_reply reply = {
	        .type = WIRE_PROGRESS, .size = total, .ino = done, .mtime = (int64_t)elapsed_ms};
	char url[WIRE_TEXT_MAX];
	struct conn *c;

	/* What nobody ran by `larder run` is no news for anybody. */
	if (!run)
		return;
	remote_url(r, key, url, sizeof url);
	DL_FOREACH (s->conns, c) {
		if (c->subscribed && c->run == run)
			send_reply(c, &reply, url, -1);
	}
}

static void on_sweep(uv_timer_t *timer)
{
	struct server *s = timer->data;
	uint64_t now = uv_now(s->agent->loop);
	struct conn *c, *next;

	DL_FOREACH_SAFE (s->conns, c, next) {
		if (!c->asked && now - c->since > SERVER_REQUEST_MS)
			hang_up(c);
	}
	listen_again(s);
	if (s->n_subscribed)
		objects_progress(s->agent, tell_progress, s);
}

void server_tell(struct server *s, uint64_t run, const char *text)
{
	if (run)
		tell(s, false, run, text);
}

void server_tell_all(struct server *s, const char *text)
{
	tell(s, true, 0, text);
}

struct agent *server_agent(const struct server *s)
{
	return s->agent;
}

void server_hand_over(struct server *s, struct agent *to)
{
	s->agent = to;
}

bool server_busy(const struct server *s)
{
	return s->n_conns != 0;
}

unsigned server_clients(const struct server *s)
{
	return s->n_conns;
}

void server_waiting(const struct server *s, server_waiting_cb *cb, void *arg)
{
	uint64_t now = uv_now(s->agent->loop);
	const struct conn *c;

	DL_FOREACH (s->conns, c) {
		if (c->asked && c->op <= WIRE_LIST)
			cb(arg, c->agent, &c->peer, c->op, c->rel, now - c->since);
	}
}

bool server_is_kept(const struct server *s)
{
	return s->lasts;
}

bool server_withdraw(struct server *s)
{
	char path[LAYOUT_PATH_MAX], aside[LAYOUT_PATH_MAX];
	struct pollfd queue = {.fd = s->fd, .events = POLLIN};

	/* Who comes after this is in the queue of the next agent. */
	if (s->lasts)
		return poll(&queue, 1, 0) <= 0;
	if (layout_runtime(&s->agent->layout, path, WIRE_SOCKET) ||
	        layout_runtime(&s->agent->layout, aside, WIRE_SOCKET ".old") ||
	        rename(path, aside) != 0)
		return true;
	if (poll(&queue, 1, 0) > 0)
		return rename(aside, path) != 0;
	unlink(aside);
	return true;
}

static unsigned most_at_once(const struct agent *a)
{
	uint64_t others = SERVER_FDS_OTHERS + 2 * a->config->cache.max_connections;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= UINT32_MAX)
		return UINT32_MAX;
	if (r.rlim_cur < others + SERVER_LOAD_MIN * SERVER_FDS)
		return SERVER_LOAD_MIN;
	return (unsigned)((r.rlim_cur - others) / SERVER_FDS);
}

static int listen_at(const char *path, mode_t mode)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof addr.sun_path)
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* Ours alone: the agent holds the lock of the runtime folder. */
	unlink(path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 || chmod(path, mode) != 0 ||
	        listen(fd, SOMAXCONN) != 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

struct server *server_new(struct agent *a, int *error)
{
	struct server *s = calloc(1, sizeof *s);
	char path[LAYOUT_PATH_MAX];

	*error = -ENOMEM;
	if (!s)
		return NULL;
	s->agent = a;
	s->most = most_at_once(a);
	*error = layout_runtime(&a->layout, path, WIRE_SOCKET);
	if (!*error) {
		s->fd = *error = activation_socket(path);
		s->lasts = s->fd >= 0;
	}
	if (*error == -ENOENT)
		s->fd = *error = listen_at(path, a->layout.system ? 0666 : 0600);
	if (*error < 0) {
		free(s);
		return NULL;
	}
	*error = 0;
	uv_poll_init(a->loop, &s->poll, s->fd);
	uv_timer_init(a->loop, &s->sweep);
	s->poll.data = s->sweep.data = s;
	s->handles = 2;
	uv_poll_start(&s->poll, UV_READABLE, on_listen);
	uv_timer_start(&s->sweep, on_sweep, SERVER_PROGRESS_MS, SERVER_PROGRESS_MS);
	return s;
}

static void on_closed(uv_handle_t *h)
{
	struct server *s = h->data;

	if (--s->handles)
		return;
	close(s->fd);
	free(s);
}

void server_free(struct server *s)
{
	char path[LAYOUT_PATH_MAX];
	struct conn *c, *next;

	if (!s->lasts && layout_runtime(&s->agent->layout, path, WIRE_SOCKET) == 0)
		unlink(path);
	s->closing = true;
	DL_FOREACH_SAFE (s->conns, c, next) {
		hang_up(c);
	}
	uv_poll_stop(&s->poll);
	uv_close((uv_handle_t *)&s->poll, on_closed);
	uv_close((uv_handle_t *)&s->sweep, on_closed);
}
