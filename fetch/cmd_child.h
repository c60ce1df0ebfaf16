/*
 * The one child of `larder run`, which stands in for us towards whoever started us: same process
 *group, same terminal, same end.
 *
 *	child_start → (poll child.signals → child_take)… until CHILD_ENDED → child_end
 *
 * Signals that are meant for the child are blocked here and read from a descriptor. What the
 *terminal sends reaches the whole process group, the child included, and is not passed on; what
 *somebody sends to us alone is. SIGTSTP and its like stop us as they do any program.
 */
#ifndef LARDER_FETCH_CMD_CHILD_H
#define LARDER_FETCH_CMD_CHILD_H

#include <signal.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	int signals; /* a signalfd, nonblocking */
	int status;  /* exit status, or minus the signal */
	sigset_t old_mask;
	struct sigaction old_chld;
};

enum child_state { CHILD_RUNNING, CHILD_STOPPED, CHILD_ENDED };

/* Starts argv[0], found in PATH, and returns when it runs. 0; or -errno, and `status` is what to
 * end with: 126 or 127 if it is the exec that failed. */
int child_start(struct child *c, char **argv);

/* Takes what signals has. STOPPED: the caller tidies the terminal, and calls child_stop_too. */
enum child_state child_take(struct child *c);

/* Stops this process as its child is, and continues the child when somebody continues us. */
void child_stop_too(const struct child *c);

/* The exit status of the child; if it died by a signal, this process does too, without a core of
 * its own. */
int child_end(struct child *c);

#endif
