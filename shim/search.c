/* The search of PATH, where something on the way may be ours. */
#include "shim/exec.h"

#include <unistd.h>

#define DEFAULT_PATH "/bin:/usr/bin" /* as confstr(3) has it */

static const char *search_path(void)
{
	for (char **e = environ; e && *e; e++) {
		if (strncmp(*e, "PATH=", 5) == 0)
			return *e + 5;
	}
	return DEFAULT_PATH;
}

/* Bytes for the longest candidate. */
static size_t candidate_room(const char *path, size_t file_len)
{
	size_t longest = 0;

	for (; *path; path += path[0] == ':') {
		size_t n = text_until(path, ':');

		longest = n > longest && n < PATH_MAX ? n : longest;
		path += n;
	}
	return longest + file_len + 2;
}

/* The next candidate; false after the last. An element that is too long is none. */
static bool next_candidate(const char **path, const char *file, char *out, size_t size)
{
	size_t n, len = strlen(file);

	do {
		if (!*path)
			return false;
		n = text_until(*path, ':');
		memcpy(out, *path, n + 1 < size ? n : 0);
		*path = (*path)[n] ? *path + n + 1 : NULL;
	} while (n + len + 2 > size);
	/* An empty element is the working directory. */
	if (n)
		out[n++] = '/';
	memcpy(out + n, file, len + 1);
	return true;
}

static bool is_searched(const char *file)
{
	return file && *file && !strchr(file, '/') && strlen(file) < PATH_MAX;
}

bool search_may_be_ours(const char *file)
{
	const char *path = search_path();

	if (!is_searched(file))
		return file && strchr(file, '/') && ours_at(AT_FDCWD, file);

	size_t size = candidate_room(path, strlen(file));
	char candidate[size];

	while (next_candidate(&path, file, candidate, size)) {
		if (ours_at(AT_FDCWD, candidate))
			return true;
	}
	return false;
}

/* A program that is there, though the kernel says ENOENT, or a way to something of ours. */
static bool is_missed(const char *path)
{
	return lacks_interpreter(AT_FDCWD, path, ENOENT) || ours_after_slow(AT_FDCWD, path);
}

bool search_missed(const char *file, int error)
{
	const char *path = search_path();

	if (error != ENOENT || !file)
		return false;
	if (!is_searched(file))
		return is_missed(file);

	size_t size = candidate_room(path, strlen(file));
	char candidate[size];

	while (next_candidate(&path, file, candidate, size)) {
		if (is_missed(candidate))
			return true;
	}
	return false;
}

static int try_file(const char *path, const struct exec_args *a, bool shell)
{
	int err = exec_at(AT_FDCWD, path, a, 0);

	return err == -ENOEXEC && shell ? exec_by_shell(path, a) : err;
}

/* Whether the search goes on after such an error. */
static bool is_passed_over(int err)
{
	return err == -EACCES || err == -ENOENT || err == -ESTALE || err == -ENOTDIR ||
	       err == -ENODEV || err == -ETIMEDOUT;
}

int exec_search(const char *file, const struct exec_args *a, bool shell)
{
	const char *path = search_path();
	bool refused = false;
	int err = -ENOENT;

	if (!file || !*file)
		return -ENOENT;
	if (strchr(file, '/'))
		return try_file(file, a, shell);
	if (!is_searched(file))
		return -ENAMETOOLONG;

	size_t size = candidate_room(path, strlen(file));
	char candidate[size];

	while (next_candidate(&path, file, candidate, size)) {
		err = try_file(candidate, a, shell);
		if (!is_passed_over(err))
			return err;
		refused |= err == -EACCES;
	}
	return refused ? -EACCES : err;
}
