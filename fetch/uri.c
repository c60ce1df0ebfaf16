/* What the stores share about URLs: percent-encoding, and the end of a request. */
#include "fetch/header_lines.h"
#include "fetch/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

static bool unreserved(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

/* The result also ends in a NUL, for which `size` must have room. */
int store_uri_encode(
        char *out, size_t size, size_t *len, const char *s, size_t s_len, bool keep_slash)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = *len;

	for (size_t i = 0; i < s_len; i++) {
		unsigned char c = s[i];
		bool plain = unreserved(c) || (keep_slash && c == '/');

		if (n >= size || size - n <= (plain ? 1 : 3))
			return -ENAMETOOLONG;
		if (plain) {
			out[n++] = c;
			continue;
		}
		out[n++] = '%';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	if (n >= size)
		return -ENAMETOOLONG;
	out[n] = '\0';
	*len = n;
	return 0;
}

void store_request_release(struct store_request *r)
{
	/* The lines hold session tokens and signatures. */
	header_lines_wipe(r->headers);
	free(r->url);
	r->headers = NULL;
	r->url = NULL;
}
