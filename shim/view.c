/*
 * What a place is, from the nearest source that knows: the parent's listing, its own listing, the
 * cached file, the agent.
 */
#include "shim/shim.h"
#include "cache/read/above.h"

#include <sys/sysmacros.h>

void view_dir(const char *rel, size_t len, struct view *v)
{
	*v = (struct view){
	        .type = LISTING_DIR,
	        .size = IDENTITY_DIR_SIZE,
	        .mtime = IDENTITY_DIR_MTIME,
	        .ino = identity_ino(rel, len, ""),
	        .dev = identity_dev_of_rel(rel),
	};
}

static void view_entry(const struct place *p, const struct listing_header *l,
        const struct listing_entry *e, struct view *v)
{
	struct listing_info info;

	listing_read(l, e, &info);
	*v = (struct view){
	        .type = info.type,
	        .size = info.type == LISTING_DIR ? IDENTITY_DIR_SIZE : info.size,
	        .mtime = info.mtime,
	        .ino = info.ino,
	        .dev = p->profile->dev,
	        .executable = info.executable,
	};
}

/* 0, -ENOENT: the listing says so; -EAGAIN: no listing. */
static int find_listed(const struct place *p, struct view *v)
{
	const char *name = memrchr(p->rel, '/', p->rel_len);
	const struct listing_entry *e;
	struct listing_ref ref;
	int err = -ENOENT;

	if (listing_get(&ref, p->profile, p->rel, (size_t)(name - p->rel)))
		return -EAGAIN;
	e = listing_find(ref.l, name + 1, p->rel_len - (size_t)(name + 1 - p->rel));
	if (e) {
		view_entry(p, ref.l, e, v);
		err = 0;
	}
	listing_put(&ref);
	return err;
}

/* A listing of it makes it a directory. */
static int find_own(const struct place *p, struct view *v)
{
	struct listing_ref ref;

	if (listing_get(&ref, p->profile, p->rel, p->rel_len))
		return -EAGAIN;
	listing_put(&ref);
	view_dir(p->rel, p->rel_len, v);
	return 0;
}

/* A file in the cache that carries its identity and may be used. Offline, its folders are known to
 * exist too. */
static int find_cached(const struct place *p, struct view *v)
{
	char path[shim.root_len + p->rel_len + 1];
	struct identity id;
	struct stat st;

	object_path(p->profile, p->rel, p->rel_len, path);
	if (sys_fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW))
		return -EAGAIN;
	if (S_ISDIR(st.st_mode) && takes_any_age(p->profile)) {
		view_dir(p->rel, p->rel_len, v);
		return 0;
	}
	if (!S_ISREG(st.st_mode) || !identity_marked(st.st_mode) || !object_usable(p, path, &st) ||
	        identity_get_path(path, &id))
		return -EAGAIN;
	*v = (struct view){
	        .type = LISTING_FILE,
	        .size = (uint64_t)st.st_size,
	        .mtime = st.st_mtim.tv_sec,
	        .ino = id.ino,
	        .dev = id.dev,
	        .executable = (st.st_mode & S_IXUSR) != 0,
	};
	return 0;
}

static int find_asking(const struct place *p, struct view *v)
{
	struct wire_reply r;
	int err = ask_agent(WIRE_STAT, p, &r, NULL);

	if (err)
		return err;
	view_dir(p->rel, p->rel_len, v);
	if (r.type == WIRE_DIR)
		return 0;
	*v = (struct view){
	        .type = LISTING_FILE,
	        .size = r.size,
	        .mtime = r.mtime,
	        .ino = r.ino,
	        .dev = p->profile->dev,
	        .executable = r.executable != 0,
	};
	return 0;
}

int view_find_known(const struct place *p, struct view *v)
{
	const char *above = above_path(p->rel);
	int err;

	if (above && !above_is(&shim.config, above, strlen(above)))
		return -ENOENT;

	if (above || !memchr(p->rel, '/', p->rel_len)) {
		view_dir(p->rel, p->rel_len, v);
		return 0;
	}
	err = find_listed(p, v);
	return err == -EAGAIN ? find_own(p, v) : err;
}

/* A store may have names that no disk can have, and programs may use them; that one is not there is
 * told as a disk would tell it. */
static int missing_name(const struct place *p)
{
	return strstr(p->rel, "/%+") ? -ENAMETOOLONG : -ENOENT;
}

int view_missing(const struct place *p)
{
	char rel[p->rel_len + 1];
	struct place up = {.profile = p->profile, .rel = rel};
	struct view v;

	memcpy(rel, p->rel, p->rel_len + 1);
	for (char *slash; (slash = strrchr(rel, '/'));) {
		*slash = 0;
		up.rel_len = (size_t)(slash - rel);
		if (!view_find_known(&up, &v) || !find_cached(&up, &v))
			return v.type == LISTING_FILE ? -ENOTDIR : missing_name(p);
	}
	return missing_name(p);
}

int view_find(const struct place *p, struct view *v)
{
	/* A listing may be newer than the copy that will be opened offline. */
	int err = takes_any_age(p->profile) ? find_cached(p, v) : -EAGAIN;

	if (is_in_place(p))
		err = in_place_view(p, v);
	if (err == -EAGAIN)
		err = view_find_known(p, v);
	if (err == -EAGAIN)
		err = find_cached(p, v);
	if (err == -EAGAIN)
		err = find_asking(p, v);
	if (err == -ENOENT)
		err = view_missing(p);
	if (!err && p->must_be_dir && v->type != LISTING_DIR)
		return -ENOTDIR;
	return err;
}

/* The '/' before the last name, whose form on disk may be several names: all but the last of them
 * begin with "%+". NULL for a prefix itself. */
static const char *before_name(const struct place *p)
{
	const char *slash = memrchr(p->rel, '/', p->rel_len), *up;

	while (slash && (up = memrchr(p->rel, '/', (size_t)(slash - p->rel))) && up[1] == '%' &&
	        up[2] == '+')
		slash = up;
	return slash;
}

int view_parent(const struct place *p)
{
	const char *slash = before_name(p);
	struct place parent;
	struct view v;
	char rel[p->rel_len + 1];
	int err;

	if (!slash)
		return 0;
	parent.kind = PLACE_OURS;
	parent.must_be_dir = true;
	parent.profile = p->profile;
	parent.rel = rel;
	parent.rel_len = (size_t)(slash - p->rel);
	memcpy(rel, p->rel, parent.rel_len);
	rel[parent.rel_len] = 0;
	err = view_find(&parent, &v);
	return err;
}

void view_to_stat(const struct view *v, struct stat *st)
{
	bool dir = v->type == LISTING_DIR;

	memset(st, 0, sizeof *st);
	st->st_dev = makedev(0, v->dev);
	st->st_ino = v->ino;
	st->st_mode = dir ? S_IFDIR | 0555 : S_IFREG | (v->executable ? 0555 : 0444);
	st->st_nlink = 1;
	st->st_uid = shim.uid;
	st->st_gid = shim.gid;
	st->st_size = (off_t)v->size;
	st->st_blksize = SHOWN_BLKSIZE;
	st->st_blocks = shown_blocks(v->size);
	st->st_atim.tv_sec = st->st_mtim.tv_sec = st->st_ctim.tv_sec = v->mtime;
}
