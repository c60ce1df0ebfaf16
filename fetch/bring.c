#include "fetch/bring.h"
#include "cache/read/hash.h"
#include "cache/sidecar.h"
#include "fetch/digest.h"
#include "fetch/disk.h"
#include "fetch/space.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#define COPY_SIZE (256 << 10)

struct bring {
	struct agent *agent, *tier;
	bring_done *done;
	void *arg;
	char *rel;
	int source;
	uint64_t hash, size;
	struct space_claim claim;
	struct temp temp;
	struct bring_result result;
	uv_work_t work;
	bool queued, working, cancelled;
	struct bring *prev, *next; /* of those that wait for their turn */
};

static void dispose(struct bring *b)
{
	space_cancel(b->tier->space, &b->claim);
	temp_release(&b->temp);
	disk_close(b->agent, b->source);
	free(b->rel);
	free(b);
}

/* The bytes, and the digest of what was read if `d` is given. */
static int copy_bytes(const struct bring *b, struct digest *d)
{
	struct digest_stream stream = {0};
	char *buf = malloc(COPY_SIZE);
	int err = buf ? 0 : -ENOMEM;

	for (uint64_t at = 0; !err && at < b->size;) {
		uint64_t left = b->size - at;
		ssize_t n = pread(
		        b->source, buf, left < COPY_SIZE ? (size_t)left : COPY_SIZE, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		/* What ends early, or cannot be read, is damaged. */
		if (n <= 0) {
			err = n < 0 ? -errno : -EBADMSG;
			break;
		}
		if (d)
			digest_feed(d, &stream, at, buf, (size_t)n);
		err = temp_write(b->temp.fd, buf, (size_t)n, at);
		at += (uint64_t)n;
	}
	if (d)
		digest_flush(d, &stream);
	free(buf);
	return err;
}

/* Copies, and compares with what was recorded when it was filled. */
static int copy_checked(const struct bring *b, const struct meta *m)
{
	char found[META_DIGEST_MAX + 1];
	struct digest d;
	bool known = m->digest[0] && digest_parse(m->digest, &d) == 0;
	int err;

	if (known && d.size != b->size)
		return -EBADMSG;
	digest_begin(&d, d.kind);
	digest_sized(&d, b->size, false);
	err = copy_bytes(b, known ? &d : NULL);
	if (err || !known || !digest_complete(&d))
		return err;
	digest_text(&d, found);
	return strcmp(found, m->digest) == 0 ? 0 : -EBADMSG;
}

static void copy_work(uv_work_t *work)
{
	struct bring *b = work->data;
	struct layout *l = &b->tier->layout;
	struct stat st;
	struct meta m;
	int err = fstat(b->source, &st) == 0 ? 0 : -errno;

	if (!err && (uint64_t)st.st_size != b->size)
		err = -EBADMSG;
	if (!err)
		err = temp_create(&b->temp, l, b->hash, b->size, true);
	if (!err && !b->temp.kept)
		err = -EROFS;
	if (!err)
		err = temp_reserve(&b->temp, b->size);
	if (!err) {
		meta_read(b->source, &m);
		meta_read_digest(b->source, m.digest);
		meta_read_checksum(b->source, m.checksum);
		if (!b->agent->layout.xattrs)
			sidecar_read(&b->agent->layout, b->rel, &st, &m);
		/* Each file system has a clock of its own. */
		if (m.validated)
			m.validated += (layout_now(l) - layout_now(&b->agent->layout)) / 1000;
		b->result.validated = m.validated;
		err = copy_checked(b, &m);
	}
	if (!err)
		err = temp_seal(&b->temp, l, &m, st.st_mtim.tv_sec, (st.st_mode & S_IXUSR) != 0,
		        &b->result.st);
	b->result.error = err;
}

static void next_in_turn(struct agent *a);

static void after_copy(uv_work_t *work, int status)
{
	struct bring *b = work->data;
	struct agent *a = b->agent;

	a->brings--;
	b->working = false;
	if (status < 0)
		b->result.error = -EINTR;
	b->result.temp = &b->temp;
	if (!b->cancelled)
		b->done(b->arg, &b->result);
	dispose(b);
	next_in_turn(a);
}

static void next_in_turn(struct agent *a)
{
	struct bring *b;

	while ((b = a->brings_waiting) && a->brings < BRINGS_MAX) {
		DL_DELETE(a->brings_waiting, b);
		b->queued = false;
		b->working = true;
		a->brings++;
		uv_queue_work(a->loop, &b->work, copy_work, after_copy);
	}
}

static void on_space(struct space_claim *claim)
{
	struct bring *b = (struct bring *)((char *)claim - offsetof(struct bring, claim));

	if (claim->refused) {
		b->result.error = -ENOSPC;
		b->result.temp = &b->temp;
		b->done(b->arg, &b->result);
		dispose(b);
		return;
	}
	b->queued = true;
	DL_APPEND(b->agent->brings_waiting, b);
	next_in_turn(b->agent);
}

struct bring *bring_start(
        struct agent *a, const char *rel, int source, uint64_t size, bring_done *done, void *arg)
{
	bool fits = a->local->layout.writable && size <= a->local->config->cache.size;
	struct bring *b = fits ? calloc(1, sizeof *b) : NULL;

	if (!b)
		return NULL;
	b->rel = strdup(rel);
	b->source = b->rel ? fcntl(source, F_DUPFD_CLOEXEC, 0) : -1;
	if (b->source < 0) {
		free(b->rel);
		free(b);
		return NULL;
	}
	b->agent = a;
	b->tier = a->local;
	b->done = done;
	b->arg = arg;
	b->hash = hash64(HASH_OBJECT, rel, strlen(rel));
	b->size = size;
	b->temp.fd = -1;
	b->work.data = b;
	b->claim.answer = on_space;
	space_claim(b->tier->space, &b->claim, size);
	if (b->claim.granted)
		on_space(&b->claim);
	return b;
}

void bring_cancel(struct bring *b)
{
	struct agent *a = b->agent;

	/* A worker still has it: it is disposed of when that comes back, perhaps after its tier's
	 * end. */
	b->cancelled = true;
	space_cancel(b->tier->space, &b->claim);
	if (b->working)
		return;
	if (b->queued)
		DL_DELETE(a->brings_waiting, b);
	dispose(b);
}
