/* From what lies in the cache and the runtime folder back to the paths that programs know. */
#include "shim/resolve.h"
#include "cache/read/above.h"

#define DELETED " (deleted)" /* as the kernel has it behind the path of a file without a name */

const char *in_our_folders(const char *path)
{
	if (strncmp(path, shim.data, shim.data_len) == 0)
		return path + shim.data_len;
	if (strncmp(path, shim.carriers, shim.carriers_len) == 0)
		return path + shim.carriers_len;
	return NULL;
}

bool path_is_new(const char *path, size_t n)
{
	size_t location = shim.data_len - strlen("data/"), deleted = sizeof DELETED - 1;

	return n > location + 4 && memcmp(path, shim.data, location) == 0 &&
	       memcmp(path + location, "tmp/", 4) == 0 &&
	       (n < deleted || memcmp(path + n - deleted, DELETED, deleted) != 0);
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

long place_path(const char *rel, char *out, size_t size)
{
	const struct profile *p = config_profile_of(&shim.config, rel);
	const char *above = above_path(rel);
	size_t dir = text_until(rel, '/'), len = 0;
	const char *head, *rest = rel + dir;
	bool piece = false; /* the next component continues a name */
	size_t head_len;

	if (above) {
		head_len = strlen(above);
		if (head_len >= size)
			return -ERANGE;
		memcpy(out, above, head_len + 1);
		return (long)head_len;
	}
	if (p && p->path_len) {
		head = p->path;
		head_len = p->path_len;
	} else if (p) {
		head = p->remote;
		head_len = strlen(head);
		while (head_len && head[head_len - 1] == '/')
			head_len--;
	} else if (strncmp(rel, "s3=", 3) == 0) {
		head = rel + 3;
		head_len = text_until(head, '~');
	} else {
		return -ENOENT;
	}
	if (head_len + strlen(rest) + 8 > size)
		return -ERANGE;
	if (!p) {
		memcpy(out, "/s3:/", 5);
		len = 5;
	} else if (!p->path_len) {
		/* s3://bucket/prefix as /s3:/bucket/prefix */
		size_t scheme = text_until(head, ':') + 1;

		out[len++] = '/';
		memcpy(out + len, head, scheme);
		len += scheme;
		head += scheme + 1;
		head_len -= scheme + 1;
	}
	memcpy(out + len, head, head_len);
	len += head_len;
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
	return (long)len;
}
