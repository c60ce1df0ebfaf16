/*
 * Files of a folder that is shown without a copy (file:// with `cache = off`): each open and each
 * stat goes to the file itself, with the rights of the program, and asks no agent. The descriptor
 * is the file's own; what is written to the file meanwhile is seen, as it is without larder.
 *
 * Folders are shown by their carriers, as everywhere: their listings are the agent's, and as old as
 * the profile's ttl lets them be.
 */
#include "shim/shim.h"

#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/inotify.h>

#define FLAGS_KEPT   (O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_NOATIME | O_SYNC | O_LARGEFILE)
#define WRITE_RIGHTS 0222
#define RACES_MAX    64 /* renames elsewhere during one walk */
#define FACCESSAT2   439

/* Whether a name is one that stands for another ("%~"), or for no file at all. */
static bool is_marked(const char *name)
{
	return name[0] == '%' && (name[1] == '~' || name[1] == '+' || name[1] == '=');
}

/* What stands behind the profile in a rel, as the file system has it (cache/read/key.h). Names that
 * are cut in pieces are too long for one. */
static bool decode(char *out, const char *rel)
{
	for (const char *s = rel + text_until(rel, '/'); *s;) {
		size_t n = text_until(++s, '/');
		bool marked = is_marked(s);

		if (marked && (s[1] != '~' || !is_marked(s + 2)))
			return false;
		memcpy(out, s + 2 * marked, n + 1 - 2 * marked);
		out += n - 2 * marked;
		s += n;
		*out = *s;
		out += *s != 0;
	}
	return true;
}

size_t in_place_path(const struct profile *profile, const char *rel, char *out)
{
	size_t root = strlen(profile->prefix) + 1;

	out[0] = '/';
	memcpy(out + 1, profile->prefix, root);
	if (!decode(out + root, rel))
		out[0] = 0;
	return root;
}

/* For kernels and containers without openat2: whether what was opened lies in the folder, by their
 * names. Where no /proc tells them, it does not. */
static __attribute__((noinline)) bool lies_beneath(int dir, int fd)
{
	char top[PATH_MAX / 4], name[PATH_MAX / 2];
	long n = fd_path(dir, top, sizeof top), len = fd_path(fd, name, sizeof name);

	return n > 0 && len >= n && memcmp(top, name, (size_t)n) == 0 &&
	       (n == 1 || len == n || name[n] == '/');
}

/* Of a folder, the name of what is in it. A program that allows itself few calls could be killed
 * for openat2; its own rights are the same. A rename anywhere on the machine, while ".." of a link
 * is followed, is EAGAIN; a lease of another program on the file is, too, as long as it is not
 * waited for. */
static int open_beneath(int dir, const char *name, int flags)
{
	struct open_how how = {
	        .flags = (unsigned)flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	long fd = shim.sandboxed ? -ENOSYS : -EAGAIN;

	for (int i = 0; i < RACES_MAX && fd == -EAGAIN; i++)
		fd = sys_call(SYS_openat2, dir, (long)name, (long)&how, sizeof how, 0, 0);
	if (fd != -ENOSYS && fd != -EPERM)
		return (int)fd;
	fd = sys_openat(dir, name, flags, 0);
	if (fd < 0 || shim.sandboxed || lies_beneath(dir, (int)fd))
		return (int)fd;
	sys_close((int)fd);
	return -EXDEV;
}

/* What names lead nowhere: links out of the remote and in a circle. */
static int shown_error(int err)
{
	return err == -EXDEV || err == -ELOOP || err == -ENXIO ? -ENOENT : err;
}

/* The remote's folder. Without it nothing is known of its files. */
static int open_root(char *path, size_t root)
{
	char first = path[root];
	int dir;

	path[root] = 0;
	dir = sys_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	path[root] = first;
	return dir == -EMFILE || dir == -ENFILE || dir == -EACCES || dir >= 0 ? dir : -EIO;
}

/* Opens a file or a folder, and says what it is. A frame of its own, as those of its callers: other
 * places do not need it. */
static __attribute__((noinline)) int open_one(const struct place *p, int flags, struct stat *st)
{
	char path[shim.root_len + p->rel_len + 1];
	size_t root = in_place_path(p->profile, p->rel, path);
	int dir, fd, err;

	if (!path[0] || !path[root])
		return -ENOENT;
	dir = open_root(path, root);
	if (dir < 0)
		return dir;
	fd = open_beneath(dir, path + root, flags & O_PATH ? flags : flags | O_NOCTTY);
	sys_close(dir);
	if (fd < 0)
		return shown_error(fd);
	err = sys_fstat(fd, st);
	if (!err && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		err = -ENOENT;
	if (!err)
		return fd;
	sys_close(fd);
	return err;
}

static __attribute__((noinline)) int look(const struct place *p, struct stat *st)
{
	int fd = open_one(p, O_PATH | O_CLOEXEC, st);

	if (fd < 0)
		return fd;
	sys_close(fd);
	return 0;
}

/*
 * Nothing else tells a descriptor of ours from one that the program opened by the file's own path,
 * with which it may do as it likes: so its signal is set, to the one that it has anyway. Copies of
 * the descriptor, also in other programs, have it too.
 */
static void mark(int fd)
{
	if (!shim.sandboxed)
		sys_fcntl(fd, F_SETSIG, SIGIO);
}

bool in_place_is_open(int fd)
{
	struct stat st;

	return UNLIKELY(shim.in_place) && !shim.sandboxed && sys_fcntl(fd, F_GETSIG, 0) == SIGIO &&
	       (sys_fcntl(fd, F_GETFL, 0) & O_ACCMODE) == O_RDONLY && sys_fstat(fd, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

/* What follows `head` in a text; NULL if that begins otherwise. */
static const char *after(const char *text, const char *head)
{
	size_t n = strlen(head);

	return text && strncmp(text, head, n) == 0 ? text + n : NULL;
}

/* What follows "/proc/" and a name of this process. */
static const char *after_self(const char *path)
{
	static const char names[][12] = {"self", "thread-self"};
	const char *rest = after(path, "/proc/");
	char number[TEXT_NUMBER_MAX];

	for (size_t i = 0; i < 2; i++) {
		if (after(rest, names[i]))
			return after(rest, names[i]);
	}
	text_number(number, (unsigned)sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0));
	return after(rest, number);
}

bool in_place_by_number(const char *path)
{
	static const char standard[][12] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
	const char *s;
	int fd = 0;

	if (!shim.in_place)
		return false;
	for (int i = 0; i < 3; i++) {
		if (strcmp(path, standard[i]) == 0)
			return in_place_is_open(i);
	}
	s = after(path, "/dev/fd/");
	if (!s)
		s = after(after_self(path), "/fd/");
	if (!s || !*s)
		return false;
	for (; *s >= '0' && *s <= '9' && fd < INT_MAX / 10 - 1; s++)
		fd = 10 * fd + *s - '0';
	return !*s && in_place_is_open(fd);
}

/* It is looked at first: to open a device or a fifo could have an effect. */
__attribute__((noinline)) int in_place_open(const struct place *p, int flags)
{
	struct stat st;
	int err = look(p, &st), fd;

	if (err)
		return err == -ENOENT ? view_missing(p) : err;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (flags & O_PATH)
		return open_one(p, flags & (O_PATH | O_CLOEXEC), &st);
	fd = open_one(p, O_RDONLY | O_NONBLOCK | (flags & FLAGS_KEPT), &st);
	if (fd == -EAGAIN && !(flags & O_NONBLOCK))
		fd = open_one(p, O_RDONLY | (flags & FLAGS_KEPT), &st);
	if (fd >= 0 && S_ISDIR(st.st_mode)) {
		sys_close(fd);
		return -EISDIR;
	}
	if (fd >= 0 && !(flags & O_NONBLOCK))
		sys_fcntl(fd, F_SETFL, flags & (O_DIRECT | O_NOATIME));
	if (fd >= 0)
		mark(fd);
	return fd;
}

__attribute__((noinline)) int in_place_access(const struct place *p, int mode, int flags)
{
	struct stat st;
	int fd = open_one(p, O_PATH | O_CLOEXEC, &st), err = -ENOSYS;

	if (fd < 0)
		return fd;
	if (!shim.sandboxed)
		err = (int)sys_call(
		        FACCESSAT2, fd, (long)"", mode, (flags & AT_EACCESS) | AT_EMPTY_PATH, 0, 0);
	sys_close(fd);
	/* A kernel that has no such call. */
	if (err == -ENOSYS || err == -EPERM)
		err = (mode & X_OK) && !(st.st_mode & 0111) ? -EACCES : 0;
	return err;
}

/* What others write to it is an event. By its number, as links may lead anywhere. */
__attribute__((noinline)) int in_place_watch(int inotify, const struct place *p, uint32_t mask)
{
	char self[40] = "/proc/self/fd/";
	struct stat st;
	int fd = open_one(p, O_PATH | O_CLOEXEC, &st), watch;

	if (fd < 0)
		return fd;
	text_number(self + strlen(self), (unsigned)fd);
	watch = (int)sys_call(SYS_inotify_add_watch, inotify, (long)self,
	        mask & ~(unsigned)IN_DONT_FOLLOW, 0, 0, 0);
	sys_close(fd);
	return watch;
}

__attribute__((noinline)) int in_place_view(const struct place *p, struct view *v)
{
	struct stat st;
	int err = look(p, &st);

	if (err)
		return err;
	view_dir(p->rel, p->rel_len, v);
	if (S_ISDIR(st.st_mode))
		return 0;
	v->type = LISTING_FILE;
	v->size = (uint64_t)st.st_size;
	v->ino = st.st_ino;
	v->mtime = st.st_mtim.tv_sec;
	v->executable = (st.st_mode & 0111) != 0;
	return 0;
}

__attribute__((noinline)) int place_stat(const struct place *p, struct stat *st)
{
	struct view v;
	int err = view_find(p, &v);

	if (err)
		return err;
	if (is_in_place(p) && v.type == LISTING_FILE) {
		err = look(p, st);
		st->st_mode &= ~(mode_t)WRITE_RIGHTS;
		return err;
	}
	view_to_stat(&v, st);
	return 0;
}
