/*
 * Reads a folder by the numbers of getdents, and says what it saw:
 *
 *	dents FOLDER
 *
 * The names that come in small buffers, through a dup, across a fork and after a seek must be those
 * that readdir has. Prints the names.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "line %d: %s (errno %d)\n", __LINE__, #what, errno);       \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static long get(int fd, void *buf, size_t size)
{
	return syscall(SYS_getdents64, fd, buf, size);
}

/* The next entry of the stream must be this one. */
static void expect(DIR *d, const struct entry *e)
{
	struct dirent *want = readdir(d);

	CHECK(want && strcmp(want->d_name, e->name) == 0);
	CHECK(want->d_ino == e->ino && want->d_type == e->type);
}

static void same_as_readdir(int fd, const char *path, size_t size, int print)
{
	_Alignas(8) char buf[1 << 16];
	DIR *d = opendir(path);
	long n;

	CHECK(d && lseek(fd, 0, SEEK_SET) == 0);
	while ((n = get(fd, buf, size)) > 0) {
		for (long at = 0; at < n;) {
			struct entry *e = (struct entry *)(buf + at);

			expect(d, e);
			if (print)
				puts(e->name);
			at += e->len;
			CHECK(at <= n && e->len % 8 == 0);
		}
	}
	CHECK(n == 0 && !readdir(d));
	closedir(d);
}

/* Who shares the descriptor shares the position. */
static void shared(int fd)
{
	_Alignas(8) char one[280], other[280], again[280];
	int copy = dup(fd), status;
	pid_t child;

	CHECK(lseek(fd, 0, SEEK_SET) == 0 && get(fd, one, sizeof one) > 0);
	CHECK(get(copy, other, sizeof other) > 0);
	CHECK(strcmp(((struct entry *)one)->name, ((struct entry *)other)->name) != 0);
	/* Back to where the second began, and let a child read it. */
	CHECK(lseek(copy, 0, SEEK_SET) == 0);
	child = fork();
	if (!child)
		_exit(get(copy, one, sizeof one) > 0 ? 0 : 1);
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(get(fd, again, sizeof again) > 0);
	CHECK(strcmp(((struct entry *)again)->name, ((struct entry *)other)->name) == 0);
}

int main(int argc, char **argv)
{
	_Alignas(8) char buf[512];
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
	off64_t base;

	CHECK(fd >= 0);
	same_as_readdir(fd, argv[1], sizeof buf, 1);
	same_as_readdir(fd, argv[1], 1 << 16, 0);
	same_as_readdir(fd, argv[1], 280, 0);
	shared(fd);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK(get(fd, buf, 8) == -1 && errno == EINVAL);
	CHECK(getdents64(fd, buf, sizeof buf) > 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && getdirentries64(fd, buf, sizeof buf, &base) > 0 &&
	        base == 0);
#ifdef SYS_getdents
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && syscall(SYS_getdents, fd, buf, sizeof buf) > 0);
	CHECK(buf[16] != 0 || buf[17] != 0);
#endif
	return 0;
}
