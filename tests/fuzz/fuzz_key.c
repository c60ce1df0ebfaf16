/* Keys: each has one path, below its profile, that leads back to it; and no other path does. */
#include "cache/read/key.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DIR "demo~0123456789abcdef"

static void check(int ok)
{
	if (!ok)
		abort();
}

static void check_below(const char *rel)
{
	const char *p = rel + strlen(DIR);

	check(strncmp(rel, DIR, strlen(DIR)) == 0 && (!*p || *p == '/'));
	while (*p) {
		size_t n = strcspn(++p, "/");

		check(n >= 1 && n <= 255);
		check(!(n == 1 && *p == '.') && !(n == 2 && p[0] == '.' && p[1] == '.'));
		p += n;
	}
}

static void try_key(const char *key)
{
	char rel[KEY_REL_MAX], back[KEY_REL_MAX], dir[KEY_REL_MAX];
	size_t n = strlen(key);

	if (key_to_rel(rel, sizeof rel, DIR, key) != 0)
		return;
	check_below(rel);
	/* One slash at the end is dropped, if it ends a segment that is not empty. */
	if (n > 1 && key[n - 1] == '/' && key[n - 2] != '/')
		n--;
	check(key_from_rel(back, sizeof back, rel) == 0);
	check(strlen(back) == n && memcmp(back, key, n) == 0);
	if (key_to_directory(dir, sizeof dir, back) == 0)
		check(!*back || dir[strlen(dir) - 1] == '/');
}

static void try_rel(const char *text)
{
	char rel[KEY_REL_MAX + 32], key[KEY_REL_MAX], again[KEY_REL_MAX];

	memcpy(rel, DIR "/", sizeof DIR);
	memcpy(rel + sizeof DIR, text, strlen(text) + 1);
	if (key_from_rel(key, sizeof key, rel) != 0)
		return;
	check(key_to_rel(again, sizeof again, DIR, key) == 0);
	check(strcmp(again, rel) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size > KEY_REL_MAX)
		return 0;
	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	try_key(text);
	try_rel(text);
	free(text);
	return 0;
}
