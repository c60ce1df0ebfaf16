#include "fetch/config_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SPACE (CONFIG_PATH_MAX + 32)

int config_keep_text(const struct config *c)
{
	char path[PATH_SPACE], temp[PATH_SPACE];
	size_t len = strlen(c->text);
	int fd, err = 0;

	if (c->cache.system)
		return 0;
	snprintf(path, sizeof path, "%s/" CONFIG_KEPT, c->runtime_dir);
	snprintf(temp, sizeof temp, "%s/" CONFIG_KEPT ".new", c->runtime_dir);
	unlink(temp);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, c->text, len) != (ssize_t)len)
		err = errno ? -errno : -EIO;
	close(fd);
	if (!err && rename(temp, path) != 0)
		err = -errno;
	return err;
}

/* Its length, or -errno. */
static ssize_t read_text(const char *runtime_dir, char text[static CONFIG_FILE_MAX])
{
	char path[PATH_SPACE];
	ssize_t n = -EACCES;
	struct stat st;
	int fd;

	snprintf(path, sizeof path, "%s/" CONFIG_KEPT, runtime_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	        !(st.st_mode & 077))
		n = read(fd, text, CONFIG_FILE_MAX);
	close(fd);
	return n;
}

const struct config *config_kept(const char *runtime_dir, const struct config *now)
{
	static char text[CONFIG_FILE_MAX];
	static struct config kept;
	ssize_t n = read_text(runtime_dir, text);

	if (n < 0 || n == CONFIG_FILE_MAX ||
	        config_parse(&kept, now->file, text, (size_t)n, environ) != 0)
		return NULL;
	return strcmp(kept.runtime_dir, runtime_dir) == 0 ? &kept : NULL;
}
