#include "cache/read/config.h"
#include "cache/read/validity.h"
#include "fetch/connection.h"
#include "fetch/header_lines.h"
#include "fetch/login.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <openssl/crypto.h>

#define PAUSE_MS 200 /* before the second try; then half as much more */

/* One try. */
struct call {
	const struct login_request *request;
	struct login_answer *answer;
	size_t room;
	bool too_large;
};

uint64_t login_deadline(void)
{
	return boottime_ms() + LOGIN_MS;
}

void login_answer_release(struct login_answer *a)
{
	login_wipe(a->body, a->len);
	OPENSSL_cleanse(a, sizeof *a);
}

static bool grow(struct call *c, size_t need)
{
	struct login_answer *a = c->answer;
	size_t room = c->room ? c->room : 4096;
	char *body;

	while (room < need)
		room *= 2;
	if (room == c->room)
		return true;
	/* realloc would leave a copy behind. */
	body = malloc(room);
	if (!body)
		return false;
	if (a->body)
		memcpy(body, a->body, a->len);
	login_wipe(a->body, a->len);
	a->body = body;
	c->room = room;
	return true;
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct call *c = user;
	struct login_answer *a = c->answer;
	size_t len = size * n;

	c->too_large = len > LOGIN_BODY_MAX - a->len;
	if (c->too_large || !grow(c, a->len + len + 1))
		return 0;
	memcpy(a->body + a->len, data, len);
	a->len += len;
	return len;
}

static size_t on_header(char *line, size_t size, size_t n, void *user)
{
	struct call *c = user;
	const char *want = c->request->want;
	size_t len = size * n, name = want ? strlen(want) : 0;

	if (!want || len <= name || strncasecmp(line, want, name) != 0 || line[name] != ':')
		return len;
	for (line += ++name, name = len - name; name && (*line == ' ' || *line == '\t'); name--)
		line++;
	while (name && strchr("\r\n \t", line[name - 1]))
		name--;
	if (name < sizeof c->answer->wanted && !memchr(line, 0, name)) {
		memcpy(c->answer->wanted, line, name);
		c->answer->wanted[name] = '\0';
	}
	return len;
}

/* Where no proxy could reach: this machine, its own link, and the local IPv6 addresses (fd00::/8)
 * at which some clouds have their services. */
static bool is_near(const char *url, const char *host)
{
	bool local = !strncasecmp(host, "[fd", 3) && strcspn(host, ":") == strlen("[fd00");

	return local || connection_reach(url) != REACH_FAR;
}

/* The host of an address, for messages; "" if it is none that can be used. */
static void host_of(const char *url, char *out, size_t size)
{
	CURLU *u = curl_url();
	char *host = NULL;

	out[0] = '\0';
	if (u && !curl_url_set(u, CURLUPART_URL, url, 0) &&
	        !curl_url_get(u, CURLUPART_HOST, &host, 0))
		snprintf(out, size, "%s", host);
	curl_free(host);
	curl_url_cleanup(u);
}

static struct curl_slist *headers_of(const struct login_request *q)
{
	/* Not "Expect", which some endpoints do not answer. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (const char *const *h = q->headers; h && *h && list; h++) {
		struct curl_slist *longer = curl_slist_append(list, *h);

		if (!longer)
			curl_slist_free_all(list);
		list = longer;
	}
	return list;
}

static void set_options(
        CURL *e, struct call *c, struct curl_slist *headers, bool direct, uint64_t ms)
{
	const struct login_request *q = c->request;
	unsigned connect = q->connect_ms ? q->connect_ms : LOGIN_CONNECT_MS;

	curl_easy_setopt(e, CURLOPT_URL, q->url);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "larder/" LARDER_VERSION);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect < ms ? connect : ms));
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)ms);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	if (direct)
		curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	connection_set_ca(e, q->ca_file, NULL);
	if (q->body)
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, q->body);
	if (q->method)
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, q->method);
}

/* 0, or -errno with a message. */
static int call_once(const struct login_request *q, struct login_answer *a, uint64_t ms,
        const char *host, char *err)
{
	struct call c = {.request = q, .answer = a};
	struct curl_slist *headers = headers_of(q);
	CURL *e = curl_easy_init();
	CURLcode code = CURLE_OUT_OF_MEMORY;
	char why[CURL_ERROR_SIZE] = "";

	login_answer_release(a);
	if (e && headers && grow(&c, 1)) {
		curl_easy_setopt(e, CURLOPT_ERRORBUFFER, why);
		set_options(e, &c, headers, q->direct || is_near(q->url, host), ms);
		code = curl_easy_perform(e);
		curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &a->status);
	}
	curl_easy_cleanup(e);
	header_lines_wipe(headers);
	if (code == CURLE_OK) {
		a->body[a->len] = '\0';
		return 0;
	}
	login_answer_release(a);
	snprintf(err, STORE_ERROR_MAX, "%s: %s", host,
	        c.too_large ? "its answer is larger than 1 MiB"
	        : *why      ? why
	                    : curl_easy_strerror(code));
	return c.too_large ? -EFBIG : -EIO;
}

int login_http(
        const struct login_request *q, struct login_answer *a, char err[static STORE_ERROR_MAX])
{
	unsigned tries = q->tries ? q->tries : 1, pause = PAUSE_MS;
	char host[256];
	int error;

	memset(a, 0, sizeof *a);
	host_of(q->url, host, sizeof host);
	if (!*host) {
		snprintf(err, STORE_ERROR_MAX, "the address of the endpoint is none");
		return -EINVAL;
	}
	for (unsigned i = 1;; i++, pause += pause / 2) {
		uint64_t now = boottime_ms(), left = q->deadline > now ? q->deadline - now : 0;

		if (!left) {
			snprintf(err, STORE_ERROR_MAX, "%s: no answer in %d s", host,
			        LOGIN_MS / 1000);
			return -EIO;
		}
		error = call_once(
		        q, a, tries > 1 && left > LOGIN_TRY_MS ? LOGIN_TRY_MS : left, host, err);
		bool passing = error == -EIO || (!error && (a->status == 429 || a->status >= 500));

		if (!passing || i >= tries || boottime_ms() + pause >= q->deadline)
			return error;
		nanosleep(&(struct timespec){pause / 1000, pause % 1000 * 1000000L}, NULL);
	}
}
