/*
 * Descriptors of ours, recognised by what fstat shows of them; there is no table of descriptors.
 */
#include "shim/shim.h"
#include "fetch/client/child.h"

#include <poll.h>
#include <sys/sysmacros.h>

#define CHILD_STACK 1024 /* of a child that makes two calls of the kernel */
#define SETTLE_MAX  256  /* inherited descriptors that are looked at; they are the lowest ones */

struct look {
	int fd;
	char *out;
	size_t size;
	long n;
};

/* In a child, whose working directory is its own. */
static int look_from_inside(void *arg)
{
	struct look *l = arg;

	l->n = sys_call(SYS_fchdir, l->fd, 0, 0, 0, 0, 0);
	if (!l->n)
		l->n = sys_getcwd(l->out, l->size);
	sys_call(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

/* Where there is no /proc, the kernel tells the path of a working directory alone. */
__attribute__((noinline)) static long path_without_proc(int fd, char *out, size_t size)
{
	_Alignas(16) char stack[CHILD_STACK];
	struct look l = {.fd = fd, .out = out, .size = size};
	int err = 0;

	if (fd == AT_FDCWD)
		l.n = sys_getcwd(out, size);
	else
		err = child_run(look_from_inside, &l, stack + sizeof stack);
	if (err || l.n < 0)
		return err ? err : l.n == -ERANGE ? -ENAMETOOLONG : l.n;
	return l.n - 1;
}

long fd_path(int fd, char *out, size_t size)
{
	char link[40] = "/proc/self/cwd";
	long n;

	if (fd < 0 && fd != AT_FDCWD)
		return -EBADF;
	if (fd != AT_FDCWD) {
		memcpy(link, "/proc/self/fd/", sizeof "/proc/self/fd/");
		text_number(link + strlen(link), (unsigned)fd);
	}
	n = sys_readlink(link, out, size);
	if (n < 0)
		return path_without_proc(fd, out, size);
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	out[n] = 0;
	return n;
}

/*
 * What was found out of a file or directory, which is known by its own inode and times. A slot is
 * read and written without a lock: its sequence number is odd while it is written, and who finds it
 * so, or changed meanwhile, leaves it alone.
 */
struct known_key {
	uint64_t dev, ino;
	int64_t seconds, nanoseconds;
};

#define SLOT(type)                                                                                 \
	struct {                                                                                   \
		_Atomic uint64_t seq, words[sizeof(type) / sizeof(uint64_t)];                      \
	}

static struct known_key known_key(const struct stat *st)
{
	return (struct known_key){.dev = st->st_dev,
	        .ino = st->st_ino,
	        .seconds = st->st_ctim.tv_sec,
	        .nanoseconds = st->st_ctim.tv_nsec};
}

static bool is_known(const struct known_key *k, const struct stat *st)
{
	return k->ino == st->st_ino && k->dev == st->st_dev && k->seconds == st->st_ctim.tv_sec &&
	       k->nanoseconds == st->st_ctim.tv_nsec;
}

/* Of `size` bytes, a multiple of eight. False if it is empty, or being written. */
static bool slot_get(_Atomic uint64_t *seq, _Atomic uint64_t *words, void *out, size_t size)
{
	uint64_t before = atomic_load_explicit(seq, memory_order_acquire), *to = out;

	if (!before || (before & 1))
		return false;
	for (size_t i = 0; i < size / sizeof *to; i++)
		to[i] = atomic_load_explicit(&words[i], memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(seq, memory_order_relaxed) == before;
}

static void slot_put(_Atomic uint64_t *seq, _Atomic uint64_t *words, const void *in, size_t size)
{
	uint64_t before = atomic_load_explicit(seq, memory_order_relaxed);
	const uint64_t *from = in;

	if ((before & 1) || !atomic_compare_exchange_strong_explicit(seq, &before, before + 1,
	                            memory_order_acquire, memory_order_relaxed))
		return;
	atomic_thread_fence(memory_order_release);
	for (size_t i = 0; i < size / sizeof *from; i++)
		atomic_store_explicit(&words[i], from[i], memory_order_relaxed);
	atomic_store_explicit(seq, before + 2, memory_order_release);
}

/* Carriers whose paths were read, since that costs three times the fstat by which one is known
 * again. */
#define KNOWN_DIRS    16
#define KNOWN_DIR_LEN 216 /* bytes of a rel; a longer one is read again */

struct known_dir {
	struct known_key key;
	uint64_t len;
	char rel[KNOWN_DIR_LEN];
};

static SLOT(struct known_dir) known_dirs[KNOWN_DIRS];

static long recall_dir(size_t i, const struct stat *st, char *out, size_t size)
{
	struct known_dir k;

	if (!slot_get(&known_dirs[i].seq, known_dirs[i].words, &k, sizeof k) ||
	        !is_known(&k.key, st) || k.len >= KNOWN_DIR_LEN || k.len >= size)
		return -ENOENT;
	memcpy(out, k.rel, k.len);
	out[k.len] = 0;
	return (long)k.len;
}

static void remember_dir(size_t i, const struct stat *st, const char *rel, size_t len)
{
	struct known_dir k = {.key = known_key(st), .len = len};

	if (len >= KNOWN_DIR_LEN)
		return;
	memcpy(k.rel, rel, len);
	slot_put(&known_dirs[i].seq, known_dirs[i].words, &k, sizeof k);
}

long fd_rel(int fd, char *out, size_t size)
{
	size_t slot;
	struct stat st;
	const char *rel;
	long n;

	if (sys_fstatat(fd, "", &st, AT_EMPTY_PATH) || !S_ISDIR(st.st_mode) ||
	        !identity_marked(st.st_mode))
		return -ENOTDIR;
	slot = st.st_ino % KNOWN_DIRS;
	n = recall_dir(slot, &st, out, size);
	if (n > 0)
		return n;
	n = fd_path(fd, out, size);
	if (n < 0)
		return n;
	rel = in_carriers(out);
	if (!rel || !*rel)
		return -ENOTDIR;
	n -= rel - out;
	memmove(out, rel, (size_t)n + 1);
	remember_dir(slot, &st, out, (size_t)n);
	return n;
}

static void show_identity(const struct identity *id, struct stat *st)
{
	st->st_dev = makedev(0, id->dev);
	st->st_ino = id->ino;
	st->st_mode &= ~(mode_t)S_ISVTX;
	st->st_nlink = 1;
	st->st_uid = shim.uid;
	st->st_gid = shim.gid;
	st->st_blksize = SHOWN_BLKSIZE;
	st->st_blocks = shown_blocks((uint64_t)st->st_size);
	st->st_atim = st->st_ctim = st->st_mtim;
}

/* Identities that were read from attributes, since the attribute costs more than the fstat itself.
 */
#define KNOWN_FILES 64

struct known_file {
	struct known_key key;
	struct identity id;
};

static SLOT(struct known_file) known_files[KNOWN_FILES];

static int file_identity(int fd, const struct stat *st, struct identity *id)
{
	size_t i = st->st_ino % KNOWN_FILES;
	struct known_file k;
	int err;

	if (slot_get(&known_files[i].seq, known_files[i].words, &k, sizeof k) &&
	        is_known(&k.key, st)) {
		*id = k.id;
		return 0;
	}
	err = identity_get_fd(fd, id);
	if (err == -EOPNOTSUPP || err == -ENODATA)
		err = identity_by_name(fd, st, id);
	if (!err) {
		k = (struct known_file){.key = known_key(st), .id = *id};
		slot_put(&known_files[i].seq, known_files[i].words, &k, sizeof k);
	}
	return err;
}

static void fix_dir(int fd, struct stat *st)
{
	char rel[KEY_REL_MAX / 2];
	long n = fd_rel(fd, rel, sizeof rel);
	struct view v;

	if (n < 0)
		return;
	view_dir(rel, (size_t)n, &v);
	view_to_stat(&v, st);
}

void fd_fix_stat(int fd, struct stat *st)
{
	struct identity id;
	int saved;

	if (!identity_marked(st->st_mode))
		return;
	saved = errno;
	if (S_ISREG(st->st_mode) && file_identity(fd, st, &id) == 0)
		show_identity(&id, st);
	else if (S_ISDIR(st->st_mode))
		fix_dir(fd, st);
	errno = saved;
}

void path_fix_stat(int dirfd, const char *path, struct stat *st)
{
	struct identity id;
	int saved = errno, fd;

	if (S_ISREG(st->st_mode) && (dirfd == AT_FDCWD || *path == '/') &&
	        identity_get_path(path, &id) == 0)
		show_identity(&id, st);
	if (S_ISDIR(st->st_mode) && (fd = sys_openat(dirfd, path, O_PATH | O_CLOEXEC, 0)) >= 0) {
		fix_dir(fd, st);
		sys_close(fd);
	}
	errno = saved;
}

bool fd_is_carrier(int fd)
{
	char rel[KEY_REL_MAX / 2];

	return fd_rel(fd, rel, sizeof rel) >= 0;
}

bool fd_settle(void)
{
	struct pollfd fds[SETTLE_MAX];
	struct timespec now = {0};
	unsigned char before = DIRS_INHERITED, found = DIRS_NONE;
	long n;

	for (int i = 0; i < SETTLE_MAX; i++)
		fds[i] = (struct pollfd){.fd = i};
	n = sys_call(SYS_ppoll, (long)fds, SETTLE_MAX, (long)&now, 0, 0, 0);
	/* A lower limit of descriptors is an error; then any could be. */
	if (n < 0)
		found = DIRS_SOME;
	for (int i = 0; n > 0 && i < SETTLE_MAX && !found; i++) {
		if (!(fds[i].revents & POLLNVAL) && fd_is_carrier(i))
			found = DIRS_SOME;
	}
	atomic_compare_exchange_strong(&shim.dirs_open, &before, found);
	return shim.dirs_open != DIRS_NONE;
}

bool fd_name_is_ours(const char *path)
{
	struct identity id;
	struct stat st;

	if (sys_fstatat(AT_FDCWD, path, &st, 0) || !S_ISREG(st.st_mode))
		return false;
	return in_place_by_number(path) ||
	       (identity_marked(st.st_mode) && identity_get_path(path, &id) == 0);
}
