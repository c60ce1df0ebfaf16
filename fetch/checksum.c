#include "fetch/checksum.h"

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

bool checksum_offer(struct checksum *sum, enum checksum_kind kind, const uint8_t *value)
{
	if (kind <= sum->kind)
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
