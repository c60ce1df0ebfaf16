/*
 * The inside of the shim.
 *
 * An exported function does three things: "is it ours?" (ours_at), then either the real call or the
 *family's logic, which returns a value or -errno; then errno at the edge, where the call is traced
 *too (VIRTUAL). The question is answered for nearly every call by looking at one or two bytes of
 *the path.
 *
 *	int call(const char *path, …)
 *	{
 *		if (!ours_at(AT_FDCWD, path)) {
 *			int ret = REAL(call)(path, …);
 *			if (ret >= 0 || !ours_after(AT_FDCWD, path))
 *				return ret;
 *		}
 *		return VIRTUAL(AT_FDCWD, path, call_at(AT_FDCWD, path, …));
 *	}
 *
 * The logic resolves the path to a place (PLACE), and makes the real call itself where the place
 *turns out to be real. Everything here is async-signal-safe and vfork-safe unless it says
 *otherwise: state is written by the constructor, or is an atomic that any thread or child may set.
 */
#ifndef LARDER_SHIM_SHIM_H
#define LARDER_SHIM_SHIM_H

#include "cache/read/config.h"
#include "cache/read/identity.h"
#include "cache/read/listing.h"
#include "cache/read/sys.h"
#include "cache/read/text.h"
#include "cache/read/url.h"
#include "cache/read/validity.h"
#include "fetch/client/client.h"
#include "shim/real.h"
#include "shim/trace.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#define EXPORT      __attribute__((visibility("default")))
#define TWIN_OF(of) __attribute__((visibility("default"), alias(#of)))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Whether a descriptor may be that of a directory of ours. */
enum dirs_open {
	DIRS_NONE,
	DIRS_SOME,
	DIRS_INHERITED, /* not known: nobody has looked yet at what the program was given
	                   (fd_settle) */
};

struct shim {
	bool ready;
	bool tracing;   /* trace.h */
	bool recording; /* record.h */
	int broken;     /* -errno that every virtual path gets, if the configuration is bad */
	/* First bytes that a path of ours can have: of an absolute path after the '/', of a
	 * relative path. */
	bool first_absolute[256], first_relative[256];
	/* Something of ours may be the working directory, or an open one; an open directory is
	 * above a prefix. Set, never cleared, but for dirs_open when it is settled. */
	_Atomic bool cwd_ours, above_open;
	bool shared;   /* members of a group write the cache: what is in it may be a FIFO */
	bool on_disk;  /* the disk has something at a prefix: an old mount point, perhaps */
	bool in_place; /* a remote's files are read where they lie */
	_Atomic bool sandboxed;          /* the program has set a seccomp filter for itself */
	_Atomic unsigned char dirs_open; /* enum dirs_open */
	unsigned uid, gid;
	struct client client;                   /* its agent is found when one has to be asked */
	const char *data, *carriers, *listings; /* with '/' at the end */
	const char *local;                      /* data/ of the local tier; "" if there is none */
	size_t data_len, carriers_len, listings_len, local_len;
	size_t root_len; /* of the longest of data, local and the remotes that are read in place */
	_Atomic(const struct validity_table *) validity;
	_Atomic uint32_t
	        no_notes_until; /* use_seconds(): the agent was not there to be told of uses */
	struct config config;
};
extern struct shim shim;

/* Reads the configuration; does nothing the second time. Called by the constructor, or by the first
 * call if that comes earlier. */
void shim_init(void);

/* Whether what is there will do, however old; in a replay, the agent has to look at it. */
static inline bool takes_any_age(const struct profile *p)
{
	return UNLIKELY(p->offline) && !*shim.config.replay;
}

/* errno at the edge. */
static inline long shim_result(long ret)
{
	if (ret >= 0)
		return ret;
	errno = (int)-ret;
	return -1;
}
#define RESULT(ret) shim_result(ret)

/* -- Places (place.c) -- */

enum place_kind {
	PLACE_REAL,  /* not ours */
	PLACE_OURS,  /* rel names it */
	PLACE_ERROR, /* ours, but it cannot be: error says why */
};

struct place {
	enum place_kind kind;
	int error;
	bool must_be_dir;  /* the path ended in '/', "." or ".." */
	unsigned followed; /* times that place_follow changed it */
	bool above;        /* real, and a folder above a prefix: its listing has one more name */
	const char *path; /* for the real call: as it was given, or from the root where only we know
	                     the way */
	const struct profile *profile;
	struct own_profile *own; /* room for that of a URL which has one by itself */
	char *rel;               /* "<profile>~<id>/…", NUL-terminated, in the caller's buffer */
	size_t rel_len;
	char *buf; /* the caller's */
	size_t room;
};

/* memcmp of what is a few bytes long, without the call. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i])
			return false;
	}
	return true;
}

/* Whether a path may be ours, as cheaply as can be. True also when that is not certain. */
bool ours_slow(const char *path);
static inline bool ours_at(int dirfd, const char *path)
{
	const unsigned char *p = (const unsigned char *)path;

	if (UNLIKELY(!shim.ready))
		shim_init();
	if (UNLIKELY(!p))
		return false;
	if (p[0] == '/') {
		if (UNLIKELY(shim.first_absolute[p[1]]))
			return ours_slow(path);
	} else if (UNLIKELY(shim.first_relative[p[0]] ||
	                    (dirfd == AT_FDCWD ? shim.cwd_ours : shim.dirs_open))) {
		return true;
	}
	/* Any ".." could lead anywhere. */
	while (UNLIKELY((path = strchr(path, '.')) != NULL)) {
		if (*++path == '.')
			return true;
	}
	return false;
}

/*
 * After a real call failed: the path may be a URL that was bent into an absolute path
 * ("/cwd/s3:/bucket/key"), or lead to something of ours by a symbolic link (follow.c).
 */
bool ours_after_slow(int dirfd, const char *path);
static inline bool ours_after(int dirfd, const char *path)
{
	return UNLIKELY(errno == ENOENT) && path && ours_after_slow(dirfd, path);
}

/*
 * Before a call that lists, enters or changes something: whether it goes by a symbolic link while
 * the disk has a folder at a prefix. There the real call would not fail, and that folder is not to
 * be seen or written to.
 */
bool ours_by_link_slow(int dirfd, const char *path);
static inline bool ours_by_link(int dirfd, const char *path)
{
	return UNLIKELY(shim.on_disk) && path && ours_by_link_slow(dirfd, path);
}

/* Whether a component of the path is a scheme. */
bool ours_bent(const char *path);

/* Bytes for the buffer of a place. */
size_t place_room(const char *path);

void place_resolve(struct place *p, int dirfd, const char *path, char *buf, size_t size);

/*
 * For a place that is real, after the real call said ENOENT: whether a symbolic link leads to
 * something of ours. Then `p` is that place, or an error; or it is real and p->path has a way there
 * that the kernel can go, where the given one leads through something of ours. Else the call's
 *answer stands, and p->path is not to be used any more. Thus a call's logic begins with
 *
 *	while (p.kind == PLACE_REAL) {
 *		err = the real call with dirfd and p.path;
 *		if (err != -ENOENT || !place_follow(&p, dirfd))
 *			return err;
 *	}
 */
bool place_follow(struct place *p, int dirfd);

/* For a place that is real: if links lead from it to a folder of the disk at a prefix, it becomes
 * ours. The last name is followed too if `last`, for calls that do so. See ours_by_link. */
void place_leave_disk(struct place *p, int dirfd, bool last);

/* Declares `p` and resolves it. The buffer follows the length of the path. */
#define PLACE(p, dirfd, path)                                                                      \
	size_t p##_room = place_room(path);                                                        \
	char p##_buf[p##_room];                                                                    \
	struct own_profile p##_own;                                                                \
	struct place p = {.own = &p##_own};                                                        \
	place_resolve(&p, dirfd, path, p##_buf, p##_room);                                         \
	TRACE_PLACE(&p)

/* The path under which programs know a rel ("/data/imagenet/…", "/s3:/bucket/…"). The length, or
 * -errno (-ERANGE: size is too small). */
long place_path(const char *rel, char *out, size_t size);

/*
 * The same for a path that the kernel or the loader gave (of /proc/self/exe, say); `path` may be
 * shortened. -ENOENT: it is none of ours.
 */
long path_back(char *path, char *out, size_t size);

/* What follows the folder of carriers, those of data files (of the cache and of the local tier), or
 * any of them in a path from the kernel; or NULL. */
const char *in_carriers(const char *path);
const char *in_data(const char *path);
const char *in_our_folders(const char *path);

/* Whether it is that of a file which was filled and has no name among the others yet. */
bool path_is_new(const char *path);

/* -- What is there (view.c) -- */

struct view {
	enum listing_type type;
	uint64_t size, ino;
	int64_t mtime;
	uint32_t dev;
	bool executable;
};

/* What a place of ours is: 0, or -ENOENT, -ENOTDIR, -EACCES, -EIO, … */
int view_find(const struct place *p, struct view *v);

/* The same, only from what this host knows without asking the agent; -EAGAIN if it does not. */
int view_find_known(const struct place *p, struct view *v);

/* What it means that there is no such name: -ENOTDIR if one above it is known to be a file. */
int view_missing(const struct place *p);

/* Whether the directory that would hold the place exists; 0 or -errno. */
int view_parent(const struct place *p);

/* What a directory shows. */
void view_dir(const char *rel, size_t len, struct view *v);

void view_to_stat(const struct view *v, struct stat *st);

/* What st_blocks says of so many bytes: whole blocks of st_blksize, as local file systems have
 * them.
 */
#define SHOWN_BLKSIZE 4096
static inline blkcnt_t shown_blocks(uint64_t size)
{
	return (blkcnt_t)((size + SHOWN_BLKSIZE - 1) / SHOWN_BLKSIZE * (SHOWN_BLKSIZE / 512));
}

/* -- Objects and directories (object.c) -- */

/* Opens the whole object; flags are open's. A descriptor or -errno (-EISDIR: it is a directory). */
int object_open(const struct place *p, int flags);

/* -- Files that are read where they lie (in_place.c) -- */

/* Whether a place is one of a remote with `cache = off`, and not that remote's folder itself. */
static inline bool is_in_place(const struct place *p)
{
	return UNLIKELY(p->profile->in_place) && memchr(p->rel, '/', p->rel_len);
}

/* The path of the file itself; "" if there can be none. `out` has shim.root_len + len + 1 bytes.
 * The bytes of the remote's folder in it, which ends in '/'. */
size_t in_place_path(const struct profile *profile, const char *rel, char *out);

/* Opens it, as object_open does. */
int in_place_open(const struct place *p, int flags);

/* Whether a descriptor is one that in_place_open gave, or a copy of it; and a name in /proc or /dev
 * that leads to one of this process. */
bool in_place_is_open(int fd);
bool in_place_by_number(const char *path);

/* access(2) by the program's rights. 0 or -errno. */
int in_place_access(const struct place *p, int mode, int flags);

/* inotify_add_watch(2) of a file. A watch or -errno. */
int in_place_watch(int inotify, const struct place *p, uint32_t mask);

/* What it is: 0; -ENOENT also for what is neither a file nor a folder, or not beneath the remote;
 * -EIO if the remote's folder is not there. */
int in_place_view(const struct place *p, struct view *v);

/* stat of any place that is ours: as its view shows it, or, in place, the file's own but for the
 * right to write. */
int place_stat(const struct place *p, struct stat *st);

/* Opens the directory's carrier. A descriptor or -errno. */
int carrier_open(const struct place *p, int flags);

/* open(2) of a place of ours. */
int place_open(const struct place *p, int flags);

/* The path of the carrier, which exists afterwards. 0 or -errno. `out` has shim.carriers_len +
 * p->rel_len + 1 bytes. */
int carrier_path(const struct place *p, char *out);

/* Whether a cached file, which `path` names, may be used without asking: it is fresh, or offline
 * whole. Notes its use. */
bool object_usable(const struct place *p, const char *path, const struct stat *st);

/*
 * Where the file of an object is, if this host has it: in the cache, or in the local tier for
 * mode = copy and while the cache is away. `out` has room for shim.root_len + len + 1 bytes; ""
 * where it can be in neither.
 */
void object_path(const struct profile *profile, const char *rel, size_t len, char *out);

/* What is found in the runtime folder counts if this user, root or a system agent made it: the
 * folder may stand in /tmp, where others could have planted it. */
static inline bool owner_is_trusted(const struct stat *st)
{
	return st->st_uid == shim.uid || st->st_uid == 0 ||
	       (shim.client.system && client_system_uid(&shim.client) == (int)st->st_uid);
}

/* -- The agent (agent.c) -- */

/* Asks the agent, which is started if there is none. 0 or -errno; of the reply's error too. */
int ask_agent(enum wire_op op, const struct place *p, struct wire_reply *reply, int *fd);

/* The ETag of an object, "" if it has none. 0 or -errno; then `etag` may be a message. */
int ask_etag(const struct place *p, char etag[static WIRE_TEXT_MAX + 1]);

/* -- Listings (maps.c) -- */

struct listing_ref {
	const struct listing_header *l;
	void *slot; /* NULL: mapped for this reference alone */
};

/* A fresh listing of the directory `rel`, or offline any, kept mapped until listing_put. 0, or
 * -ENOENT if this host has none. */
int listing_get(
        struct listing_ref *ref, const struct profile *profile, const char *rel, size_t len);
void listing_put(struct listing_ref *ref);

/* The same of a place of ours, and the agent is asked for it where this host has none (dir.c). */
int listing_ask(struct listing_ref *ref, const struct place *p);

/* -- Descriptors (fd.c) -- */

/* Makes what fstat said of a descriptor what it should say, if it is one of ours. */
void fd_fix_stat(int fd, struct stat *st);

/* The same for what stat said of a path: of /dev/fd/3, or of a file in the cache that a program was
 * told of. */
void path_fix_stat(int dirfd, const char *path, struct stat *st);

/* Whether the descriptor of a directory is a carrier. */
bool fd_is_carrier(int fd);

/* Whether any descriptor may be a carrier. Looks at the inherited ones the first time. */
bool fd_settle(void);
static inline bool dirs_may_be_open(void)
{
	return shim.dirs_open == DIRS_INHERITED ? fd_settle() : shim.dirs_open;
}

/* The path of a descriptor, by /proc; without it only of a directory, by a child that enters it
 * (30 us). The length, or -errno. */
long fd_path(int fd, char *out, size_t size);

/* The identity of an open file of the cache, `st`, that carries none: by the name that it has
 * there. 0; -ENOENT if it is not ours; -ESTALE if its name has another file by now. */
int identity_by_name(int fd, const struct stat *st, struct identity *id);

/* The rel of a carrier's descriptor: its length, or -ENOTDIR if it is none of ours. */
long fd_rel(int fd, char *out, size_t size);

/* Whether an open for writing leads to a cached file by its number ("/proc/self/fd/3",
 * "/dev/fd/3"). */
bool fd_name_is_ours(const char *path);
static inline bool writes_by_number(const char *path, int flags)
{
	if ((flags & O_ACCMODE) == O_RDONLY && !(flags & O_TRUNC))
		return false;
	return path && path[0] == '/' && (path[1] == 'p' || path[1] == 'd') &&
	       (!strncmp(path, "/proc/", 6) || !strncmp(path, "/dev/", 5)) && fd_name_is_ours(path);
}

/* -- Used by several families -- */

int open_at(int dirfd, const char *path, int flags, unsigned mode);
int stat_at(int dirfd, const char *path, struct stat *st, int flags);
int access_at(int dirfd, const char *path, int mode, int flags);
int chdir_at(const char *path);
int chdir_as(const char *call, const char *path); /* traced as `call` */
ssize_t readlink_at(int dirfd, const char *path, char *buf, size_t size);
int statx_at(int dirfd, const char *path, int flags, unsigned mask, struct statx *stx);

#endif
