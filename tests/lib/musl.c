/* musl ROOT: calls of libc on the tree that tests/lib/tree makes, each with what it says. For
 * same-output. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOW(call) show(#call, (errno = 0, (long)(call)))

static void show(const char *call, long value)
{
	printf("%s: %ld %s\n", call, value, strerror(errno));
}

static void show_stream(void)
{
	char line[99] = "";

	if (freopen("a.txt", "r", stdin) && fgets(line, sizeof line, stdin))
		printf("freopen: %s", line);
	fseek(stdin, -6, SEEK_END);
	if (fgets(line, sizeof line, stdin))
		printf("fseek: %s", line);
}

static void show_folder(void)
{
	struct dirent **list;
	int n = scandir(".", &list, NULL, alphasort), fd = open("sub", O_RDONLY | O_DIRECTORY);
	DIR *d = fdopendir(fd);
	char name[256];
	long at;

	for (int i = 0; i < n; i++)
		printf("scandir: %s %d\n", list[i]->d_name, list[i]->d_type);
	readdir(d);
	at = telldir(d);
	strcpy(name, readdir(d)->d_name);
	seekdir(d, at);
	SHOW(strcmp(name, readdir(d)->d_name));
	rewinddir(d);
	SHOW(dirfd(d) == fd);
	SHOW(closedir(d));
}

int main(int argc, char **argv)
{
	char path[4096];
	struct stat st;
	int fd;

	if (argc < 2 || chdir(argv[1]))
		return 1;
	puts(getcwd(path, sizeof path));
	puts(realpath("sub/../a.txt", NULL));
	SHOW(stat("a.txt", &st) ? -1 : st.st_size);
	SHOW(lstat("sub", &st) ? -1 : (long)st.st_mode);
	SHOW(fstatat(AT_FDCWD, "sub/b.txt", &st, 0) ? -1 : st.st_mtime);
	fd = openat(AT_FDCWD, "big.bin", O_RDONLY);
	SHOW(fstat(fd, &st) ? -1 : st.st_size);
	SHOW(pread(fd, path, 100, 5000));
	SHOW(access("a.txt", R_OK));
	SHOW(open("none", O_RDONLY));
	SHOW(open("a.txt/below", O_RDONLY));
	SHOW(readlink("a.txt", path, sizeof path));
	show_folder();
	show_stream();
	return 0;
}
