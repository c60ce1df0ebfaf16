#include "shim/trace_line.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Names of a fixed size: a table of pointers would have to be relocated at every start. */
#define NAME(e) [e] = #e
static const char error_names[][16] = {NAME(EPERM), NAME(ENOENT), NAME(ESRCH), NAME(EINTR),
        NAME(EIO), NAME(ENXIO), NAME(E2BIG), NAME(ENOEXEC), NAME(EBADF), NAME(ECHILD), NAME(EAGAIN),
        NAME(ENOMEM), NAME(EACCES), NAME(EFAULT), NAME(ENOTBLK), NAME(EBUSY), NAME(EEXIST),
        NAME(EXDEV), NAME(ENODEV), NAME(ENOTDIR), NAME(EISDIR), NAME(EINVAL), NAME(ENFILE),
        NAME(EMFILE), NAME(ENOTTY), NAME(ETXTBSY), NAME(EFBIG), NAME(ENOSPC), NAME(ESPIPE),
        NAME(EROFS), NAME(EMLINK), NAME(EPIPE), NAME(EDOM), NAME(ERANGE), NAME(EDEADLK),
        NAME(ENAMETOOLONG), NAME(ENOLCK), NAME(ENOSYS), NAME(ENOTEMPTY), NAME(ELOOP), NAME(ENODATA),
        NAME(EPROTO), NAME(EOVERFLOW), NAME(ELIBACC), NAME(ELIBBAD), NAME(EOPNOTSUPP),
        NAME(ECONNREFUSED), NAME(ESTALE), NAME(EDQUOT)};

static void put_bytes(struct trace_text *t, const char *s, size_t n)
{
	if (n > sizeof t->bytes - t->len)
		n = sizeof t->bytes - t->len;
	memcpy(t->bytes + t->len, s, n);
	t->len += n;
}

void trace_put(struct trace_text *t, const char *s)
{
	put_bytes(t, s, strlen(s));
}

static void put_digits(struct trace_text *t, uint64_t number, unsigned base)
{
	char digits[20];
	size_t n = sizeof digits;

	do
		digits[--n] = "0123456789abcdef"[number % base];
	while ((number /= base));
	put_bytes(t, digits + n, sizeof digits - n);
}

void trace_put_number(struct trace_text *t, uint64_t number)
{
	put_digits(t, number, 10);
}

void trace_put_hex(struct trace_text *t, uint64_t number)
{
	trace_put(t, "0x");
	put_digits(t, number, 16);
}

void trace_put_error(struct trace_text *t, int error)
{
	if (error > 0 && (size_t)error < sizeof error_names / sizeof *error_names &&
	        *error_names[error]) {
		trace_put(t, error_names[error]);
		return;
	}
	trace_put(t, "errno ");
	trace_put_number(t, (unsigned)error);
}

/* Bytes of the character that begins at `s`, as RFC 3629 has it; 0 for what is none, or is a
 * control character. */
static size_t utf8_length(const unsigned char *s)
{
	static const uint32_t smallest[] = {0, 0, 0xa0, 0x800, 0x10000};
	size_t n = *s < 0x80   ? 1
	           : *s < 0xc0 ? 0
	           : *s < 0xe0 ? 2
	           : *s < 0xf0 ? 3
	           : *s < 0xf8 ? 4
	                       : 0;
	uint32_t c = *s;

	if (n < 2)
		return n && c >= ' ' && c != 0x7f;
	c &= 0x7fU >> n;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	return c >= smallest[n] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? n : 0;
}

static size_t escape(char out[4], unsigned char c)
{
	out[0] = '\\';
	switch (c) {
	case '"':
	case '\\':
		out[1] = (char)c;
		return 2;
	case '\n':
		out[1] = 'n';
		return 2;
	case '\t':
		out[1] = 't';
		return 2;
	default:
		out[1] = (char)('0' + (c >> 6));
		out[2] = (char)('0' + (c >> 3 & 7));
		out[3] = (char)('0' + (c & 7));
		return 4;
	}
}

void trace_put_escaped(struct trace_text *t, const char *s, size_t room)
{
	const unsigned char *p = (const unsigned char *)s;
	char escaped[4];

	while (*p) {
		bool special = *p == '"' || *p == '\\';
		size_t n = special ? 0 : utf8_length(p), used = n;
		const char *from = (const char *)p;

		if (!n) {
			n = escape(escaped, *p);
			from = escaped;
			used = 1;
		}
		if (t->len + n + room > sizeof t->bytes) {
			trace_put(t, "...");
			return;
		}
		put_bytes(t, from, n);
		p += used;
	}
}
