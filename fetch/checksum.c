#include "fetch/checksum.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	size_t size;
} kinds[CHECKSUM_KINDS_N] = {
#define X(id, name, size) {name, size},
        CHECKSUM_KINDS(X)
#undef X
};

size_t checksum_size(enum checksum_kind kind)
{
	return kinds[kind].size;
}

const char *checksum_name(enum checksum_kind kind)
{
	return kinds[kind].name;
}

enum checksum_kind checksum_kind_of(const char *name, size_t len)
{
	for (enum checksum_kind k = CHECKSUM_NONE + 1; k < CHECKSUM_KINDS_N; k++)
		if (strlen(kinds[k].name) == len && memcmp(kinds[k].name, name, len) == 0)
			return k;
	return CHECKSUM_NONE;
}

static unsigned rank(enum checksum_kind kind, unsigned parts)
{
	return kind ? kind + (parts ? 0 : CHECKSUM_KINDS_N) : 0;
}

bool checksum_offer_sum(struct checksum *sum, const struct checksum *offer)
{
	if (rank(offer->kind, offer->parts) <= rank(sum->kind, sum->parts))
		return false;
	*sum = *offer;
	return true;
}

bool checksum_offer(struct checksum *sum, enum checksum_kind kind, const uint8_t *value)
{
	if (rank(kind, 0) <= rank(sum->kind, sum->parts))
		return false;
	*sum = (struct checksum){.kind = kind};
	memcpy(sum->value, value, kinds[kind].size);
	return true;
}

/* The value of a digit, or -1. */
static int hex_digit(char c)
{
	char letter = (char)(c | 0x20);

	if (c >= '0' && c <= '9')
		return c - '0';
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool checksum_offer_hex(struct checksum *sum, enum checksum_kind kind, const char *text, size_t len)
{
	uint8_t value[CHECKSUM_SIZE_MAX];

	if (len != 2 * kinds[kind].size)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		value[i / 2] = (uint8_t)(high << 4 | low);
	}
	return checksum_offer(sum, kind, value);
}

static int base64_digit(char c)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Bits that stand for no byte must be zero, so that no two texts mean the same. */
bool checksum_offer_base64(
        struct checksum *sum, enum checksum_kind kind, const char *text, size_t len)
{
	uint8_t value[CHECKSUM_SIZE_MAX];
	size_t size = kinds[kind].size, digits = (size * 8 + 5) / 6, n = 0;
	unsigned bits = 0, have = 0;

	if (len != (size + 2) / 3 * 4)
		return false;
	for (size_t i = 0; i < len; i++) {
		int digit = i < digits ? base64_digit(text[i]) : 0;

		if (digit < 0 || (i >= digits && text[i] != '='))
			return false;
		bits = bits << 6 | (unsigned)digit;
		have += 6;
		if (have >= 8 && n < size) {
			have -= 8;
			value[n++] = (uint8_t)(bits >> have);
			bits &= (1U << have) - 1;
		}
	}
	return bits == 0 && checksum_offer(sum, kind, value);
}

bool checksum_equal(const struct checksum *a, const struct checksum *b)
{
	return a->kind == b->kind && a->parts == b->parts &&
	       memcmp(a->value, b->value, kinds[a->kind].size) == 0;
}

void checksum_text(const struct checksum *sum, char out[static CHECKSUM_TEXT_MAX + 1])
{
	int n = 0;

	out[0] = 0;
	if (!sum->kind)
		return;
	n = snprintf(out, CHECKSUM_TEXT_MAX + 1, "%s:", kinds[sum->kind].name);
	for (size_t i = 0; i < kinds[sum->kind].size; i++)
		n += snprintf(out + n, (size_t)(CHECKSUM_TEXT_MAX + 1 - n), "%02x", sum->value[i]);
	if (sum->parts)
		snprintf(out + n, (size_t)(CHECKSUM_TEXT_MAX + 1 - n), "-%ux%" PRIu64, sum->parts,
		        sum->part);
}

/* What checksum_text would write, and nothing else. */
bool checksum_parse(const char *text, struct checksum *out)
{
	size_t name = strcspn(text, ":"), digits = text[name] ? strcspn(text + name + 1, "-") : 0;
	enum checksum_kind kind = checksum_kind_of(text, name);
	char again[CHECKSUM_TEXT_MAX + 1], *end;
	const char *tail = text + name + 1 + digits;

	*out = (struct checksum){0};
	if (!kind || !checksum_offer_hex(out, kind, text + name + 1, digits))
		return false;
	if (*tail) {
		out->parts = (unsigned)strtoul(tail + 1, &end, 10);
		out->part = *end ? strtoull(end + 1, NULL, 10) : 0;
	}
	checksum_text(out, again);
	return strcmp(again, text) == 0;
}
