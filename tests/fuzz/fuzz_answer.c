/* A whole answer as a server may send it, to each store: head, and the body of an error. What comes
 * out holds together, and messages are lines of text. The first byte chooses the store. */
#include "fetch/http_head.h"

#include "../lib/bare_profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct store_ops *const stores[] = {
        &store_s3, &store_gcs, &store_azure, &store_hf, &store_http};
#define STORES (sizeof stores / sizeof *stores)

static struct store *store_of(size_t i)
{
	static struct config config = {.home = "/nonexistent", .file = "larder.ini"};
	static struct profile profiles[STORES];
	static struct store *open[STORES];
	static const char *const authorities[] = {"bucket", "bucket", "acct/box", "org/name", ""};
	char err[STORE_ERROR_MAX];

	if (open[i])
		return open[i];
	bare_profile(&profiles[i]);
	profiles[i].anonymous = true;
	profiles[i].scheme = stores[i]->name;
	profiles[i].authority = authorities[i];
	profiles[i].remote = profiles[i].endpoint = "http://127.0.0.1:1";
	if (stores[i]->open(&open[i], &config, &profiles[i], err)) {
		fprintf(stderr, "%s: %s\n", stores[i]->name, err);
		abort();
	}
	return open[i];
}

static void check(const struct response *r)
{
	if (r->has_range && (r->first > r->last || r->last >= r->total))
		abort();
	if (r->info.sum.kind >= CHECKSUM_KINDS_N || strlen(r->info.etag) > STORE_ETAG_MAX ||
	        strlen(r->info.version) > STORE_VERSION_MAX || strlen(r->next) >= STORE_TOKEN_MAX)
		abort();
}

static void check_message(const char *err)
{
	if (strnlen(err, STORE_ERROR_MAX) == STORE_ERROR_MAX)
		abort();
	for (; *err; err++)
		if ((unsigned char)*err < ' ' || *err == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct response r;
	size_t which = size ? *data++ % STORES : 0;
	struct store *s = store_of(which);
	char err[STORE_ERROR_MAX] = "", *body;
	const struct store_args a = {.op = size % 7 ? STORE_GET : STORE_HEAD, .key = "dir/k"};
	bool retry, again;

	size -= size != 0;
	response_reset(&r);
	r.op = a.op;
	while (size) {
		const uint8_t *newline = memchr(data, '\n', size);
		size_t len = newline ? (size_t)(newline - data) + 1 : size;
		/* A block of just this length, so that a byte too far is seen. */
		char *line = malloc(len);

		memcpy(line, data, len);
		response_header_line(&r, stores[which], s, line, len);
		free(line);
		data += len;
		size -= len;
		if (len == 1)
			break;
	}
	response_finish(&r);
	if (stores[which]->head)
		stores[which]->head(s, &r);
	check(&r);
	if (r.status == 200 || r.status == 206 || r.status == 304)
		return 0;
	body = malloc(size ? size : 1);
	memcpy(body, data, size);
	if (stores[which]->error(s, &a, &r, body, size, &retry, &again, err) >= 0)
		abort();
	check_message(err);
	free(body);
	return 0;
}
