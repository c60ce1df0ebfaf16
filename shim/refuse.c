#include "shim/refuse.h"

#include <linux/fs.h>

/* What a path ends in. The kernel removes and renames names alone. */
enum last { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

/* Where the last name begins, and its length. */
static const char *last_name(const char *path, size_t *len)
{
	size_t end = strlen(path), n = 0;

	while (end && path[end - 1] == '/')
		end--;
	while (n < end && path[end - n - 1] != '/')
		n++;
	*len = n;
	return path + end - n;
}

static enum last last_of(const char *path)
{
	size_t n;
	const char *name = last_name(path, &n);

	if (!n)
		return LAST_ROOT;
	if (name[0] != '.' || n > 2)
		return LAST_NAME;
	return n == 1 ? LAST_DOT : name[1] == '.' ? LAST_DOTDOT : LAST_NAME;
}

/* The prefix itself, by its name: that lies in the real folder above. */
static bool is_mount(const struct place *p, const char *path)
{
	return last_of(path) == LAST_NAME && !memchr(p->rel, '/', p->rel_len);
}

/* ".." out of a prefix: the last name is in the prefix, and what it leads to is real. */
static bool left_by_dots(const struct place *p, const char *path)
{
	return p->kind == PLACE_REAL && p->path != path && last_of(path) == LAST_DOTDOT;
}

/* The way to the folder that the last name is in. 0 or -errno. */
static int walk(const struct place *p, const char *path)
{
	struct view v;

	if (p->kind == PLACE_ERROR)
		return p->error;
	return last_of(path) == LAST_NAME ? view_parent(p) : view_find(p, &v);
}

static int refuse_make(struct place *p, const char *path, bool dir)
{
	bool slash = p->must_be_dir;
	struct view v;
	size_t n;
	int err = walk(p, path);

	if (err || last_of(path) != LAST_NAME)
		return err ? err : -EEXIST;
	/* "file/" is there already, too. */
	p->must_be_dir = false;
	err = view_find(p, &v);
	if (err != -ENOENT)
		return err ? err : -EEXIST;
	last_name(path, &n);
	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	return slash && !dir ? -ENOENT : -EROFS;
}

int refuse_create_dir(const struct place *p, const char *path, int flags)
{
	int err = walk(p, path);

	if (err)
		return err;
	return last_of(path) != LAST_NAME && (flags & O_EXCL) ? -EEXIST : -EISDIR;
}

static int refuse_remove_dir(const struct place *p, const char *path)
{
	switch (last_of(path)) {
	case LAST_DOT:
		return -EINVAL;
	case LAST_DOTDOT:
		return -ENOTEMPTY;
	case LAST_ROOT:
		return -EBUSY;
	default:
		return is_mount(p, path) ? -EBUSY : -EROFS;
	}
}

static int refuse_remove(const struct place *p, const char *path, enum change change)
{
	bool not_file = last_of(path) != LAST_NAME || is_mount(p, path);
	int err = walk(p, path);

	if (err)
		return err;
	if (change == REMOVE_DIR || (change == REMOVE_ANY && not_file))
		return refuse_remove_dir(p, path);
	return not_file ? -EISDIR : -EROFS;
}

int refuse(struct place *p, const char *path, enum change change)
{
	struct view v;
	int err;

	if (change >= REMOVE && change <= REMOVE_ANY && left_by_dots(p, path))
		return change == REMOVE ? -EISDIR : -ENOTEMPTY;
	/* A folder above a prefix is never empty, whatever the disk has in it. */
	if (p->kind == PLACE_REAL && p->above && last_of(path) == LAST_NAME &&
	        (change == REMOVE_DIR || change == REMOVE_ANY))
		return -ENOTEMPTY;
	if (p->kind == PLACE_REAL)
		return 0;
	if (change == MAKE || change == MAKE_DIR)
		return refuse_make(p, path, change == MAKE_DIR);
	if (change == REMOVE || change == REMOVE_DIR || change == REMOVE_ANY)
		return refuse_remove(p, path, change);
	err = p->kind == PLACE_ERROR ? p->error : view_find(p, &v);
	if (err)
		return err;
	if (change == CONTENT && v.type == LISTING_DIR)
		return -EISDIR;
	return change == NONSENSE ? -EINVAL : -EROFS;
}

/* -- Two names -- */

/* The kernel's own walk to a real name: a call that does it first, and then never succeeds. */
static int walk_real(int dirfd, const char *path)
{
	int err = (int)sys_call(SYS_renameat2, dirfd, (long)path, AT_FDCWD, (long)"/", 0, 0);

	return err == -EXDEV || err == -EBUSY ? 0 : err;
}

/* The place of a name, followed as often as it was before. */
#define PLACE_END(p, end)                                                                          \
	PLACE(p, (end)->dirfd, (end)->path);                                                       \
	for (unsigned follow = 0; follow < (end)->follow && p.kind == PLACE_REAL; follow++)        \
	place_follow(&p, (end)->dirfd)

static bool end_follow(struct end *end)
{
	PLACE_END(p, end);

	if (p.kind != PLACE_REAL || !place_follow(&p, end->dirfd))
		return false;
	end->follow++;
	return true;
}

bool ends_follow(struct end *from, struct end *to)
{
	bool followed = end_follow(from);

	return end_follow(to) || followed;
}

/* Whether the kernel knows nothing of it; *mount: a name in a real folder. */
static bool is_ours(const struct place *p, struct end *end, bool *mount)
{
	end->room = p->path == end->path ? 1 : strlen(p->path) + 1;
	*mount = p->kind == PLACE_OURS && is_mount(p, end->path);
	return p->kind != PLACE_REAL;
}

static bool end_is_ours(struct end *end, bool *mount)
{
	PLACE_END(p, end);

	return is_ours(&p, end, mount);
}

/* For a rename, which goes to the last name and no further. */
static bool name_is_ours(struct end *end, bool *mount)
{
	PLACE_END(p, end);

	return is_ours(&p, end, mount) || left_by_dots(&p, end->path);
}

static int walk_end(const struct end *end)
{
	PLACE_END(p, end);

	if (p.kind != PLACE_REAL)
		return walk(&p, end->path);
	return left_by_dots(&p, end->path) ? 0 : walk_real(end->dirfd, p.path);
}

/* Two prefixes are two mounts. */
static bool are_apart(const struct end *from, const struct end *to)
{
	uint32_t dev[2];
	const struct end *ends[2] = {from, to};

	for (int i = 0; i < 2; i++) {
		PLACE_END(p, ends[i]);
		if (p.kind != PLACE_OURS)
			return false;
		dev[i] = p.profile->dev;
	}
	return dev[0] != dev[1];
}

int refuse_rename(struct end *from, struct end *to, unsigned flags)
{
	bool from_mount, from_ours = name_is_ours(from, &from_mount);
	bool to_mount, to_ours = name_is_ours(to, &to_mount);
	int err;

	if (!from_ours && !to_ours)
		return 0;
	if ((flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) ||
	        ((flags & RENAME_EXCHANGE) && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT))))
		return -EINVAL;
	err = walk_end(from);
	if (!err)
		err = walk_end(to);
	if (err)
		return err;
	if ((from_ours && !from_mount) != (to_ours && !to_mount))
		return -EXDEV;
	if (from_ours && !from_mount && are_apart(from, to))
		return -EXDEV;
	if (from_mount || to_mount || last_of(from->path) != LAST_NAME)
		return -EBUSY;
	if (last_of(to->path) != LAST_NAME)
		return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	return -EROFS;
}

/* A cached file by its descriptor or number. */
static bool source_is_open(const struct end *from, int flags)
{
	if ((flags & AT_EMPTY_PATH) && !*from->path)
		return refuse_fd(from->dirfd, true) != 0;
	return (flags & AT_SYMLINK_FOLLOW) && leads_by_number(from->path);
}

/* What a link is made of. */
static int find_source(const struct end *end, int flags)
{
	PLACE_END(p, end);
	struct stat st;
	struct view v;

	if (p.kind == PLACE_ERROR)
		return p.error;
	if (p.kind == PLACE_OURS)
		return view_find(&p, &v);
	flags = (flags & AT_EMPTY_PATH) | (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW);
	return sys_fstatat(end->dirfd, p.path, &st, flags);
}

/* Where it is to be made. For a real name the kernel is asked, in a way that never succeeds. */
static int find_target(const struct end *end)
{
	PLACE_END(p, end);
	int err;

	if (p.kind != PLACE_REAL)
		return refuse(&p, end->path, MAKE);
	err = (int)sys_call(SYS_linkat, AT_FDCWD, (long)"/", end->dirfd, (long)p.path, 0, 0);
	return err == -EPERM ? -EXDEV : err;
}

int refuse_link(struct end *from, struct end *to, int flags)
{
	bool mount, from_ours = end_is_ours(from, &mount), to_ours = end_is_ours(to, &mount);
	int err;

	if (!from_ours && !to_ours && !source_is_open(from, flags))
		return 0;
	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = find_source(from, flags);
	return err ? err : find_target(to);
}

const char *end_real_path(const struct end *end, char *buf)
{
	if (end->room == 1)
		return end->path;

	PLACE_END(p, end);

	/* Somebody may have moved the directory since; nothing has no name. */
	if (p.kind != PLACE_REAL || strlen(p.path) >= end->room)
		return "";
	return memcpy(buf, p.path, strlen(p.path) + 1);
}

/* -- What is open -- */

bool leads_by_number(const char *path)
{
	char target[PATH_MAX / 2];
	struct identity id;
	struct stat st;
	long n;

	if (strncmp(path, "/proc/", 6) != 0 && strncmp(path, "/dev/", 5) != 0)
		return false;
	if (in_place_by_number(path))
		return true;
	if (sys_fstatat(AT_FDCWD, path, &st, 0) || !identity_marked(st.st_mode))
		return false;
	if (S_ISREG(st.st_mode) && identity_get_path(path, &id) == 0)
		return true;
	n = sys_readlink(path, target, sizeof target - 1);
	if (n <= 0)
		return false;
	target[n] = 0;
	return in_our_folders(target) != NULL;
}

int refuse_fd(int fd, bool path_only)
{
	char path[PATH_MAX / 2];
	struct identity id;
	struct stat st;
	long n;

	if (in_place_is_open(fd))
		return -EROFS;
	if (sys_fstatat(fd, "", &st, AT_EMPTY_PATH) || !identity_marked(st.st_mode))
		return 0;
	if (!path_only && (sys_fcntl(fd, F_GETFL, 0) & O_PATH))
		return 0;
	if (S_ISREG(st.st_mode) && identity_get_fd(fd, &id) == 0)
		return -EROFS;
	n = fd_path(fd, path, sizeof path);
	return n > 0 && in_our_folders(path) ? -EROFS : 0;
}
