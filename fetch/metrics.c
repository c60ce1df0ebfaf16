#include "fetch/metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utlist.h>

#define PATH_SPACE (CONFIG_PATH_MAX + 32)

union stream {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_pipe_t pipe;
	uv_tcp_t tcp;
};

struct scrape {
	union stream stream;
	uv_timer_t timer;
	uv_write_t write;
	struct metrics *metrics;
	unsigned handles;
	size_t len;
	char *text, head[192];
	struct scrape *prev, *next;
	char request[METRICS_REQUEST_MAX];
};

struct metrics {
	struct process *process;
	char address[CONFIG_PATH_MAX], file[CONFIG_PATH_MAX]; /* "" if not wanted */
	union stream listener;
	bool listening, complained_address, complained_file;
	struct scrape *scrapes;
	unsigned n_scrapes, handles;
	uv_timer_t timer;
	uv_work_t work;
	bool writing, closing;
	char *text; /* of the worker */
	int error;
};

/* --- what is asked --- */

int metrics_parse(const char *text, struct metrics_address *out)
{
	const char *colon = strrchr(text, ':');
	char host[64], *end;
	unsigned long port;
	size_t len;

	memset(out, 0, sizeof *out);
	if (strncmp(text, "unix:/", 6) == 0) {
		out->is_unix = true;
		out->path = text + 5;
		return strlen(out->path) < sizeof((struct sockaddr_un *)0)->sun_path ? 0 : -EINVAL;
	}
	if (!colon || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	len = (size_t)(colon - text);
	if (*end || !port || port > 65535 || len >= sizeof host)
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = 0;
	if (strcmp(host, "[::1]") == 0)
		return uv_ip6_addr("::1", (int)port, (struct sockaddr_in6 *)&out->ip) ? -EINVAL : 0;
	/* Others could read it from anywhere; there are proxies for that, which ask who they are.
	 */
	if (strncmp(host, "127.", 4) != 0 ||
	        uv_ip4_addr(host, (int)port, (struct sockaddr_in *)&out->ip) != 0)
		return -EINVAL;
	return 0;
}

int metrics_judge(const char *request, size_t len)
{
	const char *end = memmem(request, len, "\r\n\r\n", 4);
	const char *path, *line = memchr(request, '\r', len);
	size_t n;

	if (memchr(request, 0, len))
		return 400;
	if (!end && len < METRICS_REQUEST_MAX)
		return 0;
	if (!end || (size_t)(line - request) < sizeof "GET / HTTP/1.1" - 1 ||
	        memcmp(line - 9, " HTTP/1.", 8) != 0)
		return 400;
	if (memcmp(request, "GET ", 4) != 0)
		return 405;
	path = request + 4;
	n = strcspn(path, " ?\r");
	return n == strlen("/metrics") && memcmp(path, "/metrics", n) == 0 ? 200 : 404;
}

/* --- answers --- */

static void on_scrape_closed(uv_handle_t *h)
{
	struct scrape *s = h->data;
	struct metrics *m = s->metrics;

	if (--s->handles)
		return;
	DL_DELETE(m->scrapes, s);
	m->n_scrapes--;
	free(s->text);
	free(s);
	if (m->closing && !m->n_scrapes && !m->handles && !m->writing)
		free(m);
}

static void end_scrape(struct scrape *s)
{
	if (uv_is_closing(&s->stream.handle))
		return;
	uv_close(&s->stream.handle, on_scrape_closed);
	uv_close((uv_handle_t *)&s->timer, on_scrape_closed);
}

static void on_late(uv_timer_t *timer)
{
	end_scrape(timer->data);
}

static void on_written(uv_write_t *write, int status)
{
	(void)status;
	end_scrape(write->data);
}

static char *make_text(const struct process *p)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	metrics_print(p, f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static void answer(struct scrape *s, int status)
{
	const char *reason = status == 404   ? "404 Not Found"
	                     : status == 405 ? "405 Method Not Allowed\r\nAllow: GET"
	                     : status == 400 ? "400 Bad Request"
	                                     : "200 OK";
	uv_buf_t parts[2];

	uv_read_stop(&s->stream.stream);
	s->text = status == 200 ? make_text(s->metrics->process) : strdup("see /metrics\n");
	if (!s->text) {
		end_scrape(s);
		return;
	}
	snprintf(s->head, sizeof s->head,
	        "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %zu\r\n"
	        "Connection: close\r\n\r\n",
	        reason, strlen(s->text));
	parts[0] = uv_buf_init(s->head, (unsigned)strlen(s->head));
	parts[1] = uv_buf_init(s->text, (unsigned)strlen(s->text));
	s->write.data = s;
	if (uv_write(&s->write, &s->stream.stream, parts, 2, on_written) != 0)
		end_scrape(s);
}

static void give_room(uv_handle_t *h, size_t wanted, uv_buf_t *buf)
{
	struct scrape *s = h->data;

	(void)wanted;
	*buf = uv_buf_init(s->request + s->len, (unsigned)(sizeof s->request - s->len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct scrape *s = stream->data;
	int status;

	(void)buf;
	if (n < 0) {
		end_scrape(s);
		return;
	}
	s->len += (size_t)n;
	status = metrics_judge(s->request, s->len);
	if (status)
		answer(s, status);
}

static void init_stream(struct metrics *m, union stream *s, bool is_unix)
{
	if (is_unix)
		uv_pipe_init(m->process->loop, &s->pipe, 0);
	else
		uv_tcp_init(m->process->loop, &s->tcp);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct metrics *m = listener->data;
	struct scrape *s = status ? NULL : calloc(1, sizeof *s);

	if (!s)
		return; /* it waits in the queue */
	s->metrics = m;
	s->stream.handle.data = s->timer.data = s;
	init_stream(m, &s->stream, listener->type == UV_NAMED_PIPE);
	uv_timer_init(m->process->loop, &s->timer);
	s->stream.handle.data = s->timer.data = s;
	s->handles = 2;
	DL_APPEND(m->scrapes, s);
	m->n_scrapes++;
	if (uv_accept(listener, &s->stream.stream) != 0 || m->n_scrapes > METRICS_CLIENTS ||
	        uv_read_start(&s->stream.stream, give_room, on_read) != 0) {
		end_scrape(s);
		return;
	}
	uv_timer_start(&s->timer, on_late, METRICS_CLIENT_MS, 0);
	uv_unref(&s->stream.handle);
	uv_unref((uv_handle_t *)&s->timer);
}

/* --- where --- */

static void complain(struct metrics *m, bool *said, const char *what, int error)
{
	if (!*said)
		agent_log(
		        m->process->agents, "metrics: %s: %s; tried again", what, strerror(-error));
	*said = true;
}

/* A socket that an agent left behind; one that somebody listens at stays. */
static void remove_stale(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct stat st;
	int fd;

	if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof addr) != 0 &&
	        errno == ECONNREFUSED)
		unlink(path);
	if (fd >= 0)
		close(fd);
}

static void on_listener_closed(uv_handle_t *h)
{
	struct metrics *m = h->data;

	m->handles--;
	if (m->closing && !m->n_scrapes && !m->handles && !m->writing)
		free(m);
}

/* A handle that failed is closed, and the next try has to wait for that. */
static void try_listen(struct metrics *m)
{
	struct metrics_address to;
	int err;

	if (m->listening || !*m->address || m->handles > 1)
		return;
	if (metrics_parse(m->address, &to) != 0) {
		complain(m, &m->complained_address,
		        "[cache] metrics is neither unix:/path nor 127.0.0.1:port", -EINVAL);
		return;
	}
	init_stream(m, &m->listener, to.is_unix);
	m->listener.handle.data = m;
	m->handles++;
	if (to.is_unix)
		remove_stale(to.path);
	err = to.is_unix ? uv_pipe_bind(&m->listener.pipe, to.path)
	                 : uv_tcp_bind(&m->listener.tcp, (struct sockaddr *)&to.ip, 0);
	if (!err)
		err = uv_listen(&m->listener.stream, METRICS_CLIENTS, on_connection);
	/* Who may come into its folder may read. */
	if (!err && to.is_unix && chmod(to.path, 0666) != 0)
		err = -errno;
	if (err) {
		complain(m, &m->complained_address, m->address, err);
		uv_close(&m->listener.handle, on_listener_closed);
		return;
	}
	uv_unref(&m->listener.handle);
	m->listening = true;
}

/* --- the file --- */

static void write_file(uv_work_t *work)
{
	struct metrics *m = work->data;
	size_t len = strlen(m->text);
	char temp[PATH_SPACE];
	int fd;

	snprintf(temp, sizeof temp, "%s.%d.tmp", m->file, (int)getpid());
	unlink(temp);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	m->error = fd < 0 ? -errno : 0;
	if (fd >= 0 && (fchmod(fd, 0644) != 0 || write(fd, m->text, len) != (ssize_t)len))
		m->error = errno ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	if (!m->error && rename(temp, m->file) != 0)
		m->error = -errno;
	if (m->error && fd >= 0)
		unlink(temp);
}

/* Unless what came after a reload writes it too. */
static void remove_file(const struct metrics *m)
{
	const struct metrics *now = m->process->metrics;

	if (*m->file && (!now || strcmp(now->file, m->file) != 0))
		unlink(m->file);
}

static void after_file(uv_work_t *work, int status)
{
	struct metrics *m = work->data;

	(void)status;
	m->writing = false;
	m->process->metrics_writes--;
	free(m->text);
	m->text = NULL;
	if (m->closing) {
		remove_file(m);
		if (!m->n_scrapes && !m->handles)
			free(m);
	} else if (m->error) {
		complain(m, &m->complained_file, m->file, m->error);
	} else {
		m->complained_file = false;
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct metrics *m = timer->data;

	try_listen(m);
	if (!*m->file || m->writing)
		return;
	m->text = make_text(m->process);
	m->work.data = m;
	m->writing =
	        m->text && uv_queue_work(m->process->loop, &m->work, write_file, after_file) == 0;
	if (m->writing)
		m->process->metrics_writes++;
	else
		free(m->text);
}

/* --- from process.c --- */

void metrics_stop(struct process *p)
{
	struct metrics *m = p->metrics;
	struct metrics_address to;
	struct scrape *s, *next;

	p->metrics = NULL;
	if (!m)
		return;
	m->closing = true;
	DL_FOREACH_SAFE (m->scrapes, s, next) {
		end_scrape(s);
	}
	if (m->listening) {
		uv_close(&m->listener.handle, on_listener_closed);
		if (metrics_parse(m->address, &to) == 0 && to.is_unix)
			unlink(to.path);
	}
	uv_close((uv_handle_t *)&m->timer, on_listener_closed);
	if (!m->writing)
		remove_file(m);
}

void metrics_start(struct process *p)
{
	const struct config *c = p->agents->config;
	struct metrics *m = p->metrics;

	if (m && strcmp(m->address, c->cache.metrics) == 0 &&
	        strcmp(m->file, c->cache.metrics_file) == 0)
		return;
	metrics_stop(p);
	if (!*c->cache.metrics && !*c->cache.metrics_file)
		return;
	m = p->metrics = calloc(1, sizeof *m);
	if (!m)
		return;
	m->process = p;
	snprintf(m->address, sizeof m->address, "%s", c->cache.metrics);
	snprintf(m->file, sizeof m->file, "%s", c->cache.metrics_file);
	uv_timer_init(p->loop, &m->timer);
	m->timer.data = m;
	m->handles = 1;
	uv_timer_start(&m->timer, on_timer, 0, METRICS_FILE_MS);
	uv_unref((uv_handle_t *)&m->timer);
}
