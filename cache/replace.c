#include "cache/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int open_new(int dir, const char *temp, mode_t mode)
{
	return openat(dir, temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
}

int replace_file(
        int dir, const char *name, const char *temp, mode_t mode, replace_writer *write, void *arg)
{
	int fd = open_new(dir, temp, mode), err;

	if (fd < 0 && errno == EEXIST && unlinkat(dir, temp, 0) == 0)
		fd = open_new(dir, temp, mode);
	if (fd < 0)
		return -errno;
	err = write(arg, fd);
	if (close(fd) != 0 && !err)
		err = -errno;
	if (!err && renameat(dir, temp, dir, name) != 0)
		err = -errno;
	if (err)
		unlinkat(dir, temp, 0);
	return err;
}
