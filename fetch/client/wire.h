/*
 * The messages between a client (the shim, or a command) and the agent.
 *
 * A SOCK_SEQPACKET connection for each question: one request packet, one reply packet, which may
 * carry a descriptor (SCM_RIGHTS, an O_RDONLY open of the whole object). Only WIRE_SUBSCRIBE is
 * answered by many packets, until the client closes. Integers are in host order: both ends are on
 * one machine. Every message is checked before it is used; anything that does not fit is answered
 * by closing the connection.
 */
#ifndef LARDER_FETCH_CLIENT_WIRE_H
#define LARDER_FETCH_CLIENT_WIRE_H

#include "cache/read/key.h"

#include <stddef.h>
#include <stdint.h>

#define WIRE_MAGIC      0x7264726c
#define WIRE_VERSION    2
#define WIRE_SOCKET     "agent.sock"
#define WIRE_TEXT_MAX   1024 /* bytes of text in a reply */
#define WIRE_PACKET_MAX (sizeof(struct wire_request) + KEY_REL_MAX)

enum wire_op {
	WIRE_OPEN = 1, /* rel → a descriptor, or type DIR */
	WIRE_STAT,     /* rel → type, size, mtime, ino, and the ETag as text */
	WIRE_LIST, /* rel of a directory → its listing and carrier are in the runtime folder */
	WIRE_USED, /* rel was opened; no reply */
	WIRE_SUBSCRIBE, /* → events of one run */
	WIRE_STATUS,    /* → one line of counters */
	WIRE_STOP,      /* the agent leaves */
	WIRE_REPORT,    /* enum wire_report in `flags` → a descriptor of JSON (fetch/report.h) */
	WIRE_EVICT,     /* a rel and what is below it, or everything (""), unless used within
	                   `age` → bytes in `size`, objects in `ino`, and a descriptor of JSON that
	                   names them */
	WIRE_PIN,       /* a rel, or all below it ("rel/"), is kept from eviction; WIRE_UNPIN: no
	                   longer → `size` is 1 if that changed anything */
	WIRE_RELOAD,    /* the configuration is read again → a text */
	WIRE_OP_END,
};

/* A flag of OPEN, STAT, LIST and USED: no remote may be asked for it (-ENETUNREACH). The `hit` of a
 * STAT then says whether the object is cached. */
#define WIRE_OFFLINE 1u

/* Flags of WIRE_EVICT and of WIRE_PIN. */
#define WIRE_DRY_RUN   1u
#define WIRE_EVEN_KEPT 2u /* what is pinned, or of a profile with evict = never, too */
#define WIRE_UNPIN     1u

enum wire_report {
	WIRE_REPORT_AGENT = 1,
	WIRE_REPORT_DF,
	WIRE_REPORT_TOP,
	WIRE_REPORT_PINS,
	WIRE_REPORT_END
};

enum wire_type { WIRE_NONE, WIRE_FILE, WIRE_DIR, WIRE_TEXT, WIRE_PROGRESS };

struct wire_request {
	uint32_t magic;
	uint16_t version;
	uint16_t op;
	uint64_t config; /* hash of the client's configuration; another one's agent refuses */
	uint64_t run;    /* of `larder run`, to which messages go; 0 is none */
	uint32_t len;    /* bytes of the rel, which follows without a NUL */
	uint32_t flags;  /* of the operation; 0 where it has none */
	uint64_t age;    /* EVICT: seconds since the last use, at least; else 0 */
};

struct wire_reply {
	uint32_t magic;
	uint16_t version;
	uint16_t type; /* enum wire_type */
	int32_t error; /* 0 or -errno */
	uint32_t executable;
	uint64_t size, ino; /* PROGRESS: total and done bytes of a fill */
	int64_t mtime;      /* PROGRESS: milliseconds since the fill began */
	uint32_t hit;       /* OPEN: served from the cache, without a download */
	uint32_t text_len; /* bytes of text, which follows: a message, an ETag, or the URL of a fill
	                    */
};

/* Whether `n` bytes are a whole request. Its rel holds no NUL, is not empty where the operation
 * needs one, and has no empty, "." or ".." component; one "/" may end it where a folder is meant.
 * Flags and age are those that the operation has. */
int wire_request_valid(const struct wire_request *r, size_t n);

/* Whether `n` bytes are a whole reply. */
int wire_reply_valid(const struct wire_reply *r, size_t n);

#endif
