/*
 * Which file larder.ini is, and its text: LARDER_CONFIG's, the user's or the system's.
 */
#include "cache/read/config_parts.h"
#include "cache/read/sys.h"
#include "cache/read/text.h"

#include <string.h>

#define CONFIG_READ 4096 /* bytes asked for at once; fewer are the end of a file */

/* Reads the file to the end of the pool. -ENOENT if there is none. */
static int read_file(struct config *c, const char *path, size_t *len)
{
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = c->pool + c->pool_used;
	long n;

	c->text = text;
	*len = 0;
	if (fd < 0)
		return fd;
	n = config_check_file(c, path, fd);
	if (n) {
		sys_close(fd);
		return (int)n;
	}
	do {
		n = sys_read(fd, text + *len, CONFIG_READ);
		*len += n > 0 ? (size_t)n : 0;
	} while (n == CONFIG_READ && *len + CONFIG_READ <= CONFIG_FILE_MAX);
	sys_close(fd);
	if (n == CONFIG_READ)
		return -EFBIG;
	/* What is kept from here on stands behind it. */
	c->pool_used += n < 0 ? 0 : *len + 1;
	return n < 0 ? (int)n : 0;
}

int config_find_file(struct config *c, char *const *env, size_t *len)
{
	const char *given = environ_get(env, "LARDER_CONFIG"),
	           *xdg = environ_get(env, "XDG_CONFIG_HOME");
	char path[CONFIG_PATH_MAX];
	int err = -ENOENT;
	size_t n;

	*len = 0;
	if (given && *given) {
		c->file = config_keep(c, given, strlen(given));
		/* A program that changes its folder would read another file, or none. */
		if (*given != '/') {
			config_fail(c, 0,
			        "LARDER_CONFIG=%s: not an absolute path, which it must be", given);
			return -EINVAL;
		}
		err = read_file(c, c->file, len);
		if (err)
			config_fail(c, 0, "%s: cannot be read (%s); LARDER_CONFIG names it",
			        c->file, strerror(-err));
		return err;
	}
	if (xdg && *xdg == '/')
		n = text_join(path, sizeof path, xdg, "/larder/larder.ini", NULL);
	else
		n = text_join(path, sizeof path, c->home, "/.config/larder/larder.ini", NULL);
	if ((xdg || *c->home) && n)
		err = read_file(c, path, len);
	if (err == -ENOENT || err == -ENOTDIR) {
		text_join(path, sizeof path, "/etc/larder/larder.ini", NULL);
		err = read_file(c, path, len);
	}
	if (err == -ENOENT || err == -ENOTDIR)
		return 0;
	c->file = config_keep(c, path, strlen(path));
	if (err)
		config_fail(c, 0, "%s: cannot be read (%s)", c->file, strerror(-err));
	return err;
}
