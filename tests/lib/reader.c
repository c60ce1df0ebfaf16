/* reader FILE DIRECTORY: reads and lists by the calls that sanitizers stand in for; says what it
 * saw. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void *must(void *p, const char *what)
{
	if (!p) {
		perror(what);
		exit(1);
	}
	return p;
}

int main(int argc, char **argv)
{
	char line[100] = "", resolved[4096], here[4096], byte;
	struct dirent *e, **entries;
	struct stat st, by_fd;
	int fd, n;
	FILE *f;
	DIR *d;

	if (argc != 3)
		return 2;
	f = must(fopen(argv[1], "r"), "fopen");
	must(fgets(line, sizeof line, f), "fgets");
	fclose(f);
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || read(fd, &byte, 1) != 1 || byte != line[0] || fstat(fd, &by_fd) ||
	        stat(argv[1], &st) || st.st_ino != by_fd.st_ino)
		return 3;
	close(fd);
	printf("%s%ld\n", line, (long)st.st_size);
	d = must(opendir(argv[2]), "opendir");
	while ((e = readdir(d)))
		printf("%s%s", e->d_name, e->d_type == DT_DIR ? "/ " : " ");
	closedir(d);
	n = scandir(argv[2], &entries, NULL, alphasort);
	printf("\n%d\n", n);
	while (n-- > 0)
		free(entries[n]);
	free(entries);
	must(realpath(argv[1], resolved), "realpath");
	if (chdir(argv[2]) || !getcwd(here, sizeof here) || strcmp(here, argv[2]))
		return 4;
	return strcmp(resolved, argv[1]) != 0;
}
