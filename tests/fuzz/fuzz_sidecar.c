/* Sidecars: whatever is in one, it is refused, or means the same when it is written again. */
#include "cache/sidecar.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sidecar one, two;
	char text[SIDECAR_MAX], whole[SIDECAR_MAX];
	size_t len;

	if (size < sizeof whole) {
		/* With a right end, so that what is before it is seen. */
		memcpy(whole, data, size);
		sidecar_parse(whole, sidecar_seal(whole, size), &one);
	}
	if (sidecar_parse((const char *)data, size, &one) != 0)
		return 0;
	len = sidecar_format(&one, text);
	if (sidecar_parse(text, len, &two) != 0 || one.size != two.size || one.mtime != two.mtime ||
	        one.file_ino != two.file_ino || strcmp(one.meta.etag, two.meta.etag) != 0 ||
	        strcmp(one.meta.digest, two.meta.digest) != 0 ||
	        strcmp(one.meta.checksum, two.meta.checksum) != 0 || one.meta.ino != two.meta.ino ||
	        one.meta.validated != two.meta.validated)
		abort();
	return 0;
}
