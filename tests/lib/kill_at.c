/*
 * kill_at [-a] [-g] [-c FILE] N CMD [ARG…]: runs a program and kills it, with all its threads, at
 * the N-th boundary of a system call.
 *
 * Each entry into the kernel and each return from it, of any thread, is a boundary; at an entry the
 * call is not made any more. Programs that it starts are not followed. 0 kills never.
 *
 *   -a       counts from the moment at which the first connection was accepted: what a server does
 * for its clients -g       kills the whole process group, this program included -c FILE  writes the
 * number of boundaries there, once the program has ended by itself
 *
 * Ends with the program's status, or 137 after a kill.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ptrace.h>

#define KILLED 137

static bool from_accept, group;
static const char *count_file;
static long last, seen;
static bool counting;

static void die(const char *what)
{
	perror(what);
	exit(125);
}

/* Whether the one that is stopped at this boundary is to be killed. */
static bool is_due(pid_t thread)
{
	struct ptrace_syscall_info info;
	static struct {
		pid_t thread;
		bool accepts;
	} called[256];

	if (!counting) {
		if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0)
			return false;
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
			called[thread % 256].thread = thread;
			called[thread % 256].accepts =
			        info.entry.nr == SYS_accept4 || info.entry.nr == SYS_accept;
		} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
			counting = called[thread % 256].thread == thread &&
			           called[thread % 256].accepts && info.exit.rval >= 0;
		}
		return false;
	}
	return ++seen == last;
}

static void finish(int status)
{
	FILE *f = count_file ? fopen(count_file, "w") : NULL;

	if (f) {
		fprintf(f, "%ld\n", seen);
		fclose(f);
	}
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void follow(pid_t child)
{
	for (;;) {
		int status, signal = 0;
		pid_t thread = waitpid(-1, &status, __WALL);

		if (thread < 0)
			die("waitpid");
		if (!WIFSTOPPED(status)) {
			if (thread == child)
				finish(status);
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			if (is_due(thread)) {
				kill(group ? 0 : child, SIGKILL);
				while (waitpid(-1, &status, __WALL) >= 0 || errno == EINTR)
					;
				exit(KILLED);
			}
		} else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP &&
		           WSTOPSIG(status) != SIGTRAP) {
			signal = WSTOPSIG(status);
		}
		ptrace(PTRACE_SYSCALL, thread, 0, signal);
	}
}

int main(int argc, char **argv)
{
	int opt, status;
	pid_t child;

	while ((opt = getopt(argc, argv, "+agc:")) != -1) {
		if (opt == 'a')
			from_accept = true;
		else if (opt == 'g')
			group = true;
		else if (opt == 'c')
			count_file = optarg;
		else
			return 125;
	}
	if (argc - optind < 2)
		return 125;
	last = atol(argv[optind++]);
	counting = !from_accept;
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
			die("ptrace");
		raise(SIGSTOP);
		execvp(argv[optind], argv + optind);
		die(argv[optind]);
	}
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		die("waitpid");
	if (ptrace(PTRACE_SETOPTIONS, child, 0,
	            PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
	                    PTRACE_O_EXITKILL) != 0)
		die("PTRACE_SETOPTIONS");
	ptrace(PTRACE_SYSCALL, child, 0, 0);
	follow(child);
}
