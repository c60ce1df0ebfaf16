/*
 * The text of the trace, put together in place: one line, or a few, that go out by one write.
 * What does not fit is cut, and ends in "...". Async-signal-safe.
 */
#ifndef LARDER_SHIM_TRACE_LINE_H
#define LARDER_SHIM_TRACE_LINE_H

#include <stddef.h>
#include <stdint.h>

#define TRACE_TEXT_MAX 4096 /* PIPE_BUF: no line of another process comes between */
#define TRACE_TAIL     128  /* of it, what is left for what stands behind a path */

struct trace_text {
	uint64_t pid; /* for the beginning of its lines */
	size_t len;
	char bytes[TRACE_TEXT_MAX];
};

void trace_put(struct trace_text *t, const char *s);
void trace_put_number(struct trace_text *t, uint64_t number);
void trace_put_hex(struct trace_text *t, uint64_t number);

/* What stands between the quotes of a path. Leaves `room` bytes of the text free. */
void trace_put_escaped(struct trace_text *t, const char *s, size_t room);

/* "ENOENT", or "errno 234" for what has no name here. */
void trace_put_error(struct trace_text *t, int error);

#endif
