/*
 * How much the cache holds, over all agents of all hosts that share it.
 *
 * Each agent has one record in usage/, which it alone writes: what it added less what it removed,
 * and a reservation: what it may add before it has to ask again. usage/base has what agents that
 * are gone have left. The sum of all is the cache's size, and never less than what is on the disk.
 *
 *	usage_open → usage_round … → usage_close       (or a crash: others fold the record into the
 *base)
 *
 * A round reads all records, reserves what fits, and writes its own, under the lock usage/lock.
 * Where locks do not exclude, a second look after the write finds who reserved at the same time,
 * and both draw back. A record whose sequence does not move for USAGE_DEAD_MS of this host's
 * monotonic clock belongs to nobody any more; so no clocks are compared. Folding one that lives
 * after all counts it twice for a while (base.stale), never too little.
 *
 * Everything blocks and is for one worker at a time. 0 or -errno. docs/cache-format.md has the
 * format of the records; what they hold is not trusted.
 */
#ifndef LARDER_CACHE_USAGE_H
#define LARDER_CACHE_USAGE_H

#include "cache/layout.h"

#define USAGE_BLOCK           4096          /* bytes that are counted at once */
#define USAGE_SLACK_MAX       (256LL << 20) /* bytes that an agent reserves beyond what it fills */
#define USAGE_SLACK_FILES_MAX 4096
#define USAGE_SHARE           64          /* of a smaller cache: this part of it */
#define USAGE_RECORD_SIZE     512         /* bytes of a record's file */
#define USAGE_NUMBER_MAX      (1LL << 60) /* of a record; larger ones are refused */
#define USAGE_NAME_MAX        64
#define USAGE_AGENTS_MAX      4096   /* records that are read */
#define USAGE_LOOK_MS         5000   /* between two looks for dead ones */
#define USAGE_DEAD_MS         60000  /* a record that reserves and does not move */
#define USAGE_GONE_MS         600000 /* one that reserves nothing */

/* Bytes and files. Of an agent's own doing, each may be below zero. */
struct usage_amount {
	int64_t bytes, files;
};

struct usage_record {
	struct usage_amount net;      /* added less removed */
	struct usage_amount added;    /* ever */
	struct usage_amount reserved; /* may be added; of it … */
	struct usage_amount filling;  /* … has been given to fills */
	uint64_t seq;                 /* counts its writes */
	bool stale;                   /* of the base: it may say too much, or nothing is known */
	char folded[USAGE_NAME_MAX];  /* of the base: this record is in it and counts no more */
};

struct usage_seen;

struct usage {
	const struct layout *layout;
	char owner[48];             /* host, runtime folder and process */
	char name[USAGE_NAME_MAX];  /* of the record */
	struct usage_record own;    /* as last written */
	struct usage_amount origin; /* net of this agent that is in the base already … */
	struct usage_amount origin_added;
	struct usage_seen *seen; /* of others: when their sequence moved last */
	uint64_t looked;         /* when dead ones were looked for */
	uint64_t (*now)(void);   /* ms of a monotonic clock; tests have their own */
};

/* What a round is told, and what it tells. */
struct usage_round {
	struct usage_amount net;   /* what this agent has added less removed */
	struct usage_amount added; /* what it has ever added */
	struct usage_amount least; /* is being filled: reserved in any case */
	struct usage_amount want;  /* waits: reserved as far as it fits … */
	struct usage_amount first; /* … if this part of it does */
	struct usage_amount limit; /* of the cache; INT64_MAX: none */
	uint64_t min_free;         /* of the file system, as room_left takes it */
	bool slack;                /* some more, so that the next fills need not ask */

	struct usage_amount used;     /* all that is held, by everybody */
	struct usage_amount growth;   /* all that was ever added, by everybody */
	struct usage_amount others;   /* reserved by others … */
	struct usage_amount filling;  /* … and of that, given to fills */
	struct usage_amount reserved; /* for this agent, now */
	struct usage_amount over;     /* what would have to go so that all of `want` fits */
	unsigned agents;              /* others that live */
	uint64_t base_seq;            /* changes with the base */
	bool disk;    /* it is the file system that has no more room, and not the limits */
	bool stale;   /* `used` may be too much: the cache should be counted */
	bool unknown; /* nothing says how much the cache holds */
	bool clash;   /* somebody reserved at the same time: try again, a random moment later */
};

/* What an object of so many bytes counts for: whole blocks, which is what it takes on a disk, and
 * one for its attributes, which seldom fit beside the inode. */
static inline int64_t usage_charge(uint64_t size)
{
	return size > USAGE_NUMBER_MAX - 2 * USAGE_BLOCK
	               ? USAGE_NUMBER_MAX
	               : (int64_t)((size + USAGE_BLOCK - 1) / USAGE_BLOCK + 1) * USAGE_BLOCK;
}

/* A record as text: USAGE_RECORD_SIZE bytes exactly. */
void usage_format(const struct usage_record *r, char out[static USAGE_RECORD_SIZE]);

/* -EPROTO where the text is no record: torn, of another version, or nonsense. */
int usage_parse(struct usage_record *r, const char *text, size_t len);

/* Finds a name for the record of this agent, and folds those of former ones with the same runtime
 * folder (which it holds the lock of). -errno where there can be none. Starts from zeroes; `now`
 * is set before. */
int usage_open(struct usage *u, const struct layout *l);

/* Says what this agent has and wants. -errno if the record cannot be written; the answer then holds
 * what others have, and what this agent may take by its own count. */
int usage_round(struct usage *u, struct usage_round *r);

/* Somebody has counted the cache (data/ and trash/), beginning when a round told of this `growth`:
 * what was added since may or may not be in it, and is taken to be missing. */
int usage_counted(struct usage *u, struct usage_amount found, struct usage_amount growth);

/* The records say too much, by so much (below zero: too little). -ESTALE if the base is not the one
 * that a round told of, by this number. */
int usage_move(struct usage *u, struct usage_amount excess, uint64_t base_seq);

/* Folds the record into the base, with what it has come to in the end. */
void usage_close(struct usage *u, struct usage_amount net, struct usage_amount added);

#endif
