#include "fetch/cmd_child.h"
#include "fetch/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGNALS_AT_ONCE 32

static const int passed_on[] = {
        SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCONT};

/* An exec that succeeds closes `failure`. */
static void become_program(const struct child *c, char **argv, int failure)
{
	int err;

	sigaction(SIGCHLD, &c->old_chld, NULL);
	sigprocmask(SIG_SETMASK, &c->old_mask, NULL);
	execvp(argv[0], argv);
	err = -errno;
	_exit(write(failure, &err, sizeof err) == sizeof err ? 0 : CMD_NOT_RUNNABLE);
}

/* Whether the child has become the program. 0 or -errno. */
static int await_exec(struct child *c, int failure)
{
	int err = 0;
	ssize_t n;

	do
		n = read(failure, &err, sizeof err);
	while (n < 0 && errno == EINTR);
	if (n != sizeof err || !err)
		return 0;
	c->status = err == -ENOENT ? CMD_NOT_FOUND : CMD_NOT_RUNNABLE;
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return err;
}

int child_start(struct child *c, char **argv)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	int failure[2], err;
	sigset_t set;

	c->status = CMD_RUN_FAILED;
	if (pipe2(failure, O_CLOEXEC) != 0)
		return -errno;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++)
		sigaddset(&set, passed_on[i]);
	/* Ignored, as some hosts leave it, the child's status would be lost. */
	sigaction(SIGCHLD, &dfl, &c->old_chld);
	sigprocmask(SIG_BLOCK, &set, &c->old_mask);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	c->pid = c->signals < 0 ? -1 : fork();
	err = c->pid < 0 ? -errno : 0;
	if (c->pid == 0)
		become_program(c, argv, failure[1]);
	close(failure[1]);
	if (!err)
		err = await_exec(c, failure[0]);
	close(failure[0]);
	return err;
}

static enum child_state look(struct child *c)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WSTOPPED | WNOHANG) != 0 ||
	        info.si_pid == 0)
		return CHILD_RUNNING;
	switch (info.si_code) {
	case CLD_EXITED:
		c->status = info.si_status;
		return CHILD_ENDED;
	case CLD_KILLED:
	case CLD_DUMPED:
		c->status = -info.si_status;
		return CHILD_ENDED;
	case CLD_STOPPED:
		return CHILD_STOPPED;
	default:
		return CHILD_RUNNING;
	}
}

enum child_state child_take(struct child *c)
{
	struct signalfd_siginfo infos[SIGNALS_AT_ONCE];
	ssize_t n = read(c->signals, infos, sizeof infos);

	for (ssize_t i = 0; i < n / (ssize_t)sizeof infos[0]; i++) {
		const struct signalfd_siginfo *s = &infos[i];

		/* One that the child sent to its group would come back to it, perhaps for ever. */
		if (s->ssi_signo == SIGCHLD || s->ssi_code == SI_KERNEL ||
		        (pid_t)s->ssi_pid == c->pid)
			continue;
		kill(c->pid, (int)s->ssi_signo);
	}
	return look(c);
}

void child_stop_too(const struct child *c)
{
	raise(SIGSTOP);
	kill(c->pid, SIGCONT);
}

static void die_by(int number)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	struct rlimit none = {0};
	sigset_t set;

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	sigaction(number, &dfl, NULL);
	sigemptyset(&set);
	sigaddset(&set, number);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int child_end(struct child *c)
{
	close(c->signals);
	if (c->status >= 0)
		return c->status;
	fflush(stdout);
	die_by(-c->status);
	return 128 - c->status;
}
