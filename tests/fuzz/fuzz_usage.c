/*
 * A hostile record of usage: it is refused, or its numbers are within their limits, and it is
 * written again as it was read. The input may come with its sum made good, so that what is behind
 * the sum is reached: then it begins with 's'.
 */
#include "cache/read/hash.h"
#include "cache/usage.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct usage_amount a, int64_t least)
{
	if (a.bytes > USAGE_NUMBER_MAX || a.files > USAGE_NUMBER_MAX || a.bytes < least ||
	        a.files < least)
		abort();
}

/* The input as the text of a record, with a sum over it. */
static void with_sum(char text[static USAGE_RECORD_SIZE], const uint8_t *data, size_t size)
{
	size_t most = USAGE_RECORD_SIZE - HASH_HEX_LEN - 6;
	char hex[HASH_HEX_LEN + 1];

	if (size > most)
		size = most;
	memset(text, ' ', USAGE_RECORD_SIZE);
	memcpy(text, data, size);
	hash_hex(hash64(HASH_USAGE, data, size), hex);
	memcpy(text + size, "sum ", 4);
	memcpy(text + size + 4, hex, HASH_HEX_LEN);
	text[size + 4 + HASH_HEX_LEN] = '\n';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[USAGE_RECORD_SIZE], second[USAGE_RECORD_SIZE];
	struct usage_record r, again;

	if (size && data[0] == 's') {
		with_sum(text, data + 1, size - 1);
		data = (const uint8_t *)text;
		size = sizeof text;
	}
	if (usage_parse(&r, (const char *)data, size))
		return 0;
	within(r.net, -USAGE_NUMBER_MAX);
	within(r.added, 0);
	within(r.reserved, 0);
	within(r.filling, 0);
	usage_format(&r, text);
	if (usage_parse(&again, text, sizeof text))
		abort();
	usage_format(&again, second);
	if (memcmp(text, second, sizeof text) != 0)
		abort();
	return 0;
}
