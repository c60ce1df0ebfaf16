#include "cache/usage.h"
#include "cache/read/hash.h"
#include "cache/read/sys.h"
#include "cache/room.h"
#include "cache/usage_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define LOCK_TRIES    200 /* of 5 ms: then without it */
#define LOCK_PAUSE_MS 5
#define SLACK_OF_REST 4
#define ID_FILE       "usage.id"
#define HOST_MAX      16

static int64_t clamp(int64_t v, int64_t most)
{
	return v < 0 ? 0 : v > most ? most : v;
}

/* An open file with the lock, or -1: records are then written without. */
static int take_lock(const struct usage *u)
{
	struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	char path[LAYOUT_PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%s/usage/lock", u->layout->location);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, u->layout->file_mode);
	for (int i = 0; fd >= 0 && fcntl(fd, F_OFD_SETLK, &fl) != 0; i++) {
		/* SMB says EACCES for a lock that somebody holds. */
		if ((errno != EAGAIN && errno != EACCES) || i == LOCK_TRIES)
			break;
		sys_sleep_ms(LOCK_PAUSE_MS);
	}
	return fd;
}

static void drop_lock(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* What this agent's reservation may be, with what is counted in `s`. */
static struct usage_amount find_room(const struct usage *u, struct usage_round *r,
        const struct usage_sum *s, const struct usage_amount *need)
{
	struct usage_amount room = usage_minus(usage_minus(r->limit, r->used), s->reserved), left;

	/* What is being filled has its room on the disk already, as a rule. */
	left.bytes = room_left(u->layout->location, r->min_free, &left.files);
	left = usage_plus(left, usage_minus(r->least, usage_minus(s->reserved, s->filling)));
	r->disk = left.bytes < (room.bytes < need->bytes ? room.bytes : need->bytes) ||
	          left.files < (room.files < need->files ? room.files : need->files);
	if (room.bytes > left.bytes)
		room.bytes = left.bytes;
	if (room.files > left.files)
		room.files = left.files;
	return room;
}

/* Of one dimension: least in any case; what waits as far as there is room; then some slack, so that
 * the next ones need not ask, but no large part of what is left. */
static int64_t share(int64_t least, int64_t want, int64_t room, int64_t slack)
{
	int64_t need = least + want, rest = (room - need) / SLACK_OF_REST;

	if (room <= need)
		return room > least ? room : least;
	return need + (slack < rest ? slack : rest);
}

static int64_t slack_of(int64_t limit, int64_t most)
{
	return limit / USAGE_SHARE < most ? limit / USAGE_SHARE : most;
}

static void decide(const struct usage *u, struct usage_round *r, const struct usage_sum *s)
{
	struct usage_amount room,
	        need = {r->least.bytes + r->want.bytes, r->least.files + r->want.files};

	r->used = (struct usage_amount){
	        clamp(s->net.bytes + r->net.bytes - u->origin.bytes, USAGE_NUMBER_MAX),
	        clamp(s->net.files + r->net.files - u->origin.files, USAGE_NUMBER_MAX)};
	r->growth = usage_plus(s->added, usage_minus(r->added, u->origin_added));
	r->others = s->reserved;
	r->filling = s->filling;
	r->agents = s->agents;
	r->base_seq = s->base.seq;
	r->stale = s->stale;
	r->unknown = s->unknown;
	room = find_room(u, r, s, &need);
	r->over.bytes = clamp(need.bytes - room.bytes, USAGE_NUMBER_MAX);
	r->over.files = clamp(need.files - room.files, USAGE_NUMBER_MAX);
	r->reserved = r->least;
	/* A part that is too small even for the first would only be missing to others. */
	if (r->least.bytes + r->first.bytes > room.bytes ||
	        r->least.files + r->first.files > room.files)
		return;
	r->reserved.bytes = share(r->least.bytes, r->want.bytes, room.bytes,
	        r->slack ? slack_of(r->limit.bytes, USAGE_SLACK_MAX) : 0);
	r->reserved.files = share(r->least.files, r->want.files, room.files,
	        r->slack ? slack_of(r->limit.files, USAGE_SLACK_FILES_MAX) : 0);
}

static int write_own(struct usage *u, const struct usage_round *r)
{
	u->own.net = usage_minus(r->net, u->origin);
	u->own.added = usage_minus(r->added, u->origin_added);
	u->own.reserved = r->reserved;
	u->own.filling = r->least;
	u->own.seq++;
	return usage_write(u, u->name, &u->own);
}

/* A name that no record had before: the base may name that one as folded. */
static void make_name(struct usage *u)
{
	static atomic_uint serial;

	snprintf(u->name, sizeof u->name, "%s-%u" USAGE_SUFFIX, u->owner, ++serial);
}

/* Others thought us dead, and what we had is in the base; or all of the cache was removed. */
static void begin_anew(struct usage *u)
{
	make_name(u);
	u->origin = usage_plus(u->origin, u->own.net);
	u->origin_added = usage_plus(u->origin_added, u->own.added);
	u->own = (struct usage_record){.seq = u->own.seq};
}

int usage_round(struct usage *u, struct usage_round *r)
{
	int lock = take_lock(u), err;
	struct usage_sum s;

	r->clash = false;
	if (u->own.seq && !usage_exists(u, u->name))
		begin_anew(u);
	if (u->now() - u->looked >= USAGE_LOOK_MS) {
		u->looked = u->now();
		usage_fold_dead(u);
	}
	usage_read_all(u, &s);
	decide(u, r, &s);
	err = write_own(u, r);
	if (!err && s.agents) {
		struct usage_amount before = r->reserved;

		usage_read_all(u, &s);
		decide(u, r, &s);
		r->clash = r->reserved.bytes < before.bytes || r->reserved.files < before.files;
		if (r->clash) {
			r->reserved = r->least;
			err = write_own(u, r);
		} else {
			r->reserved = before;
		}
	}
	drop_lock(lock);
	return err;
}

/* A number of this runtime folder that no other one has, however many hosts have equal names. */
static int runtime_id(const struct layout *l, char id[static HASH_HEX_LEN + 1])
{
	char path[LAYOUT_PATH_MAX];
	uint64_t random;
	ssize_t n;
	int fd;

	layout_runtime(l, path, ID_FILE);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	n = fd >= 0 ? read(fd, id, HASH_HEX_LEN) : -1;
	if (fd >= 0)
		close(fd);
	if (n == HASH_HEX_LEN && strspn(id, "0123456789abcdef") == HASH_HEX_LEN)
		return 0;
	if (getrandom(&random, sizeof random, 0) != sizeof random)
		return -EIO;
	hash_hex(random, id);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	n = fd >= 0 ? write(fd, id, HASH_HEX_LEN) : -1;
	if (fd >= 0)
		close(fd);
	return n == HASH_HEX_LEN ? 0 : -EIO;
}

static void host_word(char host[static HOST_MAX + 1])
{
	char name[HOST_MAX + 1] = "";

	/* Cut where it is long, which is no matter. */
	gethostname(name, HOST_MAX);
	snprintf(host, HOST_MAX + 1, "%s", name);
	for (char *p = host; *p; p++) {
		if (*p == '/' || *p == '.')
			*p = '-';
	}
}

int usage_open(struct usage *u, const struct layout *l)
{
	char id[HASH_HEX_LEN + 1] = "", host[HOST_MAX + 1];
	int err = runtime_id(l, id), lock;

	u->layout = l;
	host_word(host);
	if (err)
		return err;
	lock = take_lock(u);
	usage_fold_former(u, id);
	usage_begin(u);
	drop_lock(lock);
	snprintf(u->owner, sizeof u->owner, "%s.%s.%d", host, id, (int)getpid());
	make_name(u);
	return 0;
}

int usage_counted(struct usage *u, struct usage_amount found, struct usage_amount growth)
{
	struct usage_sum s;
	int lock = take_lock(u), err;

	usage_read_all(u, &s);
	/* The own record is counted as it is written; what came since is in its reservation. */
	found = usage_plus(found, usage_minus(usage_plus(s.added, u->own.added), growth));
	err = usage_set_base(u, usage_minus(found, usage_plus(s.records, u->own.net)));
	drop_lock(lock);
	return err;
}

int usage_move(struct usage *u, struct usage_amount excess, uint64_t base_seq)
{
	struct usage_sum s;
	int lock = take_lock(u), err = -ESTALE;

	usage_read_all(u, &s);
	if (!s.unknown && s.base.seq == base_seq)
		err = usage_set_base(u, usage_minus(s.base.net, excess));
	drop_lock(lock);
	return err;
}

void usage_close(struct usage *u, struct usage_amount net, struct usage_amount added)
{
	int lock;

	if (u->own.seq) {
		lock = take_lock(u);
		u->own.net = usage_minus(net, u->origin);
		u->own.added = usage_minus(added, u->origin_added);
		u->own.reserved = u->own.filling = (struct usage_amount){0};
		u->own.seq++;
		if (usage_exists(u, u->name) && usage_write(u, u->name, &u->own) == 0)
			usage_fold(u, u->name, &u->own);
		drop_lock(lock);
	}
	usage_forget(u);
}
