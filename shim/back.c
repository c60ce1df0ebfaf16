/* From what lies in the cache and the runtime folder back to the paths that programs know. */
#include "shim/resolve.h"
#include "cache/read/above.h"

#define DELETED " (deleted)" /* as the kernel has it behind the path of a file without a name */

/*
 * One of our folders as the kernel names it. The configuration may name it by a way with symbolic
 * links (XDG_RUNTIME_DIR=/var/run/user/0); paths from the kernel have none. That is found out when
 * a path first looks as if it were in there.
 */
struct folder {
	_Atomic int state;
	size_t len;
	char path[CONFIG_PATH_MAX + 16]; /* ends in '/' */
};
enum { UNKNOWN, BUSY, KNOWN };

static struct folder data, local, carriers;

static bool learn(struct folder *f, const char *configured)
{
	int unknown = UNKNOWN, fd;
	long n;

	if (f->state == KNOWN)
		return true;
	if (!atomic_compare_exchange_strong(&f->state, &unknown, BUSY))
		return false;
	fd = sys_open(configured, O_PATH | O_DIRECTORY | O_CLOEXEC);
	n = fd < 0 ? fd : fd_path(fd, f->path, sizeof f->path - 1);
	if (fd >= 0)
		sys_close(fd);
	if (n > 0) {
		f->path[n] = '/';
		f->len = (size_t)n + 1;
	}
	f->state = n > 0 ? KNOWN : UNKNOWN;
	return n > 0;
}

static const char *in_folder(
        const char *path, const char *configured, size_t len, const char *name, struct folder *f)
{
	if (strncmp(path, configured, len) == 0)
		return path + len;
	if (!strstr(path, name) || !learn(f, configured) || strncmp(path, f->path, f->len) != 0)
		return NULL;
	return path + f->len;
}

const char *in_carriers(const char *path)
{
	return in_folder(path, shim.carriers, shim.carriers_len, "/carriers/", &carriers);
}

const char *in_data(const char *path)
{
	const char *rel = in_folder(path, shim.data, shim.data_len, "/data/", &data);

	if (!rel && shim.local_len)
		rel = in_folder(path, shim.local, shim.local_len, "/data/", &local);
	return rel;
}

const char *in_our_folders(const char *path)
{
	const char *rel = in_carriers(path);

	return rel ? rel : in_data(path);
}

bool path_is_new(const char *path)
{
	static const char name[] = "/data/";
	char there[CONFIG_PATH_MAX + 16];
	const char *tmp = strstr(path, "/tmp/");
	size_t n = strlen(path), deleted = sizeof DELETED - 1;

	/* The file beside data/ that is written now. */
	while (tmp && strstr(tmp + 1, "/tmp/"))
		tmp = strstr(tmp + 1, "/tmp/");
	if (!tmp || (size_t)(tmp - path) + sizeof name > sizeof there ||
	        (n > deleted && strcmp(path + n - deleted, DELETED) == 0))
		return false;
	memcpy(there, path, (size_t)(tmp - path));
	memcpy(there + (tmp - path), name, sizeof name);
	return in_data(there) != NULL;
}

long path_back(char *path, char *out, size_t size)
{
	const char *rel = in_our_folders(path);
	size_t n;

	if (!rel)
		return -ENOENT;
	/* Evicted or replaced: for those who have it open, it is there as it was. */
	n = strlen(path);
	if (n > sizeof DELETED && strcmp(path + n - (sizeof DELETED - 1), DELETED) == 0)
		path[n - (sizeof DELETED - 1)] = 0;
	return place_path(rel, out, size);
}

/* Where a rel's profile begins: its path, or its URL as "/s3:/bucket/prefix". The length, -ENOENT
 * if there is no such profile, or -ERANGE. */
static long put_head(const char *rel, char *out, size_t size, char tail[static URL_TAIL_SIZE])
{
	const struct profile *p = config_profile_of(&shim.config, rel);
	size_t len;

	tail[0] = 0;
	if (p && p->path_len) {
		len = text_join(out, size, p->path, NULL);
		return len ? (long)len : -ERANGE;
	}
	if (size < 2)
		return -ERANGE;
	out[0] = '/';
	len = url_of_dir(&shim.config, rel, ":/", out + 1, size - 1, tail);
	if (!len)
		return p || url_name_is_own(rel) ? -ERANGE : -ENOENT;
	return (long)len + 1;
}

long place_path(const char *rel, char *out, size_t size)
{
	const char *above = above_path(rel), *rest = rel + text_until(rel, '/');
	char tail[URL_TAIL_SIZE];
	bool piece = false; /* the next component continues a name */
	size_t len;
	long head;

	if (above) {
		len = text_join(out, size, above, NULL);
		return len || !*above ? (long)len : -ERANGE;
	}
	head = put_head(rel, out, size, tail);
	if (head < 0)
		return head;
	len = (size_t)head;
	if (len + strlen(rest) + strlen(tail) + 1 > size)
		return -ERANGE;
	while (*rest) {
		size_t n = text_until(++rest, '/'), mark;

		if (!piece)
			out[len++] = '/';
		piece = n > 2 && rest[0] == '%' && rest[1] == '+';
		mark = piece ? 2 : 0;
		memcpy(out + len, rest + mark, n - mark);
		len += n - mark;
		rest += n;
	}
	out[len] = 0;
	return (long)(len + text_join(out + len, size - len, tail, NULL));
}
