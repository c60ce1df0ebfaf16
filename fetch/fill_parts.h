/* The inside of a fill, shared by fill.c (its states), fill_part.c (the transfer of a part),
 * fill_room.c (claims), fill_write.c, fill_flush.c, fill_verify.c and fill_follow.c (checksums) and
 * fill_work.c (what workers do: copy from a folder, finish a file). */
#ifndef LARDER_FETCH_FILL_PARTS_H
#define LARDER_FETCH_FILL_PARTS_H

#include "cache/read/hash.h"
#include "fetch/digest.h"
#include "fetch/fill.h"
#include "fetch/pace.h"
#include "fetch/space.h"
#include "fetch/transfer.h"

#define FILL_PARTS_MAX 16 /* ranges of one object at once */

enum fill_state { FILL_FIRST, FILL_PARTS, FILL_CHECKING };

struct fill_part {
	struct fill *fill;
	struct transfer *transfer; /* NULL while it waits for its next try */
	uv_timer_t timer;
	uint64_t at, end; /* the next byte, and one past the last */
	uint64_t reached; /* the furthest that `at` has been: only beyond it is progress */
	struct digest_stream stream;
	struct checksum sum; /* of the bytes of the answer under way, if the store gave one */
	int64_t asked;       /* layout_now when it was last sent */
	char *buffer;        /* of fill_write.c */
	size_t gathered;     /* bytes in it: those just below `at` */
	unsigned failures;
	bool busy, progressed;
};

struct fill {
	struct agent *agent;
	struct remote *remote;
	fill_done *done_cb;
	void *arg;
	char *rel, *key;
	const struct replay_entry *want;
	uint64_t hash;
	enum fill_state state;
	bool keep, ahead, patient, single, sized, unchanged, unreachable, unconnected, corrected,
	        cancelled;
	bool working;  /* a worker has it */
	bool moved;    /* it began anew because its unnamed file had no room */
	bool unstored; /* the cache's file system lost what was written */
	struct object_info info;
	struct temp temp;
	struct digest digest;
	struct space_claim claim;
	struct space_claim more; /* of what has no known size, as it grows */
	struct fill_part parts[FILL_PARTS_MAX];
	struct pace pace;
	uint64_t next; /* first byte that no part has */
	uint64_t done;
	uint64_t vouched;  /* bytes that had the checksum of their range */
	uint64_t copied;   /* written by a worker */
	uint64_t since;    /* ms of CLOCK_BOOTTIME */
	int64_t confirmed; /* layout_now when the last question was sent that found this generation
	                    */
	uint64_t last_progress, watched;
	unsigned restarts, damages, handles;
	int later_error;
	struct flush *flush; /* fill_flush.c */
	uint64_t flushed_at; /* uv_now */
	uv_timer_t watch;
	uv_work_t work;      /* on the cache's disk */
	struct crew_job job; /* in a remote's folder */
	int work_error;
	char known_etag[STORE_ETAG_MAX + 1];
	struct transfer *asking; /* fill_verify.c */
	bool asking_part;
	struct follow *follow; /* fill_follow.c */
	char digest_text[META_DIGEST_MAX + 1];
	char checksum_text[CHECKSUM_TEXT_MAX + 1];
	char message[STORE_ERROR_MAX];
};

/* Tells the owner and ends the fill. */
void fill_finish(struct fill *f, int error);

/* The same from the loop, for who is inside a call of the owner's. */
void fill_fail_later(struct fill *f, int error);

/*
 * The head of the first answer is here, and with `whole` all of the object comes with it:
 * f->info.sum is what the store says of the bytes, or is asked for while they arrive, or is none.
 */
void fill_expect(struct fill *f, bool whole);

/* The head of a part's answer is here, and its bytes begin: with a checksum of their own, perhaps.
 * When they have come, whether they have it; if not, the fill has begun anew or failed. */
void fill_expect_part(struct fill_part *p, const struct response *r);
bool fill_part_is_right(struct fill_part *p);

/* Whether the digest of what comes is wanted. */
bool fill_wants_digest(const struct fill_part *p);

/* All bytes are here: compares them with what the store says, and goes on to fill_complete. Called
 * again when what it waits for is there. */
void fill_check(struct fill *f);
void fill_complete(struct fill *f);

/* They are not the object's: it begins anew, once; then fails with the message. */
void fill_damaged(struct fill *f, const char *message);

/*
 * What cannot be put together of ranges is computed by a worker that reads what has arrived without
 * a gap. fill_follow: it goes on, if there is enough for it; called often. fill_followed: what came
 * out of it in the end: 0; -EAGAIN: fill_check will be called; -errno.
 */
void fill_follow(struct fill *f);
int fill_followed(struct fill *f, struct checksum *out);
void fill_follow_end(struct fill *f);

/* Copies the object of a folder and finishes: asks for its size, and is called again when that is
 * granted. */
void fill_copy(struct fill *f);

/* Whether the folder has no worker free for it, though others get on there. */
bool fill_waits_for_crew(const struct fill *f);

/* Ends it for its owner, as the remote does not answer; a worker that hangs in the folder keeps the
 * rest. */
void fill_give_up(struct fill *f, const char *message);

/* Writes at p->at, which goes on; the end of it may stay in a buffer until fill_settle. 0 or
 * -errno. fill_drop forgets the buffer. */
int fill_write(struct fill_part *p, const char *bytes, size_t n);
int fill_settle(struct fill_part *p);
void fill_drop(struct fill_part *p);

/* Starts what can be started; goes on to the check when all is here. */
void fill_schedule(struct fill *f);

/* The pace of the connection is not known yet. */
void fill_begin_pace(struct fill *f);

/* Whether all connections that it is to have are at work, so that what comes tells how good they
 * are. */
bool fill_is_at_pace(const struct fill *f);

/* Gives up what has come of it, no part being busy then; and begins anew. No worker has it. */
void fill_rewind(struct fill *f);
void fill_restart(struct fill *f);

/* Sends the request of a part. */
void fill_send_part(struct fill_part *p);

/* The claims: their beginning, a claim of what is known of its size, and their end. */
void fill_room_init(struct fill *f);
void fill_claim_room(struct fill *f);
void fill_give_back(struct fill *f);

/* Room was granted: the disk must have it too. -ERESTART if it does not. */
int fill_take_room(struct fill *f);

/* Whether n more bytes of a part have to wait for room. */
bool fill_lacks_room(struct fill *f, const struct fill_part *p, size_t n);

/*
 * What has been written so far goes to the server of a network file system, on a worker: others who
 * wait for this object see the file grow there, and the last fsync has little left to do. Called
 * often; does it every FILL_FLUSH_MS.
 */
#define FILL_FLUSH_MS 2000
void fill_flush(struct fill *f);
void fill_flush_end(struct fill *f);

/* The cache's disk does not take it: it begins anew without a name in the cache. `error` is why. */
void fill_unkeep(struct fill *f, int error);

#endif
