/* Extended attributes by path: what is ours shows none. */
#include "shim/shim.h"

#include <sys/xattr.h>

/* -ENODATA for what exists; -EAGAIN: it is real. */
static int no_attribute(const struct place *p)
{
	struct view v;
	int err;

	if (p->kind == PLACE_REAL)
		return -EAGAIN;
	err = p->kind == PLACE_ERROR ? p->error : view_find(p, &v);
	return err ? err : -ENODATA;
}

/* The real call's value, if it is to be made; else -ENODATA as the call has it: an error, or an
 * empty list. */
#define XATTR(path, call, none)                                                                    \
	do {                                                                                       \
		if (!ours_at(AT_FDCWD, path)) {                                                    \
			ssize_t n = call;                                                          \
			if (n >= 0 || !ours_after(AT_FDCWD, path))                                 \
				return n;                                                          \
		}                                                                                  \
		uint64_t begun = TRACE_BEGIN();                                                    \
		PLACE(p, AT_FDCWD, path);                                                          \
		int err = no_attribute(&p);                                                        \
		err = err == -ENODATA ? (none) : err;                                              \
		TRACE_END(begun, __func__, AT_FDCWD, path, NULL, err);                             \
		path = p.path;                                                                     \
		return err == -EAGAIN ? call : RESULT(err);                                        \
	} while (0)

EXPORT ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
	XATTR(path, REAL(getxattr)(path, name, value, size), -ENODATA);
}

EXPORT ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
{
	XATTR(path, REAL(lgetxattr)(path, name, value, size), -ENODATA);
}

EXPORT ssize_t listxattr(const char *path, char *list, size_t size)
{
	XATTR(path, REAL(listxattr)(path, list, size), 0);
}

EXPORT ssize_t llistxattr(const char *path, char *list, size_t size)
{
	XATTR(path, REAL(llistxattr)(path, list, size), 0);
}
