/*
 * Says how much stack a call needs that begins in a virtual folder, where paths need most:
 *
 *	stack FOLDER LIMIT
 *
 * The stack below is painted, and what a call has written over is counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PAINTED 60000

static __attribute__((noinline)) void paint(void)
{
	volatile char below[PAINTED];

	for (int i = 0; i < PAINTED; i++)
		below[i] = 0x5a;
}

static __attribute__((noinline)) long used(void)
{
	volatile char below[PAINTED];
	long i = 0;

	while (i < PAINTED && below[i] == 0x5a)
		i++;
	return PAINTED - i;
}

static long limit;
static int over;

/* Once before, for what is looked up at the first call alone. */
#define MEASURE(call)                                                                              \
	do {                                                                                       \
		(void)!call;                                                                       \
		paint();                                                                           \
		(void)!call;                                                                       \
		long n = used();                                                                   \
		printf("%-50s %ld\n", #call, n);                                                   \
		over += n > limit;                                                                 \
	} while (0)

int main(int argc, char **argv)
{
	struct statfs fs;
	struct stat st;
	char buf[512];
	int dir, watcher;

	if (argc != 3 || chdir(argv[1]))
		return 2;
	limit = atol(argv[2]);
	dir = open("d", O_RDONLY);
	watcher = inotify_init();
	MEASURE(stat("d/g", &st));
	MEASURE(stat("d/none", &st));
	MEASURE(open("f", O_RDONLY));
	MEASURE(open("d/none", O_RDONLY));
	MEASURE(access("d/g", R_OK));
	MEASURE(unlink("d/g"));
	MEASURE(mkdir("d/new", 0755));
	MEASURE(chmod("d/g", 0644));
	MEASURE(rename("f", "d/g"));
	MEASURE(rename("../f", "d/g"));
	MEASURE(link("f", "d/new"));
	MEASURE(link("../f", "d/new"));
	MEASURE(statfs("d/g", &fs));
	MEASURE(getxattr("f", "user.larder.etag", buf, sizeof buf));
	MEASURE(inotify_add_watch(watcher, "d/g", IN_MODIFY));
	MEASURE(syscall(SYS_getdents64, dir, buf, sizeof buf));
	return over != 0;
}
