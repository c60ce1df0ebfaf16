/*
 * The folders of a cache, as the agent sees them. docs/cache-format.md describes them.
 *
 *	<location>/data/<rel>      whole objects         <location>/dirs/<rel>/%=list   listings for
 *other hosts and later <location>/tmp/            fills                 <location>/locks/00…ff lock
 *files <location>/trash/          not yet unlinked      <location>/larder.format       version of
 *the format
 *
 *	<runtime>/agent.sock  validity  listings/<profile>~<id>/<hash>  carriers/<rel>/
 *
 * All functions return 0 or -errno. Not thread-safe for one struct; each may be used by several
 *threads for reading.
 */
#ifndef LARDER_CACHE_LAYOUT_H
#define LARDER_CACHE_LAYOUT_H

#include "cache/medium.h"
#include "cache/read/config.h"
#include "cache/read/key.h"

#include <stdatomic.h>
#include <sys/types.h>

#define LAYOUT_PATH_MAX                                                                            \
	(CONFIG_PATH_MAX + KEY_REL_MAX +                                                           \
	        64) /* bytes of any path below; the kernel refuses those over 4096 */
#define LAYOUT_FORMAT    "larder.format"
#define LAYOUT_VERSION   1
#define LAYOUT_ERROR_MAX 512
#define LAYOUT_DIR_MAX   512 /* bytes of "<profile>~<id>" */
#define LAYOUT_ID_SIZE   17  /* 16 hexadecimal digits and a NUL */
#define LAYOUT_PLACE_LEN                                                                           \
	8 /* of them, at the start: the same for all that see each other's processes */
#define LAYOUT_OWNER_MAX 64
#define LAYOUT_GRACE_MS  (3600 * 1000ULL) /* of a network file system, unless set */
#define LAYOUT_FOLDERS   "data", "dirs", "tmp", "locks", "trash", "usage", "meta"

struct layout {
	const char *location, *runtime; /* of the configuration */
	int location_fd;                /* for syncfs; -1 if the cache cannot be used */
	bool writable;
	bool xattrs;               /* user xattrs can be kept */
	bool folds;                /* case (fold.h), so it is not used at all */
	bool network;              /* other hosts may write it too */
	const char *medium;        /* the kind of file system */
	uint64_t min_free;         /* bytes that stay free, as room_left takes it */
	uint64_t grace;            /* ms that a replaced or evicted file stays in trash/ */
	char id[LAYOUT_ID_SIZE];   /* random: no other process anywhere has it */
	_Atomic int64_t clock_ms;  /* the file system's clock, less CLOCK_BOOTTIME */
	_Atomic int life, life_of; /* life.h: its descriptor, and of which process; -1 */
	/* Who shares it (share.h). Whatever is made below the location has one of these modes. */
	bool system;          /* it is the host's agent's */
	mode_t runtime_mode;  /* of what readers map from the runtime folder */
	gid_t gid;            /* of a group's cache; else -1 */
	mode_t dir_mode;      /* of folders */
	mode_t file_mode;     /* of locks, journals and notes */
	mode_t data_dir_mode; /* of folders below data/, which readers enter */
	mode_t gate_mode;     /* of data/<profile>~<id>, when it is made */
};

/*
 * Makes what is missing of the cache and the runtime folder. A cache that cannot be written leaves
 * `writable` false, says why in err, and returns 0: objects are then served without being kept. One
 * that folds case is not used for reading either (`folds`, location_fd -1). An
 * error (with err) where the cache has another format or, of a system agent, another owner, or the
 * runtime folder cannot be made.
 */
int layout_open(struct layout *l, const struct config *c, char err[static LAYOUT_ERROR_MAX]);
void layout_close(struct layout *l);

/* The runtime folder alone; nothing can be kept at `location`, which is not touched. 0 or -errno
 * with err. */
int layout_open_runtime(struct layout *l, const char *location, const struct config *c,
        char err[static LAYOUT_ERROR_MAX]);

/*
 * Now, in milliseconds since 1970, by the clock that the file system's own times are of. Hosts
 * whose clocks differ agree on it, so it is the only one by which what two of them wrote is
 * compared. It was measured on a file made in tmp/ and goes on with CLOCK_BOOTTIME, so asking costs
 * no access. Any thread.
 */
int64_t layout_now(const struct layout *l);

/* Measures that clock again; from time to time. Any thread. */
void layout_set_clock(struct layout *l);

/*
 * Draws l->id: hosts can have the same name, and processes the same number. It begins with a hash
 * of the boot and the pid namespace; the rest is random. layout_open does it.
 */
void layout_set_id(struct layout *l);

/* "<host>.<pid>-<id>": this process in names that other hosts see. Any thread. */
void layout_owner(const struct layout *l, char out[static LAYOUT_OWNER_MAX]);

/* Paths; 0 or -ENAMETOOLONG. */
int layout_data(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel);
int layout_dirs(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel);
int layout_carrier(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel);
int layout_listing(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *rel);
int layout_runtime(const struct layout *l, char out[static LAYOUT_PATH_MAX], const char *name);

/* Makes all folders above `path`, with `mode`. */
int layout_make_parents(char *path, mode_t mode);

/* Makes the carrier of a directory and all above it. */
int layout_make_carrier(const struct layout *l, const struct profile *p, const char *rel);

#endif
