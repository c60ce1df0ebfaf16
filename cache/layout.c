#include "cache/layout.h"
#include "cache/fold.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CARRIER_CLOSED 01500

static int join(char out[static LAYOUT_PATH_MAX], const char *a, const char *b, const char *c,
        const char *d)
{
	int n = snprintf(out, LAYOUT_PATH_MAX, "%s%s%s%s", a, b, c, d);

	return n < 0 || n >= LAYOUT_PATH_MAX ? -ENAMETOOLONG : 0;
}

int layout_data(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel)
{
	return join(out, l->location, "/data/", rel, "");
}

int layout_dirs(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel)
{
	return join(out, l->location, "/dirs/", rel, "/%=list");
}

int layout_carrier(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel)
{
	return join(out, l->runtime, "/carriers/", rel, "");
}

int layout_listing(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel)
{
	char hex[HASH_HEX_LEN + 1], dir[LAYOUT_DIR_MAX];

	/* Below a folder of the profile's, which not everybody may enter. */
	snprintf(dir, sizeof dir, "/listings/%.*s/", (int)strcspn(rel, "/"), rel);
	hash_hex(hash64(HASH_OBJECT, rel, strlen(rel)), hex);
	return join(out, l->runtime, dir, hex, "");
}

int layout_runtime(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *name)
{
	return join(out, l->runtime, "/", name, "");
}

static int make_dir(const char *path, mode_t mode)
{
	return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

static int make_sub(const char *base, const char *name, mode_t mode)
{
	char path[LAYOUT_PATH_MAX];
	int err = join(path, base, "/", name, "");

	return err ? err : make_dir(path, mode);
}

/* One missing folder. A link may lead to it: the user may have put the cache elsewhere. */
static int make_parent(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST || stat(path, &st) != 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int layout_make_parents(char *path, mode_t mode)
{
	char *last = strrchr(path, '/');
	int err = 0;

	if (!last || last == path)
		return 0;
	*last = 0;
	err = make_parent(path, mode);
	/* From the top only where something above is missing too. */
	if (err == -ENOENT || err == -ENOTDIR) {
		err = layout_make_parents(path, mode);
		if (!err)
			err = make_parent(path, mode);
	}
	*last = '/';
	return err;
}

static int write_format(const struct layout *l, const char *path)
{
	char temp[LAYOUT_PATH_MAX];
	int err = join(temp, path, ".new", "", ""), fd;

	if (err)
		return err;
	unlink(temp); /* of an agent that was killed */
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, l->file_mode);
	if (fd < 0)
		return errno == EEXIST ? 0 : -errno; /* another agent's, at this moment */
	if (dprintf(fd, "larder %d\n", LAYOUT_VERSION) < 0 || rename(temp, path) != 0)
		err = -errno;
	close(fd);
	return err;
}

/* A cache that another version made in another format is left alone. */
static int check_format(struct layout *l, char err[static LAYOUT_ERROR_MAX])
{
	char path[LAYOUT_PATH_MAX], line[64] = "";
	int ret = join(path, l->location, "/", LAYOUT_FORMAT, "");
	long version = 0;
	int fd;

	if (ret)
		return ret;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? write_format(l, path) : -errno;
	if (read(fd, line, sizeof line - 1) > 0 && strncmp(line, "larder ", 7) == 0)
		version = strtol(line + 7, NULL, 10);
	line[strcspn(line, "\n")] = 0;
	close(fd);
	/* Cut short, by a loss of power perhaps: no version ever wrote that. */
	if (!line[0])
		return write_format(l, path);
	if (version == LAYOUT_VERSION)
		return 0;
	snprintf(err, LAYOUT_ERROR_MAX,
	        "%s/%s says '%.20s', this is format %d; choose another [cache] location",
	        l->location, LAYOUT_FORMAT, line, LAYOUT_VERSION);
	return -EPROTO;
}

static int make_cache(struct layout *l, char err[static LAYOUT_ERROR_MAX])
{
	static const char names[][8] = {LAYOUT_FOLDERS};
	char path[LAYOUT_PATH_MAX];
	int ret = join(path, l->location, "", "", "");

	if (!ret)
		ret = layout_make_parents(path, 0755);
	if (!ret)
		ret = make_dir(l->location, 0700);
	if (!ret)
		ret = share_location(l, err);
	for (size_t i = 0; !ret && i < sizeof names / sizeof names[0]; i++)
		ret = make_sub(l->location, names[i], i ? l->dir_mode : l->data_dir_mode);
	return ret ? ret : check_format(l, err);
}

static bool has_xattrs(const struct layout *l)
{
	char path[LAYOUT_PATH_MAX];

	if (join(path, l->location, "/", LAYOUT_FORMAT, ""))
		return false;
	return lsetxattr(path, "user.larder.probe", "1", 1, 0) == 0;
}

/* A folder that nobody else can write to, nor put another one in its place. */
static bool is_own(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & 022);
}

/* The folder above may lie in /tmp, where anybody could have made it. A system agent's is root's:
 * that is what its clients go by. */
static bool is_safe_above(const struct layout *l, const char *path)
{
	struct stat st;

	return l->system
	               ? stat(*path ? path : "/", &st) == 0 && st.st_uid == 0 && !(st.st_mode & 022)
	               : is_own(path);
}

static int make_runtime(struct layout *l, char err[static LAYOUT_ERROR_MAX])
{
	mode_t mode = l->system ? 0755 : 0700;
	char path[LAYOUT_PATH_MAX];
	int ret = join(path, l->runtime, "/", "", "");

	if (!ret)
		ret = layout_make_parents(path, mode);
	if (!ret)
		ret = make_sub(l->runtime, "listings", mode);
	if (!ret)
		ret = make_sub(l->runtime, "carriers", mode);
	if (!ret && !is_own(l->runtime))
		ret = -EACCES;
	if (!ret) {
		path[strlen(l->runtime)] = 0;
		*strrchr(path, '/') = 0;
		ret = is_safe_above(l, path) ? 0 : -EACCES;
	}
	if (ret && l->system)
		snprintf(err, LAYOUT_ERROR_MAX,
		        "%s: %s; a system agent's runtime folder belongs to the agent's user, mode "
		        "0755, in one of root's: install -d -o %u %s",
		        l->runtime, strerror(-ret), (unsigned)geteuid(), l->runtime);
	else if (ret)
		snprintf(err, LAYOUT_ERROR_MAX,
		        "%s: %s; the runtime folder must be this user's own, mode 0700", l->runtime,
		        strerror(-ret));
	return ret;
}

static void look_at_medium(struct layout *l, const struct config *c)
{
	struct medium m = medium_of(l->location_fd);

	l->min_free = c->cache.min_free;
	l->medium = m.name;
	l->network = m.network;
	l->grace = c->cache.grace != SETTING_UNSET ? c->cache.grace
	           : m.network                     ? LAYOUT_GRACE_MS
	                                           : 0;
}

int layout_open_runtime(struct layout *l, const char *location, const struct config *c,
        char err[static LAYOUT_ERROR_MAX])
{
	*l = (struct layout){.location = location,
	        .runtime = c->runtime_dir,
	        .location_fd = -1,
	        .life = -1,
	        .gid = (gid_t)-1,
	        .system = c->cache.system,
	        .runtime_mode = c->cache.system ? 0644 : 0600};
	layout_set_id(l);
	err[0] = 0;
	return make_runtime(l, err);
}

int layout_open(struct layout *l, const struct config *c, char err[static LAYOUT_ERROR_MAX])
{
	int ret = layout_open_runtime(l, c->cache.location, c, err), folding;

	if (ret)
		return ret;
	ret = share_modes(l, c, err);
	if (!ret)
		ret = make_cache(l, err);
	if (ret == -EPROTO)
		return ret;
	l->location_fd = open(l->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	look_at_medium(l, c);
	folding = fold_refuse(l, err);
	if (!ret)
		ret = folding;
	if (ret && !*err)
		share_explain(l, ret, err);
	if (!ret)
		l->xattrs = has_xattrs(l);
	l->writable = ret == 0 && l->location_fd >= 0;
	layout_set_clock(l);
	return 0;
}

void layout_close(struct layout *l)
{
	if (l->location_fd >= 0)
		close(l->location_fd);
	if (l->life >= 0)
		close(l->life);
	l->location_fd = -1;
	l->life = -1;
}

/* Carriers are not writable; each level is opened for the moment in which a folder is made in it.
 * What it is to others stays as it is: it may be a gate (access.h). */
static int make_carrier_dir(char *path, size_t parent_len, mode_t mode)
{
	mode_t above = CARRIER_MODE;
	struct stat st;
	int err = 0;

	if (mkdir(path, mode) == 0)
		return chmod(path, mode) == 0 ? 0 : -errno;
	if (errno == EEXIST)
		return 0;
	if (errno != EACCES)
		return -errno;
	path[parent_len] = 0;
	if (stat(path, &st) == 0)
		above = st.st_mode & 07777 & ~(mode_t)S_IWUSR;
	chmod(path, above | S_IWUSR);
	path[parent_len] = '/';
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		err = -errno;
	else if (chmod(path, mode) != 0)
		err = -errno;
	path[parent_len] = 0;
	chmod(path, above);
	path[parent_len] = '/';
	return err;
}

int layout_make_carrier(const struct layout *l, const struct profile *p, const char *rel)
{
	char path[LAYOUT_PATH_MAX];
	int err = layout_carrier(l, path, rel);
	size_t start = strlen(l->runtime) + strlen("/carriers/") + p->dir_len, parent;

	if (err)
		return err;
	if (access(path, F_OK) == 0)
		return 0;
	parent = start - p->dir_len - 1;
	for (size_t end = start; !err; end += 1 + strcspn(path + end + 1, "/")) {
		char c = path[end];

		path[end] = 0;
		/* A gate that somebody removed is closed until the agent starts again. */
		err = make_carrier_dir(
		        path, parent, l->system && end == start ? CARRIER_CLOSED : CARRIER_MODE);
		path[end] = c;
		parent = end;
		if (!c)
			break;
	}
	return err;
}
