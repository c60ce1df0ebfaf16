/*
 * glob(3) and wordexp(3). libc's glob reads folders by inner calls, but also by functions that its
 * caller gives; it is given ours, which are the exported ones, and the caller does not see that.
 */
#include "shim/walk.h"

#ifdef __GLIBC__

#include <glob.h>
#include <stdlib.h>
#include <wordexp.h>

/* In the working directory alone libc needs no help, unless that is ours or above a prefix. */
static bool needs_ours(const char *pattern)
{
	if (UNLIKELY(!shim.ready))
		shim_init();
	return pattern && (strchr(pattern, '/') || shim.cwd_ours || shim.above_open);
}

/* What the caller has in the places of its own functions. */
struct given {
	void (*close)(void *);
	struct dirent *(*read)(void *);
	void *(*open)(const char *);
	int (*lstat)(const char *restrict, struct stat *restrict);
	int (*stat)(const char *restrict, struct stat *restrict);
};

static void close_stream(void *d)
{
	closedir(d);
}

static int glob_with_ours(
        const char *pattern, int flags, int (*failed)(const char *, int), glob_t *g)
{
	struct given given = {
	        g->gl_closedir, g->gl_readdir, g->gl_opendir, g->gl_lstat, g->gl_stat};
	int ret;

	g->gl_closedir = close_stream;
	g->gl_readdir = (struct dirent * (*)(void *)) readdir;
	g->gl_opendir = (void *(*)(const char *))opendir;
	g->gl_lstat = lstat;
	g->gl_stat = stat;
	ret = REAL(glob)(pattern, flags | GLOB_ALTDIRFUNC, failed, g);
	g->gl_closedir = given.close;
	g->gl_readdir = given.read;
	g->gl_opendir = given.open;
	g->gl_lstat = given.lstat;
	g->gl_stat = given.stat;
	g->gl_flags &= ~GLOB_ALTDIRFUNC;
	return ret;
}

EXPORT int glob(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *g)
{
	if ((flags & GLOB_ALTDIRFUNC) || !g || !needs_ours(pattern))
		return REAL(glob)(pattern, flags, failed, g);
	return glob_with_ours(pattern, flags, failed, g);
}

/*
 * libc's wordexp expands patterns by inner calls. It is given the words with other bytes for what
 * makes a pattern, and those that come back are expanded by ours. Where quotes or substitutions
 * would have a say in what is a pattern, it is left to libc, and finds real names alone.
 */
static const char marks[] = "*?[", hidden[] = "\001\002\003";

static bool is_plain_pattern(const char *words)
{
	return strpbrk(words, marks) && !strpbrk(words, "'\"\\$`") && !strpbrk(words, hidden);
}

/* Each byte of `from` becomes the one of `to`; whether there was any. */
static bool exchange(char *text, const char *from, const char *to)
{
	bool any = false;

	for (; *text; text++) {
		const char *found = strchr(from, *text);

		if (!found)
			continue;
		*text = to[found - from];
		any = true;
	}
	return any;
}

/* Puts what `g` found in the place of word i; the strings change hands. False: no memory. */
static bool replace_word(wordexp_t *w, size_t i, glob_t *g)
{
	size_t n = w->we_offs + w->we_wordc, more = g->gl_pathc - 1;
	size_t size = (n + more + 1) * sizeof(char *);
	char **words = realloc(w->we_wordv, size), **at; /* allow: realloc: wordexp's own memory */

	if (!words)
		return false;
	w->we_wordv = words;
	at = words + i;
	free(*at); /* allow: free: wordexp's own memory, which its caller frees by wordfree */
	memmove(at + g->gl_pathc, at + 1, (n - i) * sizeof *at);
	memcpy(at, g->gl_pathv, g->gl_pathc * sizeof *at);
	w->we_wordc += more;
	g->gl_pathc = 0;
	return true;
}

static int expand(wordexp_t *w, size_t first)
{
	for (size_t i = first; i < w->we_offs + w->we_wordc; i++) {
		glob_t g = {0};

		if (!exchange(w->we_wordv[i], hidden, marks) ||
		        glob(w->we_wordv[i], GLOB_NOCHECK, NULL, &g) != 0)
			continue;

		size_t found = g.gl_pathc;
		bool done = replace_word(w, i, &g);

		globfree(&g);
		if (!done)
			return WRDE_NOSPACE;
		i += found - 1;
	}
	return 0;
}

EXPORT int wordexp(const char *words, wordexp_t *w, int flags)
{
	size_t before = flags & WRDE_APPEND ? w->we_wordc : 0;
	char *text;
	int ret;

	if (!words || !is_plain_pattern(words) || !needs_ours(words))
		return REAL(wordexp)(words, w, flags);
	text = walk_alloc(strlen(words) + 1);
	if (!text)
		return WRDE_NOSPACE;
	memcpy(text, words, strlen(words) + 1);
	exchange(text, marks, hidden);
	ret = REAL(wordexp)(text, w, flags);
	walk_free(text);
	if (ret != 0)
		return ret;
	if (!(flags & WRDE_DOOFFS))
		w->we_offs = 0;
	return expand(w, w->we_offs + before);
}

TWIN_OF(glob)
int glob64(const char *pattern, int flags, int (*failed)(const char *, int), glob64_t *g);

#endif
