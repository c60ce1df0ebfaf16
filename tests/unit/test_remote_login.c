/*
 * Requests of a remote whose credentials end, against a token endpoint and a store on loopback that
 * do as they are told.
 */
#include "fetch/login.h"
#include "fetch/remote.h"
#include "fetch/transfer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define REQUESTS 100
#define TICKS    20 /* turns of the loop that prove that it is not blocked */
#define WAIT_S   30 /* before a test has failed */

/* A server of one connection at a time, which answers each request with `answer`. */
struct server {
	int fd;
	unsigned short port;
	pthread_t thread;
	const char *answer;
	atomic_int requests;
	sem_t *gate; /* of each answer; or NULL */
	char seen[4096];
};

static struct server tokens, objects;
static sem_t gate;

static void *serve(void *arg)
{
	struct server *s = arg;
	int c;

	while ((c = accept(s->fd, NULL, NULL)) >= 0) {
		struct timespec until;
		ssize_t n = recv(c, s->seen, sizeof s->seen - 1, 0);

		s->seen[n > 0 ? n : 0] = '\0';
		s->requests++;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += WAIT_S;
		if (s->gate && sem_timedwait(s->gate, &until))
			print_error("the loop did not open the gate\n");
		if (send(c, s->answer, strlen(s->answer), MSG_NOSIGNAL) < 0)
			print_error("no answer was taken\n");
		close(c);
	}
	return NULL;
}

static void start_server(struct server *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(s->fd, REQUESTS), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &len), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stop_server(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

/* --- a store with a token --- */

struct store {
	char token[32], next[32];
	enum login_need need;
	unsigned logins;
};

static int demo_request(struct store *s, const struct store_args *a, struct store_request *out,
        char err[static STORE_ERROR_MAX])
{
	char header[64];

	(void)a, (void)err;
	snprintf(header, sizeof header, "X-Token: %s", s->token);
	out->headers = curl_slist_append(NULL, header);
	return asprintf(&out->url, "http://127.0.0.1:%u/object", objects.port) < 0 ? -ENOMEM : 0;
}

static int demo_error(struct store *s, const struct store_args *a, struct response *r,
        const char *body, size_t body_len, bool *retry, bool *again,
        char err[static STORE_ERROR_MAX])
{
	(void)s, (void)a, (void)r, (void)body, (void)body_len, (void)err;
	*retry = *again = false;
	return -EIO;
}

static enum login_need demo_needs(struct store *s, int64_t now)
{
	(void)now;
	return s->need;
}

static int demo_login(struct store *s, char err[static STORE_ERROR_MAX])
{
	static const char *const headers[] = {"Metadata: true", NULL};
	char url[64];
	struct login_request q = {
	        .url = url, .headers = headers, .deadline = login_deadline(), .tries = 1};
	struct login_answer a;
	int error;

	snprintf(url, sizeof url, "http://127.0.0.1:%u/token", tokens.port);
	error = login_http(&q, &a, err);
	if (!error && a.status != 200) {
		snprintf(err, STORE_ERROR_MAX, "the endpoint refuses (HTTP %ld)", a.status);
		error = -EACCES;
	}
	if (!error)
		error = login_json(a.body, a.len, "token", s->next, sizeof s->next);
	login_answer_release(&a);
	return error;
}

static void demo_logged_in(struct store *s, int error)
{
	s->logins++;
	if (error)
		return;
	memcpy(s->token, s->next, sizeof s->token);
	s->need = LOGIN_NONE;
}

static const struct store_ops demo = {.name = "demo",
        .request = demo_request,
        .error = demo_error,
        .needs_login = demo_needs,
        .login = demo_login,
        .logged_in = demo_logged_in};

/* --- the requests of a test --- */

static struct remote remote;
static struct store store;
static const struct profile profile = {.name = "demo"};
static uv_loop_t loop;
static struct transfers *transfers;
static uv_timer_t ticker;
static unsigned ticks, done, good;
static bool shut; /* the gate: opened by the test itself */
static struct transfer_result last;

static void on_tick(uv_timer_t *timer)
{
	(void)timer;
	if (++ticks == TICKS && !shut)
		sem_post(&gate);
}

static void on_done(void *arg, const struct transfer_result *r, const struct response *response)
{
	(void)arg, (void)response;
	done++;
	good += r->error == 0;
	last = *r;
}

static const struct transfer_handler handler = {.on_done = on_done};

static struct transfer *ask(void)
{
	static const struct store_args args = {.op = STORE_GET, .key = "k"};

	return transfer_start(transfers, &remote, &args, &handler, NULL);
}

static void run_until(unsigned n)
{
	time_t end = time(NULL) + WAIT_S;

	while (done < n && time(NULL) < end)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(done, n);
}

static int begin(void **state)
{
	(void)state;
	tokens = (struct server){.gate = &gate,
	        .answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"token\": \"new\"}"};
	objects = (struct server){
	        .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"};
	sem_init(&gate, 0, 0);
	start_server(&tokens);
	start_server(&objects);
	store = (struct store){.token = "old", .need = LOGIN_NOW};
	remote = (struct remote){.profile = &profile, .ops = &demo, .store = &store};
	width_init(&remote.width, 8);
	ticks = done = good = 0;
	shut = false;
	uv_loop_init(&loop);
	uv_timer_init(&loop, &ticker);
	uv_timer_start(&ticker, on_tick, 1, 1);
	transfers = transfers_new(&loop, 8, 30000, 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	transfers_free(transfers);
	uv_close((uv_handle_t *)&ticker, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	stop_server(&tokens);
	stop_server(&objects);
	sem_destroy(&gate);
	return 0;
}

static void one_login_serves_a_hundred_requests(void **state)
{
	(void)state;
	for (int i = 0; i < REQUESTS; i++)
		assert_non_null(ask());
	run_until(REQUESTS);
	/* The endpoint answers only after the loop has turned that often. */
	assert_true(ticks >= TICKS);
	assert_int_equal(good, REQUESTS);
	assert_int_equal(tokens.requests, 1);
	assert_non_null(strstr(tokens.seen, "Metadata: true"));
	assert_non_null(strstr(objects.seen, "X-Token: new"));
}

static void a_failed_login_fails_all_with_its_message(void **state)
{
	(void)state;
	tokens.answer = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n";
	for (int i = 0; i < REQUESTS; i++)
		assert_non_null(ask());
	run_until(REQUESTS);
	assert_int_equal(good, 0);
	assert_int_equal(last.error, -EACCES);
	assert_false(last.retry);
	assert_string_equal(last.message, "the endpoint refuses (HTTP 403)");
	assert_int_equal(objects.requests, 0);
	/* Nor is it tried again at once for those who come after it. */
	assert_non_null(ask());
	run_until(REQUESTS + 1);
	assert_string_equal(last.message, "the endpoint refuses (HTTP 403)");
	assert_int_equal(tokens.requests, 1);
}

static void an_endpoint_that_is_not_there_is_an_outage(void **state)
{
	unsigned short port = tokens.port;

	(void)state;
	stop_server(&tokens);
	assert_non_null(ask());
	run_until(1);
	assert_int_equal(last.error, -EIO);
	assert_true(last.retry);
	assert_true(last.unreachable);
	assert_non_null(strstr(last.message, "127.0.0.1"));
	start_server(&tokens);
	tokens.port = port;
}

static void requests_go_on_while_it_is_renewed(void **state)
{
	(void)state;
	shut = true;
	store.need = LOGIN_SOON;
	for (int i = 0; i < REQUESTS; i++)
		assert_non_null(ask());
	run_until(REQUESTS); /* the endpoint has not answered yet */
	assert_int_equal(good, REQUESTS);
	assert_non_null(strstr(objects.seen, "X-Token: old"));
	assert_int_equal(store.logins, 0);
	sem_post(&gate);
	while (!store.logins)
		uv_run(&loop, UV_RUN_ONCE);
	assert_non_null(ask());
	run_until(REQUESTS + 1);
	assert_non_null(strstr(objects.seen, "X-Token: new"));
	assert_int_equal(tokens.requests, 1);
}

static void one_that_does_not_help_is_not_repeated(void **state)
{
	(void)state;
	tokens.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"token\": \"new\"}";
	assert_non_null(ask());
	run_until(1);
	store.need = LOGIN_NOW;
	assert_non_null(ask());
	run_until(2);
	assert_int_equal(last.error, -EACCES);
	assert_non_null(strstr(last.message, "clock"));
	assert_int_equal(tokens.requests, 1);
}

static void those_who_wait_can_be_cancelled(void **state)
{
	struct transfer *t[2];

	(void)state;
	shut = true;
	t[0] = ask();
	t[1] = ask();
	while (!remote.login.busy)
		uv_run(&loop, UV_RUN_ONCE);
	assert_true(transfer_is_queued(t[0]));
	transfer_cancel(t[0]);
	sem_post(&gate);
	run_until(1);
	assert_int_equal(good, 1);
	assert_ptr_not_equal(t[0], t[1]);
}

static void a_login_outlives_the_transfers(void **state)
{
	(void)state;
	shut = true;
	assert_non_null(ask());
	while (!remote.login.busy)
		uv_run(&loop, UV_RUN_ONCE);
	transfers_free(transfers);
	uv_run(&loop, UV_RUN_NOWAIT);
	sem_post(&gate);
	while (remote.login.busy)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(done, 0);
	assert_int_equal(store.logins, 1);
	transfers = transfers_new(&loop, 8, 30000, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	        TEST(one_login_serves_a_hundred_requests),
	        TEST(a_failed_login_fails_all_with_its_message),
	        TEST(an_endpoint_that_is_not_there_is_an_outage),
	        TEST(requests_go_on_while_it_is_renewed),
	        TEST(one_that_does_not_help_is_not_repeated),
	        TEST(those_who_wait_can_be_cancelled),
	        TEST(a_login_outlives_the_transfers),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
