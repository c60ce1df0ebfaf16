/* access(2) and its relatives. */
#include "shim/shim.h"

#include <unistd.h>

int access_at(int dirfd, const char *path, int mode, int flags)
{
	PLACE(p, dirfd, path);
	struct view v;
	int err;

	if (mode & ~(R_OK | W_OK | X_OK) ||
	        flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	while (p.kind == PLACE_REAL) {
		err = REAL(faccessat)(dirfd, p.path, mode, flags) ? -errno : 0;
		if (err != -ENOENT || !place_follow(&p, dirfd))
			return err;
	}
	err = p.kind == PLACE_ERROR ? p.error : view_find(&p, &v);
	if (err)
		return err;
	if (mode & W_OK)
		return -EROFS;
	if (is_in_place(&p) && v.type == LISTING_FILE)
		return in_place_access(&p, mode, flags);
	return (mode & X_OK) && v.type == LISTING_FILE && !v.executable ? -EACCES : 0;
}

EXPORT int access(const char *path, int mode)
{
	if (!ours_at(AT_FDCWD, path)) {
		int ret = REAL(access)(path, mode);

		if (ret == 0 || !ours_after(AT_FDCWD, path))
			return ret;
	}
	return (int)VIRTUAL(AT_FDCWD, path, access_at(AT_FDCWD, path, mode, 0));
}

EXPORT int faccessat(int dirfd, const char *path, int mode, int flags)
{
	if (!ours_at(dirfd, path)) {
		int ret = REAL(faccessat)(dirfd, path, mode, flags);

		if (ret == 0 || !ours_after(dirfd, path))
			return ret;
	}
	return (int)VIRTUAL(dirfd, path, access_at(dirfd, path, mode, flags));
}

EXPORT int euidaccess(const char *path, int mode)
{
	if (!ours_at(AT_FDCWD, path)) {
		int ret = REAL(euidaccess)(path, mode);

		if (ret == 0 || !ours_after(AT_FDCWD, path))
			return ret;
	}
	return (int)VIRTUAL(AT_FDCWD, path, access_at(AT_FDCWD, path, mode, AT_EACCESS));
}

TWIN_OF(euidaccess) int eaccess(const char *path, int mode);
