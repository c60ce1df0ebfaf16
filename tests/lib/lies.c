/*
 * A file system that lies, for an agent: preloaded into it alone. LARDER_LIES says how, in words:
 *
 *	host=NAME        uname says that this is another host
 *	network          statfs says that it is NFS
 *	locks=granted    every lock is granted, and none excludes
 *	locks=none       ENOLCK
 *	locks=EACCES     a lock that another one holds is EACCES
 *	locks=hang       asking for a byte of a lock file does not return for 60 s
 *	noxattrs         EOPNOTSUPP
 *	clock=SECONDS    this host's clock is ahead by so much; the files' times are right
 *	ESTALE=N EPERM=N every Nth open, link or rename of a name in an open folder fails so
 *	slow=MS          each write to a temporary file takes so long
 *	absent=MS        a name that was absent stays so for that long, unless the folder was asked
 *about with AT_STATX_FORCE_SYNC
 *	fsync=EIO        what was written is lost
 *	rot              a bit of each piece of at least a page that is written turns over
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define NFS_MAGIC  0x6969
#define ABSENT_MAX 256
#define HANG_S     60
#define PAGE       4096

enum locks { LOCKS_TRUE, LOCKS_GRANTED, LOCKS_NONE, LOCKS_EACCES, LOCKS_HANG };

static char host[32];
static bool network, no_xattrs, lost, rot;
static enum locks locks;
static long clock_ahead, stale_every, perm_every, absent_ms, slow_ms;

/* The value of "word=", or NULL. */
static const char *value(const char *word, const char *name)
{
	size_t n = strlen(name);

	return strncmp(word, name, n) == 0 && word[n] == '=' ? word + n + 1 : NULL;
}

__attribute__((constructor)) static void read_lies(void)
{
	static const char *const kinds[] = {"", "granted", "none", "EACCES", "hang"};
	char text[256], *rest = text, *word;
	const char *v;

	snprintf(text, sizeof text, "%s", getenv("LARDER_LIES") ? getenv("LARDER_LIES") : "");
	while ((word = strsep(&rest, " "))) {
		network |= strcmp(word, "network") == 0;
		no_xattrs |= strcmp(word, "noxattrs") == 0;
		lost |= strcmp(word, "fsync=EIO") == 0;
		rot |= strcmp(word, "rot") == 0;
		if ((v = value(word, "host")))
			snprintf(host, sizeof host, "%s", v);
		if ((v = value(word, "clock")))
			clock_ahead = atol(v);
		if ((v = value(word, "ESTALE")))
			stale_every = atol(v);
		if ((v = value(word, "EPERM")))
			perm_every = atol(v);
		if ((v = value(word, "absent")))
			absent_ms = atol(v);
		if ((v = value(word, "slow")))
			slow_ms = atol(v);
		for (int i = LOCKS_GRANTED; i <= LOCKS_HANG; i++) {
			if ((v = value(word, "locks")) && strcmp(v, kinds[i]) == 0)
				locks = (enum locks)i;
		}
	}
}

static int say(int error)
{
	errno = error;
	return -1;
}

int uname(struct utsname *u)
{
	int ret = (int)syscall(SYS_uname, u);

	if (!ret && host[0])
		snprintf(u->nodename, sizeof u->nodename, "%s", host);
	return ret;
}

int fstatfs(int fd, struct statfs *st)
{
	int ret = (int)syscall(SYS_fstatfs, fd, st);

	if (!ret && network)
		st->f_type = NFS_MAGIC;
	return ret;
}

/* Whether it is in the cache: the runtime folder tells the truth. */
static bool in_cache(int fd)
{
	char self[40], path[512];
	ssize_t n;

	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	n = readlink(self, path, sizeof path - 1);
	path[n > 0 ? n : 0] = 0;
	return strstr(path, "/cache/");
}

/* --- locks --- */

int flock(int fd, int operation)
{
	if (locks == LOCKS_GRANTED && in_cache(fd))
		return 0;
	if (locks == LOCKS_NONE && in_cache(fd))
		return say(ENOLCK);
	return (int)syscall(SYS_flock, fd, operation);
}

static int set_lock(int fd, const struct flock *fl)
{
	if (locks == LOCKS_GRANTED)
		return 0;
	if (locks == LOCKS_NONE)
		return say(ENOLCK);
	if (locks == LOCKS_HANG && fl->l_type == F_WRLCK)
		sleep(HANG_S);
	if (syscall(SYS_fcntl, fd, F_OFD_SETLK, fl) == 0)
		return 0;
	return locks == LOCKS_EACCES && errno == EAGAIN ? say(EACCES) : -1;
}

int fcntl(int fd, int command, ...)
{
	va_list ap;
	long arg;

	va_start(ap, command);
	arg = va_arg(ap, long);
	va_end(ap);
	if (command == F_OFD_SETLK)
		return set_lock(fd, (const struct flock *)arg);
	return (int)syscall(SYS_fcntl, fd, command, arg);
}

/* --- attributes, times, durability --- */

int fsetxattr(int fd, const char *name, const void *data, size_t size, int flags)
{
	return no_xattrs ? say(EOPNOTSUPP)
	                 : (int)syscall(SYS_fsetxattr, fd, name, data, size, flags);
}

int lsetxattr(const char *path, const char *name, const void *data, size_t size, int flags)
{
	return no_xattrs ? say(EOPNOTSUPP)
	                 : (int)syscall(SYS_lsetxattr, path, name, data, size, flags);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int ret = (int)syscall(SYS_clock_gettime, id, t);

	if (id == CLOCK_REALTIME)
		t->tv_sec += clock_ahead;
	return ret;
}

time_t time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
	if (slow_ms && in_cache(fd))
		usleep((useconds_t)slow_ms * 1000);
	if (rot && n >= PAGE && in_cache(fd)) {
		char turned = (char)(*(const char *)data ^ 1);

		syscall(SYS_pwrite64, fd, (const char *)data + 1, n - 1, at + 1);
		return syscall(SYS_pwrite64, fd, &turned, 1, at) == 1 ? (ssize_t)n : -1;
	}
	return syscall(SYS_pwrite64, fd, data, n, at);
}

int fsync(int fd)
{
	return lost ? say(EIO) : (int)syscall(SYS_fsync, fd);
}

/* --- names --- */

struct absent {
	ino_t dir;
	uint64_t until;
	char name[200];
};

static struct absent absents[ABSENT_MAX];
static unsigned next_absent;
static pthread_mutex_t absents_lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t now_ms(void)
{
	struct timespec t;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static ino_t ino_of(int dir)
{
	struct stat st;

	return dir >= 0 && fstat(dir, &st) == 0 ? st.st_ino : 0;
}

/* The client's cache has the name as absent. */
static bool is_absent(int dir, const char *name)
{
	bool found = false;
	ino_t ino = absent_ms ? ino_of(dir) : 0;

	pthread_mutex_lock(&absents_lock);
	for (unsigned i = 0; ino && i < ABSENT_MAX && !found; i++)
		found = absents[i].dir == ino && absents[i].until > now_ms() &&
		        strcmp(absents[i].name, name) == 0;
	pthread_mutex_unlock(&absents_lock);
	return found;
}

static void remember_absent(int dir, const char *name)
{
	ino_t ino = absent_ms ? ino_of(dir) : 0;
	struct absent *a;

	if (!ino)
		return;
	pthread_mutex_lock(&absents_lock);
	a = &absents[next_absent++ % ABSENT_MAX];
	a->dir = ino;
	a->until = now_ms() + (uint64_t)absent_ms;
	snprintf(a->name, sizeof a->name, "%s", name);
	pthread_mutex_unlock(&absents_lock);
}

/* Of one name in a folder, or of all of them. */
static void forget_absent(ino_t ino, const char *name)
{
	pthread_mutex_lock(&absents_lock);
	for (unsigned i = 0; i < ABSENT_MAX; i++) {
		if (absents[i].dir == ino && (!name || strcmp(absents[i].name, name) == 0))
			absents[i].until = 0;
	}
	pthread_mutex_unlock(&absents_lock);
}

/* Whether it is this call's turn to fail. */
static bool fails(int dir)
{
	static atomic_long calls;
	long n;

	if (dir < 0 || !(stale_every || perm_every))
		return false;
	n = ++calls;
	if (stale_every && n % stale_every == 0)
		return say(ESTALE);
	return perm_every && n % perm_every == perm_every / 2 && say(EPERM);
}

int openat(int dir, const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;
	int fd;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	if (fails(dir))
		return -1;
	if (is_absent(dir, name) && !(flags & O_CREAT))
		return say(ENOENT);
	fd = (int)syscall(SYS_openat, dir, name, flags, mode);
	if (fd < 0 && errno == ENOENT) {
		remember_absent(dir, name);
		errno = ENOENT;
	}
	return fd;
}

int statx(int dir, const char *restrict path, int flags, unsigned mask, struct statx *restrict out)
{
	int ret = (int)syscall(SYS_statx, dir, path, flags, mask, out);

	if (!ret && (flags & AT_STATX_FORCE_SYNC) && S_ISDIR(out->stx_mode))
		forget_absent(out->stx_ino, NULL);
	return ret;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	if (fails(to_dir))
		return -1;
	forget_absent(ino_of(to_dir), to);
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (network && flags)
		return say(EINVAL);
	if (fails(to_dir))
		return -1;
	forget_absent(ino_of(to_dir), to);
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return fails(to_dir) ? -1 : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}
