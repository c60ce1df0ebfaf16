/*
 * Stores: where objects come from. One file a store, behind one table of operations.
 *
 * There are two kinds. A store that speaks HTTP builds requests (`request`), reads metadata from
 * the head of the answer (`head`) and parses pages of a listing (`list_*`); the transfer layer owns
 * the connection, the retries and the time-outs, and nearly everything happens on the agent's loop,
 * so these functions never block. A store that is a folder (`file`) has the blocking functions,
 * which run on a worker thread; then `request` is NULL.
 *
 * Keys are the remote's own bytes without a leading '/', relative to the profile's prefix; NUL
 * never occurs in one. Every answer of a remote is hostile until it is checked here.
 */
#ifndef LARDER_FETCH_STORE_H
#define LARDER_FETCH_STORE_H

#include "cache/read/config.h"
#include "cache/read/identity.h"
#include "fetch/checksum.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <curl/curl.h>

#define STORE_KEY_MAX     4096 /* bytes of a key */
#define STORE_ETAG_MAX    255  /* bytes of an ETag, quotes included */
#define STORE_TOKEN_MAX   4096 /* bytes of a continuation token */
#define STORE_VERSION_MAX 1024 /* bytes of a version: S3 has up to that many */
#define STORE_ERROR_MAX   512  /* bytes of a message */
#define STORE_MTIME_DIR   IDENTITY_DIR_MTIME

/* What is known of one object. An ETag is kept as sent, with quotes; a weak one ("W/...") is not
 * kept. */
struct object_info {
	uint64_t size;
	int64_t mtime;                 /* seconds since 1970 */
	char etag[STORE_ETAG_MAX + 1]; /* "" if none or weak */
	bool executable;
	struct checksum sum;                 /* the best one known of the whole object */
	char version[STORE_VERSION_MAX + 1]; /* by which the store keeps it; "" if it told none */
};

enum store_op { STORE_HEAD, STORE_GET, STORE_LIST };

struct store_args {
	enum store_op op;
	const char *key; /* HEAD, GET: the object. LIST: the directory, "" or ending in '/' */
	unsigned part;   /* HEAD: only of the part of this number, from 1, of a store whose objects
	                    are made of parts; 0: of the whole */
	bool ranged;     /* GET: only bytes first..last */
	uint64_t first, last;
	const char *version;  /* "", or what exactly is wanted; of hf the revision, of LIST too.
	                         transfer_start puts the profile's there if it is NULL. A store
	                         without versions ignores it */
	const char *if_match; /* GET: NULL or an ETag */
	const char *if_none_match; /* GET, HEAD: NULL or an ETag */
	const char *token;         /* LIST: "" or what the last page gave */
	unsigned max_keys;         /* LIST: 0 is the store's default */
	const char *after; /* LIST, where the store `splits`: only names behind this one of the
	                      directory; NULL or "" for all. A token goes on from there by itself */
	const char *until; /* likewise: names behind this one are not needed, but may come */
	int64_t now;       /* seconds since 1970, to sign with */
};

/* A request, ready for the transfer layer, which frees both by store_request_release. */
struct store_request {
	char *url;                  /* absolute, percent-encoded */
	struct curl_slist *headers; /* complete lines, without Range and the conditions where those
	                               are unsigned too */
	const char *ca_file;        /* NULL or "": the system's */
};
void store_request_release(struct store_request *r);

/* The answer's status line and headers, as collected by the transfer layer. */
struct response {
	long status;
	uint64_t content_length; /* UINT64_MAX if not given */
	bool has_range;          /* a valid Content-Range: first, last and total are set */
	uint64_t first, last, total;
	bool encoded;            /* a Content-Encoding other than identity */
	bool chunked;            /* the body is framed: its end can be told without a length */
	struct object_info info; /* etag and mtime from the standard headers; size from the total or
	                            the length */
	struct checksum part;    /* of the bytes that this answer has; kind NONE if not given */
	char server_error[64];   /* code in the body of an error, as S3's <Code>; "" if none */
	char region[64];         /* x-amz-bucket-region, or "" */
	unsigned retry_after;    /* seconds; 0 if not given */
	int64_t date;            /* the server's clock, seconds since 1970; 0 if not given */
	struct checksum sum;     /* that headers call the object's, for the store to judge; … */
	bool sum_full;           /* … of its bytes, they say */
	bool sse_customer;       /* encrypted by a key of the customer's */
	bool stored_encoded;     /* the store keeps it compressed and says so */
	uint64_t stored_length;  /* bytes of it as the store keeps it; UINT64_MAX if not told */
	char sse[32];            /* x-amz-server-side-encryption, or "" */
	enum store_op op;        /* what was asked */
	struct object_info linked; /* what a store's `header` took from any answer, also from one
	                              that leads elsewhere: it stays until the end */
	char next[STORE_TOKEN_MAX + 1]; /* LIST: the next page's token, where a header has it */
};

/* One name of a directory's listing. `name` is a single segment, not NUL-terminated, valid during
 * the call only. An object without a name is the directory's own marker (the key "dir/" that
 * consoles make): it says no more than that the directory exists. */
struct store_entry {
	const char *name;
	size_t name_len;
	bool is_dir;
	const struct object_info
	        *info; /* of an object; of a directory it says nothing, but is there */
};

/* Takes an entry. Returns 0, or -errno to end the listing (-E2BIG: more than the agent may hold).
 */
typedef int store_entry_cb(void *arg, const struct store_entry *entry);

/* A store's own state for a profile: credentials, the region it learnt. Owned by the agent, made by
 * `open`. */
struct store;

/* Whether requests can be sent with the credentials that there are. */
enum login_need {
	LOGIN_NONE, /* yes */
	LOGIN_NOW,  /* no: there are none yet, or they have ended */
	LOGIN_SOON, /* yes, but new ones should be got meanwhile */
};

struct store_ops {
	const char *name;    /* for messages: "s3" */
	bool lists;          /* can list directories itself; else the profile needs a manifest */
	bool listing_etags;  /* its listings hold the ETag that GET gives */
	bool sums_by_head;   /* answers to ranges lack the checksum of the whole object, which
	                        a HEAD may give */
	uint64_t sums_up_to; /* ranges of at most so many bytes come with a checksum of their own,
	                        response.part; 0: none do */
	bool prefixes;       /* directories are no more than prefixes of keys: a listing that is not
	                        there is a bucket that is not there */
	bool has_modes;      /* its objects say themselves whether they are executable */
	bool splits;     /* lists in the order of the keys' bytes, and can begin in the middle */
	bool marks_dirs; /* its directories can be empty: a key that is one gives -EISDIR */
	bool follows_redirects; /* the transfer layer follows them; else they come to error() */
	bool by_version; /* its version, and not its ETag, holds the ranges of an object together:
	                    no conditions are sent */
	const char *signed_prefix; /* of names, as "x-amz-": such lines of the profile's `headers`
	                              are for the store to add, since it signs them; or NULL */

	/*
	 * Makes the state for a profile (which outlives it), with the process's environment for
	 * credentials. 0 or -errno with a message in err that names the setting and the remedy;
	 * never a secret.
	 */
	int (*open)(struct store **s, const struct config *c, const struct profile *p,
	        char err[static STORE_ERROR_MAX]);
	void (*close)(struct store *s);

	/* HTTP: builds a signed request. 0 or -errno with a message. On the loop; does not block,
	 * and reads no files other than credentials. */
	int (*request)(struct store *s, const struct store_args *a, struct store_request *out,
	        char err[static STORE_ERROR_MAX]);

	/*
	 * HTTP: takes a line of the head that the common code does not know: its name in lower
	 * case, and its value without the blanks around it, not NUL-terminated. Of answers that
	 * are followed by another (a redirect) nothing stays but r->linked. May be NULL.
	 */
	void (*header)(struct store *s, struct response *r, const char *name, const char *value,
	        size_t len);

	/* HTTP: whether an answer that says it is of version `told` ("" if it does not say) is of
	 * the version that was asked for, which is not "". Any other is no answer. NULL: always. */
	bool (*is_version)(const char *told, const char *wanted);

	/* HTTP: the head is whole: adds to r->info what the store's rules make of it (an ETag that
	 * is a checksum). May be NULL. */
	void (*head)(struct store *s, struct response *r);

	/*
	 * HTTP: credentials that end and are got from elsewhere (login.h has the tools). All three
	 * or none. Before a request the transfer layer asks needs_login, which is cheap; then it
	 * runs `login`, one at a time, and holds the requests back where it must. needs_login and
	 * logged_in are called on the loop; `login` on a worker, where it may block for LOGIN_MS:
	 * it touches nothing that the others use, and lays its result aside for logged_in, which
	 * takes it over. login gives 0, -EACCES for what will not pass by itself, -EIO where nobody
	 * answered, with a message that names the place and the remedy and never a secret. A
	 * failure is not tried again for LOGIN_PAUSE_MS.
	 * A store whose server calls credentials expired says so by `again` from `error` and by
	 * LOGIN_NOW from then on.
	 */
	enum login_need (*needs_login)(struct store *s, int64_t now);
	int (*login)(struct store *s, char err[static STORE_ERROR_MAX]);
	void (*logged_in)(struct store *s, int error);

	/*
	 * Says where the credentials are from, never what they are, and until when they hold
	 * (seconds since 1970; 0: without an end, or not known). For people. May be NULL: there are
	 * none.
	 */
	int64_t (*who)(struct store *s, char out[static STORE_ERROR_MAX]);

	/*
	 * HTTP: turns an error status into -errno (-ENOENT, -EACCES, -EIO, …; -EISDIR of a
	 * directory's own key) and a message: what, why, remedy. `retry` says whether the same
	 * request may succeed later; `again` that it should be built anew and sent at once (the
	 * store corrected its region or renewed its credentials), at most once. body: the first
	 * bytes of the answer. May be NULL: then the HTTP defaults hold.
	 */
	int (*error)(struct store *s, const struct store_args *a, struct response *r,
	        const char *body, size_t body_len, bool *retry, bool *again,
	        char err[static STORE_ERROR_MAX]);

	/*
	 * HTTP: a page of a listing arrives in pieces. begin → feed… → end; end gives the next
	 * token ("" at the last page). -EPROTO for what is not a listing. `list_end` frees, also
	 * after an error; token may then be NULL. list_begin is called on the loop; the others
	 * may be called on a worker, and touch nothing but their state.
	 */
	int (*list_begin)(struct store *s, const struct store_args *a, store_entry_cb *cb,
	        void *arg, void **state);
	int (*list_feed)(void *state, const char *data, size_t len);
	int (*list_end)(void *state, char token[STORE_TOKEN_MAX + 1]);

	/* Folder: blocking, on a worker thread, each independent of the others. -errno with a
	 * message. */
	int (*stat)(struct store *s, const char *key, struct object_info *info, bool *is_dir,
	        char err[static STORE_ERROR_MAX]);
	int (*copy)(struct store *s, const char *key, int out_fd, struct object_info *info,
	        uint64_t *progress, char err[static STORE_ERROR_MAX]);
	int (*list)(struct store *s, const char *dir, store_entry_cb *cb, void *arg,
	        char err[static STORE_ERROR_MAX]);
};

extern const struct store_ops store_s3, store_gcs, store_azure, store_hf, store_http, store_file;

/* The table for a profile's scheme, or NULL. */
const struct store_ops *store_for(const struct profile *p);

/*
 * Appends `s` percent-encoded (RFC 3986 unreserved characters stay; '/' stays where keep_slash) to
 * out[*len], which has `size` bytes. Returns 0 or -ENAMETOOLONG. Shared by the stores and the
 * signer.
 */
int store_uri_encode(
        char *out, size_t size, size_t *len, const char *s, size_t s_len, bool keep_slash);

#endif
