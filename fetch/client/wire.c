#include "fetch/client/wire.h"

#include <string.h>

#define WIRE_ERRNO_MAX 4095 /* as the kernel's */

/* A path below data/ that cannot leave it: no NUL and no empty, "." or ".." component. */
static int rel_valid(const char *rel, size_t len)
{
	size_t start = 0;

	if (memchr(rel, 0, len))
		return 0;
	for (size_t i = 0; i <= len; i++) {
		size_t n = i - start;

		if (i < len && rel[i] != '/')
			continue;
		if (n == 0 || (n == 1 && rel[start] == '.') ||
		        (n == 2 && rel[start] == '.' && rel[start + 1] == '.'))
			return 0;
		start = i + 1;
	}
	return 1;
}

int wire_request_valid(const struct wire_request *r, size_t n)
{
	int needs_rel;

	if (n < sizeof *r || r->magic != WIRE_MAGIC || r->version != WIRE_VERSION)
		return 0;
	if (r->len != n - sizeof *r || r->len >= KEY_REL_MAX || !r->op || r->op >= WIRE_OP_END)
		return 0;
	needs_rel = r->op <= WIRE_USED;
	if (!needs_rel)
		return r->len == 0;
	return rel_valid((const char *)(r + 1), r->len);
}

int wire_reply_valid(const struct wire_reply *r, size_t n)
{
	if (n < sizeof *r || r->magic != WIRE_MAGIC || r->version != WIRE_VERSION)
		return 0;
	return r->text_len == n - sizeof *r && r->text_len <= WIRE_TEXT_MAX && r->error <= 0 &&
	       r->error >= -WIRE_ERRNO_MAX && r->type <= WIRE_PROGRESS;
}
