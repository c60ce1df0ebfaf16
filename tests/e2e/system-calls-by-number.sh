#!/bin/bash
# The system calls that take a path are served by number too, openat2 with what it may resolve.
. "$(dirname "$0")/../lib/lib.sh"
requires cc

ORIGIN=file://$ORIGIN_DIR
make_file "$ORIGIN_DIR/demo/dir/x" 1000
demo_config
cat >numbers.c <<'END'
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static int wrong;
#define IS(want, call)                                                        \
	do {                                                                  \
		errno = 0;                                                    \
		long got = call;                                              \
		got = got < 0 ? -errno : got;                                 \
		if (got != (want) && !((want) == 1 && got > 0))               \
			wrong += printf("%s: %ld, wanted %ld\n", #call, got, (long)(want)); \
	} while (0)

static long open2(int dirfd, const char *path, long flags, long resolve)
{
	struct open_how how = {.flags = flags, .resolve = resolve};
	return syscall(SYS_openat2, dirfd, path, &how, sizeof how);
}

int main(int argc, char **argv)
{
	char buf[512];
	struct statfs fs;
	struct stat st;
	const char *m = argv[1];
	int dir = open(m, O_RDONLY), real = open("/", O_RDONLY);

	if (argc != 2 || chdir(m))
		return 2;
	IS(0, syscall(SYS_statfs, "dir/x", &fs));
	IS(0, syscall(SYS_fstatfs, dir, &fs));
	IS(-EROFS, syscall(SYS_faccessat, AT_FDCWD, "dir/x", W_OK));
	IS(-EROFS, syscall(439, dir, "dir/x", W_OK, AT_EACCESS)); /* faccessat2 */
	IS(-EROFS, syscall(452, dir, "dir/x", 0600, AT_SYMLINK_NOFOLLOW)); /* fchmodat2 */
	IS(0, syscall(SYS_newfstatat, dir, "dir/x", &st, 0));
	IS(1, syscall(SYS_getxattr, "dir/x", "user.larder.version", buf, sizeof buf));
	IS(1, syscall(SYS_lgetxattr, "dir/x", "user.larder.version", buf, sizeof buf));
	IS(1, syscall(SYS_listxattr, "dir/x", buf, sizeof buf));
	IS(1, syscall(SYS_llistxattr, "dir/x", buf, sizeof buf));
	IS(0, syscall(SYS_flistxattr, dir, buf, sizeof buf));
	IS(1, syscall(SYS_inotify_add_watch, inotify_init1(0), "dir/x", IN_MODIFY));
	IS(-EOPNOTSUPP, syscall(SYS_name_to_handle_at, dir, "dir/x", buf, &(int){0}, 0));
	IS(-EROFS, syscall(SYS_utimensat, open("dir/x", O_RDONLY), NULL, NULL, 0));
	IS(0, syscall(SYS_chdir, "dir"));
	IS(1, syscall(SYS_openat, AT_FDCWD, "x", O_RDONLY));

	IS(1, open2(dir, "dir/x", O_RDONLY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
	IS(1, open2(dir, "dir/../dir/x", O_RDONLY, RESOLVE_BENEATH));
	IS(-EXDEV, open2(dir, "../data/dir/x", O_RDONLY, RESOLVE_BENEATH));
	IS(-EXDEV, open2(AT_FDCWD, m, O_RDONLY, RESOLVE_BENEATH));
	IS(1, open2(dir, "/dir/x", O_RDONLY, RESOLVE_IN_ROOT));
	IS(-ENOENT, open2(dir, m, O_RDONLY, RESOLVE_IN_ROOT));
	IS(1, open2(real, m, O_RDONLY, RESOLVE_IN_ROOT));
	IS(1, open2(dir, "dir/x", O_RDONLY, RESOLVE_NO_XDEV));
	IS(-EXDEV, open2(real, m + 1, O_RDONLY, RESOLVE_NO_XDEV));
	IS(-EXDEV, open2(AT_FDCWD, m, O_RDONLY, RESOLVE_NO_XDEV));
	IS(-EINVAL, open2(dir, "dir/x", O_RDONLY, 1 << 20));
	IS(-EINVAL, open2(dir, "dir/x", 1 << 30, 0));
	IS(-EROFS, open2(dir, "dir/new", O_CREAT | O_WRONLY, RESOLVE_BENEATH));
	IS(-EISDIR, open2(dir, "dir/new/", O_CREAT | O_WRONLY, 0));
	IS(-EROFS, open2(dir, "dir/x", O_RDWR, 0));
	return wrong != 0;
}
END
cc -w -D_GNU_SOURCE -o numbers numbers.c
larder_preload ./numbers "$MOUNT" || fail 'see above'
