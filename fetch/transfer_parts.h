/* The inside of transfers, shared by transfer.c (requests and their answers), transfer_turn.c
 * (whose turn it is, and how fast bytes are taken) and transfer_login.c. */
#ifndef LARDER_FETCH_TRANSFER_PARTS_H
#define LARDER_FETCH_TRANSFER_PARTS_H

#include "fetch/flow.h"
#include "fetch/remote.h"
#include "fetch/transfer.h"

struct transfers {
	uv_loop_t *loop;
	uv_timer_t timer;
	CURLM *multi;
	CURLSH *share;
	uint64_t stall_ms;
	long min_rate;
	unsigned running, ahead, most; /* `ahead` of the running are of nobody who waits */
	struct bucket bucket;
	uv_timer_t drip;         /* when the limited may go on */
	struct transfer *all;    /* that libcurl has */
	struct transfer *queued; /* for a turn, which `pump` gives them */
	uv_timer_t pump;
	struct transfer *waiting; /* for a login */
	uv_timer_t late;          /* when they are asked again at the latest */
	int handles;              /* and logins: what still refers to it */
	bool ended;
};

struct transfer {
	struct transfers *owner;
	struct remote *remote;
	const struct transfer_handler *handler;
	void *arg;
	CURL *easy;
	struct store_request request;
	struct response response;
	struct store_args args; /* `key` to `version` are its texts */
	char *key, *token, *after, *until, *match, *none_match, *version;
	int callback_error;
	bool running, head_seen;
	bool astray;                /* what came is of another version than was asked for */
	bool held;                  /* by its handler */
	bool waits;                 /* for a login */
	bool limited;               /* by a bandwidth */
	bool ahead;                 /* of nobody who waits */
	unsigned redirects;         /* that were followed */
	bool elsewhere;             /* one of them led to another server */
	const char *redirect_fault; /* why one was not, or NULL */
	uint64_t sent;              /* uv_now */
	uint64_t head_len;          /* bytes of heads, redirects' and trailers too */
	uint64_t unwanted;          /* bytes of bodies that say nothing that is wanted */
	size_t body_len;
	char body[TRANSFER_ERROR_BODY_MAX];
	char curl_error[CURL_ERROR_SIZE];
	struct transfer *prev, *next;
};

/* Of transfer_redirect.c: whether what came is a redirect, which is not the store's matter; then
 * its body is of no interest. */
bool transfer_is_redirect(const struct transfer *t);

/* Whether the answer was a redirect, and the request is on its way to where
 * that leads. If it must not go there, sets redirect_fault. */
bool transfer_redirect(struct transfer *t);

/* Why a redirect from one address to another must not be followed, with the remedy; or NULL. */
const char *transfer_redirect_fault(const char *from, const char *to);

/* Of transfer_turn.c. `turns_init` is given the timers by transfers_new. */
void turns_init(struct transfers *ts);
void turns_end(struct transfers *ts);

/* Gives turns to those who may begin, a moment later. */
void turns_give(struct transfers *ts);

/* It begins, or has ended after it began. */
void turn_began(struct transfer *t);
void turn_ended(struct transfer *t);

/* Whether bytes of it may be taken now; if not, it is paused until they may. */
bool turn_may_take(struct transfer *t);
void turn_took(struct transfer *t, size_t n);

/* The remote said that it was one request too many, and perhaps for how long it is to be left
 * alone. Whether it still is, for longer than anybody waits: the request's error. */
void turn_refused(struct transfer *t);
bool turn_rests(struct transfer *t, struct transfer_result *out);

/* Of transfer_login.c: 0 to go on; -EAGAIN if it now waits for a login; or why there is none. */
void logins_init(struct transfers *ts);
int transfer_log_in(struct transfer *t, struct transfer_result *out);

void transfers_unref(struct transfers *ts);

/* Builds the request, which is signed with the time of now, and hands it to libcurl; ends it with
 * an error if that cannot be. */
void transfer_launch(struct transfer *t);

#endif
