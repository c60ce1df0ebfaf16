/*
 * What the unit tests of the HTTP stores share: a profile, a request that was made for it, and an
 * answer. A test defines STORE (store_s3) and includes this once; its setup calls bare_store.
 */
#include "fetch/http_head.h"
#include "fetch/store.h"
#include "lib/bare_profile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SECRETS_MAX 4

static struct config config;
static struct profile profile;
static struct store *store;
static struct store_request request;
static struct response answer;
static char err[STORE_ERROR_MAX];
static bool retry, again;
static const char *secrets[SECRETS_MAX]; /* that no message may hold */

/* An environment without these variables, and a profile of which nothing is set. */
static void bare_store(const char *const *variables, size_t n)
{
	for (size_t i = 0; i < n; i++)
		unsetenv(variables[i]);
	config.home = "/nonexistent";
	bare_profile(&profile);
}

static int release(void **state)
{
	(void)state;
	store_request_release(&request);
	STORE.close(store);
	store = NULL;
	return 0;
}

static void opened(void)
{
	if (!store && STORE.open(&store, &config, &profile, err))
		fail_msg("%s", err);
}

static void make(const struct store_args *a)
{
	opened();
	store_request_release(&request);
	if (STORE.request(store, a, &request, err))
		fail_msg("%s", err);
}

static void assert_url(enum store_op op, const char *key, const char *want)
{
	make(&(struct store_args){.op = op, .key = key, .now = NOW});
	assert_string_equal(request.url, want);
}

/* The header's value, or NULL. */
static const char *header(const char *name)
{
	size_t len = strlen(name);

	for (const struct curl_slist *h = request.headers; h; h = h->next)
		if (!strncmp(h->data, name, len) && !strncmp(h->data + len, ": ", 2))
			return h->data + len + 2;
	return NULL;
}

static void assert_said(int code, int want, const char *message)
{
	if (code != want || !strstr(err, message))
		fail_msg("%d and \"%s\", not %d and \"%s\"", code, err, want, message);
	for (size_t i = 0; i < SECRETS_MAX; i++)
		if (secrets[i])
			assert_null(strstr(err, secrets[i]));
}

static inline void assert_open_refused(const char *message)
{
	assert_said(STORE.open(&store, &config, &profile, err), -EINVAL, message);
}

/* Gives the store a status and body; checks the code and a part of the message. */
static inline void assert_error(long status, const char *body, int want, const char *message)
{
	const struct store_args a = {.op = STORE_GET, .key = "dir/k", .now = NOW};

	opened();
	answer = (struct response){.status = status};
	assert_said(STORE.error(store, &a, &answer, body, strlen(body), &retry, &again, err), want,
	        message);
}
