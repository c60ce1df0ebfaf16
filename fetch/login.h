/*
 * What stores log in with: getting credentials that end, as tokens do, from wherever the vendor
 * keeps them.
 *
 * A store with such credentials has three operations (store.h): `needs_login` and `logged_in` on
 * the loop, `login` on a worker, where it may block. These are the tools of `login`: requests over
 * an own connection, small files, and the few formats in which endpoints speak. All of it blocks,
 * has limits, and can be called on any thread; nothing logs what it has read.
 */
#ifndef LARDER_FETCH_LOGIN_H
#define LARDER_FETCH_LOGIN_H

#include "fetch/store.h"

#define LOGIN_MS         10000     /* for all that one login does */
#define LOGIN_CONNECT_MS 3000      /* of these, to connect */
#define LOGIN_TRY_MS     5000      /* of these, for one try of a request with several */
#define LOGIN_BODY_MAX   (1 << 20) /* bytes of an answer */
#define LOGIN_FILE_MAX   (1 << 20) /* bytes of a file */
#define LOGIN_AHEAD_S    300       /* renewed so long before the end, or a tenth of the life */
#define LOGIN_DEPTH_MAX  32        /* levels of JSON */

/* Milliseconds of CLOCK_BOOTTIME at which a login that begins now has to be over. */
uint64_t login_deadline(void);

struct login_request {
	const char *url;            /* http or https; redirects are not followed */
	const char *method;         /* NULL: GET, or POST with a body */
	const char *const *headers; /* complete lines, ended by NULL; or NULL */
	const char *body;           /* text; or NULL */
	const char *ca_file;        /* NULL or "": the system's */
	const char *want;           /* header whose value is wanted, or NULL */
	bool direct;         /* past any proxy, as link-local and loopback addresses always are */
	unsigned tries;      /* of what may pass: no answer, 429 and 5xx; 0 is 1 */
	unsigned connect_ms; /* 0: LOGIN_CONNECT_MS */
	uint64_t deadline;   /* of login_deadline */
};

struct login_answer {
	long status;
	char *body; /* with a NUL at [len]; never NULL after success */
	size_t len;
	char wanted[1024]; /* the header's value, or "" */
};

/*
 * Sends it and waits. 0 for an answer of any status; -EIO for none, -EFBIG for one that is too
 * large, with a message that names the host and not the rest of the address. The answer is to be
 * released, after an error too.
 */
int login_http(
        const struct login_request *q, struct login_answer *a, char err[static STORE_ERROR_MAX]);
void login_answer_release(struct login_answer *a); /* wipes it */

/*
 * The value at a path ("token", "Credentials/AccessKeyId") of a JSON text. A step of it is a name,
 * a number in an array, or of an object's members "@0", the first one's name, and "*0", its value:
 * a text unescaped, a number, true and false as they stand. 0; -ENOENT if it is not there or null,
 * -EMSGSIZE if it does not fit, -EPROTO if the text is not JSON, or the value an object or an
 * array or a text with a NUL. out is "" after an error.
 */
int login_json(const char *text, size_t len, const char *path, char *out, size_t size);

/*
 * Reads a whole file of at most `max` bytes (up to LOGIN_FILE_MAX), with a NUL behind. It must be
 * plain, ours or root's, and not for others to write (trust.h); a `secret` one not for others to
 * read either. NULL with *error = -errno and a message. Freed by login_wipe.
 */
char *login_file(const char *path, bool secret, size_t max, size_t *len, int *error,
        char err[static STORE_ERROR_MAX]);

/* The same for one value alone: without spaces and newlines around it; "" is -EINVAL, and so is
 * what could not be in a header. */
char *login_token_file(
        const char *path, bool secret, size_t max, int *error, char err[static STORE_ERROR_MAX]);

/* Overwrites and frees; NULL is nothing. */
void login_wipe(char *text, size_t len);

/* Appends "name=value", with '&' before it if *len is not 0, as a form has them; 0 or
 * -ENAMETOOLONG. */
int login_form(char *out, size_t size, size_t *len, const char *name, const char *value);

/* Seconds since 1970 of "2026-01-31T12:00:00Z", with a fraction (dropped), an offset, or "UTC"
 * instead of Z; INT64_MIN if it is none. */
int64_t login_time(const char *text);

/* Whether `value` can stand in a header: printable ASCII without spaces, and not "". */
bool login_is_token(const char *value);

/* What credentials of `since` until `until` (0: for ever) need at `now`: for needs_login. */
enum login_need login_due(int64_t since, int64_t until, int64_t now);

#endif
