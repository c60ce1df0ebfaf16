#!/bin/bash
# posix_spawn and posix_spawnp with file actions and attributes do the same in a prefix as in the folder that it shows: opens and changes of
# directory in their order, relative paths after them, errors, signals and groups; and nothing stays open or mapped.
. "$(dirname "$0")/../lib/lib.sh"
requires cc

tree=$ORIGIN_DIR/demo
mkdir -p "$tree/dir/sub"
echo first >"$tree/a"
echo second >"$tree/dir/b"
printf '#!./show way\n' >"$tree/script"
printf 'echo shell\n' >"$tree/headless"
printf '#!/bin/sh\necho "$0" "$@"; pwd; cat\n' >"$tree/dir/tell"
chmod +x "$tree/script" "$tree/headless" "$tree/dir/tell"
cat >show.c <<'END'
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char line[100], *cwd = getcwd(NULL, 0), *root = getenv("ROOT");
	sigset_t mask;
	struct sigaction act;
	for (int i = 0; i < argc; i++)
		printf("[%s]", strncmp(argv[i], root, strlen(root)) ? argv[i] : argv[i] + strlen(root));
	printf(" in %s:", strncmp(cwd, root, strlen(root)) ? "elsewhere" : cwd + strlen(root));
	sigprocmask(0, NULL, &mask);
	printf(" blocked %d%d", sigismember(&mask, SIGUSR1), sigismember(&mask, SIGUSR2));
	sigaction(SIGUSR1, NULL, &act), printf(" usr1 %d", act.sa_handler == SIG_IGN);
	sigaction(SIGUSR2, NULL, &act), printf(" usr2 %d", act.sa_handler == SIG_IGN);
	printf(" group %d session %d nice %d", getpgrp() == getpid(), getsid(0) == getpid(), (int)geteuid() - (int)getuid());
	for (int fd = 0; fd < 20; fd++) {
		ssize_t n = fd == 1 || fd == 2 ? -1 : read(fd, line, sizeof line - 1);
		if (n >= 0)
			line[n] = 0, line[strcspn(line, "\n")] = 0, printf(" %d=%s", fd, line);
		else if (fd > 2 && lseek(fd, 0, SEEK_CUR) >= 0)
			printf(" %d", fd);
	}
	putchar('\n');
	return 0;
}
END
cc -o "$tree/show" show.c
cat >cases.c <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static posix_spawn_file_actions_t f;
static posix_spawnattr_t a;
static char *root;
static char *at(const char *path)
{
	static char out[4][4096];
	static int next;
	char *p = out[next++ % 4];
	snprintf(p, 4096, "%s/%s", root, path);
	return p;
}
static void handler(int sig) { (void)sig; _exit(3); }
static int open_fds(void)
{
	int n = 0;
	for (int fd = 0; fd < 1000; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}
static size_t mapped(void)
{
	size_t pages = 0;
	FILE *s = fopen("/proc/self/statm", "r");
	if (s && fscanf(s, "%zu", &pages) != 1) pages = 0;
	if (s) fclose(s);
	return pages;
}
static void run(const char *name, int search, char *file)
{
	char *argv[] = {"zero", "one", NULL};
	pid_t pid = -1;
	int status = 0, fds = open_fds();
	fflush(stdout);
	int err = (search ? posix_spawnp : posix_spawn)(&pid, file, &f, &a, argv, environ);
	if (!err) waitpid(pid, &status, 0);
	printf("%s: %s, %d, fds %+d%s\n", name, err ? strerrorname_np(err) : "ok", status, open_fds() - fds, waitpid(-1, NULL, 0) == -1 ? "" : ", a child is left");
	posix_spawn_file_actions_destroy(&f);
	posix_spawnattr_destroy(&a);
	posix_spawn_file_actions_init(&f);
	posix_spawnattr_init(&a);
}
#define OPEN(fd, path, flags) posix_spawn_file_actions_addopen(&f, fd, path, flags, 0600)
#define CHDIR(path) posix_spawn_file_actions_addchdir_np(&f, path)
int main(int argc, char **argv)
{
	(void)argc;
	root = argv[1];
	setenv("ROOT", root, 1);
	posix_spawn_file_actions_init(&f);
	posix_spawnattr_init(&a);
	run("plain", 0, at("show"));
	run("missing", 0, at("none"));
	run("directory", 0, at("dir"));
	run("no program", 0, at("a"));
	run("headless", 0, at("headless"));
	run("headless, searched", 1, at("headless"));
	OPEN(0, at("a"), O_RDONLY), run("stdin", 0, at("show"));
	OPEN(0, at("a"), O_RDONLY), run("stdin of a script", 0, at("dir/tell"));
	OPEN(7, at("a"), O_RDONLY), OPEN(9, at("dir/b"), O_RDONLY), run("two", 0, at("show"));
	OPEN(7, at("a"), O_RDONLY), posix_spawn_file_actions_adddup2(&f, 7, 0), posix_spawn_file_actions_addclose(&f, 7), run("open, dup2, close", 0, at("show"));
	OPEN(7, at("none"), O_RDONLY), run("open what is missing", 0, at("show"));
	OPEN(7, at("a/x"), O_RDONLY), run("open below a file", 0, at("show"));
	OPEN(7, at("a"), O_RDONLY), OPEN(8, at("dir"), O_RDONLY | O_DIRECTORY), posix_spawn_file_actions_addfchdir_np(&f, 8), OPEN(9, "b", O_RDONLY), run("fchdir to what was opened", 0, "../show");
	CHDIR(at("dir")), run("chdir", 0, "../show");
	CHDIR(at("dir")), OPEN(5, "b", O_RDONLY), OPEN(6, "../a", O_RDONLY), run("relative opens", 0, "../show");
	CHDIR(at("")), CHDIR("dir"), CHDIR("sub"), OPEN(5, "../b", O_RDONLY), run("three steps", 0, "../../show");
	CHDIR(root), run("script by a relative interpreter", 0, "./script");
	CHDIR(at("none")), run("chdir to nowhere", 0, at("show"));
	CHDIR(at("a")), run("chdir to a file", 0, at("show"));
	CHDIR(at("dir")), CHDIR("/"), run("and out again", 0, at("show"));
	OPEN(5, "/etc/passwd", O_RDONLY), posix_spawn_file_actions_addclose(&f, 5), CHDIR("/"), OPEN(0, at("a"), O_RDONLY), run("real ones between", 0, at("show"));
	OPEN(5, at("a"), O_RDONLY), posix_spawn_file_actions_adddup2(&f, 700, 4), run("dup2 of nothing", 0, at("show"));
	OPEN(5, at("a"), O_RDONLY), posix_spawn_file_actions_adddup2(&f, 5, 5), run("dup2 to itself", 0, at("show"));
	OPEN(5, at("a"), O_RDONLY), OPEN(6, at("a"), O_RDONLY), posix_spawn_file_actions_addclosefrom_np(&f, 6), run("closefrom", 0, at("show"));
	OPEN(5, at("a"), O_RDONLY | O_CLOEXEC), run("close-on-exec", 0, at("show"));
	OPEN(0, at("a"), O_RDONLY), run("real program", 0, "/bin/cat");
	OPEN(0, at("a"), O_RDONLY), run("real program, missing", 0, "/bin/none");
	CHDIR(at("dir")), OPEN(0, "b", O_RDONLY), run("searched", 1, "cat");
	setenv("PATH", at("dir:/bin"), 1);
	run("searched in PATH", 1, "show");
	run("searched in PATH, found", 1, "tell");
	setenv("PATH", root, 1);
	run("searched in PATH again", 1, "show");
	run("searched in PATH, no program", 1, "headless");
	setenv("PATH", "", 1);
	CHDIR(at("dir")), OPEN(0, "b", O_RDONLY), run("PATH of the child's folder", 1, "tell");
	setenv("PATH", "sub:..", 1);
	CHDIR(at("dir")), run("PATH from the child's folder", 1, "show");

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, handler);
	sigset_t set;
	sigemptyset(&set);
	OPEN(0, at("a"), O_RDONLY), run("signals", 0, at("show"));
	sigaddset(&set, SIGUSR1);
	posix_spawnattr_setsigdefault(&a, &set), posix_spawnattr_setflags(&a, POSIX_SPAWN_SETSIGDEF), run("a default", 0, at("show"));
	posix_spawnattr_setsigmask(&a, &set), posix_spawnattr_setflags(&a, POSIX_SPAWN_SETSIGMASK), OPEN(0, at("a"), O_RDONLY), run("a mask", 0, at("show"));
	posix_spawnattr_setflags(&a, POSIX_SPAWN_SETPGROUP), run("a group", 0, at("show"));
	posix_spawnattr_setflags(&a, POSIX_SPAWN_SETSID), run("a session", 0, at("show"));
	posix_spawnattr_setflags(&a, POSIX_SPAWN_RESETIDS), run("ids", 0, at("show"));
	posix_spawnattr_setpgroup(&a, 1), posix_spawnattr_setflags(&a, POSIX_SPAWN_SETPGROUP), run("another's group", 0, at("show"));
	sigprocmask(SIG_BLOCK, &set, NULL);
	run("the mask", 0, at("show"));
	char *big[3000], *none[] = {NULL};
	for (int i = 0; i < 2999; i++) big[i] = "x";
	big[2999] = NULL;
	pid_t pid;
	int err = posix_spawn(&pid, at("dir/tell"), NULL, NULL, big, environ);
	if (!err) waitpid(pid, NULL, 0);
	printf("many arguments: %d\n", err);
	fflush(stdout);
	err = posix_spawn(NULL, at("show"), NULL, NULL, none, environ);
	wait(NULL);
	printf("no arguments, no pid: %d\n", err);
	fflush(stdout);
	size_t before = mapped();
	for (int i = 0; i < 200; i++) {
		posix_spawn(&pid, at("none"), NULL, NULL, none, environ);
		if (!posix_spawn(&pid, "/bin/true", NULL, NULL, none, environ)) waitpid(pid, NULL, 0);
		if (i < 20 && !posix_spawn(&pid, at("dir/tell"), NULL, NULL, big, environ)) waitpid(pid, NULL, 0);
	}
	printf("mapped: %d\n", mapped() > before + 64);
}
END
cc -o cases cases.c
write_config <<END
[profile demo]
remote = file://$tree
path = $MOUNT
END
./cases "$tree" </dev/null 2>&1 | sed "s,$tree,ROOT,g" | cut -c1-300 >local.txt
[ "$(grep -c ': ok' local.txt)" -gt 25 ] || fail 'the cases did not run'
for temperature in cold warm; do
	larder_preload ./cases "$MOUNT" </dev/null 2>&1 | sed "s,$MOUNT,ROOT,g" | cut -c1-300 >virtual.txt
	diff local.txt virtual.txt >&2 || fail "$temperature: in the prefix it is not as in the folder"
done
