#include "cache/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void locks_init(struct locks *l, const struct layout *layout)
{
	l->layout = layout;
	for (int i = 0; i < LOCK_FILES; i++)
		l->fds[i] = -1;
}

void locks_release(struct locks *l)
{
	for (int i = 0; i < LOCK_FILES; i++) {
		if (l->fds[i] >= 0)
			close(l->fds[i]);
		l->fds[i] = -1;
	}
}

static int lock_file(struct locks *l, uint64_t hash)
{
	int *fd = &l->fds[hash % LOCK_FILES];
	char path[LAYOUT_PATH_MAX];

	if (*fd >= 0)
		return *fd;
	snprintf(path, sizeof path, "%s/locks/%02x", l->layout->location,
	        (unsigned)(hash % LOCK_FILES));
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, l->layout->file_mode);
	return *fd >= 0 ? *fd : -errno;
}

static int set(int fd, uint64_t hash, short type)
{
	struct flock fl = {
	        .l_type = type,
	        .l_whence = SEEK_SET,
	        .l_start = (off_t)((hash >> 8) & 0x3fffffff),
	        .l_len = 1,
	};

	return fcntl(fd, F_OFD_SETLK, &fl) == 0 ? 0 : -errno;
}

int lock_try(struct locks *l, uint64_t hash)
{
	int fd = lock_file(l, hash), err;

	if (fd < 0)
		return fd;
	err = set(fd, hash, F_WRLCK);
	/* SMB says EACCES for a lock that somebody holds. */
	return err == -EACCES ? -EAGAIN : err;
}

void lock_drop(struct locks *l, uint64_t hash)
{
	int fd = l->fds[hash % LOCK_FILES];

	if (fd >= 0)
		set(fd, hash, F_UNLCK);
}
