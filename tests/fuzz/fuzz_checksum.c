/* Checksums as text: what is taken for one is written again the same, and no two texts mean the
 * same. */
#include "fetch/digest.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void offer(const char *text, size_t len)
{
	static const enum checksum_kind kinds[] = {CHECKSUM_CRC32C, CHECKSUM_MD5, CHECKSUM_SHA256};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct checksum hex = {0}, base64 = {0};
		bool both = checksum_offer_hex(&hex, kinds[i], text, len);

		both &= checksum_offer_base64(&base64, kinds[i], text, len);
		if (both || (hex.kind && hex.kind != kinds[i]))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), again[CHECKSUM_TEXT_MAX + 1];
	struct checksum sum;
	struct digest digest;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (checksum_parse(text, &sum)) {
		checksum_text(&sum, again);
		if (strcmp(text, again) != 0)
			abort();
	}
	if (!digest_parse(text, &digest)) {
		digest_text(&digest, again);
		if (strcmp(text, again) != 0)
			abort();
	}
	offer(text, size);
	free(text);
	return 0;
}
