/*
 * Opening what is ours: the cached file itself where it is fresh, else whatever descriptor the
 * agent sends.
 */
#include "shim/record.h"
#include "cache/read/hash.h"

#include <unistd.h>

/* What of open's flags has a meaning for a whole, read-only file that exists. */
#define FLAGS_KEPT       (O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_NOATIME | O_PATH | O_SYNC | O_LARGEFILE)
#define DIGEST_XATTR     "user.larder.digest"
#define DIGEST_TEXT_MAX  63
#define NO_NOTES_S       60   /* after nobody listened to a note of use */
#define PUBLISH_WAIT_MS  3000 /* for a download to have its name: the agent writes once a second */
#define PUBLISH_PAUSE_MS 10
#define STALE_TRIES      3

typedef const struct validity_table *_Atomic table_slot;

/* Maps the table `name` of the runtime folder, once. */
static const struct validity_table *map_table(table_slot *slot, const char *name)
{
	const struct validity_table *t = *slot, *none = NULL;
	char path[2 * CONFIG_PATH_MAX];
	struct stat st;
	int fd;

	if (t)
		return t;
	if (!text_join(path, sizeof path, shim.config.runtime_dir, name, NULL))
		return NULL;
	fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return NULL;
	t = MAP_FAILED;
	if (sys_fstat(fd, &st) == 0 && st.st_size == (off_t)sizeof *t && owner_is_trusted(&st))
		t = sys_mmap(sizeof *t, PROT_READ, MAP_SHARED, fd);
	sys_close(fd);
	if (t == MAP_FAILED)
		return NULL;
	if (!validity_valid(t, sizeof *t)) {
		sys_munmap(t, sizeof *t);
		return NULL;
	}
	/* Two threads may map it at once; one of the maps stays. */
	if (!atomic_compare_exchange_strong(slot, &none, t)) {
		sys_munmap(t, sizeof *t);
		t = none;
	}
	return t;
}

static const struct validity_table *validity(void)
{
	const struct validity_table *t = shim.validity;

	return t ? t : map_table(&shim.validity, "/validity");
}

/* Of what not everybody may read, a system agent has a table for those who may. A version that is
 * pinned in the profile is not in the configuration, and has that of the profile. */
static __attribute__((noinline)) const struct validity_table *own_validity(const struct place *at)
{
	static table_slot tables[CONFIG_PROFILES_MAX];
	const struct profile *p = config_settings_of(&shim.config, at->rel);
	table_slot *slot = p ? &tables[p - shim.config.profiles] : NULL;
	const struct validity_table *t = slot ? *slot : NULL;
	char name[2 * CONFIG_NAME_MAX + HASH_HEX_LEN];

	if (t || !slot)
		return t;
	return text_join(name, sizeof name, "/listings/", p->dir, "/validity", NULL)
	               ? map_table(slot, name)
	               : NULL;
}

static const struct validity_table *validity_of(const struct place *p)
{
	return UNLIKELY(shim.client.system) && *p->profile->allow ? own_validity(p) : validity();
}

void object_path(const struct profile *profile, const char *rel, size_t len, char *out)
{
	if (UNLIKELY(profile->in_place)) {
		in_place_path(profile, rel, out);
		return;
	}

	const struct validity_table *t = profile->copy ? NULL : validity();
	bool local =
	        profile->copy || (t && atomic_load_explicit(&t->away, memory_order_relaxed) != 0);
	size_t n = local ? shim.local_len : shim.data_len;

	memcpy(out, local ? shim.local : shim.data, n);
	if (n)
		memcpy(out + n, rel, len + 1);
	else
		out[0] = 0;
}

static void note_use(const struct place *p, uint32_t now)
{
	if (now < atomic_load_explicit(&shim.no_notes_until, memory_order_relaxed))
		return;
	if (client_note_use(&shim.client, p->rel, p->rel_len))
		atomic_store_explicit(&shim.no_notes_until, now + NO_NOTES_S, memory_order_relaxed);
}

static struct validity_answer look_up(const struct place *p, const struct stat *st)
{
	const struct validity_table *t = validity_of(p);

	if (!t)
		return (struct validity_answer){0};
	return validity_lookup(t, hash64(HASH_OBJECT, p->rel, p->rel_len), st);
}

static void note_use_sometimes(const struct place *p, const struct validity_answer *a)
{
	uint32_t now = use_seconds();

	if (now - a->used >= VALIDITY_USE_PERIOD)
		note_use(p, now);
}

/* Where a setting decides about the mode, it may have been another one when the file was kept; the
 * agent looks, and notes that it did. */
static bool mode_is_unsettled(const struct place *p, const struct stat *st)
{
	return (*p->profile->executable || (st->st_mode & S_IXUSR)) &&
	       strcmp(p->profile->scheme, "file") != 0;
}

/* The size that is recorded with a file ("<kind>:<size>:…") is what it has: it was not
 * cut since. */
static bool has_recorded_size(const char *path, const struct stat *st)
{
	char text[DIGEST_TEXT_MAX + 1], size[DIGEST_TEXT_MAX + 1];
	long n = sys_getxattr(path, DIGEST_XATTR, text, DIGEST_TEXT_MAX);
	uint64_t left = (uint64_t)st->st_size;
	char *at = size + sizeof size - 1;

	if (n <= 0)
		return false;
	text[n] = 0;
	*at = 0;
	*--at = ':';
	do
		*--at = (char)('0' + left % 10);
	while (left /= 10);
	*--at = ':';
	return strstr(text, at) != NULL;
}

/* What nobody can ask about: an earlier agent's file as well, whose times the table does not have.
 */
static __attribute__((noinline)) bool is_good_offline(const struct place *p, const char *path,
        const struct stat *st, const struct validity_answer *a)
{
	return takes_any_age(p->profile) &&
	       (a->known || (!mode_is_unsettled(p, st) && has_recorded_size(path, st)));
}

bool object_usable(const struct place *p, const char *path, const struct stat *st)
{
	struct validity_answer a = look_up(p, st);

	if ((p->profile->immutable ? !a.known && mode_is_unsettled(p, st)
	                           : !a.known || boottime_ms() >= a.expiry) &&
	        !is_good_offline(p, path, st, &a))
		return false;
	note_use_sometimes(p, &a);
	return true;
}

/*
 * Of an object that never changes, all that could be wrong with an open file is that it is a
 * folder of other objects; the table knows that it is none, without a system call.
 */
static bool is_known_object(const struct place *p)
{
	struct validity_answer a = look_up(p, NULL);

	if (a.listed)
		note_use_sometimes(p, &a);
	return a.listed;
}

/* The cached file, if it is there and fresh. -EAGAIN otherwise. */
static int open_cached(const struct place *p, int flags)
{
	char path[shim.root_len + p->rel_len + 1];
	struct stat st;
	int fd;

	object_path(p->profile, p->rel, p->rel_len, path);
	fd = sys_open(path, (flags & FLAGS_KEPT) | O_RDONLY | O_NOFOLLOW | O_NOCTTY |
	                            (shim.shared ? O_NONBLOCK : 0));
	/* SMB has EINVAL for a file that is just being renamed, too. */
	if (fd == -EMFILE || fd == -ENFILE || (fd == -EINVAL && flags & O_DIRECT))
		return fd;
	if (fd < 0)
		return -EAGAIN;
	if (p->profile->immutable && !*p->profile->executable && !(flags & O_PATH) &&
	        !shim.shared && is_known_object(p))
		return fd;
	if (sys_fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && identity_marked(st.st_mode) &&
	        object_usable(p, path, &st)) {
		if (shim.shared && !(flags & (O_NONBLOCK | O_PATH)))
			sys_fcntl(fd, F_SETFL, flags & (O_DIRECT | O_NOATIME));
		return fd;
	}
	sys_close(fd);
	return -EAGAIN;
}

/* A descriptor that came in a message has none of the flags that were asked for. */
static int apply_flags(int fd, int flags)
{
	char self[40] = "/proc/self/fd/";
	int found;

	if (flags & O_PATH) {
		text_number(self + strlen(self), (unsigned)fd);
		found = sys_open(self, O_PATH | O_CLOEXEC);
		if (found >= 0) {
			sys_call(SYS_dup3, found, fd, O_CLOEXEC, 0, 0, 0);
			sys_close(found);
		}
	}
	if (!(flags & O_CLOEXEC))
		sys_fcntl(fd, F_SETFD, 0);
	if (flags & (O_NONBLOCK | O_DIRECT))
		sys_fcntl(fd, F_SETFL, flags & (O_NONBLOCK | O_DIRECT));
	return fd;
}

/*
 * What was downloaded for a program that has one descriptor left: the agent's did not fit beside
 * the socket, but the file has its name when the agent next writes to the disk.
 */
static int open_published(const struct place *p, int flags)
{
	uint64_t deadline = boottime_ms() + PUBLISH_WAIT_MS;
	int fd;

	validity_of(p); /* mapped while there is a descriptor for it */
	while ((fd = open_cached(p, flags)) == -EAGAIN && boottime_ms() < deadline)
		sys_sleep_ms(PUBLISH_PAUSE_MS);
	return fd == -EAGAIN ? -EMFILE : fd;
}

/* On a network file system the agent may find the file that it looked at in the place of a newer
 * one's: it is the newer one then. In a replay, ESTALE is what becomes of an object that changed.
 */
static int ask_open(const struct place *p, struct wire_reply *r, int *fd)
{
	int err = ask_agent(WIRE_OPEN, p, r, fd);

	for (int i = 0; err == -ESTALE && !*shim.config.replay && i < STALE_TRIES; i++)
		err = ask_agent(WIRE_OPEN, p, r, fd);
	return err;
}

static int open_object(const struct place *p, int flags)
{
	struct wire_reply r;
	struct view v;
	int fd, err;

	if (is_in_place(p))
		return in_place_open(p, flags);
	fd = open_cached(p, flags);
	if (fd != -EAGAIN)
		return fd;
	err = view_find_known(p, &v);
	/* That a program opens what its record does not name, the agent tells. */
	if (err && err != -EAGAIN && !(err == -ENOENT && *shim.config.replay))
		return err;
	if (!err && v.type == LISTING_DIR)
		return -EISDIR;
	fd = -1;
	err = ask_open(p, &r, &fd);
	if (err == -EMFILE)
		return open_published(p, flags);
	if (err)
		return err == -ENOENT ? view_missing(p) : err;
	if (r.type == WIRE_DIR)
		return -EISDIR;
	return fd >= 0 ? apply_flags(fd, flags) : -EIO;
}

int object_open(const struct place *p, int flags)
{
	int fd = open_object(p, flags);

	return UNLIKELY(shim.recording) && fd >= 0 ? record_open(p, fd, flags) : fd;
}

int carrier_path(const struct place *p, char *out)
{
	struct wire_reply r;
	struct stat st;

	memcpy(out, shim.carriers, shim.carriers_len);
	memcpy(out + shim.carriers_len, p->rel, p->rel_len + 1);
	if (sys_fstatat(AT_FDCWD, out, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return S_ISDIR(st.st_mode) && identity_marked(st.st_mode) && owner_is_trusted(&st)
		               ? 0
		               : -EIO;
	return ask_agent(WIRE_LIST, p, &r, NULL);
}

int carrier_open(const struct place *p, int flags)
{
	char path[shim.carriers_len + p->rel_len + 1];
	int err = carrier_path(p, path), fd;

	if (err)
		return err;
	fd = sys_open(path, (flags & (O_CLOEXEC | O_NONBLOCK | O_PATH | O_NOATIME)) | O_RDONLY |
	                            O_DIRECTORY | O_NOFOLLOW);
	if (fd >= 0)
		shim.dirs_open = DIRS_SOME;
	return fd;
}
