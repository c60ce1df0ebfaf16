/*
 * Walks and expands in every way that libc has, and prints what it was told, for a comparison of
 * two trees at the same place:
 *
 *	walks ROOT
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <fts.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wordexp.h>

static const char *root;
static int answer, when; /* what the callback says at the entry of that number */
static int count;

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int told_ftw(const char *path, const struct stat *st, int type)
{
	printf("  %s %d %o %ld\n", path, type, st->st_mode & S_IFMT,
	        type == FTW_F ? (long)st->st_size : 0);
	return ++count == when ? answer : 0;
}

static int told(const char *path, const struct stat *st, int type, struct FTW *at)
{
	struct stat here;

	printf("  %s %d %d %d %o here=%d\n", path, type, at->base, at->level, st->st_mode & S_IFMT,
	        lstat(path + at->base, &here) == 0 && here.st_ino == st->st_ino);
	return ++count == when ? answer : 0;
}

static void walk_nftw(const char *path, int flags, int at, int say)
{
	int ret;

	printf("nftw %s %x %d %d\n", path, flags, at, say);
	count = 0;
	when = at;
	answer = say;
	errno = 0;
	ret = nftw(path, told, 2, flags);
	printf("= %d %s\n", ret, ret < 0 ? strerrorname_np(errno) : "");
}

static void walk_fts(char *const *roots, int options, int instr)
{
	FTS *fts = fts_open(roots, options, by_name);
	FTSENT *e, *child;

	printf("fts %s %x %d\n", roots[0], options, instr);
	if (!fts) {
		printf("= %s\n", strerrorname_np(errno));
		return;
	}
	while ((e = fts_read(fts))) {
		printf("  %s %s %d %d %d\n", e->fts_path, e->fts_name, e->fts_level, e->fts_info,
		        e->fts_errno);
		if (e->fts_info == FTS_D && instr == -1) {
			for (child = fts_children(fts, FTS_NAMEONLY); child;
			        child = child->fts_link)
				printf("    child %s\n", child->fts_name);
		} else if (e->fts_info == FTS_D && e->fts_level == 1 && instr > 0) {
			fts_set(fts, e, instr);
		}
	}
	printf("= %s %d\n", errno ? strerrorname_np(errno) : "end", fts_close(fts));
}

static int failed(const char *path, int err)
{
	printf("  failed %s %s\n", path, strerrorname_np(err));
	return 0;
}

static void expand(const char *pattern, int flags)
{
	glob_t g = {0};
	int ret = glob(pattern, flags, failed, &g);

	printf("glob %s %x = %d\n", pattern, flags, ret);
	for (size_t i = 0; i < g.gl_pathc; i++)
		printf("  %s\n", g.gl_pathv[i]);
	printf("  flags %x\n", g.gl_flags);
	globfree(&g);
}

static void words(const char *text, int flags)
{
	wordexp_t w = {.we_offs = 2};
	int ret = wordexp("first *none*", &w, flags & ~WRDE_APPEND);

	ret = wordexp(text, &w, flags | WRDE_APPEND);
	printf("wordexp %s %x = %d\n", text, flags, ret);
	for (size_t i = 0; !ret && i < w.we_wordc; i++)
		printf("  %s\n", w.we_wordv[(flags & WRDE_DOOFFS ? 2 : 0) + i]);
	if (!ret)
		wordfree(&w);
}

static void all(const char *base)
{
	static const char *const places[] = {"", "/", "d", "d/", "f", "none", "f/x", "d/deep"};
	static const char *const patterns[] = {"*", "*/", "d/*", "*/*", "d*/[a-m]", "{f,d/*}",
	        "none*", "f/*", "f", "none", "d/.*", "d/deep/../*", "*/deep/*/*"};
	static const int nftw_flags[] = {0, FTW_PHYS, FTW_DEPTH, FTW_PHYS | FTW_DEPTH | FTW_CHDIR,
	        FTW_CHDIR, FTW_MOUNT | FTW_PHYS};
	static const int fts_options[] = {FTS_PHYSICAL | FTS_NOCHDIR, FTS_LOGICAL | FTS_NOCHDIR,
	        FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, FTS_PHYSICAL | FTS_NOCHDIR | FTS_SEEDOT,
	        FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR | FTS_COMFOLLOW, 0};
	static const int glob_flags[] = {0, GLOB_MARK, GLOB_NOCHECK | GLOB_BRACE, GLOB_ONLYDIR,
	        GLOB_PERIOD, GLOB_NOMAGIC | GLOB_TILDE, GLOB_ERR};
	char path[4096], other[4096];

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(path, sizeof path, "%s%s%s", base,
		        places[i][0] == '/' || !*base ? "" : "/", places[i]);
		if (!*base && (!*path || *path == '/'))
			continue;
		for (size_t j = 0; j < sizeof nftw_flags / sizeof *nftw_flags; j++)
			walk_nftw(path, nftw_flags[j], 0, 0);
		walk_nftw(path, FTW_PHYS, 3, 7);
		for (int say = 0; say < 4; say++)
			walk_nftw(path, FTW_PHYS | FTW_ACTIONRETVAL, 3, say);
		printf("ftw %s\n", path);
		count = when = 0;
		printf("= %d\n", ftw(path, told_ftw, 3));
		for (size_t j = 0; j < sizeof fts_options / sizeof *fts_options; j++) {
			snprintf(other, sizeof other, "%s%sf", base, *base ? "/" : "");
			for (int instr = -1; instr <= FTS_SKIP;
			        instr += 1 + (instr == 0) * (FTS_SKIP - 1))
				walk_fts((char *const[]){path, other, NULL}, fts_options[j], instr);
		}
	}
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		snprintf(path, sizeof path, "%s%s%s", base, *base ? "/" : "", patterns[i]);
		for (size_t j = 0; j < sizeof glob_flags / sizeof *glob_flags; j++)
			expand(path, glob_flags[j]);
		if (!strpbrk(path, "{"))
			for (int flags = 0; flags < 2; flags++)
				words(path, flags ? WRDE_DOOFFS : 0);
	}
}

int main(int argc, char **argv)
{
	root = argv[1];
	if (argc != 2)
		return 2;
	all(root);
	if (chdir(root))
		return 1;
	all("");
	all(".");
	if (chdir(".."))
		return 1;
	all("data");
	printf("open %d\n", open("/dev/null", O_RDONLY));
	return 0;
}
