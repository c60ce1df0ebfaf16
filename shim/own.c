/*
 * What the shim has of libc for itself, hidden, since others stand in for libc's.
 *
 * Strings: until the runtime of a sanitizer has begun, its own functions are calls to nowhere; yet
 * before that it makes the folder for its reports, by our mkdir. Those that it serves at any time
 * (strlen, strchr, memchr, memcmp, memcpy, …) are libc's, for their speed.
 *
 * The clock: a program's time may be another one than the agent's, and who makes it so
 * (libfaketime) opens files for it under a lock.
 *
 * Compiled with -fno-builtin: what is a loop here must not become a call of itself.
 */
#include "cache/read/sys.h"
#include "shim/real.h"

#include <string.h>

int clock_gettime(clockid_t clock, struct timespec *t)
{
	static int (*_Atomic libc_own)(clockid_t, struct timespec *);
	int (*call)(clockid_t, struct timespec *) = libc_own;

	if (!call) {
		call = real_of_libc("clock_gettime");
		libc_own = call;
	}
	return call ? call(clock, t) : (int)sys_call(SYS_clock_gettime, clock, (long)t, 0, 0, 0, 0);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; a++, b++, n--) {
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, (size_t)-1);
}

size_t strnlen(const char *s, size_t max)
{
	const char *end = memchr(s, 0, max);

	return end ? (size_t)(end - s) : max;
}

size_t strcspn(const char *s, const char *reject)
{
	size_t n = 0;

	while (s[n] && !strchr(reject, s[n]))
		n++;
	return n;
}

void *memrchr(const void *memory, int c, size_t n)
{
	const unsigned char *p = memory;

	while (n--) {
		if (p[n] == (unsigned char)c)
			return (void *)(p + n);
	}
	return NULL;
}

char *strstr(const char *text, const char *part)
{
	size_t n = strlen(part);

	for (; (text = strchr(text, *part)); text++) {
		if (strncmp(text, part, n) == 0)
			return (char *)text;
		if (!*text)
			break;
	}
	return NULL;
}
