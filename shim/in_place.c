/*
 * Files of a folder that is shown without a copy (file:// with `cache = off`): each open and each
 * stat goes to the file itself, with the rights of the program, and asks no agent. The descriptor
 * is the file's own; what is written to the file meanwhile is seen, as it is without larder.
 *
 * Folders are shown by their carriers, as everywhere: their listings are the agent's, and as old as
 * the profile's ttl lets them be.
 */
#include "shim/shim.h"

#include <linux/openat2.h>

#define FLAGS_KEPT   (O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_NOATIME | O_SYNC | O_LARGEFILE)
#define WRITE_RIGHTS 0222

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

/* Of a folder, the name of what is in it. A program that allows itself few calls could be killed
 * for openat2; its own rights are the same. */
static int open_beneath(int dir, const char *name, int flags)
{
	struct open_how how = {
	        .flags = (unsigned)flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	long fd = -ENOSYS;

	if (!shim.sandboxed)
		fd = sys_call(SYS_openat2, dir, (long)name, (long)&how, sizeof how, 0, 0);
	return fd == -ENOSYS || fd == -EPERM ? sys_openat(dir, name, flags, 0) : (int)fd;
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
	if (fd >= 0 && S_ISDIR(st.st_mode)) {
		sys_close(fd);
		return -EISDIR;
	}
	if (fd >= 0 && !(flags & O_NONBLOCK))
		sys_fcntl(fd, F_SETFL, flags & (O_DIRECT | O_NOATIME));
	return fd;
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
