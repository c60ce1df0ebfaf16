#include "fetch/client/child.h"
#include "cache/read/sys.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

int child_run(int (*body)(void *), void *arg, char *stack_end)
{
	uint64_t all = ~0ULL, old;
	int pid, status, saved = errno;

	sys_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)&old, KERNEL_NSIG_BYTES, 0, 0);
	pid = clone(body, stack_end, CLONE_VM | CLONE_VFORK, arg);
	if (pid > 0)
		sys_call(SYS_wait4, pid, (long)&status, __WCLONE, 0, 0, 0);
	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, KERNEL_NSIG_BYTES, 0, 0);
	errno = saved;
	return pid > 0 ? 0 : -EAGAIN;
}
