/* Messages: whatever the bytes, where they lie and how long they claim to be, nothing beyond them
 * is read; and what is accepted stays below the cache. */
#include "fetch/client/wire.h"

#include <stdlib.h>
#include <string.h>

static void check(int ok)
{
	if (!ok)
		abort();
}

static void check_request(const struct wire_request *r, size_t n)
{
	char rel[KEY_REL_MAX + 3];

	check(n >= sizeof *r && r->len == n - sizeof *r && r->len < KEY_REL_MAX);
	check(r->op > 0 && r->op < WIRE_OP_END);
	rel[0] = '/';
	memcpy(rel + 1, r + 1, r->len);
	rel[r->len + 1] = 0;
	check(strlen(rel) == r->len + 1);
	check(r->len || r->op >= WIRE_SUBSCRIBE);
	check(!r->len || r->op <= WIRE_USED || r->op == WIRE_EVICT || r->op == WIRE_PIN);
	check(!r->age || r->op == WIRE_EVICT);
	check(!r->flags || r->op == WIRE_REPORT || r->op == WIRE_EVICT || r->flags == 1);
	check(r->flags < (r->op == WIRE_REPORT ? WIRE_REPORT_END : 4));
	/* One "/" may stand at the end of a selection alone. */
	if (r->op >= WIRE_EVICT && r->len && rel[r->len] == '/')
		rel[r->len] = 0;
	if (r->len)
		strcat(rel, "/");
	check(!strstr(rel, "//") && !strstr(rel, "/./") && !strstr(rel, "/../"));
}

static void check_reply(const struct wire_reply *r, size_t n)
{
	check(n >= sizeof *r && r->text_len == n - sizeof *r && r->text_len <= WIRE_TEXT_MAX);
	check(r->error <= 0 && -(int64_t)r->error < 4096);
}

/* The bytes come as the first of a larger aligned buffer, as recvmsg leaves them, and alone. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static union {
		struct wire_request request;
		struct wire_reply reply;
		uint8_t bytes[WIRE_PACKET_MAX + 64];
	} packet;
	void *exact;

	if (size > sizeof packet.bytes)
		size = sizeof packet.bytes;
	memset(packet.bytes, '.', sizeof packet.bytes);
	memcpy(packet.bytes, data, size);
	if (wire_request_valid(&packet.request, size))
		check_request(&packet.request, size);
	if (wire_reply_valid(&packet.reply, size))
		check_reply(&packet.reply, size);
	exact = malloc(size ? size : 1);
	if (!exact)
		return 0;
	memcpy(exact, data, size);
	wire_request_valid(exact, size);
	wire_reply_valid(exact, size);
	free(exact);
	return 0;
}
