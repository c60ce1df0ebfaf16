/*
 * posix_spawn(3). libc's child opens, changes directory and executes by calls of its own; so where
 * one of these is ours, the child is one of ours, which does the same in the same order. As libc's,
 * it runs on this process's memory until it executes.
 */
#include "shim/exec.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_STACK       (64 << 10)
#define KERNEL_NSIG_BYTES 8
#define SIGNALS           64
#define CHILD_FAILED      127
#define KNOWN_FLAGS                                                                                \
	(POSIX_SPAWN_RESETIDS | POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |                    \
	        POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSCHEDPARAM | POSIX_SPAWN_SETSCHEDULER |    \
	        POSIX_SPAWN_USEVFORK | POSIX_SPAWN_SETSID)

/* The parent's arguments, and what its child says. */
struct spawn {
	const char *file;
	bool search;
	const posix_spawn_file_actions_t *actions;
	const posix_spawnattr_t *attr;
	struct exec_args args;
	uint64_t mask; /* the parent's */
	int error;
};

static short flags_of(const posix_spawnattr_t *attr)
{
	short flags = 0;

	if (attr)
		posix_spawnattr_getflags(attr, &flags);
	return flags;
}

/* Handlers are functions of this process; what the attributes name is set to its default too. */
static void reset_signals(const struct spawn *s)
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} act, dfl = {.handler = SIG_DFL};
	bool listed = flags_of(s->attr) & POSIX_SPAWN_SETSIGDEF;
	sigset_t defaults;

	if (listed)
		posix_spawnattr_getsigdefault(s->attr, &defaults);
	for (int sig = 1; sig <= SIGNALS; sig++) {
		bool wanted = listed && sigismember(&defaults, sig) == 1;

		if (!wanted &&
		        (sys_call(SYS_rt_sigaction, sig, 0, (long)&act, KERNEL_NSIG_BYTES, 0, 0) ||
		                act.handler == SIG_IGN || act.handler == SIG_DFL))
			continue;
		sys_call(SYS_rt_sigaction, sig, (long)&dfl, 0, KERNEL_NSIG_BYTES, 0, 0);
	}
}

static int set_scheduler(const posix_spawnattr_t *attr, short flags)
{
	struct sched_param param;
	int policy;

	posix_spawnattr_getschedparam(attr, &param);
	if (flags & POSIX_SPAWN_SETSCHEDULER) {
		posix_spawnattr_getschedpolicy(attr, &policy);
		return (int)sys_call(SYS_sched_setscheduler, 0, policy, (long)&param, 0, 0, 0);
	}
	return (int)sys_call(SYS_sched_setparam, 0, (long)&param, 0, 0, 0, 0);
}

/* To the real ones, of this process alone: libc's functions would tell the parent's threads. */
static int reset_ids(void)
{
	long uid = sys_call(SYS_getuid, 0, 0, 0, 0, 0, 0),
	     gid = sys_call(SYS_getgid, 0, 0, 0, 0, 0, 0);
	int err = (int)sys_call(SYS_setresuid, -1, uid, -1, 0, 0, 0);

	return err ? err : (int)sys_call(SYS_setresgid, -1, gid, -1, 0, 0, 0);
}

static int apply_attributes(const posix_spawnattr_t *attr)
{
	short flags = flags_of(attr);
	pid_t group;
	int err = 0;

	if (flags & (POSIX_SPAWN_SETSCHEDPARAM | POSIX_SPAWN_SETSCHEDULER))
		err = set_scheduler(attr, flags);
	if (!err && (flags & POSIX_SPAWN_SETSID))
		err = (int)sys_call(SYS_setsid, 0, 0, 0, 0, 0, 0);
	if (err < 0)
		return err;
	if (flags & POSIX_SPAWN_SETPGROUP) {
		posix_spawnattr_getpgroup(attr, &group);
		err = (int)sys_call(SYS_setpgid, 0, group, 0, 0, 0, 0);
	}
	if (err >= 0 && (flags & POSIX_SPAWN_RESETIDS))
		err = reset_ids();
	return err < 0 ? err : 0;
}

static void set_mask(const struct spawn *s)
{
	uint64_t mask = s->mask;
	sigset_t given;

	if (flags_of(s->attr) & POSIX_SPAWN_SETSIGMASK) {
		posix_spawnattr_getsigmask(s->attr, &given);
		memcpy(&mask, &given, sizeof mask);
	}
	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, KERNEL_NSIG_BYTES, 0, 0);
}

static int child(void *arg)
{
	struct spawn *s = arg;
	int err;

	reset_signals(s);
	err = apply_attributes(s->attr);
	if (!err)
		err = actions_perform(s->actions);
	if (!err) {
		set_mask(s);
		err = s->search ? exec_search(s->file, &s->args, false)
		                : exec_at(AT_FDCWD, s->file, &s->args, 0);
	}
	s->error = err;
	sys_call(SYS_exit, CHILD_FAILED, 0, 0, 0, 0, 0);
	return 0;
}

static size_t count(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

/* Room for the child's stack, and for its vectors behind it. */
static size_t child_room(const struct spawn *s, size_t *stack)
{
	size_t vectors = (count(s->args.argv) + count(s->args.envp) + 16) * sizeof(char *);

	if (keep_lost(s->args.envp))
		vectors += keep_room(s->args.envp);
	*stack = CHILD_STACK;
	return CHILD_STACK + vectors;
}

static int spawn_ours(struct spawn *s, pid_t *pid)
{
	size_t stack, size = child_room(s, &stack);
	char *memory = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	uint64_t all = ~0ULL;
	int new, status;

	if (memory == MAP_FAILED)
		return ENOMEM;
	s->args.room = memory + stack;
	s->args.room_size = size - stack;
	s->error = 0;
	sys_call(
	        SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)&s->mask, KERNEL_NSIG_BYTES, 0, 0);
	new = clone(child, memory + stack, CLONE_VM | CLONE_VFORK | SIGCHLD, s);
	if (new < 0)
		s->error = -errno;
	else if (s->error)
		sys_call(SYS_wait4, new, (long)&status, 0, 0, 0, 0);
	else if (pid)
		*pid = new;
	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&s->mask, 0, KERNEL_NSIG_BYTES, 0, 0);
	sys_munmap(memory, size);
	return -s->error;
}

static bool program_may_be_ours(const struct spawn *s)
{
	return s->search ? search_may_be_ours(s->file) : ours_at(AT_FDCWD, s->file);
}

/* What libc found nothing for: what is behind a link, or a script whose interpreter is ours. */
static bool is_missed(const struct spawn *s, int error)
{
	if (s->search)
		return search_missed(s->file, error);
	return error == ENOENT && s->file &&
	       (lacks_interpreter(AT_FDCWD, s->file, error) || ours_after_slow(AT_FDCWD, s->file));
}

static bool can_be_done(const struct spawn *s)
{
	return actions_known(s->actions) && !(flags_of(s->attr) & ~KNOWN_FLAGS);
}

static int call(const struct spawn *s, pid_t *pid)
{
	const struct exec_args *a = &s->args;

	return s->search ? REAL(posix_spawnp)(pid, s->file, s->actions, s->attr, a->argv, a->envp)
	                 : REAL(posix_spawn)(pid, s->file, s->actions, s->attr, a->argv, a->envp);
}

static int spawn(struct spawn *s, pid_t *pid)
{
	int saved = errno, err;

	if (!program_may_be_ours(s) && !actions_may_be_ours(s->actions)) {
		err = call(s, pid);
		if (!is_missed(s, err))
			return err;
	}
	if (can_be_done(s))
		err = -(int)TRACED(s->search ? "posix_spawnp" : "posix_spawn", AT_FDCWD, s->file,
		        -spawn_ours(s, pid));
	else
		err = call(s, pid);
	errno = saved;
	return err;
}

/* With the environment that the program is to have. */
static int spawn_kept(struct spawn *s, pid_t *pid)
{
	size_t size = keep_lost(s->args.envp) ? keep_room(s->args.envp) : 0;
	void *room;
	int err;

	if (!size)
		return spawn(s, pid);
	room = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (room == MAP_FAILED)
		return ENOMEM;
	s->args.envp = keep_fill(s->args.envp, room);
	err = spawn(s, pid);
	sys_munmap(room, size);
	return err;
}

EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path,
        const posix_spawn_file_actions_t *restrict actions, const posix_spawnattr_t *restrict attr,
        char *const argv[restrict], char *const envp[restrict])
{
	struct spawn s = {.file = path,
	        .actions = actions,
	        .attr = attr,
	        .args = {.argv = argv, .envp = envp}};

	return spawn_kept(&s, pid);
}

EXPORT int posix_spawnp(pid_t *restrict pid, const char *restrict file,
        const posix_spawn_file_actions_t *restrict actions, const posix_spawnattr_t *restrict attr,
        char *const argv[restrict], char *const envp[restrict])
{
	struct spawn s = {.file = file,
	        .search = true,
	        .actions = actions,
	        .attr = attr,
	        .args = {.argv = argv, .envp = envp}};

	return spawn_kept(&s, pid);
}
