/*
 * seccomp COMMAND…: runs it under a filter that refuses what container engines refuse by default:
 * namespaces, mounts, tracing, clone3 and faccessat2 (ENOSYS, so that libc falls back), and the
 * calls that their older filters do not know and answer with EPERM.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
	        CLONE_NEWCGROUP)
#define FIELD(name) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))
#define ANSWER(nr, value)                                                                          \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),                                             \
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (value))

int main(int argc, char **argv)
{
	struct sock_filter code[] = {
	        FIELD(nr),
	        ANSWER(SYS_clone3, ENOSYS),
	        ANSWER(SYS_unshare, EPERM),
	        ANSWER(SYS_setns, EPERM),
	        ANSWER(SYS_mount, EPERM),
	        ANSWER(SYS_ptrace, EPERM),
	        ANSWER(SYS_bpf, EPERM),
	        ANSWER(SYS_add_key, EPERM),
	        ANSWER(SYS_open_by_handle_at, EPERM),
	        ANSWER(425 /* io_uring_setup */, EPERM),
	        ANSWER(436 /* close_range */, EPERM),
	        ANSWER(437 /* openat2 */, EPERM),
	        ANSWER(439 /* faccessat2 */, ENOSYS),
	        ANSWER(441 /* epoll_pwait2 */, EPERM),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
	        FIELD(args[0]),
	        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = sizeof code / sizeof *code, .filter = code};

	if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) {
		perror("seccomp");
		return 77;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
