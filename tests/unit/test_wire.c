/* The messages between client and agent: what is one, and what is refused. */
#include "fetch/client/wire.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static union {
	struct wire_request request;
	struct wire_reply reply;
	char bytes[sizeof(struct wire_request) + KEY_REL_MAX + 64];
} packet;

static size_t make_request(enum wire_op op, const char *rel, size_t len)
{
	memset(&packet, 0, sizeof packet);
	packet.request.magic = WIRE_MAGIC;
	packet.request.version = WIRE_VERSION;
	packet.request.op = (uint16_t)op;
	packet.request.len = (uint32_t)len;
	memcpy(packet.bytes + sizeof packet.request, rel, len);
	return sizeof packet.request + len;
}

static int valid_request(enum wire_op op, const char *rel)
{
	size_t n = make_request(op, rel, strlen(rel));

	return wire_request_valid(&packet.request, n);
}

static size_t make_reply(size_t text)
{
	memset(&packet, 0, sizeof packet);
	packet.reply.magic = WIRE_MAGIC;
	packet.reply.version = WIRE_VERSION;
	packet.reply.text_len = (uint32_t)text;
	memset(packet.bytes + sizeof packet.reply, 't', text);
	return sizeof packet.reply + text;
}

static void requests_about_names_need_one(void **state)
{
	(void)state;
	for (int op = WIRE_OPEN; op <= WIRE_USED; op++) {
		assert_true(valid_request(op, "demo~0123456789abcdef/train/x"));
		assert_true(valid_request(op, "demo~0123456789abcdef"));
		assert_false(valid_request(op, ""));
	}
}

static void other_requests_have_none(void **state)
{
	(void)state;
	for (int op = WIRE_SUBSCRIBE; op < WIRE_OP_END; op++) {
		if (op == WIRE_REPORT || op == WIRE_EVICT || op == WIRE_PIN)
			continue;
		assert_true(valid_request(op, ""));
		assert_false(valid_request(op, "demo~0123456789abcdef"));
	}
	assert_false(valid_request(0, ""));
	assert_false(valid_request(0, "x"));
	assert_false(valid_request(WIRE_OP_END, ""));
	assert_false(valid_request(UINT16_MAX, "x"));
}

static int valid_with(enum wire_op op, const char *rel, uint32_t flags, uint64_t age)
{
	size_t n = make_request(op, rel, strlen(rel));

	packet.request.flags = flags;
	packet.request.age = age;
	return wire_request_valid(&packet.request, n);
}

static void a_selection_is_everything_an_object_or_a_folder(void **state)
{
	(void)state;
	assert_true(valid_with(WIRE_EVICT, "", 0, 0));
	assert_true(valid_with(WIRE_EVICT, "demo~0123456789abcdef/x", WIRE_DRY_RUN, 86400));
	assert_true(valid_with(WIRE_EVICT, "demo~0123456789abcdef/", 0, UINT64_MAX));
	assert_true(valid_with(WIRE_PIN, "demo~0123456789abcdef/x/", WIRE_UNPIN, 0));
	assert_false(valid_with(WIRE_PIN, "", 0, 0));
	for (int op = WIRE_EVICT; op <= WIRE_PIN; op++) {
		assert_false(valid_with(op, "/", 0, 0));
		assert_false(valid_with(op, "a//", 0, 0));
		assert_false(valid_with(op, "../", 0, 0));
		assert_false(valid_with(op, "a/./", 0, 0));
	}
}

static void flags_and_age_belong_to_their_operations(void **state)
{
	(void)state;
	for (int op = WIRE_OPEN; op < WIRE_OP_END; op++) {
		const char *rel = op <= WIRE_USED || op == WIRE_PIN ? "a" : "";

		assert_int_equal(valid_with(op, rel, 0, 0), op != WIRE_REPORT);
		assert_int_equal(valid_with(op, rel, 1, 0),
		        op <= WIRE_USED || op == WIRE_REPORT || op == WIRE_EVICT || op == WIRE_PIN);
		assert_int_equal(valid_with(op, rel, 0, 1), op == WIRE_EVICT);
		assert_false(valid_with(op, rel, UINT32_MAX, 0));
	}
	assert_true(valid_with(WIRE_REPORT, "", WIRE_REPORT_END - 1, 0));
	assert_false(valid_with(WIRE_REPORT, "", WIRE_REPORT_END, 0));
	assert_false(valid_with(WIRE_REPORT, "a", WIRE_REPORT_DF, 0));
}

static void names_stay_below_the_cache(void **state)
{
	static const char *const good[] = {"a/...", "a/.b", "a/b.", "a/..b", "a/\xff\n"};
	static const char *const bad[] = {"/", "/a", "a/", "a//b", ".", "..", "./a", "../a", "a/.",
	        "a/..", "a/./b", "a/../b", "a/b/../../.."};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(valid_request(WIRE_OPEN, good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(valid_request(WIRE_OPEN, bad[i]));
}

static void a_name_holds_no_nul(void **state)
{
	(void)state;
	assert_false(wire_request_valid(&packet.request, make_request(WIRE_OPEN, "a\0b", 3)));
	assert_false(wire_request_valid(&packet.request, make_request(WIRE_OPEN, "ab\0", 3)));
	assert_false(wire_request_valid(&packet.request, make_request(WIRE_OPEN, "\0", 1)));
}

static void a_name_has_a_limit(void **state)
{
	static char name[KEY_REL_MAX + 2];

	(void)state;
	memset(name, 'n', KEY_REL_MAX - 1);
	assert_true(valid_request(WIRE_OPEN, name));
	assert_in_range(sizeof packet.request + strlen(name), 1, WIRE_PACKET_MAX);
	name[KEY_REL_MAX - 1] = 'n';
	assert_false(valid_request(WIRE_OPEN, name));
}

static void a_request_is_as_long_as_it_says(void **state)
{
	size_t n = make_request(WIRE_OPEN, "abc", 3);

	(void)state;
	for (size_t len = 0; len < n; len++)
		assert_false(wire_request_valid(&packet.request, len));
	assert_false(wire_request_valid(&packet.request, n + 1));
	packet.request.len = UINT32_MAX;
	assert_false(wire_request_valid(&packet.request, n));
}

static void another_protocol_is_refused(void **state)
{
	size_t n = make_request(WIRE_OPEN, "abc", 3);

	(void)state;
	packet.request.version++;
	assert_false(wire_request_valid(&packet.request, n));
	n = make_request(WIRE_OPEN, "abc", 3);
	packet.request.magic ^= 1;
	assert_false(wire_request_valid(&packet.request, n));
	n = make_reply(0);
	packet.reply.version++;
	assert_false(wire_reply_valid(&packet.reply, n));
	n = make_reply(0);
	packet.reply.magic ^= 1;
	assert_false(wire_reply_valid(&packet.reply, n));
}

static void replies_of_every_type(void **state)
{
	(void)state;
	for (int type = WIRE_NONE; type <= WIRE_PROGRESS; type++) {
		size_t n = make_reply(10);

		packet.reply.type = (uint16_t)type;
		assert_true(wire_reply_valid(&packet.reply, n));
	}
	packet.reply.type = WIRE_PROGRESS + 1;
	assert_false(wire_reply_valid(&packet.reply, sizeof packet.reply + 10));
}

static void a_reply_is_as_long_as_it_says(void **state)
{
	size_t n = make_reply(WIRE_TEXT_MAX);

	(void)state;
	assert_true(wire_reply_valid(&packet.reply, n));
	for (size_t len = 0; len < n; len++)
		assert_false(wire_reply_valid(&packet.reply, len));
	assert_false(wire_reply_valid(&packet.reply, n + 1));
	n = make_reply(WIRE_TEXT_MAX + 1);
	assert_false(wire_reply_valid(&packet.reply, n));
}

static void an_error_is_an_errno(void **state)
{
	size_t n = make_reply(0);

	(void)state;
	packet.reply.error = -ENOENT;
	assert_true(wire_reply_valid(&packet.reply, n));
	packet.reply.error = ENOENT;
	assert_false(wire_reply_valid(&packet.reply, n));
	/* The client's own caller negates it. */
	packet.reply.error = INT_MIN;
	assert_false(wire_reply_valid(&packet.reply, n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(requests_about_names_need_one),
	        cmocka_unit_test(other_requests_have_none),
	        cmocka_unit_test(a_selection_is_everything_an_object_or_a_folder),
	        cmocka_unit_test(flags_and_age_belong_to_their_operations),
	        cmocka_unit_test(names_stay_below_the_cache),
	        cmocka_unit_test(a_name_holds_no_nul),
	        cmocka_unit_test(a_name_has_a_limit),
	        cmocka_unit_test(a_request_is_as_long_as_it_says),
	        cmocka_unit_test(another_protocol_is_refused),
	        cmocka_unit_test(replies_of_every_type),
	        cmocka_unit_test(a_reply_is_as_long_as_it_says),
	        cmocka_unit_test(an_error_is_an_errno),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
