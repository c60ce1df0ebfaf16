#include "cache/life.h"
#include "cache/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOW_TRIES 4

enum life { LIVES, DEAD, UNKNOWN };

/*
 * It gets its name only when it is locked, so that nobody meets it without. It is not on the
 * temporary files themselves: a file that was ever locked costs every later close of it more.
 */
static int make_locked(const struct layout *l, int dir)
{
	char name[LAYOUT_OWNER_MAX + 1] = ".", temp[LAYOUT_OWNER_MAX + 8];
	int fd;

	layout_owner(l, name + 1);
	snprintf(temp, sizeof temp, ".new%s", name);
	fd = openat(dir, temp, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, l->file_mode);
	if (fd < 0)
		return -errno;
	flock(fd, LOCK_EX | LOCK_NB); /* without one, the beats have to do */
	if (renameat(dir, temp, dir, name) != 0) {
		close(fd);
		return -errno;
	}
	return fd;
}

void life_show(struct layout *l)
{
	int old = l->life, fd = -ENOENT, dir;
	const char *name;
	struct stat st;

	/* Not that of the process we were forked from, and not one that somebody removed. */
	if (old >= 0 && l->life_of == getpid() && fstat(old, &st) == 0 && st.st_nlink)
		return;
	dir = beneath_make_parent(l, "tmp/life", &name);
	for (int i = 0; dir >= 0 && fd == -ENOENT && i < SHOW_TRIES; i++)
		fd = make_locked(l, dir);
	if (dir >= 0)
		close(dir);
	if (fd >= 0 && !atomic_compare_exchange_strong(&l->life, &old, fd)) {
		close(fd);
		return;
	}
	l->life_of = getpid();
	if (fd >= 0 && old >= 0)
		close(old);
}

void life_beat(struct layout *l)
{
	if (l->life < 0)
		return;
	life_show(l);
	if (l->network && pwrite(l->life, "\n", 1, 0) == 1)
		fdatasync(l->life);
}

/* What the process table says of "<host>.<pid>-<id>": only of processes that this one can see. */
static enum life ask_host(const struct layout *l, const char *owner)
{
	const char *pid = strchr(owner, '.'), *id = pid ? strchr(pid, '-') : NULL;
	char own[LAYOUT_OWNER_MAX];

	layout_owner(l, own);
	if (!id || strncmp(own, owner, (size_t)(pid - owner) + 1) != 0 ||
	        strncmp(id + 1, l->id, LAYOUT_PLACE_LEN) != 0)
		return UNKNOWN;
	return kill((pid_t)strtol(pid + 1, NULL, 10), 0) != 0 && errno == ESRCH ? DEAD : UNKNOWN;
}

/* Whether somebody holds the lock; UNKNOWN where locks are not to be had. */
static enum life ask_lock(int dir, const char *lock)
{
	int fd = openat(dir, lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum life life;

	if (fd < 0)
		return errno == ENOENT ? DEAD : UNKNOWN;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		life = DEAD;
	else
		life = errno == EWOULDBLOCK || errno == EACCES ? LIVES : UNKNOWN;
	close(fd);
	return life;
}

/* Whether a file has not changed for long. One that is not there has not. */
static bool is_stale(const struct layout *l, int dir, const char *name)
{
	struct statx st;
	int64_t changed;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &st))
		return errno == ENOENT;
	changed = st.stx_ctime.tv_sec > st.stx_mtime.tv_sec ? st.stx_ctime.tv_sec
	                                                    : st.stx_mtime.tv_sec;
	return layout_now(l) / 1000 - changed > LIFE_STALE_S;
}

/* Whether the owner of the file `name`, whose lock is called `lock`, is dead. */
static bool is_left_over(const struct layout *l, int dir, const char *name, const char *lock)
{
	enum life life = ask_host(l, lock + 1);

	if (life == UNKNOWN) {
		life = ask_lock(dir, lock);
		if (life == UNKNOWN || (life == DEAD && l->network))
			life = is_stale(l, dir, name) && is_stale(l, dir, lock) ? DEAD : LIVES;
	}
	return life == DEAD;
}

/*
 * The lock ".<owner>" of who made a file of this name: "<hash>.<owner>.<n>", or what an owner has
 * for itself, ".<owner>", ".new.<owner>" and ".clock.<owner>".
 */
static bool lock_of(const char *name, char out[static NAME_MAX + 1])
{
	const char *start = strchr(name, '.'), *end = strrchr(name, '.');

	if (*name == '.') {
		end = name + strlen(name);
		if (strncmp(name, ".new.", 5) == 0)
			start = name + 4;
		else if (strncmp(name, ".clock.", 7) == 0)
			start = name + 6;
	}
	if (!start || end - start < 2 || start[1] == '.')
		return false;
	memcpy(out, start, (size_t)(end - start));
	out[end - start] = 0;
	return true;
}

int life_left(const struct layout *l, life_left_cb *cb, void *arg)
{
	int fd = beneath_open(l, "tmp", O_RDONLY | O_DIRECTORY, 0), n = 0;
	char lock[NAME_MAX + 1], path[LAYOUT_PATH_MAX];
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	struct stat st;

	if (!d && fd >= 0)
		close(fd);
	while (d && (e = readdir(d))) {
		if (!lock_of(e->d_name, lock) ||
		        fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		        !S_ISREG(st.st_mode) || !is_left_over(l, fd, e->d_name, lock))
			continue;
		snprintf(path, sizeof path, "%s/tmp/%s", l->location, e->d_name);
		cb(arg, fd, path);
		n += e->d_name[0] != '.';
	}
	if (d)
		closedir(d);
	return n;
}

static void on_left(void *arg, int dir, const char *path)
{
	(void)arg;
	unlinkat(dir, strrchr(path, '/') + 1, 0);
}

int life_clean(const struct layout *l)
{
	return life_left(l, on_left, NULL);
}
