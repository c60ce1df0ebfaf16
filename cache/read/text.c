#include "cache/read/text.h"

#include <stdarg.h>
#include <string.h>

size_t text_join(char *out, size_t size, ...)
{
	size_t len = 0, n;
	const char *s;
	va_list ap;

	va_start(ap, size);
	while ((s = va_arg(ap, const char *))) {
		n = strlen(s);
		if (n >= size - len) {
			len = 0;
			break;
		}
		memcpy(out + len, s, n);
		len += n;
	}
	va_end(ap);
	out[len] = 0;
	return len;
}

char *text_number(char out[static TEXT_NUMBER_MAX], unsigned number)
{
	char *p = out;
	unsigned div = 1;

	while (number / div >= 10)
		div *= 10;
	for (; div; div /= 10)
		*p++ = (char)('0' + number / div % 10);
	*p = 0;
	return out;
}
