/*
 * reaper FILE [MODE…]: a program that adopts orphans, as PID 1 of a container or with MODE
 * "subreaper", and reads FILE by a child, and itself with MODE "self". With MODE "all" it waits
 * until it has no children left, and prints how often it was told of one that it did not make; else
 * it looks for such a child for two seconds, and prints what it was told: "signals N strangers N".
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t signals;

static void on_child(int signal)
{
	(void)signal;
	signals++;
}

static int has_mode(char **argv, const char *mode)
{
	while (*argv && strcmp(*argv, mode) != 0)
		argv++;
	return *argv != NULL;
}

static int read_file(const char *path)
{
	char buf[64];
	int fd = open(path, O_RDONLY);

	return fd >= 0 && read(fd, buf, sizeof buf) > 0 ? 0 : 9;
}

static int wait_for_all(pid_t own)
{
	int strangers = 0, status;
	pid_t pid;

	while ((pid = wait(&status)) > 0 || errno == EINTR)
		strangers += pid > 0 && pid != own;
	printf("strangers %d\n", strangers);
	return errno == ECHILD ? 0 : 1;
}

static int look_for_others(pid_t own)
{
	time_t end = time(NULL) + 3;
	int strangers = 0, status;

	if (waitpid(own, &status, 0) != own || status)
		return 1;
	while (time(NULL) < end) {
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
		strangers += waitpid(-1, &status, WNOHANG) > 0;
	}
	printf("signals %d strangers %d\n", (int)signals, strangers);
	return 0;
}

int main(int argc, char **argv)
{
	pid_t child;

	if (argc < 2)
		return 2;
	if (has_mode(argv, "subreaper"))
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGCHLD, on_child);
	if (has_mode(argv, "self") && read_file(argv[1]))
		return 9;
	child = fork();
	if (!child)
		_exit(read_file(argv[1]));
	return has_mode(argv, "all") ? wait_for_all(child) : look_for_others(child);
}
