/*
 * In place of login_http, for fuzz targets: no endpoint is asked, and what it answers is the test's
 * own (login_says). Held against each request: header lines are lines, and secrets go to https
 * or to this machine alone.
 */
#include "fetch/login.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t *login_says;
static size_t login_says_size;

uint64_t login_deadline(void)
{
	return UINT64_MAX;
}

void login_answer_release(struct login_answer *a)
{
	login_wipe(a->body, a->len);
	*a = (struct login_answer){0};
}

static void check_request(const struct login_request *q)
{
	static const char *const safe[] = {
	        "https://", "http://127.0.0.1:", "http://localhost:", "http://[::1]:"};
	bool good = !q->body;

	for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
		good |= strncasecmp(q->url, safe[i], strlen(safe[i])) == 0;
	if (!good)
		abort();
	for (const char *const *h = q->headers; h && *h; h++)
		if (strpbrk(*h, "\r\n"))
			abort();
}

/* Takes the next answer, up to a NUL; the last one stays. */
static size_t next_answer(const uint8_t **from)
{
	const uint8_t *end = memchr(login_says, '\0', login_says_size);
	size_t len = end ? (size_t)(end - login_says) : login_says_size;

	*from = login_says;
	if (end) {
		login_says_size -= len + 1;
		login_says = end + 1;
	}
	return len;
}

/* The first byte is a status, from '0' on; the rest a body. */
int login_http(
        const struct login_request *q, struct login_answer *a, char err[static STORE_ERROR_MAX])
{
	static const long statuses[] = {200, 200, 200, 400, 401, 404, 500};

	const uint8_t *from;
	size_t len;

	check_request(q);
	*a = (struct login_answer){0};
	err[0] = '\0';
	len = login_says_size ? next_answer(&from) : 0;
	if (!len)
		return -EIO;
	a->status = statuses[(uint8_t)(*from - '0') % (sizeof statuses / sizeof *statuses)];
	a->len = len - 1;
	a->body = malloc(len);
	memcpy(a->body, from + 1, a->len);
	a->body[a->len] = '\0';
	memcpy(a->wanted, "Google", q->want ? sizeof "Google" : 0);
	return 0;
}

/* The length of the input up to its first NUL; behind it is what endpoints answer, one after
 * another between NULs. */
static size_t login_split(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;

	login_says = end ? end + 1 : NULL;
	login_says_size = end ? size - len - 1 : 0;
	return len;
}
