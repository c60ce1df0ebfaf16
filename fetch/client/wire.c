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

/* "", a rel, or one with a "/" at its end. */
static int selection_valid(const char *rel, size_t len)
{
	return !len || rel_valid(rel, len - (rel[len - 1] == '/'));
}

/* What an operation takes beside the rel. */
static int extras_valid(const struct wire_request *r)
{
	switch (r->op) {
	case WIRE_OPEN:
	case WIRE_STAT:
	case WIRE_LIST:
	case WIRE_USED:
		return !(r->flags & ~WIRE_OFFLINE) && !r->age;
	case WIRE_REPORT:
		return r->flags && r->flags < WIRE_REPORT_END && !r->len && !r->age;
	case WIRE_EVICT:
		return !(r->flags & ~(WIRE_DRY_RUN | WIRE_EVEN_KEPT));
	case WIRE_PIN:
		return !(r->flags & ~WIRE_UNPIN) && r->len && !r->age;
	default:
		return !r->flags && !r->age;
	}
}

int wire_request_valid(const struct wire_request *r, size_t n)
{
	const char *rel = (const char *)(r + 1);

	if (n < sizeof *r || r->magic != WIRE_MAGIC || r->version != WIRE_VERSION)
		return 0;
	if (r->len != n - sizeof *r || r->len >= KEY_REL_MAX || !r->op || r->op >= WIRE_OP_END)
		return 0;
	if (!extras_valid(r))
		return 0;
	if (r->op <= WIRE_USED)
		return rel_valid(rel, r->len);
	if (r->op == WIRE_EVICT || r->op == WIRE_PIN)
		return selection_valid(rel, r->len);
	return r->len == 0;
}

int wire_reply_valid(const struct wire_reply *r, size_t n)
{
	if (n < sizeof *r || r->magic != WIRE_MAGIC || r->version != WIRE_VERSION)
		return 0;
	return r->text_len == n - sizeof *r && r->text_len <= WIRE_TEXT_MAX && r->error <= 0 &&
	       r->error >= -WIRE_ERRNO_MAX && r->type <= WIRE_PROGRESS;
}
