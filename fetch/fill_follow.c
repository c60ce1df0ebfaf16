/* A checksum that goes through the bytes in their order, on a worker behind the download; see
 * fill_parts.h. */
#include "fetch/disk.h"
#include "fetch/fill_parts.h"
#include "fetch/hasher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_SIZE  (256 << 10) /* stays in the processor's cache */
#define FOLLOW_MIN (4 << 20)   /* fewer bytes are not worth a worker's turn before the end */
#define FOLLOW_MAX (64 << 20)  /* at most at once: a worker is to be had by others too */

/* Lives on alone if its fill ends while a worker has it. */
struct follow {
	struct agent *agent;
	struct fill *fill; /* NULL: alone */
	uv_work_t work;
	int fd, error;
	struct hasher hasher;
	uint64_t at, to;
	bool working;
};

static void follow_work(uv_work_t *work)
{
	struct follow *s = work->data;
	char *buf = malloc(READ_SIZE);

	s->error = buf ? 0 : -ENOMEM;
	while (!s->error && s->at < s->to) {
		uint64_t left = s->to - s->at;
		ssize_t n = pread(
		        s->fd, buf, left < READ_SIZE ? (size_t)left : READ_SIZE, (off_t)s->at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			s->error = n ? -errno : -EIO;
		else
			s->error = hasher_feed(&s->hasher, buf, (size_t)n);
		s->at += n > 0 ? (uint64_t)n : 0;
	}
	free(buf);
}

static void release(struct follow *s)
{
	hasher_end(&s->hasher, NULL);
	disk_close(s->agent, s->fd);
	free(s);
}

static void after_follow(uv_work_t *work, int status)
{
	struct follow *s = work->data;

	s->working = false;
	if (status < 0)
		s->error = -EINTR;
	if (!s->fill)
		release(s);
	else if (s->fill->state == FILL_CHECKING)
		fill_check(s->fill);
	else
		fill_follow(s->fill);
}

static int follow_new(struct fill *f)
{
	struct follow *s = calloc(1, sizeof *s);
	int err;

	if (!s)
		return -ENOMEM;
	err = hasher_begin(&s->hasher, f->info.sum.kind, f->info.sum.part);
	s->fd = err ? -1 : fcntl(f->temp.fd, F_DUPFD_CLOEXEC, 0);
	if (!err && s->fd < 0) {
		err = -errno;
		hasher_end(&s->hasher, NULL);
	}
	if (err) {
		free(s);
		return err;
	}
	s->agent = f->agent;
	s->fill = f;
	s->work.data = s;
	f->follow = s;
	return 0;
}

static int go_on(struct follow *s, uint64_t to)
{
	int err;

	s->to = to - s->at > FOLLOW_MAX ? s->at + FOLLOW_MAX : to;
	err = uv_queue_work(s->agent->loop, &s->work, follow_work, after_follow);
	s->working = err == 0;
	return err ? -ENOMEM : 0;
}

/* Up to where the file has no gap. */
static uint64_t reach(const struct fill *f)
{
	uint64_t to = f->sized && f->info.size < f->next ? f->info.size : f->next;

	for (int i = 0; i < FILL_PARTS_MAX; i++) {
		const struct fill_part *p = &f->parts[i];

		if (p->busy && p->at - p->gathered < to)
			to = p->at - p->gathered;
	}
	return to;
}

void fill_follow(struct fill *f)
{
	uint64_t to = reach(f);

	if (f->asking || !f->info.sum.kind || crc_of(f->info.sum.kind))
		return;
	if (to < FOLLOW_MIN || (f->follow && (f->follow->working || f->follow->error)))
		return;
	if (!f->follow && follow_new(f) != 0)
		return;
	if (to > f->follow->at && to - f->follow->at >= FOLLOW_MIN)
		(void)go_on(f->follow, to);
}

int fill_followed(struct fill *f, struct checksum *out)
{
	struct follow *s = f->follow;
	int err = s ? s->error : follow_new(f);

	s = f->follow;
	if (err)
		return err;
	if (s->working)
		return -EAGAIN;
	if (s->at < f->info.size) {
		err = go_on(s, f->info.size);
		return err ? err : -EAGAIN;
	}
	err = hasher_end(&s->hasher, out);
	fill_follow_end(f);
	return err;
}

void fill_follow_end(struct fill *f)
{
	struct follow *s = f->follow;

	f->follow = NULL;
	if (s && s->working)
		s->fill = NULL;
	else if (s)
		release(s);
}
