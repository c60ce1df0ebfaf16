/* The inside of an object that is being opened, shared by object.c (its states are there),
 * object_fill.c, object_kept.c and object_replay.c. */
#ifndef LARDER_FETCH_OBJECT_PARTS_H
#define LARDER_FETCH_OBJECT_PARTS_H

#include "fetch/bring.h"
#include "fetch/commit.h"
#include "fetch/fill.h"
#include "fetch/lookup.h"
#include "fetch/object.h"
#include "fetch/turn.h"

#include <uthash.h>

enum object_state { OBJECT_LOCKING, OBJECT_FILLING, OBJECT_BRINGING, OBJECT_COMMITTING };

/* A sealed file that gets its name in a tier. */
struct naming {
	struct commit_item item;
	struct object *object;
	struct agent *tier;
	bool open;
};

struct object {
	struct agent *agent;
	struct remote *remote;
	char *rel;
	char key[KEY_MAX + 1];
	uint64_t hash;
	enum object_state state;
	bool keep;
	bool ahead;         /* nobody has asked for it but prefetch.c */
	struct turn *turn;  /* NULL where it is not kept */
	bool left;          /* not in the table: its tier was lost, and it waits for its names */
	struct agent *tier; /* where it is filled */
	struct waiter *waiters;
	struct fill *fill;
	struct bring *bring;
	struct cached old;   /* a copy, not fresh or not local; fd is -1 if there is none */
	struct answer facts; /* in COMMITTING */
	uint64_t size, expiry;
	int64_t validated; /* when the remote had it so */
	struct naming shared, local;
	uv_timer_t timer; /* of LOCKING */
	uint64_t started, settling_since;
	UT_hash_handle hh;
};

/* At the end of everything but the names that it is given. */
void object_forget(struct object *o);

/* The same answer for everybody, each with a descriptor of its own: of the temporary file, or of
 * fd. */
void object_answer(
        struct object *o, struct answer *a, struct agent *tier, const struct temp *temp, int fd);

/* An error for everybody, with a message for the log and the run; then it is forgotten. */
void object_fail(struct object *o, int error, const char *message);

/* Asks for the object's lock, and then fills it. */
void object_take_turn(struct object *o);

/* Its tier was lost: who waits begins anew, in another one. */
void object_move(struct object *o);

/* `c` becomes the copy that is there. */
void object_use_old(struct object *o, const struct cached *c);

/* Answers with the copy that is there, once it is where programs want it. `_stale`: as the remote
 * cannot be reached; false if it is too old. */
void object_answer_old(struct object *o, uint64_t expiry);
bool object_answer_stale(struct object *o, const char *message);

/* Whether a copy in the shared cache is to be brought to the local tier first. */
bool object_wants_copy(const struct remote *r, const struct cached *c);

/* What was filled into the shared cache, but is to be opened in the local tier. */
void object_bring_filled(struct object *o, const struct meta *meta, const struct stat *st);

/* The sealed file gets its name in a tier. */
void object_give_name(struct object *o, struct naming *n, struct agent *tier);

/* The table gets the file that a tier has of it now. */
void object_note_valid(struct object *o, const struct stat *st, const char *etag);

/* The copy in a tier goes. */
void object_drop(struct object *o, struct agent *tier);

/* One that is being opened already: waits for that too. False: nobody opens it. */
bool object_join(struct agent *a, const char *rel, struct waiter *w);

/* From the cache if it is there and fresh, or else from the remote. */
void object_open_remote(
        struct agent *a, struct remote *r, const char *rel, const char *key, struct waiter *w);

/* In a replay: whether there is a copy of that generation, in either place. */
struct replay_entry;
bool object_is_recorded(struct agent *a, const struct remote *r, const struct replay_entry *e);

/* The copy in its usual place if it is of that generation, else the one of the version alone. */
void object_open_recorded(
        struct agent *a, struct lookup *l, const struct replay_entry *e, struct waiter *w);

/* Tells of a name that the record does not have: it may be there, and the program may go on without
 * it. */
void object_tell_unrecorded(struct agent *a, const char *rel, struct waiter *w);

uint64_t object_etag_hash(const char *etag);

#endif
