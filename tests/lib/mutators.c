/*
 * Makes every call that changes a file system with paths of every shape, and prints what each
 * returned:
 *
 *	mutators ROOT REAL
 *
 * ROOT is a read-only folder with the files f and d/g; REAL is a writable one with the file f and
 * the folder d. The lines do not name ROOT, so that those of two roots can be compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

static const char *root, *real;
static char LONG[NAME_MAX + 2]; /* one byte more than a name may have */

static const struct timespec omit[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
static const struct timespec wrong[2] = {{0, 2000000000}, {0, 0}};

#define BAD_FLAG 0x40000000

/* Calls with one path. `at`: they take a descriptor too. */
#define CALLS(X)                                                                                   \
	X(0, mkdir, mkdir(p, 0755))                                                                \
	X(1, mkdirat, mkdirat(fd, p, 0755))                                                        \
	X(0, mknod, mknod(p, S_IFREG | 0644, 0))                                                   \
	X(0, mknod_dir, mknod(p, S_IFDIR | 0755, 0))                                               \
	X(0, mknod_bad, mknod(p, S_IFMT, 0))                                                       \
	X(1, mknodat, mknodat(fd, p, S_IFIFO | 0644, 0))                                           \
	X(0, mkfifo, mkfifo(p, 0644))                                                              \
	X(1, mkfifoat, mkfifoat(fd, p, 0644))                                                      \
	X(0, symlink, symlink("x", p))                                                             \
	X(0, symlink_empty, symlink("", p))                                                        \
	X(1, symlinkat, symlinkat("x", fd, p))                                                     \
	X(0, unlink, unlink(p))                                                                    \
	X(1, unlinkat, unlinkat(fd, p, 0))                                                         \
	X(1, unlinkat_dir, unlinkat(fd, p, AT_REMOVEDIR))                                          \
	X(1, unlinkat_bad, unlinkat(fd, p, BAD_FLAG))                                              \
	X(0, rmdir, rmdir(p))                                                                      \
	X(0, remove, remove(p))                                                                    \
	X(0, chmod, chmod(p, 0755))                                                                \
	X(1, fchmodat, fchmodat(fd, p, 0755, 0))                                                   \
	X(1, fchmodat_bad, fchmodat(fd, p, 0755, BAD_FLAG))                                        \
	X(1, fchmodat_link, fchmodat(fd, p, 0755, AT_SYMLINK_NOFOLLOW))                            \
	X(0, lchmod, lchmod(p, 0755))                                                              \
	X(0, chown, chown(p, -1, -1))                                                              \
	X(0, lchown, lchown(p, -1, -1))                                                            \
	X(1, fchownat, fchownat(fd, p, -1, -1, AT_SYMLINK_NOFOLLOW))                               \
	X(1, fchownat_bad, fchownat(fd, p, -1, -1, BAD_FLAG))                                      \
	X(0, truncate, truncate(p, 0))                                                             \
	X(0, truncate_negative, truncate(p, -1))                                                   \
	X(0, utime, utime(p, NULL))                                                                \
	X(0, utimes, utimes(p, NULL))                                                              \
	X(0, lutimes, lutimes(p, NULL))                                                            \
	X(1, futimesat, futimesat(fd, p, NULL))                                                    \
	X(1, utimensat, utimensat(fd, p, NULL, AT_SYMLINK_NOFOLLOW))                               \
	X(1, utimensat_omit, utimensat(fd, p, omit, 0))                                            \
	X(1, utimensat_wrong, utimensat(fd, p, wrong, 0))                                          \
	X(1, utimensat_bad, utimensat(fd, p, NULL, BAD_FLAG))                                      \
	X(0, setxattr, setxattr(p, "user.x", "y", 1, 0))                                           \
	X(0, lsetxattr, lsetxattr(p, "user.x", "y", 1, 0))                                         \
	X(0, removexattr, removexattr(p, "user.x"))                                                \
	X(0, lremovexattr, lremovexattr(p, "user.x"))                                              \
	X(1, open_create, openat(fd, p, O_CREAT | O_WRONLY, 0644))                                 \
	X(1, open_exclusive, openat(fd, p, O_CREAT | O_EXCL | O_RDWR, 0644))                       \
	X(1, open_truncate, openat(fd, p, O_WRONLY | O_TRUNC))                                     \
	X(1, open_append, openat(fd, p, O_WRONLY | O_APPEND))                                      \
	X(1, open_unnamed, openat(fd, p, O_TMPFILE | O_RDWR, 0644))                                \
	X(1, access_write, faccessat(fd, p, W_OK, 0))                                              \
	X(1, access_bad, faccessat(fd, p, R_OK, BAD_FLAG))                                         \
	X(1, access_mode, faccessat(fd, p, 64, 0))                                                 \
	X(1, stat_bad, fstatat(fd, p, &(struct stat){0}, BAD_FLAG))

#define DEFINE(at, name, call)                                                                     \
	static int do_##name(int fd, const char *p)                                                \
	{                                                                                          \
		(void)fd;                                                                          \
		return call;                                                                       \
	}
CALLS(DEFINE)

static const struct call {
	int at;
	const char *name;
	int (*make)(int fd, const char *path);
} calls[] = {
#define ROW(at, name, call) {at, #name, do_##name},
        CALLS(ROW)};

static const char *const shapes[] = {"f", "d", "d/g", "new", "d/new", "new/x", "f/x", "f/", "d/",
        "new/", "d/new/", ".", "..", "d/.", "d/..", "d/../..", "f/.", "f/..", "new/.", "new/..",
        "./f", "d//g", "d/../f", "d/./new", "", LONG, "new/../f", "../data/f", "../data/new",
        "../data/d/..", "../data", "../data/"};
#define N(array) (sizeof(array) / sizeof *(array))

static void say(const char *way, const char *call, const char *what, int ret)
{
	printf("%s %s %.40s: %s\n", way, call, what, ret < 0 ? strerrorname_np(errno) : "done");
}

static void single(const char *way, int fd, const char *base)
{
	for (size_t i = 0; i < N(calls); i++) {
		for (size_t j = 0; j < N(shapes); j++) {
			char path[PATH_MAX];
			int ret;

			if (fd != AT_FDCWD && !calls[i].at)
				continue;
			snprintf(path, sizeof path, "%s%s", base, shapes[j]);
			errno = 0;
			ret = calls[i].make(fd, path);
			say(way, calls[i].name, shapes[j], ret);
			if (ret > 2)
				close(ret);
		}
	}
}

/* Names in either tree: "r:" is the real one. */
static const char *const ends[] = {"f", "d", "d/g", "new", "d/new", "new/x", "f/x", "f/", "d/",
        "new/", ".", "..", "d/.", "", LONG, "../data", "r:f", "r:d", "r:new", "r:d/new", "r:new/x",
        "r:new/", "r:.", "r:f/"};

static int pair_fd(int fd, const char *base, const char *end, char *path)
{
	if (strncmp(end, "r:", 2) == 0) {
		snprintf(path, PATH_MAX, "%s/%s", real, end + 2);
		return AT_FDCWD;
	}
	snprintf(path, PATH_MAX, "%s%s", base, end);
	return fd;
}

static bool is_real_name(const char *end)
{
	return !*end || !strcmp(end, "../data") || end[0] == 'r';
}

static void pairs(const char *way, int fd, const char *base)
{
	static const struct {
		const char *name;
		int flags;
	} ways[] = {{"rename", 0}, {"noreplace", 1}, {"exchange", 2}, {"whiteout", 4}, {"both", 3},
	        {"bad", BAD_FLAG}};
	char from[PATH_MAX], to[PATH_MAX], what[256];

	for (size_t i = 0; i < N(ends); i++) {
		for (size_t j = 0; j < N(ends); j++) {
			int a = pair_fd(fd, base, ends[i], from),
			    b = pair_fd(fd, base, ends[j], to);

			/* ROOT as a name in the real folder above is EBUSY, but with names that do
			 * not exist, or are of another type, the kernel has other errors too. */
			if (is_real_name(ends[i]) && is_real_name(ends[j]))
				continue;
			snprintf(what, sizeof what, "%.12s %.12s", ends[i], ends[j]);
			for (size_t k = 0; k < N(ways); k++)
				say(way, ways[k].name, what,
				        renameat2(a, from, b, to, ways[k].flags));
			say(way, "renameat", what, renameat(a, from, b, to));
			say(way, "link", what, linkat(a, from, b, to, 0));
			say(way, "link_follow", what, linkat(a, from, b, to, AT_SYMLINK_FOLLOW));
			say(way, "link_bad", what, linkat(a, from, b, to, BAD_FLAG));
		}
	}
}

static void temporaries(const char *way, const char *base)
{
	static const char *const where[] = {"tXXXXXX", "d/tXXXXXX", "new/tXXXXXX", "f/tXXXXXX",
	        "tXXX", "d/../tXXXXXX", "new/../tXXXXXX"};

	for (size_t i = 0; i < N(where); i++) {
		char path[PATH_MAX];
#define MAKE(what, call)                                                                           \
	snprintf(path, sizeof path, "%s%s", base, where[i]);                                       \
	say(way, what, where[i], call)
		MAKE("mkstemp", mkstemp(path));
		MAKE("mkostemp", mkostemp(path, O_CLOEXEC));
		MAKE("mkstemps", mkstemps(path, 0));
		MAKE("mkstemps_x", mkstemps(path, 1));
		MAKE("mkdtemp", mkdtemp(path) ? 0 : -1);
	}
}

int main(int argc, char **argv)
{
	char base[PATH_MAX];
	int fd;

	if (argc != 3)
		return 2;
	root = argv[1];
	real = argv[2];
	memset(LONG, 'n', sizeof LONG - 1);
	snprintf(base, sizeof base, "%s/", root);
	single("path", AT_FDCWD, base);
	pairs("path", AT_FDCWD, base);
	temporaries("path", base);
	fd = open(root, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return 1;
	single("fd", fd, "");
	pairs("fd", fd, "");
	if (chdir(root))
		return 1;
	single("cwd", AT_FDCWD, "");
	pairs("cwd", AT_FDCWD, "");
	temporaries("cwd", "");
	return 0;
}
